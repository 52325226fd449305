import { describe, expect, it } from 'vitest';
import type { RuleId } from './rules.ts';
import { skippedProblem } from './skipped.ts';

function remedy(decidedBy: RuleId): string {
  const decision = { inject: false, decidedBy, checks: [], problems: [] };
  const problems = skippedProblem(decision, {}, { path: 'kube-inject', owner: undefined }, { minor: 20, patch: 0 });
  expect(problems).toHaveLength(1);
  return problems[0]?.remedy ?? '';
}

describe('the remedy for a skipped workload', () => {
  it.each([
    ['host-network', 'hostNetwork'],
    ['already-injected', 'before injection'],
    ['ignored-namespace', 'another namespace'],
    ['never-inject-selector', 'neverInjectSelector'],
    ['policy', 'policy'],
  ] as const)('of %s names %s', (rule, word) => expect(remedy(rule)).toContain(word));

  it('offers the inject value only where it overrides the rule', () => {
    const overridden = ['inject-value', 'never-inject-selector', 'policy'] as const;
    for (const rule of overridden) expect(remedy(rule)).toContain('Set sidecar.istio.io/inject to "true"');
    const firm = ['host-network', 'already-injected', 'ignored-namespace'] as const;
    for (const rule of firm) expect(remedy(rule)).not.toContain('sidecar.istio.io/inject');
  });

  it('the webhook skips silently', () => {
    const decision = { inject: false, decidedBy: 'policy', checks: [], problems: [] } as const;
    const at = { path: 'webhook', owner: undefined } as const;
    expect(skippedProblem(decision, {}, at, { minor: 20, patch: 0 })).toEqual([]);
  });
});
