import {
  compareCodePoints,
  getKey,
  isArray,
  isObject,
  type JsonArray,
  type JsonObject,
  type JsonValue,
  type MutableJsonObject,
  setKey,
} from '../json.ts';
import { failed, type Parsed, ProblemError, parsed } from '../problem.ts';
import { dereference, type Field, structOf, type TypeRef } from './type-table.ts';

const DIRECTIVE = '$patch';
const RETAIN_KEYS = '$retainKeys';
const SET_ORDER = '$setElementOrder/';
const DELETE_PRIMITIVES = '$deleteFromPrimitiveList/';

/**
 * Strategic merge patch of `patch` onto `target`, guided by the Kubernetes type `type`, as apimachinery's
 * StrategicMergePatch does it: maps by key, lists by merge key or replaced, null deletes, and the directives `$patch`,
 * `$retainKeys`, `$setElementOrder/…`, `$deleteFromPrimitiveList/…`. Neither argument is changed; parts that the patch
 * does not touch are shared with `target`. Linear in the size of both.
 *
 * Errors carry apimachinery's texts: a list item without merge key, an unknown field that holds maps, a bad directive.
 */
export function mergeStrategic(target: JsonObject, patch: JsonObject, type: string): Parsed<JsonObject> {
  try {
    return parsed(mergeMap(target, patch, { kind: 'struct', name: type }, ''));
  } catch (error) {
    if (error instanceof ProblemError) return failed(error.problem);
    throw error;
  }
}

function mergeMap(target: JsonObject, patch: JsonObject, type: TypeRef, at: string): JsonObject {
  const directive = getKey(patch, DIRECTIVE);
  if (directive !== undefined) return directed(directive, patch, at);
  const merged: MutableJsonObject = retained(target, patch, at);
  const ordered = mergeOrdered(merged, patch, type, at);
  for (const key of Object.keys(patch)) {
    if (key === RETAIN_KEYS || key.startsWith(SET_ORDER) || ordered.has(key)) continue;
    const value = patch[key] ?? null;
    if (key.startsWith(DELETE_PRIMITIVES)) {
      deletePrimitives(merged, key.slice(DELETE_PRIMITIVES.length), value, at);
      continue;
    }
    if (value === null) {
      delete merged[key];
      continue;
    }
    const present = getKey(merged, key);
    setKey(merged, key, present === undefined ? added(value) : mergeValue(present, value, type, key, at));
  }
  return merged;
}

function mergeValue(present: JsonValue, value: JsonValue, type: TypeRef, key: string, at: string): JsonValue {
  const pointer = `${at}/${key}`;
  if (isObject(present) && isObject(value)) {
    const member = memberOf(type, key, at);
    return strategyOf(member.field) === 'replace' ? value : mergeMap(present, value, member.type, pointer);
  }
  if (isArray(present) && isArray(value)) {
    const member = memberOf(type, key, at);
    if (strategyOf(member.field) !== 'merge') return value;
    return mergeList(present, value, itemType(member.type), member.field?.mergeKey ?? '', pointer);
  }
  return isObject(value) || isArray(value) ? added(value) : value;
}

/** A map that is nothing but a directive: replace by the rest of it, or delete. */
function directed(directive: JsonValue, patch: JsonObject, at: string): JsonObject {
  if (directive === 'delete') return {};
  if (directive === 'replace') {
    const { [DIRECTIVE]: _marker, ...rest } = patch;
    return rest;
  }
  // apimachinery has no other directive for a map; upstream's users write `merge` where they mean the default.
  if (directive === 'merge') {
    const { [DIRECTIVE]: _marker, ...rest } = patch;
    return rest;
  }
  throw problem(
    `unknown patch type: ${String(directive)} in map: ${goMap(patch)}`,
    at,
    'Use replace, delete or merge.',
  );
}

