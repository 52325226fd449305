import { describe, expect, it } from 'vitest';
import { LATEST, type Release } from '../release.ts';
import { decideInjection, type InjectionPolicy } from './decide.ts';
import type { PodTemplate } from './model.ts';

const INJECT = 'sidecar.istio.io/inject';

function policy(change: Partial<InjectionPolicy> = {}): InjectionPolicy {
  return { release: LATEST, policy: 'enabled', neverInjectSelector: [], alwaysInjectSelector: [], ...change };
}

function decide(pod: PodTemplate, change: Partial<InjectionPolicy> = {}, path: 'webhook' | 'kube-inject' = 'webhook') {
  return decideInjection(pod, { path, requestNamespace: '' }, policy(change));
}

const pod = (metadata: PodTemplate, spec: PodTemplate = {}): PodTemplate => ({ metadata, spec });
const release = (minor: number): Release => ({ minor, patch: 999 });

describe('decideInjection', () => {
  it('says by which rule, with where it looked', () => {
    const decision = decide(pod({ annotations: { [INJECT]: 'false' } }));
    expect(decision).toMatchObject({ inject: false, decidedBy: 'inject-value' });
    expect(decision.checks.at(-1)).toEqual({
      rule: 'inject-value',
      verdict: 'skip',
      because: 'Annotation sidecar.istio.io/inject is "false".',
      at: ['/metadata/annotations/sidecar.istio.io~1inject'],
    });
    expect(decision.checks.map((check) => check.rule)).toEqual(['host-network', 'ignored-namespace', 'inject-value']);
  });

  it('host network beats everything', () => {
    const labels = { [INJECT]: 'true' };
    expect(decide(pod({ labels }, { hostNetwork: true }))).toMatchObject({ inject: false, decidedBy: 'host-network' });
  });

  it('the namespace of the request counts where the pod has none, from 1.1 on', () => {
    const at = { path: 'webhook', requestNamespace: 'kube-system' } as const;
    expect(decideInjection(pod({}), at, policy()).decidedBy).toBe('ignored-namespace');
    expect(decideInjection(pod({}), at, policy({ release: release(0) })).inject).toBe(true);
    expect(decide(pod({ namespace: 'kube-node-lease' })).inject).toBe(false);
    expect(decide(pod({ namespace: 'kube-node-lease' }), { release: release(8) }).inject).toBe(true);
  });

  it('a present label replaces the annotation, even when it is empty', () => {
    const decision = decide(pod({ labels: { [INJECT]: '' }, annotations: { [INJECT]: 'false' } }));
    expect(decision).toMatchObject({ inject: true, decidedBy: 'policy' });
    expect(decide(pod({ labels: { [INJECT]: 'false' } }), { release: release(9) }).inject).toBe(true);
  });

  it('warns of a value that is neither true nor false, and asks the policy', () => {
    const decision = decide(pod({ annotations: { [INJECT]: 'yes' } }));
    expect(decision.inject).toBe(true);
    expect(decision.problems[0]?.message).toBe(
      `Invalid value for sidecar.istio.io/inject: "yes". Only 'true' and 'false' are accepted. Falling back to default injection policy.`,
    );
  });

  it('takes every spelling of yes up to 1.26, and everything else for a no', () => {
    const old = { release: release(26), policy: 'disabled' };
    for (const value of ['y', 'Yes', 'ON', 'True']) {
      expect(decide(pod({ annotations: { [INJECT]: value } }), old).inject, value).toBe(true);
    }
    expect(decide(pod({ annotations: { [INJECT]: 'tru' } }), { ...old, policy: 'enabled' }).inject).toBe(false);
  });

  it('an illegal policy injects nothing, not even on demand', () => {
    const decision = decide(pod({ labels: { [INJECT]: 'true' } }), { policy: 'on' });
    expect(decision).toMatchObject({ inject: false, decidedBy: 'policy' });
    expect(decision.problems[0]?.message).toBe(
      'Illegal value for autoInject:on, must be one of [disabled,enabled]. Auto injection disabled!',
    );
  });

  it('never beats always; an empty selector selects nothing; an invalid one is skipped with a warning', () => {
    const both = { matchExpressions: [{ key: 'app', operator: 'Exists' }] };
    const labels = { app: 'x' };
    expect(
      decide(pod({ labels }), { policy: 'disabled', neverInjectSelector: [both], alwaysInjectSelector: [both] }),
    ).toMatchObject({ inject: false, decidedBy: 'never-inject-selector' });
    expect(decide(pod({ labels }), { neverInjectSelector: [{}] }).inject).toBe(true);
    const invalid = { matchExpressions: [{ key: 'app', operator: 'In', values: [] }] };
    const decision = decide(pod({ labels }), { policy: 'disabled', alwaysInjectSelector: [invalid, both] });
    expect(decision).toMatchObject({ inject: true, decidedBy: 'always-inject-selector' });
    expect(decision.problems[0]?.code).toBe('LABEL_SELECTOR_INVALID');
  });

  it('kube-inject takes the policy for enabled and has no selectors', () => {
    const never = [{ matchLabels: { app: 'x' } }];
    const change = { policy: 'disabled', neverInjectSelector: never };
    expect(decide(pod({ labels: { app: 'x' } }), change, 'kube-inject').inject).toBe(true);
    expect(decide(pod({ annotations: { [INJECT]: 'false' } }), {}, 'kube-inject').inject).toBe(false);
  });

  it('kube-inject up to 1.7 asks for nothing but the host network', () => {
    const old = { release: release(7) };
    expect(decide(pod({ annotations: { [INJECT]: 'false' } }), old, 'kube-inject').inject).toBe(true);
    expect(decide(pod({}, { hostNetwork: true }), old, 'kube-inject').inject).toBe(false);
  });
});
