import type { PathStyle } from '../../core/capture/index.ts';
import { writeStandard } from '../../platform/standard-streams.ts';
import type { Paint } from '../../platform/terminal.ts';
import {
  istioIptables,
  istioIptablesScript,
  loadCommands,
  loadTracePacket,
  type Said,
  type Voice,
} from '../capture/index.ts';
import type { CommandResult, RawRun, Run, Surroundings } from './command.ts';
import { problemsText } from './problem-text.ts';

export async function render(): Promise<Run> {
  const { captureRender } = await loadCommands();
  return (args, surroundings) => result(captureRender(args.flags), surroundings);
}

export async function apply(): Promise<Run> {
  const { captureApply } = await loadCommands();
  return (args, surroundings) => spoken((say) => captureApply(args.flags, say), surroundings);
}

export async function cleanup(): Promise<Run> {
  const { captureCleanup } = await loadCommands();
  return (args, surroundings) => spoken((say) => captureCleanup(args.flags, say), surroundings);
}

export async function status(): Promise<Run> {
  const { captureStatus } = await loadCommands();
  return (args, surroundings) => result(captureStatus(args.flags), surroundings);
}

export async function trace(): Promise<Run> {
  const { tracePacket } = await loadTracePacket();
  return (args, surroundings) => result(tracePacket(args.flags, styleOf(surroundings.paintOutput)), surroundings);
}

/** `--compat 1.0` in front or among the flags: the program of that release was the shell script. */
export const iptables: RawRun = (words, surroundings) => {
  const { release, rest } = withoutCompat(words);
  return release !== undefined && /^v?1\.0(?:\.|$)/.test(release)
    ? script(rest, surroundings)
    : istioIptables(rest, surroundings.env, VOICE);
};

function withoutCompat(words: readonly string[]): {
  readonly release: string | undefined;
  readonly rest: readonly string[];
} {
  const at = words.findIndex((word) => word === '--compat' || word.startsWith('--compat='));
  const word = words[at];
  if (word === undefined) return { release: undefined, rest: words };
  const joined = word.startsWith('--compat=');
  const release = joined ? word.slice('--compat='.length) : words[at + 1];
  // What names no release stays, for the program to refuse as the flag that it does not know.
  if (release === undefined || !/^(?:latest|v?1\.\d+(?:\.\d+)?)$/.test(release))
    return { release: undefined, rest: words };
  return { release, rest: words.toSpliced(at, joined ? 1 : 2) };
}

export const script: RawRun = (words, { env }) => Promise.resolve(istioIptablesScript(words, env, VOICE));

const VOICE: Voice = {
  out: (text) => writeStandard('output', text),
  err: (text) => writeStandard('error', text),
};

function result({ exitCode, output, problems = [] }: Said, { paintError }: Surroundings): CommandResult {
  return {
    exitCode,
    ...(output === undefined ? {} : { output }),
    ...(problems.length === 0 ? {} : { error: problemsText(problems, paintError) }),
  };
}

/** What was decided on the way is told, whether it went well or not. */
function spoken(body: (say: (line: string) => void) => Said, surroundings: Surroundings): CommandResult {
  const lines: string[] = [];
  const said = result(
    body((line) => lines.push(line)),
    surroundings,
  );
  const story = lines.map((line) => `${surroundings.paintError('dim', line)}\n`).join('');
  return { ...said, error: `${story}${said.error ?? ''}` };
}

function styleOf(paint: Paint): PathStyle {
  return {
    strong: (text) => paint('bold', text),
    faint: (text) => paint('dim', text),
    good: (text) => paint('green', text),
    bad: (text) => paint('red', text),
  };
}
