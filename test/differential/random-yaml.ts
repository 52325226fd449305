/** Random YAML texts, most of them valid, and random JSON values full of strings that YAML finds difficult. */
import type { JsonValue, MutableJsonObject } from '../../src/core/json.ts';
import { setKey } from '../../src/core/json.ts';
import type { Random } from './random-template.ts';

/** Scalars whose meaning depends on the YAML version, on Go, or on the place where they stand. */
export const SCALARS = [
  ...['y', 'Y', 'yes', 'on', 'off', 'No', 'n', 'true', 'TRUE', 'tRue', 'False', 'null', 'Null', '~', 'nil', ''],
  ...['0', '-0', '+0', '00', '007', '08', '0o7', '0o8', '0x1F', '0X1f', '-0x1', '0b101', '0b2', '-0b11', '+0b1', '0B1'],
  ...['1_000', '_1', '1_', '1__0', '0_7', '0x_1', '0x1_f', '-1_0', '1_0.5', '0b1_1', '12345678901234567890'],
  ...['9223372036854775807', '9223372036854775808', '18446744073709551615', '18446744073709551616'],
  ...[
    '-9223372036854775808',
    '-9223372036854775809',
    '9007199254740993',
    '1e3',
    '1E3',
    '1e',
    '1e+3',
    '1.e3',
    '.5',
    '5.',
  ],
  ...['-.5', '+.5', '.', '..', '...', '1.5', '1.50', '-1.5e-3', '1e400', '-1e400', '1e-400', '.inf', '-.Inf', '+.INF'],
  ...['.nan', '.NaN', '.Nan', '1e21', '1e20', '123456789.123', '0.1', '3.14159265358979', '1.7976931348623157e308'],
  ...['12:30:45', '190:20:30', '1:2', '-1:30', '12:30:45.5', '2001-12-14', '2001-1-1', '2001-12-14T21:59:43.10-05:00'],
  ...['2001-12-14 21:59:43.10 -5', '2001-02-30', '2001-12-15 2:59:43.10', '2002-1-1 0:0:0', '2001-12-14t21:59:43Z'],
  ...[
    '<<',
    '=',
    '-',
    '?',
    ':',
    '- a',
    '? a',
    ': a',
    'a:',
    'a: b',
    'a #b',
    'a#b',
    '#a',
    '# a',
    '&a',
    '*a',
    '!a',
    '!!str',
  ],
  ...['|', '>', '|-', '>+', '%a', '@a', '`a', '{', '}', '[', ']', ',', '{}', '[]', '{a: b}', '[a, b]', "'", '"', "'a'"],
  ...[
    '"a"',
    "it's",
    'say "hi"',
    'a\\b',
    '\\',
    '---',
    '--- a',
    '...a',
    '-a',
    '--',
    '?a',
    ':a',
    '::',
    'a::b',
    'http://x/y',
  ],
  ...[
    ' a',
    'a ',
    ' ',
    '  ',
    '\t',
    'a\tb',
    '\ta',
    'a\t',
    'a\n',
    '\n',
    '\n\n',
    'a\nb',
    'a\n\nb\n',
    ' a\nb',
    'a \nb',
    'a\n b',
  ],
  ...[
    '\na',
    '\n a',
    'a\n\n',
    'a\n\n\n',
    'a\r',
    'a\r\nb',
    'a\u0085b',
    'a\u2028b',
    'a\u2029',
    '\u2028a',
    '\u00a0',
    '\ufeffa',
  ],
  ...[
    'é',
    '日本',
    '😀',
    'a😀b',
    '\u0007',
    '\u001b[0m',
    '\u0000',
    '\u007f',
    '\u0080',
    '\u009f',
    '\ufffd',
    '\ufffe',
    '\uffff',
  ],
  ...[
    '1Gi',
    '100m',
    '0.5',
    '1.0',
    '1.10',
    '1.20.0',
    '10.0.0.0/8',
    '127.0.0.1',
    'fe80::1',
    '0777',
    '0644',
    '-1',
    '+1',
    '+a',
  ],
  ...['a,b', 'a, b', 'a]b', 'a}b', '{{ .x }}', '%', 'a%', '100%', '$(X)', '*', '**', '*.x', '&', '!', '@', '`'],
] as const satisfies readonly string[];

const WORDS = ['lorem', 'ipsum', 'a', 'I', "it's", '"x"', '#x', 'x:', '-', '1', 'consectetur', 'é', 'sed\\', ',', 'y'];

