/** Random templates: mostly valid, some with a character changed. The same seed gives the same templates. */
import type { JsonValue } from '../../src/core/json.ts';

export type Random = {
  /** A whole number from 0 to below `n`. */
  readonly below: (n: number) => number;
  readonly chance: (probability: number) => boolean;
  readonly pick: <T>(items: readonly [T, ...T[]]) => T;
};

/** mulberry32: small, fast, good enough to vary templates. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const below = (n: number): number => Math.floor(next() * n);
  return {
    below,
    chance: (probability) => next() < probability,
    pick: (items) => items[below(items.length)] ?? items[0],
  };
}

/** Lists are as long as a power of two: Go's `slice` goes to a list's capacity, which ours has not. */
export const TEMPLATE_DATA: JsonValue = {
  s: 'str',
  e: '',
  u: 'héllo 日本 😀',
  q: 'a"b\\\n\t`<&>\'=',
  n: 1.5,
  i: 42,
  neg: -3,
  big: 1e21,
  small: 0.000012345,
  zero: 0,
  z: null,
  t: true,
  f: false,
  l: [1, 'a', null, 2.5, true, [], {}, ''],
  ls: ['x', 'y y', '', 'é'],
  ln: [3, 1, 2, 0],
  m: { a: 'x', b: 1, c: { d: [10, { e: 'deep' }] }, z: null },
  mm: { x: { a: 1 }, y: { a: 2, b: [] } },
  em: {},
  el: [],
};

