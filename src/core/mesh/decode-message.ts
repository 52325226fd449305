import { isArray, isObject, type JsonObject, type JsonValue, type MutableJsonObject, setKey } from '../json.ts';
import type { Release } from '../release.ts';
import {
  enumDescriptor,
  type FieldDescriptor,
  type FieldType,
  type MessageDescriptor,
  messageDescriptor,
  type ScalarType,
} from './descriptor.ts';
import { formatProtoDuration, parseGoDuration } from './duration.ts';
import { goQuote } from './go-text.ts';

/**
 * A message in memory: protobuf JSON with presence. Keys are JSON names; enums are names (an unknown number stays a
 * number); durations are canonical text; wrappers are their plain value; 64-bit integers are decimal text.
 */
export type Message = JsonObject;

/** Thrown inside this room for input that a message cannot be read from; the text is Go's. */
export class DecodeError extends Error {
  /** JSON pointer into the decoded value. */
  readonly pointer: string;
  constructor(message: string, pointer: string) {
    super(message);
    this.pointer = pointer;
  }
}

export type DecodeOptions = {
  readonly release: Release;
  /** `refuse` is what 1.0 did; later releases tolerate fields that they do not know. */
  readonly unknown: 'refuse' | 'ignore';
};

/**
 * Reads a message by the rules of jsonpb, which Istio decodes with: camel or snake names (the camel one wins), null as
 * absent, integers also in quotes, Go duration texts, enums by name or number. Zero values that are given explicitly
 * stay in the result, because a direct overlay lets them take effect; `withoutZeros` drops them.
 *
 * @throws DecodeError with Go's text, for the first field in declaration order that is wrong.
 */
export function decodeMessage(
  value: JsonValue,
  descriptor: MessageDescriptor,
  options: DecodeOptions,
  pointer = '',
): Message {
  if (value === null) return {};
  if (!isObject(value)) throw typeError(value, 'map[string]json.RawMessage', pointer);
  const message: MutableJsonObject = {};
  const used = new Set<string>();
  for (const field of descriptor.fields) {
    const given = givenValue(value, field, used);
    if (given === undefined || given.value === null) continue;
    const decoded = decodeField(given.value, field, options, `${pointer}/${escapeKey(given.key)}`);
    if (field.oneof !== undefined) clearOneof(message, field, descriptor);
    message[field.jsonName] = decoded;
  }
  if (options.unknown === 'refuse') {
    const unknown = Object.keys(value).find((key) => !used.has(key));
    if (unknown !== undefined) {
      throw new DecodeError(
        `unknown field ${goQuote(unknown)} in v1alpha1.${descriptor.name.replaceAll('.', '_')}`,
        `${pointer}/${escapeKey(unknown)}`,
      );
    }
  }
  return message;
}

/** A member of a oneof takes the place of the one that was set. */
export function clearOneof(message: MutableJsonObject, field: FieldDescriptor, descriptor: MessageDescriptor): void {
  for (const other of descriptor.fields) {
    if (other.oneof === field.oneof && other !== field) delete message[other.jsonName];
  }
}

function givenValue(
  value: JsonObject,
  field: FieldDescriptor,
  used: Set<string>,
): { readonly key: string; readonly value: JsonValue } | undefined {
  let given: { readonly key: string; readonly value: JsonValue } | undefined;
  for (const key of field.name === field.jsonName ? [field.name] : [field.name, field.jsonName]) {
    if (!Object.hasOwn(value, key)) continue;
    used.add(key);
    given = { key, value: value[key] ?? null };
  }
  return given;
}

function decodeField(value: JsonValue, field: FieldDescriptor, options: DecodeOptions, pointer: string): JsonValue {
  switch (field.cardinality) {
    case 'single':
      return decodeSingle(value, field.type, options, pointer);
    case 'repeated':
      if (!isArray(value)) throw typeError(value, '[]json.RawMessage', pointer);
      return value.map((item, index) => decodeSingle(item, field.type, options, `${pointer}/${index}`));
    case 'map': {
      if (!isObject(value)) throw typeError(value, 'map[string]json.RawMessage', pointer);
      const map: MutableJsonObject = {};
      for (const [key, item] of Object.entries(value)) {
        setKey(map, key, decodeSingle(item, field.type, options, `${pointer}/${escapeKey(key)}`));
      }
      return map;
    }
  }
}

