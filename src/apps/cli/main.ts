import { failed, type Parsed, type Problem, parsed } from '../../core/problem.ts';
import { writeStandard } from '../../platform/standard-streams.ts';
import { type Paint, paintFor } from '../../platform/terminal.ts';
import { readArguments, usage } from './arguments.ts';
import type { Command, CommandResult, RawRun, Surroundings } from './command.ts';
import { COMMANDS } from './commands.ts';
import { nearest } from './nearest.ts';
import { problemsText } from './problem-text.ts';
import { unwritable } from './write-results.ts';

/**
 * Runs one command line and prints what came of it. Gives the exit code. A person's mistake never shows a stack; an
 * exception that nobody foresaw shows one line, and its stack with REMORA_DEBUG=1.
 */
export async function main(words: readonly string[], calledAs = 'remora'): Promise<number> {
  const surroundings = surroundingsOf(process.env);
  try {
    const raw = rawCall(words, calledAs);
    if (raw !== undefined) return await (await raw.load())(raw.words, surroundings);
    const result = await run(words, surroundings);
    const written = writeStandard('output', result.output ?? '');
    if (written.ok) {
      if (result.error !== undefined) writeStandard('error', result.error);
      return result.exitCode;
    }
    const problem = unwritable(written.failure);
    if (!asksForJson(words)) {
      writeStandard('error', `${result.error ?? ''}${problemsText([problem], surroundings.paintError)}`);
    } else {
      // The report tells of a success, and two documents are none.
      const { problemsJson } = await import('./report.ts');
      writeStandard('error', problemsJson([problem]));
    }
    return 1;
  } catch (error) {
    writeStandard('error', unexpected(error, surroundings));
    return 1;
  }
}

type RawCall = { readonly load: () => Promise<RawRun>; readonly words: readonly string[] };

/** A drop-in for a program of Istio's, by the name of the program or as a command. */
function rawCall(words: readonly string[], calledAs: string): RawCall | undefined {
  // The arguments that a 1.0 template injects carry no room for a command: the name of the file says what is meant.
  if (calledAs === 'istio-iptables.sh') {
    return { words, load: async () => (await import('./capture.ts')).script };
  }
  const named = calledAs === 'istio-iptables' ? [calledAs, ...words] : words;
  const agent = calledAs === 'pilot-agent' ? words : named[0] === 'pilot-agent' ? named.slice(1) : undefined;
  if (agent !== undefined) return agentCall(agent);
  const command = COMMANDS.find(({ name, loadRaw }) => loadRaw !== undefined && isCalled(name, named));
  // istio-iptables has a help of its own, with the flags of upstream.
  if (command?.name !== 'istio-iptables' && asksForHelp(named)) return undefined;
  return command?.loadRaw === undefined
    ? undefined
    : { load: command.loadRaw, words: named.slice(command.name.split(' ').length) };
}

/** A command of pilot-agent's; another one is left to be refused as any. */
function agentCall(words: readonly string[]): RawCall | undefined {
  const [first = '', ...rest] = words;
  // The type of the node may stand anywhere among the flags, or be missing.
  if (first === 'proxy' && rest[0] !== 'embedded')
    return { words: rest, load: async () => (await import('./agent.ts')).proxy };
  const command = COMMANDS.find(
    ({ name, loadRaw }) => loadRaw !== undefined && (name === first || name === `proxy ${first}`),
  );
  if (command?.loadRaw !== undefined) return { words: rest, load: command.loadRaw };
  return first === 'version' ? { words: rest, load: async () => (await import('./agent.ts')).version } : undefined;
}

function isCalled(name: string, words: readonly string[]): boolean {
  return name.split(' ').every((part, i) => words[i] === part);
}

/** The same without printing. */
async function run(words: readonly string[], surroundings: Surroundings): Promise<CommandResult> {
  if (words.length === 0) {
    const { overview } = await import('./help.ts');
    return { exitCode: 2, error: overview(surroundings.paintError) };
  }
  const called = await findCommand(words);
  if (!called.ok) return commandLineFailure(called.problems, surroundings.paintError);
  const { command, rest } = called.value;
  if (asksForHelp(rest)) {
    const { commandHelp } = await import('./help.ts');
    return { exitCode: 0, output: commandHelp(command, surroundings.paintOutput) };
  }
  const args = readArguments(rest, command.flags);
  if (!args.ok) return misunderstood(args.problems, called.value, surroundings.paintError);
  const strange = command.operands === '' ? args.value.operands : [];
  if (strange.length > 0) return misunderstood(strange.map(operand(command)), called.value, surroundings.paintError);
  const execute = await command.load();
  return execute(args.value, surroundings);
}

