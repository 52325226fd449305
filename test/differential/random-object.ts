/** Random Kubernetes objects and strategic merge patches, made from the type table: every field of a type may turn up. */
import { isObject, type JsonValue, type MutableJsonObject } from '../../src/core/json.ts';
import { type Field, fieldsOf, type TypeRef } from '../../src/core/kube/index.ts';
import type { Random } from './random-template.ts';

type Words = readonly [string, ...string[]];

/** Few names, so that items of two lists meet. */
const NAMES: Words = ['a', 'b', 'c', 'istio-proxy', 'app'];
const TEXTS: Words = ['', 'x', 'y', 'IfNotPresent', 'a b', '<&>', '1', 'true', 'é'];
const QUANTITIES: Words = [
  '100m',
  '1',
  '0.5',
  '1Gi',
  '1024Mi',
  '1.5Gi',
  '0',
  '1000m',
  '1e3',
  '2000',
  '0.1Mi',
  '128974848',
];
const TIMES: Words = ['2020-01-02T03:04:05Z', '2020-01-02T03:04:05.678Z', '2020-01-02T03:04:05+02:00'];

export type ObjectOptions = {
  /** How often a field that can be there is. */
  readonly fill: number;
  /** Values that Go refuses, or reads as something else. */
  readonly wrong: number;
  /** Numbers and booleans where a string belongs, as unquoted YAML gives them. */
  readonly unquoted: number;
};

export function randomObject(random: Random, type: string, options: ObjectOptions, depth = 6): JsonValue {
  const out: MutableJsonObject = {};
  for (const field of fieldsOf(type)) {
    // The way down to the containers is nearly always there, or nothing much would be.
    const likely = ['metadata', 'spec', 'template', 'jobTemplate', 'containers'].includes(field.json);
    const rate = likely ? 0.85 : depth > 4 ? options.fill * 1.5 : options.fill;
    // `scheduling` of a Job is of an API group of its own, which the table does not have.
    if (depth <= 0 || field.json === 'scheduling' || !random.chance(rate)) continue;
    out[field.json] = randomField(random, field, options, depth);
  }
  if (random.chance(options.wrong)) out[random.pick(['unknown', 'Name', 'NAME', 'zzz'])] = random.pick(['x', 'y']);
  return shuffled(random, out);
}

function isText(type: TypeRef): boolean {
  return type.kind === 'basic' && type.name === 'string';
}

function shuffled(random: Random, object: MutableJsonObject): MutableJsonObject {
  const keys = Object.keys(object);
  for (let i = keys.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [keys[i], keys[j]] = [keys[j] ?? '', keys[i] ?? ''];
  }
  return Object.fromEntries(keys.map((key) => [key, object[key] ?? null]));
}

function randomField(random: Random, field: Field, options: ObjectOptions, depth: number): JsonValue {
  const isRaw = field.type.kind === 'pointer' && field.type.to.kind === 'basic' && field.type.to.name === 'Raw';
  if (random.chance(options.wrong) && !isRaw)
    return random.pick([null, null, null, 'x', 7, true, {}, []] as [JsonValue, ...JsonValue[]]);
  if (
    ['name', 'ip', 'uid', 'topologyKey', 'mountPath', 'devicePath'].includes(field.json) &&
    isText(field.type) &&
    random.chance(0.9)
  ) {
    return random.pick(NAMES);
  }
  const value = randomOf(random, field.type, options, depth, field.mergeKey);
  // Of equal finalizers apimachinery loses one or another: its union writes into the list that it reads.
  return field.json === 'finalizers' && Array.isArray(value) ? [...new Set(value)] : value;
}

function randomOf(random: Random, type: TypeRef, options: ObjectOptions, depth: number, mergeKey: string): JsonValue {
  const { below, chance, pick } = random;
  switch (type.kind) {
    case 'pointer':
      return randomOf(random, type.to, options, depth, mergeKey);
    case 'struct':
      return randomObject(random, type.name, options, depth - 1);
    case 'list':
      return Array.from({ length: below(4) }, () => {
        const item = randomOf(random, type.of, options, depth - 1, '');
        if (mergeKey === '' || chance(0.02)) return item;
        const key = mergeKey === 'containerPort' ? 80 + below(4) : pick(NAMES);
        return { ...(item as MutableJsonObject), [mergeKey]: key };
      });
    case 'map': {
      const out: MutableJsonObject = {};
      for (let left = below(3); left > 0; left--) {
        out[pick(['a', 'b', 'cpu', 'memory', 'x/y', 'a10', 'a9'])] = randomOf(random, type.of, options, depth, '');
      }
      return out;
    }
    case 'basic':
      return randomBasic(random, type.name, options);
  }
}