/** A string: one of the above, a soup of signs, or a long text with spaces in it. */
function randomString(random: Random): string {
  const { below, chance, pick } = random;
  const kind = below(10);
  if (kind < 4) return pick(SCALARS as unknown as readonly [string, ...string[]]);
  if (kind < 6) {
    const alphabet = pick([
      'ab:#- \'"\\,[]{}\n',
      ' \n',
      'ab \n',
      '01._-+eExob',
      'a:\t\n',
      'aé😀 \u2028\u0085',
      '0123456789:-. TZ',
    ]);
    const characters = [...alphabet] as [string, ...string[]];
    return Array.from({ length: below(8) }, () => pick(characters)).join('');
  }
  if (kind < 8) {
    const space = (): string => (chance(0.9) ? ' ' : pick(['  ', '\n', ', ', '\t', '   ', ' \n', '\n ', '\n\n']));
    let text = pick(WORDS as [string, ...string[]]);
    for (let left = below(40); left > 0; left--) text += space() + pick(WORDS as [string, ...string[]]);
    return text + (chance(0.2) ? pick(['\n', '\n\n', ' ', '  ', '\t']) : '');
  }
  if (kind < 9)
    return 'k'.repeat(below(200)) + (chance(0.5) ? ` ${pick(SCALARS as unknown as [string, ...string[]])}` : '');
  return pick([
    'name',
    'image',
    'a1',
    'a10',
    'a9',
    'B',
    '_x',
    'b-c',
    'b.c',
    'b/c',
    'a01',
    'a001',
    '10',
    '9',
    '1a',
    'é',
    'Z',
  ]);
}

function randomNumber(random: Random): number | bigint {
  const { below, chance, pick } = random;
  switch (below(6)) {
    case 0:
      return below(100) - 50;
    case 1:
      return (below(2 ** 31) - 2 ** 30) * below(2 ** 20);
    case 2:
      return pick([2n ** 63n - 1n, -(2n ** 63n), 2n ** 64n - 1n, 9007199254740993n, 12345678901234567890n]);
    case 3:
      return (below(2 ** 31) / 2 ** below(40)) * (chance(0.5) ? 1 : -1);
    case 4:
      return Number(`${below(10_000)}e${below(60) - 30}`);
    default:
      return pick([
        1e20, 1e21, 1e22, 1e6, 1e5, 123456, 1234567, 0.1, 1e-7, 1e-6, 5e-324, 1.7976931348623157e308, 0.00001,
      ]);
  }
}

export function randomJson(random: Random, depth = 4): JsonValue {
  const { below, chance, pick } = random;
  const kind = below(depth > 0 ? 9 : 5);
  if (kind < 3) return randomString(random);
  if (kind === 3) return randomNumber(random);
  if (kind === 4) return pick([null, true, false, '', {}, []]);
  const size = chance(0.1) ? 0 : below(5) + 1;
  if (kind < 7) return Array.from({ length: size }, () => randomJson(random, depth - 1));
  const out: MutableJsonObject = {};
  for (let i = 0; i < size; i++) setKey(out, randomKey(random), randomJson(random, depth - 1));
  return out;
}

function randomKey(random: Random): string {
  const { below, chance, pick } = random;
  if (chance(0.3)) return randomString(random);
  const parts = ['a', 'b', 'B', 'x', '_', '-', '.', '/', '0', '1', '9', '10', '01', '00', 'é', 'Ω', '日', '😀', ' '];
  return Array.from({ length: below(5) + 1 }, () => pick(parts as [string, ...string[]])).join('');
}

/** A YAML text: a document rendered in random styles, sometimes damaged; or a soup of YAML's signs. */
export function randomYaml(random: Random): string {
  const { below, chance, pick } = random;
  if (chance(0.15)) return soup(random);
  let text = new YamlText(random).document();
  if (chance(0.3)) {
    for (let edits = below(3) + 1; edits > 0; edits--) {
      const at = below(text.length + 1);
      const length = chance(0.5) ? 0 : below(3) + 1;
      const signs = [
        ':',
        ' ',
        '\n',
        '-',
        '#',
        '"',
        "'",
        '[',
        ']',
        '{',
        '}',
        ',',
        '\t',
        '&a',
        '*a',
        '!',
        '|',
        '>',
        '?',
        '%',
        '',
      ];
      text = text.slice(0, at) + pick(signs as [string, ...string[]]) + text.slice(at + length);
    }
  }
  if (chance(0.03)) text = `\ufeff${text}`;
  if (chance(0.03)) text = text.replaceAll('\n', '\r\n');
  return text;
}

const SOUP = [
  ...[
    'a',
    'b',
    'c',
    ': ',
    ':',
    '\n',
    '\n',
    '\n ',
    '\n  ',
    '\n    ',
    '- ',
    '-',
    ' ',
    '# c',
    ' # c',
    '"',
    "'",
    '[',
    ']',
    '{',
    '}',
  ],
  ...[
    ', ',
    ',',
    '? ',
    '&x ',
    '*x',
    '!!str ',
    '!!int ',
    '! ',
    '!t ',
    '|\n',
    '>\n',
    '|-\n',
    '>2\n',
    '<<: ',
    '---\n',
    '...\n',
    '%YAML 1.1\n',
  ],
  ...[
    '\t',
    '1',
    '0x1',
    '~',
    'y',
    '2001-01-01',
    '\\',
    '\\n',
    '"a b"',
    "'it''s'",
    '[a, b]',
    '{a: b}',
    '{a, b: }',
    '[a: b]',
    '\r\n',
    '=',
    '%',
  ],
] as [string, ...string[]];

