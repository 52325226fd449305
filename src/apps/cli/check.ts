import { FAMILIES, FINDINGS, type Finding } from '../../core/check/index.ts';
import type { Paint } from '../../platform/terminal.ts';
import { checkLive, checkObjects } from '../cluster/index.ts';
import { type Arguments, flagIsOn, flagText, flagTexts } from './arguments.ts';
import type { CommandResult, Surroundings } from './command.ts';
import { connectionOf } from './install.ts';
import { problemsText } from './problem-text.ts';
import { readAllObjects } from './read-objects.ts';
import { problemsJson } from './report.ts';

/** `remora check`: is a cluster's injection in order? Exit code 1 where it is not. */
export async function check(args: Arguments, { paintOutput, paintError }: Surroundings): Promise<CommandResult> {
  const json = flagText(args, 'output') === 'json';
  const found = await findings(args);
  if (!found.ok) {
    return { exitCode: 1, error: json ? problemsJson(found.problems) : problemsText(found.problems, paintError) };
  }
  const exitCode = found.value.some(({ severity }) => severity === 'error') ? 1 : 0;
  if (json) return { exitCode, output: `${JSON.stringify({ findings: found.value }, undefined, 2)}\n` };
  return { exitCode, output: checkText(found.value, paintOutput) };
}

async function findings(args: Arguments) {
  const files = flagTexts(args, 'filename');
  if (files.length === 0) {
    return checkLive({
      connection: connectionOf(args),
      namespace: flagText(args, 'namespace'),
      tryPods: !flagIsOn(args, 'noTry'),
    });
  }
  const objects = readAllObjects(files);
  return objects.ok ? { ...objects, value: checkObjects(objects.value, Date.now()) } : objects;
}

const MARKS = { error: ['red', '✗'], warning: ['yellow', '!'], ok: ['green', '✓'] } as const;

/**
 *   Reaching the webhook
 *     ✗ MutatingWebhookConfiguration remora-sidecar-injector
 *       Service remora-system/remora-webhook has no ready pod behind it.
 *       fix: Look at the injector's pods: …
 */
export function checkText(found: readonly Finding[], paint: Paint): string {
  const blocks = FAMILIES.flatMap(([family, title]) => {
    const own = found.filter(({ id }) => FINDINGS[id][0] === family);
    return own.length === 0
      ? []
      : [`${paint('bold', title)}\n${own.map((finding) => findingText(finding, paint)).join('')}`];
  });
  const count = (severity: Finding['severity']): number =>
    found.filter((finding) => finding.severity === severity).length;
  const [errors, warnings] = [count('error'), count('warning')];
  const summary =
    errors + warnings === 0
      ? paint('green', 'Injection is in order.')
      : paint(errors > 0 ? 'red' : 'yellow', `${plural(errors, 'error')}, ${plural(warnings, 'warning')}.`);
  return `${blocks.join('\n')}\n${summary}\n`;
}

function findingText({ severity, where, message, remedy }: Finding, paint: Paint): string {
  const [colour, mark] = MARKS[severity];
  const head = severity === 'ok' ? [`${where === '' ? '' : `${where}: `}${message}`] : [where || 'Cluster', message];
  const lines = [...head, ...(remedy === undefined ? [] : [`${paint('dim', 'fix:')} ${remedy}`])];
  return lines.map((line, i) => `  ${i === 0 ? paint(colour, mark) : ' '} ${line}\n`).join('');
}

function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
