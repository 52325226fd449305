import { getKey, isArray, isObject, type JsonObject, type JsonValue } from '../json.ts';
import { type FieldType, type MessageDescriptor, messageDescriptor } from '../mesh/index.ts';
import type { Release } from '../release.ts';
import { DurationView } from './well-known-view.ts';

/** The text form of a message, single-spaced; Go adds a second space at random so that nobody depends on it. */
export function protoText(json: JsonObject, descriptor: MessageDescriptor, release: Release): string {
  const parts: string[] = [];
  for (const field of descriptor.fields) {
    const value = getKey(json, field.jsonName);
    if (value === undefined || value === null) continue;
    if (field.cardinality === 'map' && isObject(value)) {
      for (const key of Object.keys(value).sort()) {
        const entry = fieldText('value', field.type, value[key] ?? null, release);
        parts.push(`${field.name}:{key:${JSON.stringify(key)} ${entry}}`);
      }
      continue;
    }
    for (const item of isArray(value) ? value : [value]) parts.push(fieldText(field.name, field.type, item, release));
  }
  return parts.join(' ');
}

function fieldText(name: string, type: FieldType, value: JsonValue, release: Release): string {
  switch (type.kind) {
    case 'message':
      return `${name}:{${isObject(value) ? protoText(value, messageDescriptor(type.name, release), release) : ''}}`;
    case 'duration':
      return `${name}:{${new DurationView(String(value)).print()}}`;
    case 'wrapper':
      return `${name}:{value:${typeof value === 'string' ? JSON.stringify(value) : String(value)}}`;
    case 'struct':
      return `${name}:{${JSON.stringify(value)}}`;
    case 'enum':
      return `${name}:${String(value)}`;
    case 'scalar':
      return `${name}:${typeof value === 'string' ? JSON.stringify(value) : String(value)}`;
  }
}
