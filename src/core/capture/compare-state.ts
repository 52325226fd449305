import { type IptablesState, parseIptablesState } from './iptables-state.ts';
import { CHAIN_PREFIX } from './rules.ts';

/** One family: what is there, what is planned, and whether every planned rule was found by a check command. */
export type FamilyState = {
  /** Output of the save command; empty where it failed. */
  readonly saved: string;
  /** The text to be restored; empty where nothing is planned. */
  readonly planned: string;
  readonly checksHold: boolean;
};

export type StateVerdict = {
  /** Something is there where we plan something. */
  readonly residue: boolean;
  /** It is not what is planned. */
  readonly delta: boolean;
};

/**
 * Compares the present state with the plan (capture.md 6.1): upstream's rules of idempotence. Without residue the answer
 * is "clean", which is delta, even when nothing is planned. A chain of ours that is not planned makes delta in a family
 * for which nothing is planned, too.
 */
export function compareState(families: readonly FamilyState[]): StateVerdict {
  const states = families.map((family) => {
    const present = parseIptablesState(family.saved);
    const planned = parseIptablesState(family.planned);
    const residue = !isEmpty(present);
    return { residue: residue && !isEmpty(planned), delta: differs(present, planned, family.checksHold) };
  });
  if (!states.some((state) => state.residue)) return { residue: false, delta: true };
  return { residue: true, delta: states.some((state) => state.delta) };
}

function isEmpty(state: IptablesState): boolean {
  return Object.values(state).every((chains) => Object.keys(chains).length === 0);
}

function differs(present: IptablesState, planned: IptablesState, checksHold: boolean): boolean {
  if (isEmpty(present)) return !isEmpty(planned);
  for (const [table, chains] of Object.entries(planned)) {
    for (const [chain, rules] of Object.entries(chains)) {
      const there = present[table]?.[chain];
      if (there === undefined) return true;
      if (isOurs(chain) && there.length !== rules.length) return true;
    }
  }
  for (const [table, chains] of Object.entries(present)) {
    for (const chain of Object.keys(chains)) {
      if (isOurs(chain) && planned[table]?.[chain] === undefined) return true;
    }
  }
  return !isEmpty(planned) && !checksHold;
}

function isOurs(chain: string): boolean {
  return chain.startsWith(CHAIN_PREFIX);
}

export type ApplyOptions = {
  readonly reconcile: boolean;
  readonly cleanupOnly: boolean;
  readonly forceApply: boolean;
};

/** What is done, and why, in the order of the names. */
export type ApplyDecision = {
  readonly guardrails: boolean;
  readonly cleanup: boolean;
  readonly apply: boolean;
  readonly because: string;
};

/**
 * | residue | delta | reconcile | cleanup-only | force-apply | what happens                                         |
 * |---------|-------|-----------|--------------|-------------|------------------------------------------------------|
 * | any     | any   | any       | yes          | any         | cleanup                                              |
 * | no      | yes   | any       | no           | any         | apply                                                |
 * | yes     | no    | any       | no           | no          | nothing: it is right already                         |
 * | yes     | no    | any       | no           | yes         | apply, which fails as the chains exist               |
 * | yes     | yes   | no        | no           | any         | apply; works where the residue is only foreign rules |
 * | yes     | yes   | yes       | no           | any         | guardrails, cleanup, apply, guardrails off           |
 */
export function decideApply({ residue, delta }: StateVerdict, options: ApplyOptions): ApplyDecision {
  const nothing = { guardrails: false, cleanup: false, apply: false };
  if (options.cleanupOnly) return { ...nothing, cleanup: true, because: 'Only cleaning up was asked for.' };
  if (!residue) return { ...nothing, apply: true, because: 'No rules are there yet.' };
  if (!delta) {
    return options.forceApply
      ? { ...nothing, apply: true, because: 'The rules are right already, and applying was forced.' }
      : { ...nothing, because: 'The rules are right already.' };
  }
  if (options.reconcile) {
    return { guardrails: true, cleanup: true, apply: true, because: 'Other rules are there, and are replaced.' };
  }
  return { ...nothing, apply: true, because: 'Other rules are there; --reconcile would replace them.' };
}
