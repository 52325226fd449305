/** The words of a command of pilot-agent, as pflag reads them. */
import { failed, type Parsed, parsed } from '../problem.ts';
import { badFlag } from './setting-problem.ts';

/** `value` flags take a word, a `switch` takes one only behind `=`. */
export type FlagKind = 'value' | 'switch';

export type FlagWords = {
  /** In their order; a switch without a value has `true`. */
  readonly given: readonly { readonly name: string; readonly value: string }[];
  readonly operands: readonly string[];
  /** Flags that nobody knows, without their values. */
  readonly unknown: readonly string[];
};

/**
 * `--x=v` and `--x v` are the same, `--` ends the flags. What an unknown flag is followed by counts as its value, where it
 * is no flag: which of the two it was cannot be known.
 */
export function readFlagWords(
  words: readonly string[],
  kindOf: (name: string) => FlagKind | undefined,
): Parsed<FlagWords> {
  const given: { name: string; value: string }[] = [];
  const operands: string[] = [];
  const unknown: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    if (word === '--') {
      operands.push(...words.slice(i + 1));
      break;
    }
    const [, name, joined] = /^--?([^=-][^=]*)(?:=([\s\S]*))?$/.exec(word) ?? [];
    if (name === undefined) {
      operands.push(word);
      continue;
    }
    const kind = kindOf(name);
    const next = joined === undefined && kind !== 'switch' ? words[i + 1] : undefined;
    if (kind === undefined) {
      unknown.push(`--${name}`);
      if (next !== undefined && !next.startsWith('-')) i++;
      continue;
    }
    if (next !== undefined) i++;
    const value = joined ?? next ?? (kind === 'switch' ? 'true' : undefined);
    if (value === undefined) return failed(badFlag(`flag needs an argument: --${name}`, name));
    given.push({ name, value });
  }
  return parsed({ given, operands, unknown });
}
