import { getKey, isArray, isObject, type JsonArray, type JsonObject, type JsonValue } from '../json.ts';
import { equal, type JsonPatch, type JsonPatchOperation } from './json-patch.ts';
import { escapePointer } from './round-trip.ts';
import { dereference, structOf, type TypeRef } from './type-table.ts';

export type DiffOptions = {
  /** A Kubernetes type such as `core/v1.Pod`: lists with a merge key are matched by it. */
  readonly type?: string | undefined;
};

/**
 * A small JSON Patch from one value to the other; applying it to `from` gives `to`. Objects key by key. Items of a list
 * are matched by the merge key that the type gives it (or by value), so that a container put in front is one `add` and not
 * a rewrite of everything behind it. Linear in the size of both values; shared parts cost nothing.
 */
export function diffJson(from: JsonValue, to: JsonValue, options: DiffOptions = {}): JsonPatch {
  const operations: JsonPatchOperation[] = [];
  const type: TypeRef | undefined = options.type === undefined ? undefined : { kind: 'struct', name: options.type };
  diffValue(from, to, '', type, '', operations);
  return operations;
}

function diffValue(
  from: JsonValue,
  to: JsonValue,
  path: string,
  type: TypeRef | undefined,
  mergeKey: string,
  out: JsonPatchOperation[],
): void {
  if (from === to) return;
  if (isObject(from) && isObject(to)) diffObject(from, to, path, type, out);
  else if (isArray(from) && isArray(to)) diffList(from, to, path, type, mergeKey, out);
  else if (!equal(from, to)) out.push({ op: 'replace', path, value: to });
}

function diffObject(
  from: JsonObject,
  to: JsonObject,
  path: string,
  type: TypeRef | undefined,
  out: JsonPatchOperation[],
): void {
  const inner = type === undefined ? undefined : dereference(type);
  const struct = inner?.kind === 'struct' ? structOf(inner.name) : undefined;
  for (const key of Object.keys(from)) {
    if (getKey(to, key) === undefined) out.push({ op: 'remove', path: `${path}/${escapePointer(key)}` });
  }
  for (const key of Object.keys(to)) {
    const value = to[key] ?? null;
    const before = getKey(from, key);
    const at = `${path}/${escapePointer(key)}`;
    if (before === undefined) {
      out.push({ op: 'add', path: at, value });
      continue;
    }
    const field = struct?.byJson.get(key);
    const member = field?.type ?? (inner?.kind === 'map' ? inner.of : undefined);
    diffValue(before, value, at, member, field?.mergeKey ?? '', out);
  }
}

/** Removes what is gone from the back, then walks forward adding and changing, so that every index is right when used. */
function diffList(
  from: JsonArray,
  to: JsonArray,
  path: string,
  type: TypeRef | undefined,
  mergeKey: string,
  out: JsonPatchOperation[],
): void {
  const inner = type === undefined ? undefined : dereference(type);
  const item = inner?.kind === 'list' ? inner.of : undefined;
  const origin = matchItems(from, to, mergeKey);
  if (from.length > 0 && to.length > 0 && origin.every((index) => index === undefined)) {
    if (!equal(from, to)) out.push({ op: 'replace', path, value: to });
    return;
  }
  if (mergeKey === '') pairChanged(origin, from.length);
  const stays = new Set(origin);
  stays.delete(undefined);
  for (let i = from.length - 1; i >= 0; i--) {
    if (!stays.has(i)) out.push({ op: 'remove', path: `${path}/${i}` });
  }
  let length = stays.size;
  to.forEach((value, i) => {
    const index = origin[i];
    if (index === undefined) {
      out.push({ op: 'add', path: i === length ? `${path}/-` : `${path}/${i}`, value });
      length++;
    } else diffValue(from[index] ?? null, value, `${path}/${i}`, item, '', out);
  });
}

/** For each item of `to` the index in `from` that it continues; increasing, so that no item has to move. */
function matchItems(from: JsonArray, to: JsonArray, mergeKey: string): (number | undefined)[] {
  const places = new Map<string, number[]>();
  for (let i = from.length - 1; i >= 0; i--) {
    const id = identity(from[i] ?? null, mergeKey);
    const list = places.get(id);
    if (list === undefined) places.set(id, [i]);
    else list.push(i);
  }
  const candidates = to.map((value) => places.get(identity(value, mergeKey))?.pop());
  const run = longestIncreasing(candidates);
  return candidates.map((index, i) => (run.has(i) ? index : undefined));
}

/** Between two items that stay, what is gone and what is new are taken for the same items, changed. */
function pairChanged(origin: (number | undefined)[], fromLength: number): void {
  let free = 0;
  for (let i = 0; i < origin.length; i++) {
    const index = origin[i];
    if (index !== undefined) {
      free = index + 1;
      continue;
    }
    let next = i;
    while (next < origin.length && origin[next] === undefined) next++;
    const end = origin[next] ?? fromLength;
    for (; i < next && free < end; i++) origin[i] = free++;
    i = next - 1;
  }
}

function identity(value: JsonValue, mergeKey: string): string {
  if (mergeKey !== '' && isObject(value)) {
    const key = getKey(value, mergeKey);
    if (key !== undefined) return `k${String(key)}`;
  }
  return `v${JSON.stringify(value, (_key, member: unknown) => (typeof member === 'bigint' ? `${member}n` : member))}`;
}

/** Positions of a longest increasing run of the defined numbers: patience sorting, O(n log n). */
export function longestIncreasing(values: readonly (number | undefined)[]): ReadonlySet<number> {
  const tails: number[] = [];
  const previous: (number | undefined)[] = [];
  values.forEach((value, i) => {
    if (value === undefined) return;
    let low = 0;
    let high = tails.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((values[tails[middle] ?? -1] ?? 0) < value) low = middle + 1;
      else high = middle;
    }
    previous[i] = low > 0 ? tails[low - 1] : undefined;
    tails[low] = i;
  });
  const run = new Set<number>();
  for (let i = tails.at(-1); i !== undefined; i = previous[i]) run.add(i);
  return run;
}
