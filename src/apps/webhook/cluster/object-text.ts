import { getKey, isObject, type JsonObject, type JsonValue } from '../../../core/json.ts';

/** The object under a key; empty where there is none. */
export function objectAt(object: JsonObject, key: string): JsonObject {
  const value = getKey(object, key);
  return isObject(value) ? value : {};
}

/** The text at a path of keys; empty where there is none. */
export function textAt(object: JsonObject, ...path: readonly string[]): string {
  let value: JsonValue | undefined = object;
  for (const key of path) value = isObject(value) ? getKey(value, key) : undefined;
  return typeof value === 'string' ? value : '';
}