/** A copy of the target with only the keys that `$retainKeys` names, where the patch has it. */
function retained(target: JsonObject, patch: JsonObject, at: string): MutableJsonObject {
  const keys = getKey(patch, RETAIN_KEYS);
  if (keys === undefined) return { ...target };
  if (!isArray(keys)) throw problem('invalid patch format of retainKeys', at, 'Give a list of field names.');
  const retain = new Set(keys);
  for (const key of Object.keys(patch)) {
    if (key.startsWith('$') || patch[key] === null || retain.has(key)) continue;
    throw problem(
      `invalid patch format of retainKeys: ${key} is patched but not retained`,
      at,
      `Add ${key} to $retainKeys.`,
    );
  }
  const out: MutableJsonObject = {};
  for (const key of Object.keys(target)) if (retain.has(key)) setKey(out, key, target[key] ?? null);
  return out;
}

/** What a value becomes where the target has none: nulls go, and so does every map that carries a directive. */
function added(value: JsonValue): JsonValue {
  if (isArray(value)) {
    let changed = false;
    const items: JsonValue[] = [];
    for (const item of value) {
      if (isObject(item) && getKey(item, DIRECTIVE) !== undefined) {
        changed = true;
        continue;
      }
      const next = item === null ? null : added(item);
      if (next !== item) changed = true;
      items.push(next);
    }
    return changed ? items : value;
  }
  if (!isObject(value)) return value;
  const out: MutableJsonObject = {};
  let changed = false;
  for (const key of Object.keys(value)) {
    const member = value[key] ?? null;
    const gone =
      member === null ||
      key === RETAIN_KEYS ||
      key.startsWith(SET_ORDER) ||
      key.startsWith(DELETE_PRIMITIVES) ||
      (isObject(member) && getKey(member, DIRECTIVE) !== undefined);
    if (gone) {
      changed = true;
      continue;
    }
    const next = added(member);
    if (next !== member) changed = true;
    setKey(out, key, next);
  }
  return changed ? out : value;
}

// ---- lists --------------------------------------------------------------------------------------------------------

function mergeList(target: JsonArray, patch: JsonArray, item: TypeRef, mergeKey: string, at: string): JsonArray {
  if (target.length === 0 && patch.length === 0) return target;
  const sample = patch.length > 0 ? patch[0] : target[0];
  if (!isObject(sample ?? null)) return mergePrimitives(target, patch);
  if (mergeKey === '') throw problem('cannot merge lists without merge key', at, 'Replace the list as a whole.');
  const special = applySpecialItems(target, patch, mergeKey, at);
  if (special.replaced) return special.patch;
  return mergeItems(special.target, special.patch, item, mergeKey, at);
}

function mergePrimitives(target: JsonArray, patch: JsonArray): JsonArray {
  const inPatch = new Set(patch);
  const all = [...new Set([...target, ...patch])];
  return interleave(
    [...inPatch],
    all.filter((value) => !inPatch.has(value)),
    new Map([...new Set(target)].map((value, i) => [value, i])),
    (value) => value,
  );
}

type SpecialItems = { readonly replaced: boolean; readonly target: JsonArray; readonly patch: JsonArray };

/** List items that are directives: `$patch: delete` with a merge key, or one `$patch: replace` for the whole list. */
function applySpecialItems(target: JsonArray, patch: JsonArray, mergeKey: string, at: string): SpecialItems {
  if (!patch.some((item) => isObject(item) && getKey(item, DIRECTIVE) !== undefined)) {
    return { replaced: false, target, patch };
  }
  let rest = target;
  let replaced = false;
  const plain: JsonValue[] = [];
  for (const item of patch) {
    const directive = isObject(item) ? getKey(item, DIRECTIVE) : undefined;
    if (!isObject(item) || directive === undefined) {
      plain.push(item);
    } else if (directive === 'replace') {
      replaced = true;
    } else if (directive === 'delete') {
      const value = keyOf(item, mergeKey, at);
      rest = rest.filter((other) => !isObject(other) || getKey(other, mergeKey) !== value);
    } else if (directive === 'merge') {
      throw problem(
        'merging lists cannot yet be specified in the patch',
        at,
        'Leave the directive out: merging is the default.',
      );
    } else {
      throw problem(`unknown patch type: ${String(directive)} in map: ${goMap(item)}`, at, 'Use replace or delete.');
    }
  }
  return { replaced, target: rest, patch: plain };
}

