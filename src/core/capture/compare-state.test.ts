import { describe, expect, it } from 'vitest';
import { type ApplyOptions, compareState, decideApply, type FamilyState } from './compare-state.ts';

const PLANNED = '* nat\n-N ISTIO_A\n-A ISTIO_A -j RETURN\n-A OUTPUT -j ISTIO_A\nCOMMIT\n';
const RIGHT = '*nat\n:OUTPUT ACCEPT [0:0]\n:ISTIO_A - [0:0]\n-A OUTPUT -j ISTIO_A\n-A ISTIO_A -j RETURN\nCOMMIT\n';
const FOREIGN = '*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p icmp -j DROP\nCOMMIT\n';

function state(changes: Partial<FamilyState> = {}): FamilyState {
  return { saved: '', planned: PLANNED, checksHold: true, ...changes };
}

describe('comparing (capture.md 6.1)', () => {
  it.each<readonly [string, readonly FamilyState[], boolean, boolean]>([
    ['nothing there', [state()], false, true],
    ['nothing there and nothing planned', [state({ planned: '' })], false, true],
    ['only empty built-in chains', [state({ saved: '*nat\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n' })], false, true],
    ['what is planned', [state({ saved: RIGHT })], true, false],
    [
      'what is planned, with a rule more in a built-in chain',
      [state({ saved: RIGHT.replace('-A OUTPUT', '-A OUTPUT -j LOG\n-A OUTPUT') })],
      true,
      false,
    ],
    [
      'the order is not looked at',
      [state({ saved: RIGHT.replace(/(-A OUTPUT.*\n)(-A ISTIO.*\n)/, '$2$1') })],
      true,
      false,
    ],
    [
      'a rule more in our chain',
      [state({ saved: RIGHT.replace('-A ISTIO_A -j RETURN', '-A ISTIO_A -j RETURN\n-A ISTIO_A -j DROP') })],
      true,
      true,
    ],
    ['our chain, emptied', [state({ saved: RIGHT.replace('-A ISTIO_A -j RETURN\n', '') })], true, true],
    ['the jump is missing', [state({ saved: RIGHT.replace('-A OUTPUT -j ISTIO_A\n', '') })], true, true],
    ['a check fails', [state({ saved: RIGHT, checksHold: false })], true, true],
    [
      'a chain of ours that is not planned',
      [state({ saved: RIGHT.replace(':ISTIO_A', ':ISTIO_B - [0:0]\n:ISTIO_A') })],
      true,
      true,
    ],
    ['only foreign rules', [state({ saved: FOREIGN })], true, true],
    ['foreign rules beside what is planned', [state({ saved: RIGHT + FOREIGN })], true, false],
    [
      'IPv6 off, with foreign rules there',
      [state({ saved: RIGHT }), state({ planned: '', saved: FOREIGN })],
      true,
      false,
    ],
    [
      'IPv6 off, with a chain of ours there',
      [state({ saved: RIGHT }), state({ planned: '', saved: RIGHT })],
      true,
      true,
    ],
    ['IPv6 off and only IPv6 has something', [state(), state({ planned: '', saved: RIGHT })], false, true],
    ['one family is right, the other empty', [state({ saved: RIGHT }), state()], true, true],
    ['a table that nobody knows', [state({ saved: '*security\n-A INPUT -j X\nCOMMIT\n' })], false, true],
  ])('%s', (_what, families, residue, delta) => {
    expect(compareState(families)).toEqual({ residue, delta });
  });
});

describe('deciding (capture.md 6.2): every combination', () => {
  const cases = [false, true].flatMap((residue) =>
    [false, true].flatMap((delta) =>
      [0, 1, 2, 3, 4, 5, 6, 7].map((bits) => ({
        residue,
        delta,
        options: { reconcile: (bits & 1) > 0, cleanupOnly: (bits & 2) > 0, forceApply: (bits & 4) > 0 },
      })),
    ),
  );
  /** The table, row by row, as the specification has it; the first that fits. */
  function wanted(residue: boolean, delta: boolean, { reconcile, cleanupOnly, forceApply }: ApplyOptions): string {
    if (cleanupOnly) return 'cleanup';
    if (!residue) return 'apply';
    if (!delta) return forceApply ? 'apply' : '';
    return reconcile ? 'guardrails cleanup apply' : 'apply';
  }
  it.each(cases)('$residue $delta $options', ({ residue, delta, options }) => {
    const decision = decideApply({ residue, delta }, options);
    const done = (['guardrails', 'cleanup', 'apply'] as const).filter((name) => decision[name]).join(' ');
    expect(done).toBe(wanted(residue, delta, options));
    expect(decision.because).toMatch(/\.$/);
  });
});
