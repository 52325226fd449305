/** What was decided about each workload, for people and for machines. */
import { explain } from '../../core/injection/index.ts';
import type { WorkloadResult } from '../../core/manifest/index.ts';
import type { Problem } from '../../core/problem.ts';
import type { Paint } from '../../platform/terminal.ts';
import { placeText } from './problem-text.ts';

/**
 *   ● Deployment demo-red, injected by rule policy
 *     app.yaml:2
 *
 *     rule               verdict     because
 *     host-network       no opinion  spec.hostNetwork is not set
 *     policy           ► inject      the policy is "enabled"
 *
 *     step               what
 *     template           rendered "sidecar"
 */
export function reportText(workloads: readonly WorkloadResult[], paint: Paint): string {
  const blocks = workloads.map((workload) => workloadText(workload, paint));
  return `${blocks.join('\n')}${blocks.length === 0 ? '' : '\n'}${paint('bold', countText(workloads))}\n`;
}

function workloadText({ outcome, ...workload }: WorkloadResult, paint: Paint): string {
  const { decision } = outcome;
  const place = placeText({ file: workload.file, line: workload.line, pointer: workload.pointer });
  const rules = decision.checks.map(({ rule, verdict, because }) => {
    const decided = rule === decision.decidedBy;
    const text = `${decided ? '►' : ' '} ${rule.padEnd(RULE_WIDTH)}  ${VERDICTS[verdict].padEnd(10)}  ${because}`;
    return decided ? paint('bold', text) : paint('dim', text);
  });
  const steps = outcome.kind === 'injected' ? outcome.trace : [];
  const width = Math.max(0, ...steps.map(({ step }) => step.length));
  const changes = steps.map(({ step, because }) => `  ${paint('cyan', step.padEnd(width))}  ${because}`);
  return [
    `${markOf(outcome.kind, paint)} ${paint('bold', `${workload.kind} ${fullName(workload)}`)}  ${verdictText(outcome.kind, decision.decidedBy, paint)}`,
    `  ${paint('dim', place)}`,
    '',
    ...rules.map(indented),
    ...(changes.length === 0 ? [] : ['', ...changes.map(indented)]),
    '',
  ].join('\n');
}

/** The longest rule, `always-inject-selector`. */
const RULE_WIDTH = 22;

const VERDICTS = { inject: 'inject', skip: 'skip', 'no-opinion': 'no opinion' } as const;

type Kind = WorkloadResult['outcome']['kind'];

function markOf(kind: Kind, paint: Paint): string {
  switch (kind) {
    case 'injected':
      return paint('green', '●');
    case 'skipped':
      return paint('yellow', '○');
    case 'failed':
      return paint('red', '✗');
  }
}

function verdictText(kind: Kind, rule: string, paint: Paint): string {
  switch (kind) {
    case 'injected':
      return paint('green', `injected, by rule ${rule}`);
    case 'skipped':
      return paint('yellow', `not injected, by rule ${rule}`);
    case 'failed':
      return paint('red', `refused, though rule ${rule} says inject`);
  }
}

function fullName({ namespace, name }: Pick<WorkloadResult, 'namespace' | 'name'>): string {
  return namespace === '' ? name : `${namespace}/${name}`;
}

function indented(line: string): string {
  return line === '' ? '' : `  ${line}`;
}

function countText(workloads: readonly WorkloadResult[]): string {
  const count = (kind: Kind): number => workloads.filter(({ outcome }) => outcome.kind === kind).length;
  const refused = count('failed');
  const all = `${workloads.length} workload${workloads.length === 1 ? '' : 's'}`;
  const parts = [`${count('injected')} injected`, `${count('skipped')} not injected`];
  return `${all}: ${[...parts, ...(refused === 0 ? [] : [`${refused} refused`])].join(', ')}`;
}

/** One JSON document on standard error, problems included, so that nothing else needs to be read from there. */
export function reportJson(workloads: readonly WorkloadResult[], problems: readonly Problem[]): string {
  const items = workloads.map(({ file, line, pointer, apiVersion, kind, namespace, name, outcome }) => ({
    file,
    line,
    pointer,
    apiVersion,
    kind,
    namespace,
    name,
    ...explain(undefined, outcome).json,
  }));
  return `${JSON.stringify({ workloads: items, problems: problems.map(problemJson) }, null, 2)}\n`;
}

export function problemsJson(problems: readonly Problem[]): string {
  return reportJson([], problems);
}

function problemJson({ code, severity, message, where, remedy }: Problem): unknown {
  return { code, severity, message, where: where ?? null, remedy: remedy ?? null };
}
