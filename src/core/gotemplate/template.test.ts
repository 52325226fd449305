import { describe, expect, it } from 'vitest';
import { compileTemplate, defineFunc, executeTemplate, fromJson, functionTable, sprint, toJsonValue } from './index.ts';
import type { TemplateLimits } from './run.ts';
import { GoFuncError, GoInt, GoList, GoMap, type GoObject, type GoValue, NO_FIELD } from './value.ts';

type Options = Parameters<typeof compileTemplate>[1] & { readonly limits?: Partial<TemplateLimits> };

/** The output, or the problem as `CODE line:column message`. */
function run(source: string, data: GoValue = undefined, options: Options = {}): string {
  const compiled = compileTemplate(source, { name: 't', ...options });
  const result = compiled.ok ? executeTemplate(compiled.value, data, { limits: options.limits ?? {} }) : compiled;
  if (result.ok) return result.value;
  const [problem] = result.problems;
  return `${problem?.code} ${problem?.where?.line}:${problem?.where?.column} ${problem?.message}`;
}

const data = fromJson({ a: 1, s: 'x', z: null, l: ['p', 'q'], m: { k: 'v', j: { i: 2 } }, f: false });

describe('actions', () => {
  it.each([
    ['a {{- /* c */ -}} b', 'ab'],
    ['{{if .f}}1{{else if .s}}2{{else}}3{{end}}', '2'],
    ['{{with .z}}1{{else with .s}}{{.}}{{end}}', 'x'],
    ['{{range $i, $e := .l}}{{$i}}{{$e}}{{end}}', '0p1q'],
    ['{{range $k, $v := .m}}{{$k}}={{$v}};{{end}}', 'j=map[i:2];k=v;'],
    ['{{range 3}}{{.}}{{end}}', '012'],
    ['{{range .z}}x{{else}}none{{end}}', 'none'],
    ['{{range .l}}{{if eq . "q"}}{{break}}{{end}}{{.}}{{end}}', 'p'],
    ['{{range .l}}{{if eq . "p"}}{{continue}}{{end}}{{.}}{{end}}', 'q'],
    ['{{$x := 1}}{{range .l}}{{$x = .}}{{end}}{{$x}}', 'q'],
    ['{{define "d"}}<{{.}}{{$}}>{{end}}{{template "d" .s}}', '<xx>'],
    ['{{block "b" .m}}{{.k}}{{end}}', 'v'],
    ['{{.nope}}|{{.nope.x}}|{{.z}}|{{print .z}}', '<no value>|<no value>|<no value>|<nil>'],
    ['{{.a}} {{1e6}} {{1000000}} {{0x10}} {{2i}}', '1 1e+06 1000000 16 (0+2i)'],
    ['{{len .l}} {{index .l 1}} {{slice "héllo" 1 3}} {{index .m "j" "i"}}', '2 q é 2'],
    ['{{and 1 0 .nope}} {{or 0 "" "x"}} {{not .z}}', '0 x true'],
    ['{{html "<a>"}} {{js "\'"}} {{urlquery "a b&"}}', "&lt;a&gt; \\' a+b%26"],
  ])('%s', (source, output) => expect(run(source, data)).toBe(output));

  it('takes other delimiters', () => {
    expect(run('[[.a]] {{.a}}', data, { left: '[[', right: ']]' })).toBe('1 {{.a}}');
  });
});