function soup(random: Random): string {
  return Array.from({ length: random.below(14) + 1 }, () => random.pick(SOUP)).join('');
}

class YamlText {
  private readonly random: Random;
  private readonly anchors: string[] = [];

  constructor(random: Random) {
    this.random = random;
  }

  document(): string {
    const { chance } = this.random;
    const head = chance(0.1)
      ? this.random.pick(['---\n', '--- ', '%YAML 1.1\n---\n', '# head\n', '\n\n', '--- # c\n'])
      : '';
    const tail = chance(0.1)
      ? this.random.pick(['---\nother: 1\n', '...\n', '# end', '\n\n', '...\nx: [', '---\n{'])
      : '';
    return head + this.block(0, 3).replace(/^\n/, '') + tail;
  }

  /** What follows `key:` or a dash, with its line ends. */
  private block(indent: number, depth: number): string {
    const { below, chance } = this.random;
    const property = this.property();
    if (depth <= 0 || chance(0.3)) return `${property}${this.scalar(indent)}`;
    const kind = below(10);
    if (kind < 5) return `${property}\n${this.mapping(indent, depth)}`;
    if (kind < 8) return `${property}\n${this.sequence(indent, depth)}`;
    return `${property}${this.flow(2)}${this.lineEnd()}`;
  }

  private property(): string {
    const { chance, pick } = this.random;
    if (chance(0.9)) return '';
    if (chance(0.3))
      return pick([
        '!!str ',
        '!!int ',
        '!!float ',
        '!!bool ',
        '!!null ',
        '!foo ',
        '! ',
        '!!binary ',
        '!!map ',
        '!!seq ',
        '!!timestamp ',
        '!<tag:yaml.org,2002:str> ',
      ]);
    const name = pick(['x', 'y', 'z', 'a-b', 'n1']);
    this.anchors.push(name);
    return `&${name} `;
  }

  private mapping(indent: number, depth: number): string {
    const { below, chance, pick } = this.random;
    let out = '';
    const step = pick([1, 2, 2, 2, 2, 4, 3]);
    for (let left = below(4) + 1; left > 0; left--) {
      if (chance(0.08)) out += pick(['\n', '# note\n', `${' '.repeat(indent)}# note: x\n`, '   \n']);
      const pad = ' '.repeat(indent);
      if (chance(0.06)) {
        out += `${pad}<<: ${this.anchors.length > 0 && chance(0.8) ? `*${pick(this.anchors as [string, ...string[]])}` : pick(['{m: 1, a: 2}', '[{a: 1}, {a: 2, b: 3}]', 'x', '*nope'])}\n`;
        continue;
      }
      if (chance(0.04)) {
        out += `${pad}? ${this.block(indent + step, 0)}${pad}: ${this.block(indent + step, depth - 1)}`;
        continue;
      }
      const deeper = chance(0.15) && depth > 1 ? this.sequence(indent, depth - 1) : undefined;
      out += `${pad}${this.key()}:${deeper === undefined ? ` ${this.block(indent + step, depth - 1)}` : `\n${deeper}`}`;
    }
    return out;
  }

  private key(): string {
    const { chance, pick } = this.random;
    if (chance(0.8)) return pick(['a', 'b', 'c', 'name', 'image', 'x.y/z', 'a1', 'spec', 'd', 'e']);
    return pick([
      '"q k"',
      "'s'",
      'y',
      '1',
      '1.5',
      '~',
      'null',
      '0x10',
      'a b',
      '[a]',
      '{a: 1}',
      '2001-01-01',
      '"\\u00e9"',
      '1e3',
      '-1',
      '.5',
      '01',
      'a ',
      '!!str 7',
      '=',
      '1_0',
      '123456789',
      '0.1',
      '*x ',
      '&k a',
    ]);
  }

  private sequence(indent: number, depth: number): string {
    const { below, chance } = this.random;
    let out = '';
    for (let left = below(4) + 1; left > 0; left--) {
      const pad = ' '.repeat(indent);
      if (depth > 0 && chance(0.25)) out += `${pad}- ${this.mapping(indent + 2, depth - 1).replace(/^ +/, '')}`;
      else if (depth > 0 && chance(0.1)) out += `${pad}- ${this.sequence(indent + 2, depth - 1).replace(/^ +/, '')}`;
      else out += `${pad}- ${this.block(indent + 2, Math.max(depth - 1, 0))}`;
    }
    return out;
  }

