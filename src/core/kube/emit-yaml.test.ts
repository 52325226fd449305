import { describe, expect, it } from 'vitest';
import { compareKeys } from './emit-key-order.ts';
import { analyzeScalar } from './emit-scalar.ts';
import { emitYaml } from './emit-yaml.ts';

describe('the order of keys (injection.md 5.4)', () => {
  it.each([
    [
      ['b/c', 'b.c', 'b-c', 'a10', 'a9', 'B', '_x'],
      ['_x', 'B', 'a9', 'a10', 'b-c', 'b.c', 'b/c'],
    ],
    [
      ['abc', 'ab', 'a'],
      ['a', 'ab', 'abc'],
    ],
    [
      ['a01', 'a1', 'a001', 'a2'],
      ['a1', 'a01', 'a001', 'a2'],
    ],
    [
      ['a100', 'a20', 'a3'],
      ['a3', 'a20', 'a100'],
    ],
    [
      ['b', 'é', 'Z', '日'],
      ['Z', 'b', 'é', '日'],
    ],
    [
      ['a/b', 'a1', 'a.b', 'ab'],
      ['a.b', 'a/b', 'a1', 'ab'],
    ],
    [
      ['10', '9', '1'],
      ['1', '9', '10'],
    ],
    [
      ['', 'a'],
      ['', 'a'],
    ],
  ])('%j', (keys, ordered) => {
    expect(keys.toSorted(compareKeys)).toEqual(ordered);
  });
});

describe('the style of a scalar', () => {
  it.each([
    ['plain', 'plain'],
    ['15001', '"15001"'],
    ['true', '"true"'],
    ['y', '"y"'],
    ['null', '"null"'],
    ['', '""'],
    ['~', '"~"'],
    ['0x1F', '"0x1F"'],
    ['1e3', '"1e3"'],
    ['1_000', '"1_000"'],
    ['12:30:45', '"12:30:45"'],
    ['2001-01-01', '"2001-01-01"'],
    ['1.20.0', '1.20.0'],
    ['100m', '100m'],
    ['*x', "'*x'"],
    ['a: b', "'a: b'"],
    ['a #b', "'a #b'"],
    ["it's", "it's"],
    ["'q'", "'''q'''"],
    [' a', "' a'"],
    ['{"a":1}', '\'{"a":1}\''],
    ['- a', "'- a'"],
    ['-a', '-a'],
    ['a\tb', '"a\\tb"'],
    ['a\u0007', '"a\\a"'],
    ['😀', '"\\U0001F600"'],
    ['é', 'é'],
    // yaml.v2 resolves neither, so that they need no quotes.
    ['<<', '<<'],
    ['=', '='],
  ])('%j is written %s', (text, written) => {
    expect(emitYaml({ a: text })).toBe(`a: ${written}\n`);
  });

  it.each([
    ['a\n', '|\n  a\n'],
    ['a', 'a\n'],
    ['a\nb', '|-\n  a\n  b\n'],
    ['a\n\n', '|+\n  a\n\n'],
    [' a\nb\n', '|2\n   a\n  b\n'],
    ['\na\n', '|2\n\n  a\n'],
    ['a \nb', '"a \\nb"\n'],
  ])('%j over lines', (text, written) => {
    expect(emitYaml({ k: text })).toBe(`k: ${written}`);
  });

  it('folds at a space once the line is longer than 80', () => {
    const text = 'word '.repeat(30).trim();
    const lines = emitYaml({ key: text }).trimEnd().split('\n');
    expect(lines.length).toBe(2);
    expect(lines[0]?.length).toBeGreaterThan(80);
    expect(lines[1]).toMatch(/^ {2}word/);
    expect(emitYaml({ key: 'x'.repeat(300) })).toBe(`key: ${'x'.repeat(300)}\n`);
  });

  it('knows the styles that a text allows', () => {
    expect(analyzeScalar('a b')).toEqual({ plainAllowed: true, singleQuotedAllowed: true, blockAllowed: true });
    expect(analyzeScalar('a ')).toEqual({ plainAllowed: false, singleQuotedAllowed: true, blockAllowed: false });
    expect(analyzeScalar('\u0000')).toEqual({ plainAllowed: false, singleQuotedAllowed: false, blockAllowed: false });
  });
});

describe('collections and numbers', () => {
  it('writes lists at the column of their key, and nests by two', () => {
    expect(emitYaml({ b: [{ x: 1, y: [2, [3, 4]] }, []], a: { c: {}, d: null } })).toBe(
      'a:\n  c: {}\n  d: null\nb:\n- x: 1\n  "y":\n  - 2\n  - - 3\n    - 4\n- []\n',
    );
  });

  it('writes keys of several lines, and long ones, behind a question mark', () => {
    expect(emitYaml({ 'a\nb': 1 })).toBe('? |-\n  a\n  b\n: 1\n');
    expect(emitYaml({ ['k'.repeat(129)]: [1] })).toBe(`? ${'k'.repeat(129)}\n: - 1\n`);
  });

  it.each([
    [1, '1'],
    [1.5, '1.5'],
    [1e20, '1e+20'],
    [2n ** 63n, '9223372036854775808'],
    [0.00001, '1e-05'],
    [1234567.5, '1.2345675e+06'],
    [-0, '0'],
    [true, 'true'],
    [null, 'null'],
  ])('%s', (value, written) => {
    expect(emitYaml(value)).toBe(`${written}\n`);
  });
});
