/** The two ways in which a command ends badly before it has results. */
import type { Problem } from '../../core/problem.ts';
import { type Arguments, flagText } from './arguments.ts';
import type { CommandResult, Surroundings } from './command.ts';
import { problemsText, type SourceTexts } from './problem-text.ts';
import { problemsJson } from './report.ts';

export function hasErrors(problems: readonly Problem[]): boolean {
  return problems.some((problem) => problem.severity === 'error');
}

/** The input is wrong, or, where nothing else is, the command line. */
export function failure(
  problems: readonly Problem[],
  args: Arguments,
  { paintError }: Surroundings,
  sources?: SourceTexts,
): CommandResult {
  const json = flagText(args, 'report') === 'json';
  const exitCode = hasErrors(problems) && problems.every(isOfCommandLine) ? 2 : 1;
  return { exitCode, error: json ? problemsJson(problems) : problemsText(problems, paintError, sources) };
}

/** The command line is wrong. */
export function usageFailure(
  problems: readonly Problem[],
  command: string,
  args: Arguments,
  { paintError }: Surroundings,
): CommandResult {
  if (flagText(args, 'report') === 'json') return { exitCode: 2, error: problemsJson(problems) };
  const hint = paintError('dim', `See remora ${command} --help.`);
  return { exitCode: 2, error: `${problemsText(problems, paintError)}${hint}\n` };
}

function isOfCommandLine({ code }: Problem): boolean {
  return code === 'USAGE' || code === 'RELEASE_UNKNOWN';
}
