import { describe, expect, it } from 'vitest';
import { parseYaml } from './yaml.ts';

function value(text: string): unknown {
  const read = parseYaml(text);
  return read.ok ? read.value : read.problems.map((problem) => problem.message);
}

describe('flow collections and quotes at any indentation, as Go reads them', () => {
  it.each([
    [
      'a closing brace level with its key',
      'm:\n  a: {\n    b: "c",\n    d: e,\n  }\n  f: g\n',
      { m: { a: { b: 'c', d: 'e' }, f: 'g' } },
    ],
    ['a list in a list item', 'l:\n- a: [\n  1,\n  2\n]\n- b\n', { l: [{ a: [1, 2] }, 'b'] }],
    ['a quoted scalar', "m:\n    a: \"one\n  two\"\n    b: 'it''s\n c'\n", { m: { a: 'one two', b: "it's c" } }],
    ['brackets inside quotes', 'm:\n  a: {\n    b: "}{",\n    c: \'[\'\n  }\n', { m: { a: { b: '}{', c: '[' } } }],
    [
      'block scalars are no flow',
      'm:\n  t: |\n    {"a": "\n  x: {\n    a: 1\n  }\n',
      { m: { t: '{"a": "\n', x: { a: 1 } } },
    ],
    ['comments are no flow', "m:\n  # it's {\n  x: {  # {\n    a: 1 # }\n  }\n", { m: { x: { a: 1 } } }],
    [
      'plain scalars are no flow',
      "m:\n  p: it's {fine}\n  x: {\n    a: it's\n  }\n",
      { m: { p: "it's {fine}", x: { a: "it's" } } },
    ],
  ])('%s', (_name, text, expected) => {
    expect(value(text)).toEqual(expected);
  });

  it('still refuses what is never closed', () => {
    const read = parseYaml('m:\n  a: {\n  b: c\n');
    expect(read.ok).toBe(false);
  });

  it('reads many of them in one pass', () => {
    const text = `m:\n${'  a: {\n    b: c\n  }\n'.repeat(20_000)}`;
    expect(value(text)).toEqual({ m: { a: { b: 'c' } } });
  });
});
