import { describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../json.ts';
import { mergeStrategic } from './strategic-merge.ts';

const POD = 'core/v1.Pod';

function merge(target: JsonObject, patch: JsonObject): JsonValue {
  const merged = mergeStrategic(target, patch, POD);
  return merged.ok ? merged.value : (merged.problems[0]?.message ?? '');
}

const containers = (names: string) => ({ spec: { containers: [...names].map((name) => ({ name })) } });
const names = (value: JsonValue): string =>
  (value as ReturnType<typeof containers>).spec.containers.map((container) => container.name).join('');

describe('the order of merged lists (injection.md 4.11)', () => {
  it.each([
    ['ABC', 'DBA', 'DBAC'],
    ['ab', 'pb', 'pab'],
    ['ab', 'p', 'pab'],
    ['abc', 'pbq', 'pabqc'],
    ['abc', 'cqa', 'bcqa'],
    ['abcd', 'qdrb', 'qacdrb'],
    ['', 'ab', 'ab'],
    ['ab', '', 'ab'],
  ])('%s and %s give %s', (target, patch, expected) => {
    expect(names(merge(containers(target), containers(patch)))).toBe(expected);
  });

  it('puts items of equal key together', () => {
    const port = (containerPort: number, protocol: string) => ({ containerPort, protocol });
    const ports = (list: JsonValue) => ({ spec: { containers: [{ name: 'a', ports: list }] } });
    const target = ports([port(53, 'TCP'), port(80, 'TCP'), port(53, 'UDP')]);
    expect(merge(target, ports([{ containerPort: 53, name: 'dns' }]))).toEqual(
      ports([{ ...port(53, 'TCP'), name: 'dns' }, port(53, 'UDP'), port(80, 'TCP')]),
    );
  });
});

describe('maps, lists and nulls', () => {
  it.each<[string, JsonObject, JsonObject, JsonValue]>([
    [
      'maps merge by key',
      { metadata: { labels: { a: '1', b: '2' } } },
      { metadata: { labels: { b: '3', c: '4' } } },
      { metadata: { labels: { a: '1', b: '3', c: '4' } } },
    ],
    [
      'null deletes',
      { metadata: { annotations: { a: '1', b: '2' } } },
      { metadata: { annotations: { a: null } } },
      { metadata: { annotations: { b: '2' } } },
    ],
    [
      'null in a new map is nothing',
      { spec: {} },
      { spec: { securityContext: { fsGroup: null } } },
      { spec: { securityContext: {} } },
    ],
    [
      'null in a new list item stays for the decode',
      { spec: { volumes: [{ name: 'a' }] } },
      { spec: { volumes: [{ name: 'b', emptyDir: null }] } },
      { spec: { volumes: [{ name: 'b', emptyDir: null }, { name: 'a' }] } },
    ],
    [
      'emptyDir with nothing behind it removes the one there',
      { spec: { volumes: [{ name: 'a', emptyDir: {} }] } },
      { spec: { volumes: [{ name: 'a', emptyDir: null }] } },
      { spec: { volumes: [{ name: 'a' }] } },
    ],
    [
      'emptyDir: {} on a hostPath leaves both',
      { spec: { volumes: [{ name: 'a', hostPath: { path: '/x' } }] } },
      { spec: { volumes: [{ name: 'a', emptyDir: {} }] } },
      { spec: { volumes: [{ name: 'a', hostPath: { path: '/x' }, emptyDir: {} }] } },
    ],
    [
      'an empty list changes nothing',
      { spec: { initContainers: [{ name: 'a' }] } },
      { spec: { initContainers: [] } },
      { spec: { initContainers: [{ name: 'a' }] } },
    ],
    [
      'a null list goes',
      { spec: { initContainers: [{ name: 'a' }] } },
      { spec: { initContainers: null } },
      { spec: {} },
    ],
    [
      'lists without merge key are replaced',
      { spec: { tolerations: [{ key: 'a' }], containers: [{ name: 'c', args: ['x', 'y'] }] } },
      { spec: { tolerations: [{ key: 'b' }], containers: [{ name: 'c', args: ['z'] }] } },
      { spec: { tolerations: [{ key: 'b' }], containers: [{ name: 'c', args: ['z'] }] } },
    ],
    [
      'finalizers are united',
      { metadata: { finalizers: ['a', 'b'] } },
      { metadata: { finalizers: ['c', 'a'] } },
      { metadata: { finalizers: ['c', 'a', 'b'] } },
    ],
    [
      'the same key twice: both, in order',
      { spec: { containers: [] } },
      {
        spec: {
          containers: [
            { name: 'a', image: 'x' },
            { name: 'a', image: 'y', tty: true },
          ],
        },
      },
      { spec: { containers: [{ name: 'a', image: 'y', tty: true }] } },
    ],
    [
      'types that differ: the patch wins',
      { spec: { hostname: {} } },
      { spec: { hostname: 'x' } },
      { spec: { hostname: 'x' } },
    ],
    ['unknown keys are kept', { spec: { mine: 1 } }, { spec: { theirs: 2 } }, { spec: { mine: 1, theirs: 2 } }],
  ])('%s', (_name, target, patch, expected) => {
    const before = JSON.stringify([target, patch]);
    expect(merge(target, patch)).toEqual(expected);
    expect(JSON.stringify([target, patch])).toBe(before);
  });
});

describe('directives', () => {
  const target = {
    spec: {
      containers: [{ name: 'a', image: 'x', env: [{ name: 'E' }] }, { name: 'b' }],
      securityContext: { fsGroup: 1 },
    },
  };

  it.each<[string, JsonObject, JsonValue]>([
    [
      'replace a map',
      { securityContext: { $patch: 'replace', runAsUser: 2 } },
      { ...target.spec, securityContext: { runAsUser: 2 } },
    ],
    ['delete a map', { securityContext: { $patch: 'delete' } }, { ...target.spec, securityContext: {} }],
    [
      'delete a list item',
      { containers: [{ $patch: 'delete', name: 'a' }] },
      { ...target.spec, containers: [{ name: 'b' }] },
    ],
    [
      'replace a list',
      { containers: [{ $patch: 'replace' }, { name: 'c' }] },
      { ...target.spec, containers: [{ name: 'c' }] },
    ],
    [
      'retain keys',
      { containers: [{ name: 'a', $retainKeys: ['name', 'image'], image: 'y' }] },
      { ...target.spec, containers: [{ name: 'a', image: 'y' }, { name: 'b' }] },
    ],
    [
      'set the order',
      { $setElementOrder: 1, '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }] },
      {
        ...target.spec,
        containers: [target.spec.containers[1] ?? {}, target.spec.containers[0] ?? {}],
        $setElementOrder: 1,
      },
    ],
    [
      'a map that is nothing but a directive is not added',
      { affinity: { $patch: 'replace', nodeAffinity: {} } },
      target.spec,
    ],
  ])('%s', (_name, spec, expected) => {
    expect(merge(target, { spec })).toEqual({ spec: expected });
  });

  it('deletes from a list of scalars', () => {
    expect(
      merge({ metadata: { finalizers: ['a', 'b'] } }, { metadata: { '$deleteFromPrimitiveList/finalizers': ['a'] } }),
    ).toEqual({ metadata: { finalizers: ['b'] } });
  });
});

describe("errors, in apimachinery's words", () => {
  it.each<[JsonObject, JsonObject, string]>([
    [
      { spec: { containers: [{ name: 'a' }] } },
      { spec: { containers: [{ image: 'x' }] } },
      'map: map[image:x] does not contain declared merge key: name',
    ],
    [
      { spec: { zzz: {} } },
      { spec: { zzz: {} } },
      'unable to find api field in struct PodSpec for the json field "zzz"',
    ],
    [{ spec: {} }, { spec: { $patch: 'merge' } }, 'unknown patch type: merge in map: map[$patch:merge]'],
    [
      { spec: { containers: [{ name: 'a' }] } },
      { spec: { containers: [{ name: 'a', $patch: 'merge' }] } },
      'merging lists cannot yet be specified in the patch',
    ],
  ])('%j and %j', (target, patch, message) => {
    expect(merge(target, patch)).toBe(message);
  });
});
