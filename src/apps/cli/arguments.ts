import { failed, type Parsed, type Problem, parsed } from '../../core/problem.ts';
import type { Flag } from './flags.ts';
import { nearest } from './nearest.ts';

/** A command line, read. */
export type Arguments = {
  /** The values of each flag that was given, in order; a switch has `true` or `false`. */
  readonly flags: ReadonlyMap<string, readonly string[]>;
  readonly operands: readonly string[];
};

/**
 * Reads flags as istioctl does (spf13/pflag): `--flag value`, `--flag=value`, `-f value`, `-f=value`, `-fvalue`, switches
 * together (`-xy`) or with a value (`--debug=false`), `--` before what is no flag. The last of several values counts
 * unless the flag may be repeated. All problems are told.
 */
export function readArguments(words: readonly string[], known: readonly Flag[]): Parsed<Arguments> {
  const flags = new Map<string, readonly string[]>();
  const operands: string[] = [];
  const problems: Problem[] = [];
  const queue = [...words];
  const take = (flag: Flag, given: string | undefined): void => {
    const value = given ?? bareValue(flag) ?? queue.shift();
    const problem = value === undefined ? usage(`flag needs an argument: --${flag.name}`) : wrongValue(flag, value);
    if (problem !== undefined) problems.push(problem);
    else if (value !== undefined) {
      const read = flag.value === undefined ? String(TRUE.includes(value)) : value;
      flags.set(flag.name, flag.repeatable ? [...(flags.get(flag.name) ?? []), read] : [read]);
    }
  };
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    if (word === '--') operands.push(...queue.splice(0));
    else if (word.startsWith('--')) long(word.slice(2));
    else if (word.startsWith('-') && word !== '-') short(word.slice(1));
    else operands.push(word);
  }
  return problems.length > 0 ? failed(...problems) : parsed({ flags, operands });

  function long(text: string): void {
    const [name, value] = cut(text);
    const flag = known.find((candidate) => candidate.name === name);
    if (flag === undefined) problems.push(unknown(name, known));
    else take(flag, value);
  }

  function short(text: string): void {
    const flag = known.find((candidate) => candidate.short === text.charAt(0));
    const rest = text.slice(1);
    if (flag === undefined) problems.push(usage(`unknown shorthand flag: '${text.charAt(0)}' in -${text}`));
    else if (rest === '') take(flag, undefined);
    else if (rest.startsWith('=')) take(flag, rest.slice(1));
    else if (flag.value !== undefined) take(flag, rest);
    else {
      take(flag, undefined);
      short(rest);
    }
  }
}

export function flagText({ flags }: Arguments, name: string): string | undefined {
  return flags.get(name)?.at(-1);
}

export function flagTexts({ flags }: Arguments, name: string): readonly string[] {
  return flags.get(name) ?? [];
}

export function flagIsOn(args: Arguments, name: string): boolean {
  return flagText(args, name) === 'true';
}

/** A problem of the command line itself. */
export function usage(message: string, remedy?: string): Problem {
  return { code: 'USAGE', severity: 'error', message, remedy };
}

/** What is wrong with `-f` as such. */
export function inputProblems(args: Arguments): readonly Problem[] {
  const names = flagTexts(args, 'filename');
  if (names.length === 0) return [usage('filename not specified (see --filename or -f)')];
  const twice = names.filter((name) => name === '-').length > 1;
  return twice ? [usage('standard input can be read only once')] : [];
}

/** What cannot go together with `--in-place`. */
export function inPlaceProblems(args: Arguments): readonly Problem[] {
  if (!flagIsOn(args, 'in-place')) return [];
  const input = flagTexts(args, 'filename').includes('-')
    ? [usage('--in-place edits files, and standard input is none', 'Leave out --in-place.')]
    : [];
  const others = ['output', 'format'].filter((flag) => flagText(args, flag) !== undefined);
  return [...input, ...others.map((flag) => usage(`--in-place and --${flag} contradict each other`))];
}

function cut(text: string): readonly [name: string, value: string | undefined] {
  const at = text.indexOf('=');
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function bareValue(flag: Flag): string | undefined {
  return flag.value === undefined ? 'true' : flag.bare;
}

/** As Go's strconv.ParseBool reads them. */
const TRUE = ['1', 't', 'T', 'TRUE', 'true', 'True'];
const FALSE = ['0', 'f', 'F', 'FALSE', 'false', 'False'];

function wrongValue(flag: Flag, value: string): Problem | undefined {
  const choices = flag.value === undefined ? [...TRUE, ...FALSE] : flag.choices;
  if (choices === undefined || choices.includes(value)) return undefined;
  const shown = flag.value === undefined ? ['true', 'false'] : choices;
  const close = nearest(value, shown);
  return usage(
    `invalid value "${value}" for --${flag.name}: want ${listed(shown)}`,
    close === undefined ? undefined : `Did you mean --${flag.name}=${close}?`,
  );
}

function unknown(name: string, known: readonly Flag[]): Problem {
  const close = nearest(
    name,
    known.map((flag) => flag.name),
  );
  return usage(`unknown flag: --${name}`, close === undefined ? undefined : `Did you mean --${close}?`);
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}