describe('problems', () => {
  it.each([
    ['{{if}}', 'TEMPLATE_PARSE 1:5 template: t:1: missing value for if'],
    ['x\n  {{nosuch}}', 'TEMPLATE_PARSE 2:5 template: t:2: function "nosuch" not defined'],
    ['é{{.x.}}', 'TEMPLATE_PARSE 1:7 template: t:1: unexpected <.> in operand'],
    ['{{range .l}}', 'TEMPLATE_PARSE 1:13 template: t:1: unexpected EOF'],
    [
      '{{.s.x}}',
      'TEMPLATE_EXEC 1:5 template: t:1:4: executing "t" at <.s.x>: can\'t evaluate field x in type interface {}',
    ],
    [
      '\né {{.z.x}}',
      'TEMPLATE_EXEC 2:8 template: t:2:7: executing "t" at <.z.x>: nil pointer evaluating interface {}.x',
    ],
    [
      '{{index .l 9}}',
      'TEMPLATE_EXEC 1:3 template: t:1:2: executing "t" at <index .l 9>: error calling index: index out of range: 9',
    ],
    ['{{range .s}}{{end}}', 'TEMPLATE_EXEC 1:9 template: t:1:8: executing "t" at <.s>: range can\'t iterate over x'],
    [
      '{{template "q"}}',
      'TEMPLATE_EXEC 1:12 template: t:1:11: executing "t" at <{{template "q"}}>: template "q" not defined',
    ],
    [
      '{{eq .a 1}}',
      'TEMPLATE_EXEC 1:3 template: t:1:2: executing "t" at <eq .a 1>: error calling eq: incompatible types for comparison: float64 and int',
    ],
  ])('%s', (source, text) => expect(run(source, data)).toBe(text));

  it('gives no output of a run that fails', () => {
    const compiled = compileTemplate('text {{.s.x}}');
    const result = compiled.ok ? executeTemplate(compiled.value, data) : compiled;
    expect(result).toMatchObject({ ok: false, problems: [{ code: 'TEMPLATE_EXEC' }] });
  });

  it('heeds missingkey', () => {
    expect(run('{{.nope}}', data, { missingKey: 'error' })).toContain('map has no entry for key "nope"');
    expect(run('{{.nope.x}}', data, { missingKey: 'zero' })).toContain('nil pointer evaluating interface {}.x');
    const strings = new GoMap(new Map(), 'map[string]string', '');
    expect(run('[{{.k}}]', strings, { missingKey: 'zero' })).toBe('[]');
    expect(run('[{{.k}}][{{index . "k"}}]', strings)).toBe('[<no value>][]');
  });
});

describe('jumps', () => {
  it.each([
    ['{{range 3}}{{with 1}}{{if 1}}{{continue}}{{end}}{{end}}x{{end}}{{.s}}', 'x'],
    ['{{range 3}}{{with 7}}{{range .}}{{if eq . 2}}{{break}}{{end}}{{.}}{{end}}{{end}};{{end}}', '01;01;01;'],
    ['{{range 2}}{{range 0}}{{else}}{{break}}{{end}}{{.}}{{end}}', '01'],
    ['{{range 2}}{{range 0}}{{else}}{{if 1}}{{continue}}{{end}}{{end}}{{.}}{{end}}{{.s}}', 'x'],
    ['{{$x := 0}}{{range 2}}{{$x := 5}}{{with 9}}{{$x = .}}{{break}}{{end}}{{end}}{{$x}}', '0'],
  ])('%s', (source, output) => expect(run(source, data)).toBe(output));

  it('calls templates as deep as Go', () => {
    const functions = functionTable(
      defineFunc('next', ['int'], false, ([n]) => new GoInt('int', n instanceof GoInt ? n.value + 1n : 0n)),
    );
    const source =
      '{{define "r"}}{{if lt . 50000}}{{template "r" (next .)}}{{else}}{{.}}{{end}}{{end}}{{template "r" 0}}';
    expect(run(source, undefined, { functions })).toBe('50000');
  });
});