type Called = { readonly command: Command; readonly rest: readonly string[] };

async function findCommand(words: readonly string[]): Promise<Parsed<Called>> {
  const [first = '', second = ''] = words;
  const alone = ALONE.get(first);
  if (alone !== undefined) return found(alone, words.slice(1));
  const twoWords = COMMANDS.find((command) => command.name === `${first} ${second}`);
  if (twoWords !== undefined) return parsed({ command: twoWords, rest: words.slice(2) });
  const command = COMMANDS.find(({ name, aliases }) => name === first || aliases.includes(first));
  if (command !== undefined) return parsed({ command, rest: words.slice(1) });
  const names = COMMANDS.flatMap(({ name, aliases }) => [name, ...aliases]);
  const group = names.filter((name) => name.startsWith(`${first} `));
  if (group.length > 0)
    return group.length === 1 && asksForHelp(words)
      ? found(group[0] ?? '', ['--help'])
      : failed(
          usage(`"${first}" needs a word after it`, `Give ${group.map((name) => `remora ${name}`).join(' or ')}.`),
        );
  const close = nearest(first, names);
  return failed(
    usage(
      first.startsWith('-') ? `the command comes before its flags: ${first}` : `unknown command "${first}"`,
      close === undefined ? undefined : `Did you mean remora ${close}?`,
    ),
  );
}

/** Flags that stand for a command. */
const ALONE: ReadonlyMap<string, string> = new Map([
  ['--version', 'version'],
  ['-v', 'version'],
  ['--help', 'help'],
  ['-h', 'help'],
]);

function found(name: string, rest: readonly string[]): Parsed<Called> {
  const command = COMMANDS.find((candidate) => candidate.name === name);
  if (command === undefined) throw new Error(`no command ${name}`);
  return parsed({ command, rest });
}

function asksForHelp(words: readonly string[]): boolean {
  return flagWords(words).some((word) => word === '--help' || word === '-h');
}

function asksForJson(words: readonly string[]): boolean {
  return flagWords(words).includes('--report=json');
}

/** What stands before `--`. */
function flagWords(words: readonly string[]): readonly string[] {
  const end = words.indexOf('--');
  return end === -1 ? words : words.slice(0, end);
}

function operand(command: Command): (word: string) => Problem {
  const takesFiles = command.flags.some((flag) => flag.name === 'filename');
  return (word) => {
    const choosing = command.flags.find(({ bare, choices }) => bare !== undefined && choices?.includes(word));
    const asFile = takesFiles ? `Name the file with -f: remora ${command.name} -f ${word}` : undefined;
    return usage(
      `${command.name} takes no argument "${word}"`,
      choosing === undefined ? asFile : `Write --${choosing.name}=${word}, with = and without a space.`,
    );
  };
}

/** Who asked for a report in JSON gets JSON, though the words around it cannot be understood. */
async function misunderstood(
  problems: readonly Problem[],
  { command, rest }: Called,
  paint: Paint,
): Promise<CommandResult> {
  const reports = command.flags.some(({ name }) => name === 'report');
  if (!reports || !asksForJson(rest)) return commandLineFailure(problems, paint, command);
  const { problemsJson } = await import('./report.ts');
  return { exitCode: 2, error: problemsJson(problems) };
}

function commandLineFailure(problems: readonly Problem[], paint: Paint, command?: Command): CommandResult {
  const help = command === undefined ? 'remora help' : `remora ${command.name} --help`;
  return { exitCode: 2, error: `${problemsText(problems, paint)}${paint('dim', `See ${help}.`)}\n` };
}

function surroundingsOf(env: Surroundings['env']): Surroundings {
  return { env, paintOutput: paintFor('output', env), paintError: paintFor('error', env) };
}

function unexpected(error: unknown, { env, paintError }: Surroundings): string {
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const stack = env.REMORA_DEBUG === '1' && error instanceof Error ? `${error.stack ?? ''}\n` : '';
  const ask = 'This is a bug in Remora. Please report it with the command and what REMORA_DEBUG=1 prints.';
  return `${paintError('red', 'unexpected error')}: ${message.split('\n')[0] ?? ''}\n${ask}\n${stack}`;
}
