import { getKey, isArray, isObject, type JsonValue } from '../json.ts';

/** Whether two values are the same JSON, whatever the order of keys. */
export function jsonEqual(a: JsonValue, b: JsonValue): boolean {
  if (a === b) return true;
  if (isArray(a) && isArray(b)) return a.length === b.length && a.every((item, i) => jsonEqual(item, b[i] ?? null));
  if (isObject(a) && isObject(b)) {
    const keys = Object.keys(a);
    if (keys.length !== Object.keys(b).length) return false;
    return keys.every((key) => {
      const other = getKey(b, key);
      return other !== undefined && jsonEqual(a[key] ?? null, other);
    });
  }
  return false;
}
