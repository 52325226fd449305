import type { JsonObject } from '../json.ts';
import type { Problem } from '../problem.ts';
import type { InjectionOutcome, RuleCheck } from './model.ts';
import type { WebhookMatch } from './webhook-match.ts';

/** Why a pod is injected or not: for terminals, warnings of the API server, events and the web page. */
export type Explanation = {
  /** One sentence. */
  readonly summary: string;
  /** Indented lines, each a complete statement. */
  readonly lines: readonly string[];
  readonly json: JsonObject;
};

/**
 * Puts what the two layers said into words: first whether the API server calls an injector at all, then what the
 * injector decides and does. Either may be left out.
 */
export function explain(match: WebhookMatch | undefined, outcome: InjectionOutcome | undefined): Explanation {
  const lines = [...matchLines(match), ...outcomeLines(outcome)];
  return { summary: summaryOf(match, outcome), lines, json: jsonOf(match, outcome) };
}

function summaryOf(match: WebhookMatch | undefined, outcome: InjectionOutcome | undefined): string {
  if (match !== undefined && match.called.length === 0) return 'Not injected: no injector is called for this pod.';
  if (outcome === undefined) {
    const called = match?.called.map((check) => check.configuration).join(', ') ?? '';
    return called === '' ? 'Nothing is known about this pod.' : `The injector is called by ${called}.`;
  }
  const decider = outcome.decision.checks.at(-1);
  switch (outcome.kind) {
    case 'injected':
      return `Injected: ${decider?.because ?? outcome.decision.decidedBy}`;
    case 'skipped':
      return `Not injected: ${decider?.because ?? outcome.decision.decidedBy}`;
    case 'failed':
      return `Refused: ${outcome.problems[0]?.message ?? 'the injection failed'}`;
  }
}

function matchLines(match: WebhookMatch | undefined): readonly string[] {
  if (match === undefined) return [];
  const lines = match.checks.map((check) => {
    const mark = check.verdict === 'match' ? 'called' : 'not called';
    return `webhook ${check.configuration}/${check.webhook}: ${mark}. ${check.because}`;
  });
  return match.warning === undefined ? lines : [...lines, match.warning];
}

function outcomeLines(outcome: InjectionOutcome | undefined): readonly string[] {
  if (outcome === undefined) return [];
  const trace = outcome.kind === 'injected' ? outcome.trace : [];
  return [
    ...outcome.decision.checks.map(checkLine),
    ...trace.map((step) => `step ${step.step}: ${step.because}`),
    ...outcome.problems.map(problemLine),
  ];
}

function checkLine(check: RuleCheck): string {
  const verdict = check.verdict === 'no-opinion' ? 'no opinion' : check.verdict;
  const where = check.at.length === 0 ? '' : ` (${check.at.join(', ')})`;
  return `rule ${check.rule}: ${verdict}. ${check.because}${where}`;
}

function problemLine(problem: Problem): string {
  const remedy = problem.remedy === undefined ? '' : ` ${problem.remedy}`;
  return `${problem.severity} ${problem.code}: ${problem.message}${remedy}`;
}

function jsonOf(match: WebhookMatch | undefined, outcome: InjectionOutcome | undefined): JsonObject {
  return {
    ...(match === undefined ? {} : { webhooks: match.checks, configurations: match.configurations }),
    ...(outcome === undefined
      ? {}
      : {
          result: outcome.kind,
          decidedBy: outcome.decision.decidedBy,
          checks: outcome.decision.checks,
          trace: outcome.kind === 'injected' ? outcome.trace : [],
          problems: outcome.problems.map(({ code, severity, message, remedy }) => ({
            code,
            severity,
            message,
            remedy: remedy ?? null,
          })),
        }),
  };
}
