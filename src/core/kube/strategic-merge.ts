import { getKey, isArray, isObject, type JsonObject, type JsonValue, type MutableJsonObject, setKey } from '../json.ts';
import { failed, type Parsed, ProblemError, parsed } from '../problem.ts';
import {
  DELETE_PRIMITIVES,
  DIRECTIVE,
  goMap,
  mergeProblem,
  RETAIN_KEYS,
  SET_ORDER,
  withoutDirectives,
} from './merge-directives.ts';
import { checkListItems, mergeKeyedLists, mergeScalarLists, orderList } from './merge-lists.ts';
import { dereference, type Field, structOf, type TypeRef } from './type-table.ts';

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
  const merged = retained(target, patch, at);
  const ordered = mergeOrdered(merged, patch, type, at);
  for (const key in patch) {
    if (key === RETAIN_KEYS || key.startsWith(SET_ORDER) || ordered?.has(key)) continue;
    const value = patch[key] ?? null;
    if (key.startsWith(DELETE_PRIMITIVES))
      deletePrimitives(merged, key.slice(DELETE_PRIMITIVES.length), value, type, at);
    else if (value === null) delete merged[key];
    else mergeMember(merged, key, value, type, at);
  }
  return merged;
}

function mergeMember(merged: MutableJsonObject, key: string, value: JsonValue, type: TypeRef, at: string): void {
  const present = getKey(merged, key);
  if (isObject(present) && isObject(value)) {
    const member = memberOf(type, key, at);
    const isReplaced = strategyOf(member.field) === 'replace';
    setKey(merged, key, isReplaced ? withoutDirectives(value) : mergeMap(present, value, member.type, `${at}/${key}`));
  } else if (isArray(present) && isArray(value)) {
    const member = memberOf(type, key, at);
    setKey(merged, key, mergeList(present, value, member, `${at}/${key}`));
  } else {
    const next = added(value);
    // What is nothing but a directive is not kept, and takes what it stands upon with it.
    if (next === undefined) delete merged[key];
    else setKey(merged, key, next);
  }
}

function mergeList(
  target: readonly JsonValue[],
  patch: readonly JsonValue[],
  member: Member,
  at: string,
): readonly JsonValue[] {
  if (strategyOf(member.field) !== 'merge') return patch.map(withoutDirectives);
  if (target.length === 0 && patch.length === 0) return target;
  if (checkListItems(at, target, patch) !== 'object') return mergeScalarLists(target, patch);
  const mergeKey = member.field?.mergeKey ?? '';
  if (mergeKey === '') throw mergeProblem('cannot merge lists without merge key', at, 'Replace the list as a whole.');
  const item = itemType(member.type);
  return mergeKeyedLists(target, patch, mergeKey, at, (present, entry, where) => mergeMap(present, entry, item, where));
}

/** A map that is nothing but a directive: replace by the rest of it, or delete. */
function directed(directive: JsonValue, patch: JsonObject, at: string): JsonObject {
  if (directive === 'delete') return {};
  if (directive === 'replace') return withoutDirectives(patch) as JsonObject;
  throw mergeProblem(
    `unknown patch type: ${String(directive)} in map: ${goMap(patch)}`,
    at,
    'Use replace or delete; to merge is the default and needs no directive.',
  );
}

/** A copy of the target with only the keys that `$retainKeys` names, where the patch has it. */
function retained(target: JsonObject, patch: JsonObject, at: string): MutableJsonObject {
  const keys = getKey(patch, RETAIN_KEYS);
  if (keys === undefined) return { ...target };
  if (!isArray(keys)) throw mergeProblem('invalid patch format of retainKeys', at, 'Give a list of field names.');
  const retain = new Set(keys);
  for (const key of Object.keys(patch)) {
    if (key.startsWith('$') || patch[key] === null || retain.has(key)) continue;
    throw mergeProblem(
      `invalid patch format of retainKeys: ${key} is patched but not retained`,
      at,
      `Add ${key} to $retainKeys.`,
    );
  }
  const out: MutableJsonObject = {};
  for (const key of Object.keys(target)) if (retain.has(key)) setKey(out, key, target[key] ?? null);
  return out;
}

