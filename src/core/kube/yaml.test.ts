import { describe, expect, it } from 'vitest';
import { locatePointers } from './locate.ts';
import { parseYaml } from './yaml.ts';

function value(text: string, schema?: string): unknown {
  const read = parseYaml(text, { schema });
  return read.ok ? read.value : read.problems[0]?.message;
}

describe('YAML as Go reads it', () => {
  it.each<[string, unknown]>([
    ['a: yes\nb: off\nc: y\nd: "yes"\n', { a: true, b: false, c: true, d: 'yes' }],
    ['a: 010\nb: 0x1F\nc: 0b11\nd: 1_000\ne: 0o17\nf: 08\n', { a: 8, b: 31, c: 3, d: 1000, e: 15, f: 8 }],
    ['a: 12:30:45\nb: 2001-01-01\nc: 1e3\nd: .5\n', { a: '12:30:45', b: '2001-01-01', c: 1000, d: 0.5 }],
    ['a: 9007199254740993\nb: 18446744073709551616\n', { a: 9007199254740993n, b: 18446744073709552000 }],
    ['a: &x {b: 1, c: 2}\nd: {<<: *x, c: 3}\n', { a: { b: 1, c: 2 }, d: { b: 1, c: 3 } }],
    ['a: 1\na: 2\n', { a: 2 }],
    ['1: a\ntrue: b\n1.5: c\n', { '1': 'a', true: 'b', '1.5': 'c' }],
    ['a: !!str 1\nb: ! 1\nc: !!binary aGk=\n', { a: '1', b: '1', c: 'hi' }],
    ['', null],
    ['a: 1\n---\nb: 2\n', { a: 1 }],
    ['__proto__: {x: 1}\n', JSON.parse('{"__proto__":{"x":1}}')],
    ['%YAML 1.1\n---\na: 1\n', { a: 1 }],
  ])('%j', (text, expected) => {
    expect(value(text)).toEqual(expected);
  });

  it.each([
    ['a: .nan\n', 'json: unsupported value: NaN'],
    ['%YAML 1.2\n---\na: 1\n', 'found incompatible YAML document'],
    ['a: "\\/"\n', 'found unknown escape character'],
    ['a: b: c\n', 'mapping values are not allowed in this context'],
    ['a: [1, 2\n', "did not find expected ',' or ']'"],
    ['a: *x\n', "unknown anchor 'x' referenced"],
    ['a: &a [*a]\n', "anchor 'a' value contains itself"],
    ['~: a\n', 'unsupported map key of type: null'],
    ['a: !!int x\n', 'cannot decode !!str `x` as a !!int'],
    ['a:\n\tb: 1\n', 'found character that cannot start any token'],
  ])('%j is refused', (text, message) => {
    expect(value(text)).toContain(message);
  });

  it('says where, from the first line of its text on', () => {
    expect(parseYaml('a: 1\nb: c: d\n', { file: 'x.yaml', firstLine: 11 })).toMatchObject({
      ok: false,
      problems: [{ code: 'YAML_SYNTAX', where: { file: 'x.yaml', line: 12, column: 5 } }],
    });
  });

  it('calls binary data what it is', () => {
    expect(parseYaml('\u0000\u0001')).toMatchObject({ ok: false, problems: [{ code: 'BINARY_INPUT' }] });
  });

  it('stops aliases that grow without end', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let i = 1; i < 9; i++)
      lines.push(
        `a${i}: &a${i} [${Array(10)
          .fill(`*a${i - 1}`)
          .join(', ')}]`,
      );
    expect(value(`${lines.join('\n')}\n`)).toContain('excessive aliasing');
  });

  it('makes strings where the type wants them', () => {
    const text =
      'metadata: {name: Y, labels: {a: 1, b: true, c: 1.5}}\nspec: {hostNetwork: true, containers: [{name: 1, env: [{name: A, value: 0x10}]}]}\n';
    expect(value(text, 'core/v1.Pod')).toEqual({
      metadata: { name: 'true', labels: { a: '1', b: 'true', c: '1.5' } },
      spec: { hostNetwork: true, containers: [{ name: '1', env: [{ name: 'A', value: '16' }] }] },
    });
  });
});

describe('the place of a pointer', () => {
  const text = 'a:\n  b:\n  - c: 1\n  - c: 2\n"d/e": {f: 3}\n';
  it.each([
    ['/a/b/1/c', { line: 4, column: 5 }],
    ['/d~1e/f', { line: 5, column: 9 }],
    ['/a/b/7/c', { line: 2, column: 3 }],
    ['', { line: 1, column: 1 }],
  ])('%s', (pointer, place) => {
    expect(locatePointers(text, [pointer]).get(pointer)).toEqual(place);
  });

  it('is unknown in what is no YAML', () => {
    expect(locatePointers('a: [', ['/a']).size).toBe(0);
  });
});
