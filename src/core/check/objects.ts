import { getKey, isArray, isObject, type JsonObject, type JsonValue } from '../json.ts';

export function objectAt(object: JsonObject, ...path: readonly string[]): JsonObject {
  let value: JsonValue | undefined = object;
  for (const key of path) value = isObject(value) ? getKey(value, key) : undefined;
  return isObject(value) ? value : {};
}

export function textAt(object: JsonObject, ...path: readonly string[]): string {
  const value = getKey(objectAt(object, ...path.slice(0, -1)), path.at(-1) ?? '');
  return typeof value === 'string' ? value : '';
}

export function numberAt(object: JsonObject, ...path: readonly string[]): number {
  const value = getKey(objectAt(object, ...path.slice(0, -1)), path.at(-1) ?? '');
  return typeof value === 'number' ? value : 0;
}

export function listAt(object: JsonObject, ...path: readonly string[]): readonly JsonObject[] {
  const value = getKey(objectAt(object, ...path.slice(0, -1)), path.at(-1) ?? '');
  return isArray(value) ? value.filter(isObject) : [];
}

export function nameOf(object: JsonObject): string {
  return textAt(object, 'metadata', 'name');
}

export function namespaceOf(object: JsonObject): string {
  return textAt(object, 'metadata', 'namespace');
}

export function labelOf(object: JsonObject, key: string): string | undefined {
  const value = getKey(objectAt(object, 'metadata', 'labels'), key);
  return typeof value === 'string' ? value : undefined;
}

export function annotationOf(object: JsonObject, key: string): string | undefined {
  const value = getKey(objectAt(object, 'metadata', 'annotations'), key);
  return typeof value === 'string' ? value : undefined;
}

/** Configurations that inject sidecars, Istio's among them, and the entries that do. */
export function injectorEntries(configuration: JsonObject): readonly JsonObject[] {
  return listAt(configuration, 'webhooks').filter((entry) =>
    textAt(entry, 'name').endsWith('sidecar-injector.istio.io'),
  );
}

export function isDeactivated(configuration: JsonObject): boolean {
  const entries = injectorEntries(configuration);
  return (
    entries.length > 0 &&
    entries.every(
      (entry) => textAt(entry, 'namespaceSelector', 'matchLabels', 'istio.io/deactivated') === 'never-match',
    )
  );
}
