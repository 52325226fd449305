import { getKey, isObject, type JsonArray, type JsonObject, type JsonValue } from '../json.ts';
import { longestIncreasing } from '../kube/index.ts';

/** How the items of a list before and after belong together. */
export type Alignment = {
  /** For each item after: the index it had before, where its place in the text can stay; undefined for a new one. */
  readonly kept: readonly (number | undefined)[];
};

/** Keys by which Kubernetes names the items of its lists, the most telling first. */
const IDENTITY_KEYS = ['name', 'mountPath', 'containerPort', 'devicePath', 'ip', 'topologyKey', 'key', 'uid'];

/**
 * Pairs the items of two lists by identity (objects by their naming key, Kubernetes objects by kind and name, others by
 * value). Items whose order changed are taken as removed and new, except for a longest run that keeps its order, so that
 * as little text as possible moves. Between two that stay, as many items after as before are the same ones, changed.
 */
export function alignLists(before: JsonArray, after: JsonArray): Alignment {
  const key = identityKey(before, after);
  const places = new Map<string, number[]>();
  before.forEach((item, i) => {
    const id = identity(item, key);
    const list = places.get(id);
    if (list === undefined) places.set(id, [i]);
    else list.push(i);
  });
  for (const list of places.values()) list.reverse();
  const candidate = after.map((item) => places.get(identity(item, key))?.pop());
  const stay = longestIncreasing(candidate);
  const kept = candidate.map((index, i) => (stay.has(i) ? index : undefined));
  return { kept: key === undefined ? withChangedItems(kept, before.length) : kept };
}

function identityKey(before: JsonArray, after: JsonArray): string | undefined {
  return IDENTITY_KEYS.find((key) => isUnique(before, key) && isUnique(after, key));
}

function isUnique(list: JsonArray, key: string): boolean {
  const values = new Set<JsonValue>();
  for (const item of list) {
    const value = isObject(item) ? getKey(item, key) : undefined;
    if (value === undefined || values.has(value)) return false;
    values.add(value);
  }
  return true;
}

function identity(item: JsonValue, key: string | undefined): string {
  if (key !== undefined) return stable(getKey(item as JsonObject, key) ?? null);
  if (!isObject(item)) return stable(item);
  const [kind, metadata] = [getKey(item, 'kind'), getKey(item, 'metadata')];
  const name = isObject(metadata) ? getKey(metadata, 'name') : undefined;
  if (typeof kind !== 'string' || typeof name !== 'string' || !isObject(metadata)) return stable(item);
  return stable(['object', kind, getKey(metadata, 'namespace') ?? null, name]);
}

function stable(value: JsonValue): string {
  return JSON.stringify(value, (_key, member: unknown) => (typeof member === 'bigint' ? `${member}n` : member));
}

/** Items without a name have no identity but their value: a changed one is known by its place. */
function withChangedItems(kept: readonly (number | undefined)[], length: number): readonly (number | undefined)[] {
  const filled = [...kept];
  let [from, previous] = [0, -1];
  for (let i = 0; i <= filled.length; i++) {
    const index = i === filled.length ? length : kept[i];
    if (index === undefined) continue;
    if (index - previous === i - from + 1) for (let k = from; k < i; k++) filled[k] = previous + 1 + k - from;
    [from, previous] = [i + 1, index];
  }
  return filled;
}