/** What a value becomes where the target has none: nulls go (or stay), and so does every map that carries `$patch`. */
function added(value: JsonValue, keepsNulls = false): JsonValue | undefined {
  if (isArray(value)) {
    let out: JsonValue[] | undefined;
    value.forEach((item, i) => {
      const next = item === null ? null : added(item, keepsNulls);
      if (next !== item) out ??= value.slice(0, i);
      if (next !== undefined) out?.push(next);
    });
    return out ?? value;
  }
  if (!isObject(value)) return value;
  if (Object.hasOwn(value, DIRECTIVE)) return undefined;
  const out: MutableJsonObject = {};
  let changed = false;
  for (const key in value) {
    const member = value[key] ?? null;
    const isGone =
      (member === null && !keepsNulls) ||
      key === RETAIN_KEYS ||
      key.startsWith(SET_ORDER) ||
      key.startsWith(DELETE_PRIMITIVES);
    const next = isGone ? undefined : added(member, keepsNulls);
    if (next !== member) changed = true;
    if (next !== undefined) setKey(out, key, next);
  }
  return changed ? out : value;
}

/** `$setElementOrder/FIELD`: merges the field's list and puts it in the order given. Returns the fields it has done. */
function mergeOrdered(
  merged: MutableJsonObject,
  patch: JsonObject,
  type: TypeRef,
  at: string,
): ReadonlySet<string> | undefined {
  let done: Set<string> | undefined;
  for (const directive in patch) {
    if (!directive.startsWith(SET_ORDER)) continue;
    const key = directive.slice(SET_ORDER.length);
    const order = patch[directive] ?? null;
    const present = getKey(merged, key);
    const given = getKey(patch, key);
    if (!isArray(order)) throw mergeProblem(`invalid ${directive}`, at, 'Give a list.');
    if ((present !== undefined && !isArray(present)) || (given !== undefined && !isArray(given))) {
      throw mergeProblem(`${directive} is about a list, and ${key} is none`, `${at}/${key}`, 'Give a list.');
    }
    const member = memberOf(type, key, at);
    const mergeKey = member.field?.mergeKey ?? '';
    done ??= new Set();
    done.add(key);
    if (present === undefined && given === undefined) continue;
    const list =
      present !== undefined && given !== undefined
        ? mergeList(present, given, member, `${at}/${key}`)
        : (present ?? ((added(given ?? [], true) ?? []) as readonly JsonValue[]));
    setKey(
      merged,
      key,
      orderList({ list, order, server: present ?? [], patch: given ?? [], mergeKey }, `${at}/${key}`),
    );
  }
  return done;
}

function deletePrimitives(merged: MutableJsonObject, key: string, value: JsonValue, type: TypeRef, at: string): void {
  const present = getKey(merged, key);
  if (value === null) delete merged[key];
  if (!isArray(value) || !isArray(present)) return;
  const member = memberOf(type, key, at);
  const pointer = `${at}/${key}`;
  if (present.length === 0 && value.length === 0) return;
  if (checkListItems(pointer, present, value) === 'object') {
    setKey(merged, key, mergeList(present, value, member, pointer));
    return;
  }
  const gone = new Set(value);
  setKey(
    merged,
    key,
    present.filter((item) => !gone.has(item)),
  );
}

// ---- types --------------------------------------------------------------------------------------------------------

type Member = { readonly field: Field | undefined; readonly type: TypeRef };

const RAW: TypeRef = { kind: 'basic', name: 'Raw' };

function memberOf(type: TypeRef, key: string, at: string): Member {
  const inner = dereference(type);
  if (inner.kind !== 'struct') {
    throw mergeProblem(
      `merging an object in json but data type is not struct, instead is: ${inner.kind}`,
      `${at}/${key}`,
      'Write a plain value there.',
    );
  }
  const struct = structOf(inner.name);
  const field = struct?.byJson.get(key) ?? struct?.fields.find((one) => one.json.toLowerCase() === key.toLowerCase());
  if (field === undefined) {
    const name = inner.name.slice(inner.name.lastIndexOf('.') + 1);
    throw mergeProblem(
      `unable to find api field in struct ${name} for the json field "${key}"`,
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
function strategyOf(field: Field | undefined): '' | 'merge' | 'replace' {
  const strategies = field?.patchStrategy ?? '';
  return strategies === ''
    ? ''
    : strategies.includes('merge')
      ? 'merge'
      : strategies.includes('replace')
        ? 'replace'
        : '';
}