/** Each patch item merges into the first target item of its key or is added; then the order of rule 3 in injection.md 4.11. */
function mergeItems(target: JsonArray, patch: JsonArray, item: TypeRef, mergeKey: string, at: string): JsonArray {
  const merged: JsonValue[] = [...target];
  const firstWith = new Map<JsonValue, number>();
  target.forEach((other, i) => {
    const value = isObject(other) ? getKey(other, mergeKey) : undefined;
    if (value !== undefined && !firstWith.has(value)) firstWith.set(value, i);
  });
  const serverOrder = new Map(firstWith);
  const inPatch = new Map<JsonValue, number>();
  patch.forEach((entry, i) => {
    if (!isObject(entry)) throw problem('expected a map in the list', `${at}/${i}`, 'Write a mapping.');
    const value = keyOf(entry, mergeKey, `${at}/${i}`);
    if (!inPatch.has(value)) inPatch.set(value, i);
    const index = firstWith.get(value);
    const present = index === undefined ? undefined : merged[index];
    if (index !== undefined && isObject(present ?? null)) {
      merged[index] = mergeMap(present as JsonObject, entry, item, `${at}/${i}`);
    } else {
      firstWith.set(value, merged.length);
      merged.push(entry);
    }
  });
  const key = (entry: JsonValue): JsonValue => (isObject(entry) ? (getKey(entry, mergeKey) ?? null) : null);
  const patched = merged.filter((entry) => inPatch.has(key(entry)));
  const order = (entry: JsonValue): number => inPatch.get(key(entry)) ?? 0;
  return interleave(
    patched.sort((a, b) => order(a) - order(b)),
    merged.filter((entry) => !inPatch.has(key(entry))),
    serverOrder,
    key,
  );
}

/**
 * Two sequences into one: the patch's items in the patch's order and the target's own in the target's order. The target's
 * head goes first only where both heads stood in the target and it stood before; hence injected items lead.
 */
function interleave(
  patched: readonly JsonValue[],
  own: readonly JsonValue[],
  serverOrder: ReadonlyMap<JsonValue, number>,
  key: (entry: JsonValue) => JsonValue,
): JsonArray {
  const out: JsonValue[] = [];
  let i = 0;
  let j = 0;
  while (i < own.length || j < patched.length) {
    const mine = own[i];
    const theirs = patched[j];
    const left = j < patched.length ? serverOrder.get(key(mine ?? null)) : -1;
    const right = serverOrder.get(key(theirs ?? null));
    const ownFirst = j >= patched.length || (left !== undefined && right !== undefined && left < right);
    if (i < own.length && ownFirst) {
      out.push(mine ?? null);
      i++;
    } else {
      out.push(theirs ?? null);
      j++;
    }
  }
  return out;
}

/** `$setElementOrder/FIELD`: merges the field's list and puts it in the order given. Returns the fields it has done. */
function mergeOrdered(merged: MutableJsonObject, patch: JsonObject, type: TypeRef, at: string): ReadonlySet<string> {
  const done = new Set<string>();
  for (const directive of Object.keys(patch)) {
    if (!directive.startsWith(SET_ORDER)) continue;
    const key = directive.slice(SET_ORDER.length);
    const order = patch[directive];
    const present = getKey(merged, key);
    const given = getKey(patch, key);
    if (!isArray(order ?? null)) throw problem(`invalid ${directive}`, at, 'Give a list.');
    const { field } = memberOf(type, key, at);
    const mergeKey = field?.mergeKey ?? '';
    const list =
      isArray(present) && isArray(given) ? mergeValue(present, given, type, key, at) : (given ?? present ?? undefined);
    done.add(key);
    if (!isArray(list ?? null)) continue;
    setKey(merged, key, ordered(list as JsonArray, order as JsonArray, isArray(present) ? present : [], mergeKey));
  }
  return done;
}