function randomBasic(random: Random, name: string, options: ObjectOptions): JsonValue {
  const { below, chance, pick } = random;
  switch (name) {
    case 'bool':
      return chance(0.5);
    case 'int32':
    case 'int64':
      return chance(0.3) ? 0 : below(100) - 2;
    case 'byte':
      return below(256);
    case 'IntOrString':
      return chance(0.5) ? below(3) * 40 : pick(['http', '80', '', '10%']);
    case 'Quantity':
      return chance(0.2) ? pick([0, 1, 2000, 0.5] as [number, ...number[]]) : pick(QUANTITIES);
    case 'Time':
      return pick(TIMES);
    case 'Raw':
      return {};
    case 'Bytes':
      return pick(['', 'aGk=']);
    default:
      return chance(options.unquoted)
        ? pick([1, 0, true, false, 1.5, 1e6, 12345678, 0.1] as [JsonValue, ...JsonValue[]])
        : pick(TEXTS);
  }
}

/** A patch for a type: an object of it with nulls and directives strewn in. */
export function randomPatch(random: Random, type: string, depth = 6): JsonValue {
  const plain = randomObject(random, type, { fill: 0.12, wrong: 0.004, unquoted: 0 }, depth);
  return strewn(random, plain, { kind: 'struct', name: type });
}

function strewn(random: Random, value: JsonValue, type: TypeRef): JsonValue {
  const inner = type.kind === 'pointer' ? type.to : type;
  if (Array.isArray(value)) return strewnList(random, value as readonly JsonValue[], inner);
  if (typeof value !== 'object' || value === null) return value;
  const fields = inner.kind === 'struct' ? fieldsOf(inner.name) : [];
  const out: MutableJsonObject = {};
  for (const [key, member] of Object.entries(value)) {
    const field = fields.find((one) => one.json === key);
    const memberType = field?.type ?? (inner.kind === 'map' ? inner.of : { kind: 'basic' as const, name: 'Raw' });
    out[key] = random.chance(0.04) ? null : strewn(random, member, memberType);
    if (field?.patchStrategy.includes('merge')) addListDirectives(random, out, field);
  }
  if (random.chance(0.03)) out.$patch = random.pick(['replace', 'delete', 'merge', 'nonsense']);
  if (random.chance(0.02)) out.$retainKeys = [...Object.keys(out).filter((key) => !key.startsWith('$')), 'name'];
  return out;
}

function strewnList(random: Random, value: readonly JsonValue[], type: TypeRef): JsonValue {
  const item: TypeRef = type.kind === 'list' ? type.of : { kind: 'basic', name: 'Raw' };
  const out = value.map((one) => strewn(random, one, item));
  if (item.kind === 'struct' && random.chance(0.08)) {
    out.splice(
      random.below(out.length + 1),
      0,
      random.pick([
        { $patch: 'replace' },
        { $patch: 'delete', name: random.pick(NAMES) },
        { $patch: 'delete', containerPort: 81 },
        { $patch: 'merge', name: 'a' },
      ] as [JsonValue, ...JsonValue[]]),
    );
  }
  return out;
}

function addListDirectives(random: Random, out: MutableJsonObject, field: Field): void {
  const given = out[field.json];
  if (field.mergeKey === '') {
    // Together with a list the result depends on which of them Go's map gives first.
    if (random.chance(0.3)) {
      delete out[field.json];
      out[`$deleteFromPrimitiveList/${field.json}`] = [random.pick(NAMES)];
    }
    return;
  }
  // After a deletion apimachinery orders by a list that it has written into.
  const deletes = Array.isArray(given) && given.some((item: JsonValue) => isObject(item) && item.$patch === 'delete');
  if (deletes || !random.chance(0.1)) return;
  const keys = Array.isArray(given)
    ? given.map((item: JsonValue) => (isObject(item) ? item[field.mergeKey] : item))
    : [];
  const others = Array.from({ length: random.below(3) }, () =>
    field.mergeKey === 'containerPort' ? 80 + random.below(4) : random.pick(NAMES),
  );
  const all = random.chance(0.9) ? [...others, ...keys, ...others] : others;
  const order = [...new Set(all)].map((key) => ({ [field.mergeKey]: key ?? null }));
  // An empty order says nothing, and leaves Go to an order that is none.
  if (order.length > 0) out[`$setElementOrder/${field.json}`] = order;
}