  private flow(depth: number): string {
    const { below, chance, pick } = this.random;
    const blank = (): string => (chance(0.1) ? pick(['', ' ', '\n ', '\n\t', ' # c\n', '\n']) : '');
    const atom = (): string =>
      chance(0.1) && this.anchors.length > 0
        ? `*${pick(this.anchors as [string, ...string[]])}`
        : chance(0.5)
          ? pick(['a', '1', '"q"', "'s'", 'y', 'b c', '~', 'x:y', '"a\\n"', '-', '1.5', 'http://x', ''])
          : depth > 0
            ? this.flow(depth - 1)
            : 'z';
    const items = Array.from({ length: below(4) }, () => blank() + atom() + blank());
    if (chance(0.4)) return `[${items.join(chance(0.9) ? ', ' : ',')}${chance(0.1) ? ',' : ''}]`;
    const colon = (): string => pick([': ', ': ', ': ', ':', ' : ']);
    return `{${items.map((item) => `${pick(['a', 'b', '"c"', 'd e', '? f', '1', '<<'])}${colon()}${item}`).join(', ')}}`;
  }

  private lineEnd(): string {
    return this.random.chance(0.1)
      ? this.random.pick([' # c\n', ' \n', '#c\n', '\t\n', '\n\n', "  # it's: {\n"])
      : '\n';
  }

  private scalar(indent: number): string {
    const { below, chance, pick } = this.random;
    const kind = below(12);
    if (kind < 5) return `${pick(SCALARS as unknown as [string, ...string[]]).split('\n')[0]}${this.lineEnd()}`;
    if (kind === 5 && this.anchors.length > 0)
      return `*${pick(this.anchors as [string, ...string[]])}${this.lineEnd()}`;
    if (kind === 6) return `${this.doubleQuoted(indent)}${this.lineEnd()}`;
    if (kind === 7)
      return `'${this.lines(indent, ["it''s", 'a', 'b  c', '# x', 'a: b', '{', '"', '\\n'])}'${this.lineEnd()}`;
    if (kind < 11) return this.blockScalar(indent);
    return `${this.lines(indent, ['a', 'b c', 'x y  z', 'c:d', 'e#f', '-', 'g', "it's"])}${chance(0.1) ? ' ' : ''}${this.lineEnd()}`;
  }

  /** Words over several lines, for scalars that fold. */
  private lines(indent: number, words: readonly string[]): string {
    const { below, chance, pick } = this.random;
    let out = pick(words as [string, ...string[]]);
    for (let left = below(4); left > 0; left--) {
      const gap = chance(0.5)
        ? pick([' ', '  ', '\t'])
        : `${pick(['', ' ', '\t', '  '])}${pick(['\n', '\n', '\n\n', '\n \n', '\n\n\n'])}${' '.repeat(Math.max(0, indent + below(3) - (chance(0.1) ? 2 : 0)))}${chance(0.05) ? '\t' : ''}`;
      out += gap + pick(words as [string, ...string[]]);
    }
    return out;
  }

  private doubleQuoted(indent: number): string {
    const words = [
      'a',
      'b c',
      '\\n',
      '\\t',
      '\\"',
      '\\\\',
      '\\x41',
      '\\u00e9',
      '\\U0001f600',
      '\\/',
      '\\e',
      '\\0',
      '\\N',
      '\\_',
      '\\L',
      '\\P',
      "\\'",
      '\\ ',
      '\\',
      "it's",
      '# x',
      '{',
      'a: b',
      '\\x4',
      '\\q',
      '\\ud800',
    ];
    return `"${this.lines(indent, words)}"`;
  }

  private blockScalar(indent: number): string {
    const { below, chance, pick } = this.random;
    const explicit = chance(0.2) ? below(5) : 0;
    const chomp = pick(['', '', '-', '+']);
    const header = `${pick(['|', '>'])}${chance(0.5) ? `${explicit || ''}${chomp}` : `${chomp}${explicit || ''}`}`;
    let out = `${header}${this.random.chance(0.1) ? pick([' # c', ' ', '#c', '  x']) : ''}\n`;
    const base = Math.max(indent, 1) + (chance(0.2) ? below(3) : 0) - (chance(0.05) ? 1 : 0);
    for (let left = below(5); left > 0; left--) {
      const pad = ' '.repeat(base + (chance(0.2) ? below(3) : 0));
      out += chance(0.2)
        ? pick(['\n', '  \n', `${pad} \n`, `${pad}\t\n`])
        : `${pad}${pick(['a b', 'text: x', '# not a comment', '- x', '\tt', 'x ', '"q"', '{', 'é 日本'])}\n`;
    }
    return out;
  }
}
