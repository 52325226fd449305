import { getKey, isArray, isObject, type JsonArray, type JsonObject, type JsonValue } from '../json.ts';
import { DIRECTIVE, goMap, mergeProblem, withoutDirectives } from './merge-directives.ts';

/** How the maps of two list items become one. */
export type MergeEntry = (present: JsonObject, entry: JsonObject, at: string) => JsonObject;

type ItemKind = 'object' | 'string' | 'number' | 'boolean' | 'null';

/** The kind that all items share. apimachinery merges neither mixed lists nor lists of lists. */
export function checkListItems(at: string, ...lists: readonly JsonArray[]): ItemKind {
  let kind: ItemKind | undefined;
  for (const list of lists) {
    for (const item of list) {
      if (isArray(item)) throw mergeProblem('lists of lists are not supported', at, 'Replace the list as a whole.');
      const found = kindOf(item);
      kind ??= found;
      if (kind === found) continue;
      const shown = `[${lists.map(goMap).join(' ')}]`;
      throw mergeProblem(`list element types are not identical: ${shown}`, at, 'Give items of one kind.');
    }
  }
  if (kind === undefined) throw mergeProblem('no elements in any of the given slices', at, 'Give the list an item.');
  return kind;
}

function kindOf(value: JsonValue): ItemKind {
  if (value === null) return 'null';
  return typeof value === 'bigint' ? 'number' : (typeof value as ItemKind);
}

/** Lists of scalars are united. */
export function mergeScalarLists(target: JsonArray, patch: JsonArray): JsonArray {
  const inPatch = new Set(patch);
  const own = new Set(target);
  return interleave(
    [...inPatch],
    [...own].filter((value) => !inPatch.has(value)),
    placesOf(target, (value) => value),
    (value) => value,
  );
}

/** Each patch item merges into the first target item of its key or is added; then the order of rule 3 in injection.md 4.11. */
export function mergeKeyedLists(
  target: JsonArray,
  patch: JsonArray,
  mergeKey: string,
  at: string,
  mergeEntry: MergeEntry,
): JsonArray {
  const special = applySpecialItems(target, patch, mergeKey, at);
  const key = (entry: JsonValue): JsonValue => (isObject(entry) ? (getKey(entry, mergeKey) ?? null) : null);
  const merged: JsonValue[] = [...special.target];
  const server = placesOf(special.target, key);
  const inPatch = placesOf(special.patch, key);
  const places = new Map(server);
  special.patch.forEach((entry, i) => {
    if (!isObject(entry)) return;
    const value = keyOf(entry, mergeKey, `${at}/${i}`);
    const index = places.get(value);
    const present = index === undefined ? undefined : merged[index];
    if (index !== undefined && isObject(present)) merged[index] = mergeEntry(present, entry, `${at}/${i}`);
    else {
      places.set(value, merged.length);
      merged.push(withoutDirectives(entry));
    }
  });
  for (const entry of merged) if (isObject(entry)) keyOf(entry, mergeKey, at);
  return interleave(
    sortedBy(
      merged.filter((entry) => inPatch.has(key(entry))),
      inPatch,
      key,
    ),
    sortedBy(
      merged.filter((entry) => !inPatch.has(key(entry))),
      server,
      key,
    ),
    server,
    key,
  );
}

/** List items that are directives: `$patch: delete` with a merge key, or one `$patch: replace` for the whole list. */
function applySpecialItems(
  target: JsonArray,
  patch: JsonArray,
  mergeKey: string,
  at: string,
): { readonly target: JsonArray; readonly patch: JsonArray } {
  const plain: JsonValue[] = [];
  const deleted = new Set<JsonValue | undefined>();
  let isReplaced = false;
  for (const item of patch) {
    const directive = isObject(item) ? getKey(item, DIRECTIVE) : undefined;
    if (!isObject(item) || directive === undefined) plain.push(item);
    else if (directive === 'replace') isReplaced = true;
    else if (directive === 'delete') deleted.add(keyOf(item, mergeKey, at));
    else if (directive === 'merge') {
      throw mergeProblem(
        'merging lists cannot yet be specified in the patch',
        at,
        'Leave the directive out: merging is the default.',
      );
    } else {
      throw mergeProblem(
        `unknown patch type: ${String(directive)} in map: ${goMap(item)}`,
        at,
        'Use replace or delete.',
      );
    }
  }
  // The list that replaces takes the place of the target's, so that its equal items stay apart.
  if (isReplaced) return { target: plain.map(withoutDirectives), patch: [] };
  if (deleted.size === 0) return { target, patch: plain };
  return {
    target: target.filter((item) => !isObject(item) || !deleted.has(getKey(item, mergeKey))),
    patch: plain,
  };
}

