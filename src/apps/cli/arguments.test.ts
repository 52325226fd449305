import { describe, expect, it } from 'vitest';
import { flagIsOn, flagText, flagTexts, readArguments } from './arguments.ts';
import type { Flag } from './flags.ts';

const FLAGS: readonly Flag[] = [
  { name: 'filename', short: 'f', value: 'FILE', repeatable: true, what: '' },
  { name: 'output', short: 'o', value: 'FILE', what: '' },
  { name: 'report', value: 'FORMAT', bare: 'text', choices: ['text', 'json'], what: '' },
  { name: 'quick', short: 'q', what: '' },
  { name: 'debug', short: 'd', what: '' },
];

function read(...words: readonly string[]) {
  const args = readArguments(words, FLAGS);
  if (!args.ok) throw new Error(args.problems.map(({ message }) => message).join('; '));
  return args.value;
}

function wrong(...words: readonly string[]): readonly string[] {
  return readArguments(words, FLAGS).problems.map(
    ({ message, remedy }) => `${message}${remedy === undefined ? '' : ` ${remedy}`}`,
  );
}

describe('flags as pflag reads them', () => {
  it.each([
    [['--output', 'a']],
    [['--output=a']],
    [['-o', 'a']],
    [['-oa']],
    [['-o=a']],
    [['-qoa']],
    [['-o', 'b', '--output=a']],
  ])('%j', (words) => expect(flagText(read(...words), 'output')).toBe('a'));

  it('values may look like flags, be empty, or hold an equals sign', () => {
    expect(flagText(read('-o', '-q'), 'output')).toBe('-q');
    expect(flagText(read('--output='), 'output')).toBe('');
    expect(flagText(read('--output=a=b'), 'output')).toBe('a=b');
  });

  it('repeated values stay in order', () => {
    expect(flagTexts(read('-f', 'a', '--filename=b', '-fc'), 'filename')).toEqual(['a', 'b', 'c']);
    expect(flagTexts(read(), 'filename')).toEqual([]);
  });

  it('switches: alone, together, with a value', () => {
    const args = read('-qd');
    expect([flagIsOn(args, 'quick'), flagIsOn(args, 'debug')]).toEqual([true, true]);
    expect(flagIsOn(read('--debug=false'), 'debug')).toBe(false);
    expect(flagIsOn(read('--debug=T'), 'debug')).toBe(true);
    expect(read('--debug', 'false').operands).toEqual(['false']);
  });

  it('a flag with a bare value takes another only after =', () => {
    expect(flagText(read('--report'), 'report')).toBe('text');
    expect(flagText(read('--report=json'), 'report')).toBe('json');
    expect(read('--report', 'json').operands).toEqual(['json']);
  });

  it('operands, a lone dash, and all behind --', () => {
    expect(read('a', '-', '-q', '--', '-o', '--x').operands).toEqual(['a', '-', '-o', '--x']);
  });

  it('all mistakes are told, with what was meant', () => {
    expect(wrong('--outptu', 'x', '-z', '--report=jsn', '--debug=maybe', '-o')).toEqual([
      'unknown flag: --outptu Did you mean --output?',
      "unknown shorthand flag: 'z' in -z",
      'invalid value "jsn" for --report: want text or json Did you mean --report=json?',
      'invalid value "maybe" for --debug: want true or false',
      'flag needs an argument: --output',
    ]);
  });
});