function decodeSingle(value: JsonValue, type: FieldType, options: DecodeOptions, pointer: string): JsonValue {
  switch (type.kind) {
    case 'scalar':
    case 'wrapper':
      return decodeScalar(value, type.scalar, pointer);
    case 'enum':
      return decodeEnum(value, type.name, pointer);
    case 'duration':
      return decodeDuration(value, pointer);
    case 'struct':
      if (value === null) return {};
      if (!isObject(value)) {
        throw new DecodeError(
          `bad StructValue: ${typeError(value, 'map[string]json.RawMessage', pointer).message}`,
          pointer,
        );
      }
      return value;
    case 'message':
      return decodeMessage(value, messageDescriptor(type.name, options.release), options, pointer);
  }
}

const INTEGER_RANGES: { readonly [scalar: string]: readonly [bigint, bigint] } = {
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
};

function decodeScalar(value: JsonValue, scalar: ScalarType, pointer: string): JsonValue {
  if (scalar === 'string') {
    if (value === null) return '';
    if (typeof value !== 'string') throw typeError(value, 'string', pointer);
    return value;
  }
  if (scalar === 'bool') {
    if (value === null) return false;
    if (typeof value !== 'boolean') throw typeError(value, 'bool', pointer);
    return value;
  }
  const number = unquoteNumber(value, scalar === 'double' ? 'float64' : scalar, pointer);
  if (scalar === 'double') return Number(number);
  const integer = integerInRange(number, scalar, scalar, pointer);
  return scalar === 'int64' || scalar === 'uint64' ? integer.toString() : Number(integer);
}

function integerInRange(number: number | bigint, scalar: ScalarType, goType: string, pointer: string): bigint {
  const [minimum, maximum] = INTEGER_RANGES[scalar] ?? [0n, 0n];
  if (typeof number === 'number' && !Number.isInteger(number)) throw numberError(number, goType, pointer);
  const integer = BigInt(number);
  if (integer < minimum || integer > maximum) throw numberError(number, goType, pointer);
  return integer;
}

/** jsonpb strips the quotes of a number, without looking at what is between them. */
function unquoteNumber(value: JsonValue, goType: string, pointer: string): number | bigint {
  if (value === null) return 0;
  if (typeof value === 'number' || typeof value === 'bigint') return value;
  if (typeof value !== 'string') throw typeError(value, goType, pointer);
  const text = value.trim();
  if (/^-?(?:0|[1-9]\d*)$/.test(text)) return BigInt(text);
  if (/^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/.test(text)) {
    if (goType === 'float64') return Number(text);
    throw new DecodeError(`json: cannot unmarshal number ${text} into Go value of type ${goType}`, pointer);
  }
  if (text === 'null') return 0;
  if (text === 'true' || text === 'false') throw typeError(true, goType, pointer);
  if (text === '') throw new DecodeError('unexpected end of JSON input', pointer);
  const behind = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?\s*(\S)/u.exec(text)?.[1];
  if (behind !== undefined) throw new DecodeError(`invalid character '${behind}' after top-level value`, pointer);
  throw new DecodeError(`invalid character '${[...text][0]}' looking for beginning of value`, pointer);
}

function decodeEnum(value: JsonValue, name: string, pointer: string): JsonValue {
  const descriptor = enumDescriptor(name);
  if (typeof value === 'string') {
    if (descriptor.numbers.has(value)) return value;
    const quoted = goQuote(`"${value}"`);
    throw new DecodeError(`unknown value ${quoted} for enum ${descriptor.fullName}`, pointer);
  }
  if (value === null) return descriptor.names.get(0) ?? 0;
  if (typeof value !== 'number' && typeof value !== 'bigint')
    throw typeError(value, 'protoreflect.EnumNumber', pointer);
  const number = Number(integerInRange(value, 'int32', 'protoreflect.EnumNumber', pointer));
  return descriptor.names.get(number) ?? number;
}

function decodeDuration(value: JsonValue, pointer: string): string {
  if (typeof value !== 'string') throw typeError(value, 'string', pointer);
  const duration = parseGoDuration(value);
  if (typeof duration !== 'bigint') throw new DecodeError(`bad Duration: ${duration.error}`, pointer);
  return formatProtoDuration(duration);
}

/** encoding/json's text for a value of another type. */
function typeError(value: JsonValue, goType: string, pointer: string): DecodeError {
  const kind = isArray(value)
    ? 'array'
    : isObject(value)
      ? 'object'
      : typeof value === 'boolean'
        ? 'bool'
        : typeof value === 'string'
          ? 'string'
          : 'number';
  return new DecodeError(`json: cannot unmarshal ${kind} into Go value of type ${goType}`, pointer);
}

function numberError(value: number | bigint, goType: string, pointer: string): DecodeError {
  return new DecodeError(`json: cannot unmarshal number ${value} into Go value of type ${goType}`, pointer);
}

function escapeKey(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}
