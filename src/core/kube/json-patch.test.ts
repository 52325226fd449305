import { describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../json.ts';
import { diffJson, longestIncreasing } from './diff-json.ts';
import { applyJsonPatch, equal, type JsonPatch } from './json-patch.ts';

const POD = { type: 'core/v1.Pod' };

function applied(doc: JsonValue, patch: JsonPatch): JsonValue {
  const result = applyJsonPatch(doc, patch);
  return result.ok ? result.value : (result.problems[0]?.message ?? '');
}

describe('the patch between two pods', () => {
  const env = (names: readonly (string | number)[]) => ({
    spec: { containers: [{ name: 'a', env: names.map((name) => ({ name: `V${name}`, value: 'x' })) }] },
  });
  const hundred = Array.from({ length: 100 }, (_, i) => i);

  it('is one operation for an item put in front of a hundred', () => {
    expect(diffJson(env(hundred), env(['new', ...hundred]), POD)).toEqual([
      { op: 'add', path: '/spec/containers/0/env/0', value: { name: 'Vnew', value: 'x' } },
    ]);
  });

  it('is one for an item taken out, or changed', () => {
    expect(diffJson(env(hundred), env(hundred.slice(1)), POD)).toEqual([
      { op: 'remove', path: '/spec/containers/0/env/0' },
    ]);
    const changed = structuredClone(env(hundred));
    const item = changed.spec.containers[0]?.env[50];
    if (item !== undefined) item.value = 'y';
    expect(diffJson(env(hundred), changed, POD)).toEqual([
      { op: 'replace', path: '/spec/containers/0/env/50/value', value: 'y' },
    ]);
  });

  it('is few where a sidecar comes in', () => {
    const from = { metadata: { labels: { app: 'x' } }, spec: { containers: [{ name: 'app' }] } };
    const to = {
      metadata: { labels: { app: 'x', rev: 'default' } },
      spec: { containers: [{ name: 'istio-proxy' }, { name: 'app' }], volumes: [{ name: 'v' }] },
    };
    const patch = diffJson(from, to, POD);
    expect(patch.map((operation) => `${operation.op} ${operation.path}`)).toEqual([
      'add /metadata/labels/rev',
      'add /spec/containers/0',
      'add /spec/volumes',
    ]);
    expect(applied(from, patch)).toEqual(to);
  });

  it('changes an item of a list without key in its place', () => {
    const args = (list: readonly string[]) => ({ spec: { containers: [{ name: 'a', args: list }] } });
    expect(diffJson(args(['a', 'b', 'c']), args(['a', 'x', 'c']), POD)).toEqual([
      { op: 'replace', path: '/spec/containers/0/args/1', value: 'x' },
    ]);
    const tolerations = (value: string) => ({ spec: { tolerations: [{ key: 'k' }, { key: 'l', value }] } });
    expect(diffJson(tolerations('1'), tolerations('2'), POD)).toEqual([
      { op: 'replace', path: '/spec/tolerations/1/value', value: '2' },
    ]);
  });

  it('escapes keys', () => {
    const from = { 'a/b': 1, 'm~n': 2, '~1': 3 };
    const patch = diffJson(from, { 'a/b': 2, 'm~n': 3, '~1': 4 });
    expect(patch.map(({ path }) => path)).toEqual(['/a~1b', '/m~0n', '/~01']);
    expect(applied(from, patch)).toEqual({ 'a/b': 2, 'm~n': 3, '~1': 4 });
  });

  it('takes __proto__ for a key like any other', () => {
    const evil = JSON.parse('{"__proto__":{"x":1},"constructor":{"y":2}}') as JsonObject;
    const made = applied({}, diffJson({}, evil));
    expect(Object.keys(made as JsonObject).sort()).toEqual(['__proto__', 'constructor']);
    expect(applied(evil, diffJson(evil, {}))).toEqual({});
    expect(applied({}, [{ op: 'add', path: '/__proto__/x', value: 1 }])).toContain('there is no "__proto__"');
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });

  it('replaces the whole document where it has to', () => {
    expect(diffJson([], {})).toEqual([{ op: 'replace', path: '', value: {} }]);
    expect(applied([], diffJson([], {}))).toEqual({});
  });
});

describe('applying a patch', () => {
  it.each<[string, JsonPatch, string]>([
    ['a missing target', [{ op: 'replace', path: '/x', value: 1 }], 'there is no "x"'],
    ['an index beyond the list', [{ op: 'add', path: '/l/3', value: 1 }], 'index 3 is out of range'],
    ['an index with a leading zero', [{ op: 'remove', path: '/l/00' }], 'is no array index'],
    ['a pointer without slash', [{ op: 'remove', path: 'l' }], 'starts with a slash'],
    ['a wrong escape', [{ op: 'remove', path: '/a~2' }], '~ is followed by 0 or 1'],
    ['a move into itself', [{ op: 'move', from: '/l', path: '/l/0' }], 'into itself'],
    ['a test that fails', [{ op: 'test', path: '/l/0', value: 2 }], 'does not hold'],
  ])('refuses %s and leaves the document', (_name, patch, message) => {
    const doc = { l: [1, 2] };
    expect(applied(doc, patch)).toContain(message);
    expect(doc).toEqual({ l: [1, 2] });
  });

  it('names the operation that failed', () => {
    const patch = [
      { op: 'add', path: '/a', value: 1 },
      { op: 'remove', path: '/b' },
    ] as const;
    expect(applyJsonPatch({}, patch)).toMatchObject({
      ok: false,
      problems: [{ code: 'PATCH_FAILED', message: 'JSON Patch operation 2 at "/b": there is no "b"' }],
    });
  });
});

describe('equality', () => {
  it.each<[JsonValue, JsonValue, boolean]>([
    [1, 1n, true],
    [2 ** 60, 2n ** 60n, true],
    [2n ** 60n, 2n ** 60n + 1n, false],
    [1.5, 2.5, false],
    [0, false, false],
    [null, {}, false],
    [[], {}, false],
    [{ a: 1, b: [1] }, { b: [1], a: 1 }, true],
    [[1, 2], [2, 1], false],
  ])('%s and %s: %s', (a, b, expected) => {
    expect(equal(a, b)).toBe(expected);
    expect(equal(b, a)).toBe(expected);
  });
});

describe('the longest increasing run', () => {
  it.each([
    [[3, 1, 2], 2],
    [[undefined, 0, undefined, 1], 2],
    [[5, 4, 3], 1],
    [[], 0],
  ])('%j', (values, length) => {
    const run = [...longestIncreasing(values)].sort((a, b) => a - b).map((i) => values[i] ?? -1);
    expect(run.length).toBe(length);
    expect(run).toEqual(run.toSorted((a, b) => a - b));
  });
});