describe('limits', () => {
  it.each<[string, Partial<TemplateLimits>, string]>([
    ['{{range 100}}{{end}}', { steps: 50 }, 'more than 50 steps'],
    ['{{range 100}}xxxx{{end}}', { outputBytes: 50 }, 'more than 50 bytes of output'],
    ['{{define "a"}}{{template "a"}}{{end}}{{template "a"}}', { depth: 5 }, 'exceeded maximum template depth (5)'],
    ['{{define "a"}}{{template "a"}}{{end}}{{template "a"}}', {}, 'exceeded maximum template depth (100000)'],
    ['{{$x := "ab"}}{{range 99}}{{$x = print $x $x}}{{end}}', { outputBytes: 1000 }, 'a value of more than 1000 bytes'],
  ])('%s', (source, limits, text) => {
    const result = run(source, undefined, { limits });
    expect(result).toMatch(/^TEMPLATE_LIMIT \d+:\d+ /);
    expect(result).toContain(text);
  });

  it('never overflows the stack', () => {
    for (const source of [
      '{{if 1}}'.repeat(5000),
      `{{${'('.repeat(5000)}1${')'.repeat(5000)}}}`,
      `{{define "a"}}${'{{if 1}}'.repeat(900)}{{template "a"}}${'{{end}}'.repeat(901)}{{template "a"}}`,
    ]) {
      expect(run(source)).toContain('TEMPLATE_LIMIT');
    }
  });

  it('ends at a map that holds itself', () => {
    const map = new GoMap();
    map.entries.set('self', map);
    expect(run('{{.}}', map)).toContain('TEMPLATE_LIMIT');
    expect(run('{{printf "%s" .}}', map)).toContain('TEMPLATE_LIMIT');
  });

  it('reads a long line in linear time', () => {
    const started = performance.now();
    expect(run('{{.}}'.repeat(50_000), 'x')).toHaveLength(50_000);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});

describe('functions', () => {
  const functions = functionTable(
    defineFunc('up', ['string'], false, ([text]) => String(text).toUpperCase()),
    defineFunc('twice', ['int'], false, ([n]) => (n instanceof GoInt ? new GoInt('int', n.value * 2n) : null)),
    defineFunc('join', ['string', 'any'], true, ([separator, ...rest]) => sprint(rest) + String(separator)),
    defineFunc('boom', [], false, () => {
      throw new GoFuncError('no luck');
    }),
    defineFunc('now', [], false, (_args, { host }) => host.now?.() ?? null),
    defineFunc(
      'size',
      ['map[string]interface {}'],
      false,
      ([m]) => new GoInt('int', BigInt(m instanceof GoMap ? m.entries.size : -1)),
    ),
  );
  it.each([
    ['{{"a" | up}}{{twice 3.0}}', 'A6'],
    ['{{join "-" 1 nil "x"}}', '1 <nil>x-'],
    ['{{up 1}}', 'expected string; found 1'],
    ['{{up .a}}', 'wrong type for value; expected string; got float64'],
    ['{{up .z}}', 'wrong type for value; expected string; got interface {}'],
    ['{{up .nope}}', 'invalid value; expected string'],
    ['{{up nil}}', 'cannot assign nil to string'],
    ['{{up}}', 'wrong number of args for up: want 1 got 0'],
    ['{{join}}', 'wrong number of args for join: want at least 1 got 0'],
    ['{{twice 1.5}}', 'expected integer; found 1.5'],
    ['{{size 1}}', "can't handle 1 for arg of type map[string]interface {}"],
    ['{{size nil}}', '0'],
    ['{{boom}}', 'at <boom>: error calling boom: no luck'],
  ])('%s', (source, text) => expect(run(source, data, { functions })).toContain(text));

  it('asks the host', () => {
    const compiled = compileTemplate('{{now}}', { functions });
    expect(compiled.ok && executeTemplate(compiled.value, null, { host: { now: () => 7 } })).toMatchObject({
      value: '7',
    });
  });
});

describe('objects', () => {
  function object(kind: 'struct' | 'pointer', fields: Record<string, GoValue>, nil = false): GoObject {
    return {
      kind,
      type: kind === 'pointer' ? '*v1.Thing' : 'v1.Thing',
      nil,
      field: (name) => (Object.hasOwn(fields, name) ? fields[name] : NO_FIELD),
      method: (name) => {
        if (name === 'GetName') return () => (nil ? '' : (fields.Name ?? ''));
        return name === 'Echo' ? (args) => new GoList(args) : undefined;
      },
      basic: () => undefined,
      print: () => (nil ? '<nil>' : '{thing}'),
      toJson: () => new GoMap(new Map(Object.entries(fields))),
    };
  }
  const thing = object('pointer', {
    Name: 'n',
    Nil: object('pointer', {}, true),
    Part: object('struct', { Name: 'p' }),
  });
  it.each([
    ['{{.Name}} {{.GetName}} {{.Part.Name}} {{.}}', 'n n p {thing}'],
    ['{{.Nil}} {{.Nil.GetName}}| {{if .Nil}}y{{else}}n{{end}}', '<nil> | n'],
    ['{{.Echo 1 "a"}} {{2 | .Echo}}', '[1 a] [2]'],
    ['{{.Nope}}', "at <.Nope>: can't evaluate field Nope in type *v1.Thing"],
    ['{{.Nil.Name}}', 'at <.Nil.Name>: nil pointer evaluating *v1.Thing.Name'],
    ['{{.Name 1}}', 'Name has arguments but cannot be invoked as function'],
    ['{{eq .Nil nil}} {{ne . nil}}', 'true true'],
  ])('%s', (source, text) => expect(run(source, thing)).toContain(text));

  it('becomes JSON', () => {
    expect(toJsonValue(object('struct', { a: new GoInt('int64', 2n ** 60n), b: null }))).toEqual({
      a: 2n ** 60n,
      b: null,
    });
    expect(toJsonValue(new GoList([new GoInt('uint8', 104n), new GoInt('uint8', 105n)], '[]uint8'))).toBe('aGk=');
    expect(() => toJsonValue(Number.NaN)).toThrow('json: unsupported value: NaN');
    const proto = new GoMap(new Map<string, GoValue>([['__proto__', 1]]));
    expect(Object.keys(toJsonValue(proto) as object)).toEqual(['__proto__']);
  });
});