/** The lists that `$setElementOrder` is about: as merged, the order wanted, and what was merged. */
export type OrderedLists = {
  readonly list: JsonArray;
  readonly order: JsonArray;
  readonly server: JsonArray;
  readonly patch: JsonArray;
  readonly mergeKey: string;
};

export function orderList(lists: OrderedLists, at: string): JsonArray {
  const { list, order, server, patch, mergeKey } = lists;
  const key = (entry: JsonValue): JsonValue =>
    mergeKey !== '' && isObject(entry) ? (getKey(entry, mergeKey) ?? null) : entry;
  if (mergeKey !== '') {
    for (const entry of [...list, ...order, ...server]) if (isObject(entry)) keyOf(entry, mergeKey, at);
  }
  checkOrder(lists, key, at);
  checkListItems(at, server, patch);
  const wanted = placesOf(order, key);
  const places = placesOf(server, key);
  return interleave(
    sortedBy(
      list.filter((entry) => wanted.has(key(entry))),
      wanted,
      key,
    ),
    sortedBy(
      list.filter((entry) => !wanted.has(key(entry))),
      places,
      key,
    ),
    places,
    key,
  );
}

/** The patch's items have to stand in the order in the same sequence. Directives have no place, but none may come last. */
function checkOrder({ patch, order, mergeKey }: OrderedLists, key: (entry: JsonValue) => JsonValue, at: string): void {
  if (patch.length === 0 || order.length === 0) return;
  const directive = (item: JsonValue | undefined): JsonValue | undefined =>
    isObject(item) ? getKey(item, DIRECTIVE) : undefined;
  const items = patch.filter((item) => directive(item) !== 'delete');
  let next = 0;
  for (let place = 0; next < items.length && place < order.length; ) {
    const item = items[next] ?? null;
    if (directive(item) !== undefined) {
      next++;
      continue;
    }
    if (mergeKey !== '' && isObject(item)) keyOf(item, mergeKey, at);
    if (key(item) === key(order[place++] ?? null)) next++;
  }
  if (next === items.length) return;
  throw mergeProblem(
    `The order in patch list:\n${goMap(patch)}\n doesn't match $setElementOrder list:\n${goMap(order)}`,
    at,
    'Name every item of the patch in $setElementOrder, in the same order.',
  );
}

function placesOf(list: JsonArray, key: (entry: JsonValue) => JsonValue): Map<JsonValue, number> {
  const places = new Map<JsonValue, number>();
  list.forEach((entry, i) => {
    const value = key(entry);
    if (!places.has(value)) places.set(value, i);
  });
  return places;
}

/** In the order of the places; items of equal key together, in the order in which they stand. */
function sortedBy(
  list: readonly JsonValue[],
  places: ReadonlyMap<JsonValue, number>,
  key: (entry: JsonValue) => JsonValue,
): readonly JsonValue[] {
  return list.length < 2 ? list : list.toSorted((a, b) => (places.get(key(a)) ?? -1) - (places.get(key(b)) ?? -1));
}

/**
 * Two sequences into one: the patch's items in the patch's order and the target's own in the target's order. The target's
 * head goes first only where both heads stood in the target and it stood before; hence injected items lead.
 */
function interleave(
  patched: readonly JsonValue[],
  own: readonly JsonValue[],
  server: ReadonlyMap<JsonValue, number>,
  key: (entry: JsonValue) => JsonValue,
): JsonArray {
  if (own.length === 0) return patched;
  const out: JsonValue[] = [];
  let i = 0;
  for (const theirs of patched) {
    const right = server.get(key(theirs));
    while (right !== undefined && i < own.length) {
      const left = server.get(key(own[i] ?? null));
      if (left === undefined || left >= right) break;
      out.push(own[i++] ?? null);
    }
    out.push(theirs);
  }
  for (; i < own.length; i++) out.push(own[i] ?? null);
  return out;
}

function keyOf(item: JsonObject, mergeKey: string, at: string): JsonValue {
  const value = getKey(item, mergeKey);
  if (value !== undefined) return value;
  throw mergeProblem(
    `map: ${goMap(item)} does not contain declared merge key: ${mergeKey}`,
    at,
    `Give the list item a ${mergeKey}.`,
  );
}