function ordered(list: JsonArray, order: JsonArray, server: JsonArray, mergeKey: string): JsonArray {
  const key = (entry: JsonValue): JsonValue =>
    mergeKey !== '' && isObject(entry) ? (getKey(entry, mergeKey) ?? null) : entry;
  const wanted = new Map(order.map((entry, i) => [key(entry), i]));
  const serverOrder = new Map<JsonValue, number>();
  server.forEach((entry, i) => {
    if (!serverOrder.has(key(entry))) serverOrder.set(key(entry), i);
  });
  const rank = (entry: JsonValue): number => wanted.get(key(entry)) ?? 0;
  return interleave(
    list.filter((entry) => wanted.has(key(entry))).sort((a, b) => rank(a) - rank(b)),
    list.filter((entry) => !wanted.has(key(entry))),
    serverOrder,
    key,
  );
}

function deletePrimitives(merged: MutableJsonObject, key: string, value: JsonValue, at: string): void {
  if (!isArray(value)) throw problem(`invalid ${DELETE_PRIMITIVES}${key}`, at, 'Give a list.');
  const present = getKey(merged, key);
  if (!isArray(present ?? null)) return;
  const gone = new Set(value);
  setKey(
    merged,
    key,
    (present as JsonArray).filter((item) => !gone.has(item)),
  );
}

// ---- types --------------------------------------------------------------------------------------------------------

type Member = { readonly field: Field | undefined; readonly type: TypeRef };

const RAW: TypeRef = { kind: 'basic', name: 'Raw' };

function memberOf(type: TypeRef, key: string, at: string): Member {
  const inner = dereference(type);
  if (inner.kind === 'map') return { field: undefined, type: inner.of };
  if (inner.kind !== 'struct') return { field: undefined, type: RAW };
  const field = structOf(inner.name)?.byJson.get(key);
  if (field === undefined) {
    const struct = inner.name.slice(inner.name.lastIndexOf('.') + 1);
    throw problem(
      `unable to find api field in struct ${struct} for the json field "${key}"`,
      `${at}/${key}`,
      'Remove the field from the template: the type does not have it.',
    );
  }
  return { field, type: field.type };
}

function itemType(type: TypeRef): TypeRef {
  const inner = dereference(type);
  return inner.kind === 'list' ? inner.of : RAW;
}

/** `merge`, `replace` or empty; `retainKeys` only matters together with its directive. */
function strategyOf(field: Field | undefined): string {
  const strategies = (field?.patchStrategy ?? '').split(',');
  return strategies.includes('merge') ? 'merge' : strategies.includes('replace') ? 'replace' : '';
}

function keyOf(item: JsonObject, mergeKey: string, at: string): JsonValue {
  const value = getKey(item, mergeKey);
  if (value !== undefined) return value;
  throw problem(
    `map: ${goMap(item)} does not contain declared merge key: ${mergeKey}`,
    at,
    `Give the list item a ${mergeKey}.`,
  );
}

/** A map as fmt prints it: `map[image:x name:y]`. */
function goMap(value: JsonValue): string {
  if (isArray(value)) return `[${value.map(goMap).join(' ')}]`;
  if (!isObject(value)) return value === null ? '<nil>' : String(value);
  const keys = Object.keys(value).sort(compareCodePoints);
  return `map[${keys.map((key) => `${key}:${goMap(value[key] ?? null)}`).join(' ')}]`;
}

function problem(message: string, pointer: string, remedy: string): ProblemError {
  return new ProblemError({ code: 'MERGE_FAILED', severity: 'error', message, where: { pointer }, remedy });
}
