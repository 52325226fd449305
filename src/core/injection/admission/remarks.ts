import type { JsonObject } from '../../json.ts';
import type { InjectionOutcome } from '../model.ts';
import { noteworthy } from './noteworthy.ts';

/** The API server cuts a warning after 256 characters, and drops all of them after 4096. */
const LONGEST = 250;
const MOST = 10;

/**
 * What an answer says besides its patch: `warnings`, which the API server shows to whoever creates the pod, and
 * `auditAnnotations`, which go into its audit log under the webhook's name. A failure needs no warning, as its message is
 * the error that the user gets.
 */
export function remarks(outcome: InjectionOutcome): JsonObject {
  const skipped = outcome.kind === 'skipped' ? noteworthy(outcome)?.message : undefined;
  const problems = outcome.kind === 'failed' ? [] : outcome.problems;
  const warnings = [...(skipped === undefined ? [] : [skipped]), ...problems.map(({ message }) => message)];
  const { decidedBy, checks } = outcome.decision;
  return {
    ...(warnings.length === 0 ? {} : { warnings: [...new Set(warnings.map(oneLine))].slice(0, MOST) }),
    auditAnnotations: {
      decision: outcome.kind,
      rule: decidedBy,
      reason: oneLine(checks.at(-1)?.because ?? ''),
    },
  };
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= LONGEST ? line : `${line.slice(0, LONGEST - 1)}…`;
}
