import { isArray, isObject, type JsonObject, type JsonValue } from '../json.ts';

/** Reading a field of a message as Go's getters do: absent, or of another type, is the zero value. */

export function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : '';
}

export function numberOf(value: JsonValue | undefined): number {
  return typeof value === 'number' ? value : 0;
}

export function objectOf(value: JsonValue | undefined): JsonObject {
  return isObject(value) ? value : {};
}

export function objectsOf(value: JsonValue | undefined): readonly JsonObject[] {
  return isArray(value) ? value.filter(isObject) : [];
}

export function textsOf(value: JsonValue | undefined): readonly string[] {
  return isArray(value) ? value.map(textOf) : [];
}
