import {
  compareCodePoints,
  isArray,
  isObject,
  type JsonValue,
  type MutableJsonObject,
  setKey,
  stringifyGoJson,
} from '../json.ts';
import type { Release } from '../release.ts';
import { clearOneof, type Message } from './decode-message.ts';
import {
  enumDescriptor,
  type FieldDescriptor,
  type FieldType,
  type MessageDescriptor,
  messageDescriptor,
} from './descriptor.ts';

/**
 * What a field is in Go when it was never set: `""`, 0, false, an enum's first name, an empty list or map; undefined for
 * what is nil (messages, wrappers, durations) and for members of a oneof.
 */
export function zeroValue(field: FieldDescriptor): JsonValue | undefined {
  if (field.cardinality === 'repeated') return [];
  if (field.cardinality === 'map') return {};
  if (field.presence) return undefined;
  return zeroOfType(field.type);
}

/** The zero of one value, as the getter of a wrapper or of a oneof's member returns it on a nil receiver. */
export function zeroOfType(type: FieldType): JsonValue | undefined {
  switch (type.kind) {
    case 'scalar':
    case 'wrapper':
      return type.scalar === 'string' ? '' : type.scalar === 'bool' ? false : 0;
    case 'enum':
      return enumDescriptor(type.name).names.get(0) ?? 0;
    case 'message':
    case 'duration':
    case 'struct':
      return undefined;
  }
}

/** Without the zero values that the wire form cannot carry: the form in which a message is kept. */
export function withoutZeros(message: Message, descriptor: MessageDescriptor, release: Release): Message {
  const result: MutableJsonObject = {};
  for (const field of descriptor.fields) {
    const value = ownValue(message, field.jsonName);
    if (value === undefined || isZero(value, field)) continue;
    result[field.jsonName] = withoutZerosInside(value, field, release);
  }
  return result;
}

/** A value is zero when it could as well be absent. */
export function isZero(value: JsonValue, field: FieldDescriptor): boolean {
  if (field.cardinality === 'repeated') return isArray(value) && value.length === 0;
  if (field.cardinality === 'map') return isObject(value) && Object.keys(value).length === 0;
  return !field.presence && value === zeroOfType(field.type);
}

function withoutZerosInside(value: JsonValue, field: FieldDescriptor, release: Release): JsonValue {
  if (field.type.kind !== 'message') return value;
  const inner = messageDescriptor(field.type.name, release);
  const clean = (item: JsonValue): JsonValue => (isObject(item) ? withoutZeros(item, inner, release) : item);
  if (isArray(value)) return value.map(clean);
  if (field.cardinality !== 'map' || !isObject(value)) return clean(value);
  const map: MutableJsonObject = {};
  for (const [key, item] of Object.entries(value)) setKey(map, key, clean(item));
  return map;
}

/**
 * Lays `patch` over `base` as jsonpb decodes into a message that has values: every field given replaces the whole field,
 * a zero resets it, a member of a oneof displaces the other members.
 */
export function overlayMessage(
  base: Message,
  patch: Message,
  descriptor: MessageDescriptor,
  release: Release,
): Message {
  const result: MutableJsonObject = { ...base };
  for (const field of descriptor.fields) {
    const value = ownValue(patch, field.jsonName);
    if (value === undefined) continue;
    if (field.oneof !== undefined) clearOneof(result, field, descriptor);
    if (isZero(value, field)) delete result[field.jsonName];
    else result[field.jsonName] = withoutZerosInside(value, field, release);
  }
  return result;
}

/** Whether two messages are equal, whatever the order of keys. */
export function messagesEqual(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  if (a === b) return true;
  if (isArray(a) && isArray(b)) return a.length === b.length && a.every((item, index) => messagesEqual(item, b[index]));
  if (!isObject(a) || !isObject(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && messagesEqual(a[key], b[key]))
  );
}

/** Compact protobuf JSON: fields in declaration order, keys of maps sorted by bytes, `<`, `>`, `&` escaped. */
export function messageToJson(message: Message, descriptor: MessageDescriptor, release: Release): string {
  const members: string[] = [];
  for (const field of descriptor.fields) {
    const value = ownValue(message, field.jsonName);
    if (value === undefined || isZero(value, field)) continue;
    members.push(`"${field.jsonName}":${fieldToJson(value, field, release)}`);
  }
  return `{${members.join(',')}}`;
}

function fieldToJson(value: JsonValue, field: FieldDescriptor, release: Release): string {
  const one = (item: JsonValue): string =>
    field.type.kind === 'message' && isObject(item)
      ? messageToJson(item, messageDescriptor(field.type.name, release), release)
      : stringifyGoJson(item, { sortKeys: true, escapeHtml: true });
  if (isArray(value)) return `[${value.map(one).join(',')}]`;
  if (field.cardinality !== 'map' || !isObject(value)) return one(value);
  const keys = Object.keys(value).sort(compareCodePoints);
  return `{${keys.map((key) => `${stringifyGoJson(key)}:${one(value[key] ?? null)}`).join(',')}}`;
}

function ownValue(message: Message, key: string): JsonValue | undefined {
  return Object.hasOwn(message, key) ? message[key] : undefined;
}
