import { getKey, isObject, type JsonArray, type JsonObject, type JsonValue } from '../json.ts';

/** How the items of a list before and after belong together. */
export type Alignment = {
  /** For each item after: the index it had before, where its place in the text can stay; undefined for a new one. */
  readonly kept: readonly (number | undefined)[];
};

/** Keys by which Kubernetes names the items of its lists, the most telling first. */
const IDENTITY_KEYS = ['name', 'mountPath', 'containerPort', 'devicePath', 'ip', 'topologyKey', 'key', 'uid'];

/**
 * Pairs the items of two lists by identity (objects by their naming key, others by value). Items whose order changed are
 * taken as removed and new, except for a longest run that keeps its order, so that as little text as possible moves.
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
  const candidate = after.map((item) => places.get(identity(item, key))?.shift());
  const stay = longestIncreasing(candidate);
  return { kept: candidate.map((index, i) => (stay.has(i) ? index : undefined)) };
}

function identityKey(before: JsonArray, after: JsonArray): string | undefined {
  return IDENTITY_KEYS.find((key) => isUnique(before, key) && isUnique(after, key));
}

function isUnique(list: JsonArray, key: string): boolean {
  const values = list.map((item) => (isObject(item) ? getKey(item, key) : undefined));
  return !values.includes(undefined) && new Set(values).size === list.length;
}

function identity(item: JsonValue, key: string | undefined): string {
  return JSON.stringify(key === undefined ? item : getKey(item as JsonObject, key));
}

/** Positions of a longest increasing run of the defined numbers: patience sorting, O(n log n). */
function longestIncreasing(values: readonly (number | undefined)[]): ReadonlySet<number> {
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
