import {
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

export type JsonPatchOperation =
  | { readonly op: 'add' | 'replace' | 'test'; readonly path: string; readonly value: JsonValue }
  | { readonly op: 'remove'; readonly path: string }
  | { readonly op: 'move' | 'copy'; readonly from: string; readonly path: string };

export type JsonPatch = readonly JsonPatchOperation[];

/**
 * Applies a patch by RFC 6902. `doc` is not changed; parts that no operation touches are shared. An operation that cannot
 * be carried out fails the whole patch with its number and path. Unknown members of an operation are ignored, an unknown
 * or incomplete operation is refused.
 */
export function applyJsonPatch(doc: JsonValue, patch: JsonPatch | JsonValue): Parsed<JsonValue> {
  if (!isArray(patch as JsonValue)) return failed(problemOf('a JSON Patch is a list of operations', 0, ''));
  let current = doc;
  for (const [i, operation] of (patch as JsonArray).entries()) {
    try {
      current = applyOne(current, operation, i);
    } catch (error) {
      if (error instanceof ProblemError) return failed(error.problem);
      throw error;
    }
  }
  return parsed(current);
}

function applyOne(doc: JsonValue, operation: JsonValue, i: number): JsonValue {
  if (!isObject(operation)) throw refusal('an operation is an object', i, '');
  const path = getKey(operation, 'path');
  if (typeof path !== 'string') throw refusal('the operation has no path', i, '');
  const to = parsePointer(path, i);
  switch (getKey(operation, 'op')) {
    case 'add':
      return add(doc, to, operand(operation, i, path), i, path);
    case 'remove':
      return remove(doc, to, i, path);
    case 'replace':
      return replace(doc, to, operand(operation, i, path), i, path);
    case 'test': {
      const expected = operand(operation, i, path);
      if (!equal(valueAt(doc, to, i, path), expected)) throw refusal('the test does not hold', i, path);
      return doc;
    }
    case 'move': {
      const from = fromOf(operation, i);
      if (path.startsWith(`${from.text}/`)) throw refusal(`cannot move ${from.text} into itself`, i, path);
      const value = valueAt(doc, from.tokens, i, from.text);
      return add(remove(doc, from.tokens, i, from.text), to, value, i, path);
    }
    case 'copy': {
      const from = fromOf(operation, i);
      return add(doc, to, valueAt(doc, from.tokens, i, from.text), i, path);
    }
    default:
      throw refusal(`unknown operation ${JSON.stringify(getKey(operation, 'op') ?? null)}`, i, path);
  }
}

function operand(operation: JsonObject, i: number, path: string): JsonValue {
  const value = getKey(operation, 'value');
  if (value === undefined) throw refusal('the operation has no value', i, path);
  return value;
}

function fromOf(operation: JsonObject, i: number): { text: string; tokens: readonly string[] } {
  const from = getKey(operation, 'from');
  if (typeof from !== 'string') throw refusal('the operation has no from', i, '');
  return { text: from, tokens: parsePointer(from, i) };
}

/** RFC 6901: `~1` is `/`, `~0` is `~`; every token starts with a slash, the empty pointer is the document. */
function parsePointer(pointer: string, i: number): readonly string[] {
  if (pointer === '') return [];
  if (!pointer.startsWith('/')) throw refusal('a JSON pointer starts with a slash', i, pointer);
  return pointer
    .slice(1)
    .split('/')
    .map((token) => {
      if (/~(?![01])/.test(token)) throw refusal('in a JSON pointer ~ is followed by 0 or 1', i, pointer);
      return token.replaceAll('~1', '/').replaceAll('~0', '~');
    });
}

function valueAt(doc: JsonValue, tokens: readonly string[], i: number, path: string): JsonValue {
  let current = doc;
  for (const token of tokens) current = member(current, token, i, path);
  return current;
}

function member(value: JsonValue, token: string, i: number, path: string): JsonValue {
  if (isArray(value)) return value[indexOf(value, token, value.length - 1, i, path)] ?? null;
  const found = isObject(value) ? getKey(value, token) : undefined;
  if (found === undefined) throw refusal(`there is no ${JSON.stringify(token)}`, i, path);
  return found;
}

/** An array index: digits without leading zeros, at most `last`. */
function indexOf(list: JsonArray, token: string, last: number, i: number, path: string): number {
  if (!/^(0|[1-9]\d*)$/.test(token)) throw refusal(`${JSON.stringify(token)} is no array index`, i, path);
  const index = Number(token);
  if (index > last) throw refusal(`index ${index} is out of range (the list has ${list.length} items)`, i, path);
  return index;
}

/** Rebuilds the way to the parent of the last token, sharing everything beside it. */
function change(
  doc: JsonValue,
  tokens: readonly string[],
  i: number,
  path: string,
  edit: (parent: JsonObject | JsonArray, token: string) => JsonValue,
): JsonValue {
  const [token = '', ...rest] = tokens;
  if (!isArray(doc) && !isObject(doc)) throw refusal(`${JSON.stringify(token)} is below a scalar`, i, path);
  if (rest.length === 0) return edit(doc, token);
  const child = change(member(doc, token, i, path), rest, i, path, edit);
  if (isArray(doc)) return doc.with(Number(token), child);
  const copy: MutableJsonObject = { ...doc };
  setKey(copy, token, child);
  return copy;
}

function add(doc: JsonValue, tokens: readonly string[], value: JsonValue, i: number, path: string): JsonValue {
  if (tokens.length === 0) return value;
  return change(doc, tokens, i, path, (parent, token) => {
    if (isArray(parent)) {
      const at = token === '-' ? parent.length : indexOf(parent, token, parent.length, i, path);
      return parent.toSpliced(at, 0, value);
    }
    return withKey(parent as JsonObject, token, value);
  });
}

function replace(doc: JsonValue, tokens: readonly string[], value: JsonValue, i: number, path: string): JsonValue {
  if (tokens.length === 0) return value;
  return change(doc, tokens, i, path, (parent, token) => {
    if (isArray(parent)) return parent.with(indexOf(parent, token, parent.length - 1, i, path), value);
    member(parent as JsonObject, token, i, path);
    return withKey(parent as JsonObject, token, value);
  });
}

function remove(doc: JsonValue, tokens: readonly string[], i: number, path: string): JsonValue {
  if (tokens.length === 0) return null;
  return change(doc, tokens, i, path, (parent, token) => {
    if (isArray(parent)) return parent.toSpliced(indexOf(parent, token, parent.length - 1, i, path), 1);
    member(parent as JsonObject, token, i, path);
    const copy: MutableJsonObject = { ...(parent as JsonObject) };
    delete copy[token];
    return copy;
  });
}

function withKey(object: JsonObject, key: string, value: JsonValue): JsonObject {
  const copy: MutableJsonObject = { ...object };
  setKey(copy, key, value);
  return copy;
}

/** RFC 6902 4.6: numbers by value, objects whatever the order of their members. */
export function equal(a: JsonValue, b: JsonValue): boolean {
  if (a === b) return true;
  if (isArray(a) && isArray(b)) return a.length === b.length && a.every((item, i) => equal(item, b[i] ?? null));
  if (isObject(a) && isObject(b)) {
    const keys = Object.keys(a);
    if (keys.length !== Object.keys(b).length) return false;
    for (const key of keys) {
      const other = getKey(b, key);
      if (other === undefined || !equal(a[key] ?? null, other)) return false;
    }
    return true;
  }
  const isNumber = (value: JsonValue): value is number | bigint =>
    typeof value === 'number' || typeof value === 'bigint';
  return (
    isNumber(a) &&
    isNumber(b) &&
    BigInt(Number.isInteger(Number(a)) ? a : 0) === BigInt(Number.isInteger(Number(b)) ? b : 1)
  );
}

function refusal(message: string, i: number, path: string): ProblemError {
  return new ProblemError(problemOf(message, i, path));
}

function problemOf(message: string, i: number, path: string): ProblemError['problem'] {
  return {
    code: 'PATCH_FAILED',
    severity: 'error',
    message: `JSON Patch operation ${i + 1} at ${JSON.stringify(path)}: ${message}`,
    where: { pointer: path },
    remedy: 'Make the patch again against this document.',
  };
}