/** `extra` are functions to call besides Go's own. */
export function randomTemplate(random: Random, extra: readonly string[] = []): string {
  const { below, chance, pick } = random;
  const defined: string[] = [];
  let variables = ['$'];
  let rangeDepth = 0;

  const body = statements(3, 4);
  return chance(0.15) ? mutated(body, random) : body;

  function statements(depth: number, most: number): string {
    let out = '';
    for (let n = 1 + below(most); n > 0; n--) out += statement(depth);
    return out;
  }

  function scoped(make: () => string): string {
    const outer = variables;
    variables = [...variables];
    const made = make();
    variables = outer;
    return made;
  }

  function open(): string {
    return chance(0.15) ? '{{- ' : pick(['{{', '{{', '{{ ']);
  }

  function close(): string {
    return chance(0.15) ? ' -}}' : pick(['}}', '}}', ' }}']);
  }

  function action(inside: string): string {
    return open() + inside + close();
  }

  function statement(depth: number): string {
    switch (below(depth > 0 ? 18 : 9)) {
      case 0:
      case 1:
        return pick([' a ', '\n', 'text', '  \n\t', 'é', '-', '}', ' {', '\r\n', '%']);
      case 2:
        return pick(['{{/* c */}}', '{{- /* multi\nline */ -}}', '{{/* c */ -}}', '{{- /* c */}}', '{{ /* c */ }}']);
      case 3: {
        const name = `$${pick(['x', 'y', 'v1'])}`;
        const made = action(`${name} := ${pipeline(2)}`);
        variables.push(name);
        return made;
      }
      case 4:
        return variables.length > 1 ? action(`${variable()} = ${pipeline(2)}`) : 'x';
      case 5:
        return rangeDepth > 0 || chance(0.05) ? action(pick(['break', 'continue'])) : 'y';
      case 9:
      case 10:
        return scoped(() => branch('if', depth));
      case 11:
        return scoped(() => branch('with', depth));
      case 12:
      case 13:
      case 14:
        return scoped(() => range(depth));
      case 15:
        return definition(depth);
      case 16: {
        if (defined.length === 0 && chance(0.9)) return definition(depth);
        const name = chance(0.05) ? 'nope' : (defined[below(defined.length)] ?? 'nope');
        return action(`template "${name}" ${chance(0.7) ? pipeline(1) : ''}`);
      }
      default:
        return action(pipeline(3));
    }
  }

  function branch(kind: 'if' | 'with', depth: number): string {
    let out = action(`${kind} ${chance(0.15) ? '$x := ' : ''}${pipeline(2)}`);
    out += statements(depth - 1, 3);
    if (chance(0.3)) out += action(`else ${kind} ${pipeline(2)}`) + statements(depth - 1, 2);
    if (chance(0.4)) out += action('else') + statements(depth - 1, 2);
    return out + action('end');
  }

  function range(depth: number): string {
    const declared = pick(['', '', '$v := ', '$k, $v := ', '$k , $v:=']);
    const over = pick(['.l', '.ls', '.m', '.mm', '.em', '.ln', '.z', '$', '.', '3', '.n', '.s', pipeline(2)]);
    let out = action(`range ${declared}${over}`);
    if (declared.includes('$k')) variables.push('$k');
    if (declared !== '') variables.push('$v');
    rangeDepth++;
    out += statements(depth - 1, 3);
    rangeDepth--;
    if (chance(0.3)) out += action('else') + statements(depth - 1, 2);
    return out + action('end');
  }

  function definition(depth: number): string {
    const name = `d${defined.length}${pick(['', ' x', '/y'])}`;
    const outerDepth = rangeDepth;
    rangeDepth = 0;
    const isBlock = chance(0.4);
    const head = isBlock ? `block "${name}" ${pipeline(1)}` : `define "${name}"`;
    const outer = variables;
    variables = ['$'];
    const inside = statements(depth - 1, 3);
    variables = outer;
    rangeDepth = outerDepth;
    if (!isBlock && depth < 3) return 'z'; // a definition inside another structure is refused
    defined.push(name);
    return action(head) + inside + action('end');
  }

  function variable(): string {
    return chance(0.02) ? '$undefined' : (variables[below(variables.length)] ?? '$');
  }

  function pipeline(depth: number): string {
    let out = command(depth);
    while (chance(0.15)) out += `${pick([' | ', '|', ' |'])}${call(Math.min(depth, 1), true)}`;
    return out;
  }

  function command(depth: number): string {
    return chance(0.4) ? operand(depth) : call(depth, false);
  }

  function args(depth: number, count: number): string {
    let out = '';
    for (let n = 0; n < count; n++) out += ` ${operand(depth)}`;
    return out;
  }

  function call(depth: number, piped: boolean): string {
    const missing = piped ? 1 : 0;
    const odd = chance(0.05) ? below(3) - 1 : 0;
    const count = (n: number): number => Math.max(0, n - missing + odd);
    if (extra.length > 0 && chance(0.5))
      return (extra[below(extra.length)] ?? 'print') + args(depth - 1, count(1 + below(4)));
    switch (below(12)) {
      case 0:
        return `len${args(depth - 1, count(1))}`;
      case 1:
        return `index ${pick(['.l', '.m', '.u', '.ls', '.mm', operand(depth - 1)])}${args(depth - 1, count(1 + below(2)))}`;
      case 2:
        return `slice ${pick(['.l', '.u', '"hello"', '.ls', operand(depth - 1)])}${args(depth - 1, below(3))}`;
      case 3:
        return `${pick(['eq', 'ne', 'lt', 'le', 'gt', 'ge'])}${args(depth - 1, count(2))}`;
      case 4:
        return `eq${args(depth - 1, count(2 + below(3)))}`;
      case 5:
        return `${pick(['and', 'or'])}${args(depth - 1, count(1 + below(3)))}`;
      case 6:
        return `not${args(depth - 1, count(1))}`;
      case 7:
      case 8:
        return `printf ${format()}${args(depth - 1, count(1 + below(3)))}`;
      case 9:
        return `${pick(['html', 'js', 'urlquery'])}${args(depth - 1, count(1 + below(2)))}`;
      case 10:
        return chance(0.1) ? `call${args(depth - 1, count(1))}` : `println${args(depth - 1, below(3))}`;
      default:
        return `print${args(depth - 1, below(4))}`;
    }
  }

  function format(): string {
    let out = '';
    for (let n = 1 + below(2); n > 0; n--) {
      const flags = pick(['', '', '', '+', '-', '#', '0', ' ', '+#', '-0', '# ', '05']);
      const width = pick(['', '', '', '5', '12', '*', '[1]', '[2]']);
      const precision = pick(['', '', '', '.', '.0', '.2', '.10', '.*']);
      const verb = pick([
        'v',
        'v',
        'v',
        's',
        'q',
        'd',
        'x',
        'X',
        'f',
        'e',
        'g',
        'G',
        'E',
        'b',
        'o',
        'O',
        'c',
        'U',
        't',
        'T',
        'z',
        '%',
      ]);
      out += `${pick(['', ' ', 'é'])}%${flags}${width}${precision}${verb}`;
    }
    return chance(0.3) ? `\`${out}\`` : `"${out}"`;
  }

  function operand(depth: number): string {
    if (depth > 0 && chance(0.25)) return `(${pipeline(depth - 1)})${chance(0.2) ? pick(['.a', '.b.c', '.x']) : ''}`;
    switch (below(9)) {
      case 0:
        return '.';
      case 1:
        return variable() + (chance(0.3) ? pick(['.a', '.m', '.l', '.m.c.d', '.z.x', '.s']) : '');
      case 2:
        return pick([
          '1',
          '0',
          '-1',
          '2',
          '3.0',
          '1.5',
          '1e3',
          '0x1F',
          '0b11',
          '0o17',
          '017',
          '1_000',
          '07.5',
          '-0.0',
          '2i',
          '1+2i',
          '0x1p-2',
          '1e100',
          '-9223372036854775808',
          '9223372036854775808',
          '.5',
          '5.',
        ]);
      case 3:
        return pick(['"str"', '"a"', '`raw\\n`', '""', '"é\\u65e5\\xff\\n\\""', "'x'", "'\\n'", "'日'"]);
      case 4:
        return pick(['true', 'false', 'nil']);
      default:
        return pick([
          '.s',
          '.e',
          '.u',
          '.q',
          '.n',
          '.i',
          '.neg',
          '.big',
          '.small',
          '.zero',
          '.z',
          '.t',
          '.f',
          '.l',
          '.ls',
          '.ln',
          '.m',
          '.mm',
          '.em',
          '.el',
          '.nope',
          '.m.a',
          '.m.c',
          '.m.c.d',
          '.m.nope',
          '.nope.x',
          '.z.x',
          '.s.x',
          '.a',
          '.m.z',
        ]);
    }
  }
}

/** The text with one to three characters taken out, doubled or replaced. */
export function mutated(text: string, random: Random): string {
  let out = text;
  for (let n = 1 + random.below(3); n > 0; n--) {
    const at = random.below(out.length + 1);
    const insert = random.pick([
      '',
      '',
      ' ',
      '{{',
      '}}',
      '(',
      ')',
      '|',
      '.',
      '$',
      '"',
      "'",
      '`',
      '\n',
      '-',
      ':=',
      '=',
      ',',
      '#',
      'é',
      '0',
      'x',
      '\\',
      '/*',
      '*/',
      'end',
      '{{end}}',
      '{{else}}',
      '\u00a0',
      '@',
    ]);
    out = out.slice(0, at) + insert + out.slice(at + random.below(3));
  }
  return out;
}
