import { isArray, isObject, type JsonObject, type JsonValue, valueAt } from '../json.ts';

/** Forgiving reads of protobuf JSON: a value of another type reads as the zero. Validation happens elsewhere. */

const own = (object: JsonObject, path: string): JsonValue | undefined => valueAt(object, ...path.split('/'));

/** `path` is member names joined by slashes. */
export function readText(object: JsonObject, path: string): string {
  const value = own(object, path);
  return typeof value === 'string' ? value : '';
}

export function readNumber(object: JsonObject, path: string): number {
  const value = own(object, path);
  if (typeof value === 'number') return value;
  return typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : 0;
}

export function readObject(object: JsonObject, path: string): JsonObject | undefined {
  const value = own(object, path);
  return isObject(value) ? value : undefined;
}

export function readTexts(object: JsonObject, path: string): readonly string[] {
  const value = own(object, path);
  return isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** A boolean wrapper; undefined where it is not set. */
export function readFlag(object: JsonObject, path: string): boolean | undefined {
  const value = own(object, path);
  return typeof value === 'boolean' ? value : undefined;
}

export function readMap(object: JsonObject, path: string): Readonly<Record<string, string>> {
  const entries = Object.entries(readObject(object, path) ?? {});
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}
