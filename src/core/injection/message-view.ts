import {
  fromJson,
  GoInt,
  type GoIntType,
  GoList,
  GoMap,
  type GoObject,
  type GoValue,
  NO_FIELD,
} from '../gotemplate/index.ts';
import { getKey, isArray, isObject, type JsonObject, type JsonValue } from '../json.ts';
import {
  durationNanoseconds,
  enumDescriptor,
  type FieldDescriptor,
  type FieldType,
  formatGoDuration,
  type MeshConfig,
  type MessageDescriptor,
  messageDescriptor,
  messageToJson,
  type ProxyConfig,
  proxyConfigToJson,
  type WrapperType,
  zeroOfType,
} from '../mesh/index.ts';
import type { Release } from '../release.ts';

/** The effective proxy configuration as templates see it: `*v1alpha1.ProxyConfig`. */
export function proxyConfigView(config: ProxyConfig, release: Release): MessageView {
  return new MessageView(messageDescriptor('ProxyConfig', release), config, release);
}

/** The mesh configuration as templates see it: `*v1alpha1.MeshConfig`. */
export function meshConfigView(config: MeshConfig, release: Release): MessageView {
  return new MessageView(messageDescriptor('MeshConfig', release), config, release);
}

const NO_JSON: JsonObject = {};

/**
 * A protobuf message, kept as protobuf JSON, as the pointer to its Go struct: fields by their Go names, getters that
 * work on nil, members of a oneof through getters only (injection.md 3.2, 3.6).
 */
export class MessageView implements GoObject {
  readonly kind = 'pointer';
  readonly type: string;
  readonly nil: boolean;
  readonly json: JsonObject;
  private readonly descriptor: MessageDescriptor;
  private readonly release: Release;

  constructor(descriptor: MessageDescriptor, json: JsonObject | undefined, release: Release) {
    this.descriptor = descriptor;
    this.type = descriptor.goType;
    this.json = json ?? NO_JSON;
    this.nil = json === undefined;
    this.release = release;
  }

  field(name: string): GoValue | typeof NO_FIELD {
    const field = this.descriptor.byGoName.get(name);
    if (field !== undefined && field.oneof === undefined) return this.read(field);
    const oneof = this.descriptor.oneofs.find((candidate) => candidate.goName === name);
    if (oneof === undefined) return NO_FIELD;
    const member = oneof.fields.find((candidate) => getKey(this.json, candidate.jsonName) !== undefined);
    return member === undefined
      ? null
      : new OneofMember(`${this.type}_${member.goName}`, member.goName, this.read(member));
  }

  method(name: string): ((args: readonly GoValue[]) => GoValue) | undefined {
    if (name === 'String') return () => this.print();
    const field = name.startsWith('Get') ? this.descriptor.byGoName.get(name.slice(3)) : undefined;
    return field === undefined ? undefined : () => this.read(field);
  }

  basic(): undefined {
    return undefined;
  }

  print(): string {
    return this.nil ? '<nil>' : protoText(this.json, this.descriptor, this.release);
  }

  toJson(): GoValue {
    return this.nil ? null : fromJson(this.json);
  }

  /** What `protoToJSON` writes: of a ProxyConfig only what differs from the built-in defaults. */
  toProtoJson(): string {
    return this.descriptor.name === 'ProxyConfig'
      ? proxyConfigToJson(this.json, this.release)
      : messageToJson(this.json, this.descriptor, this.release);
  }

  private read(field: FieldDescriptor): GoValue {
    const value = getKey(this.json, field.jsonName) ?? undefined;
    const goType = goTypeOf(field.type, this.release);
    if (field.cardinality === 'repeated') {
      const items = isArray(value) ? value.map((item) => goValue(field.type, item, this.release)) : [];
      return new GoList(items, `[]${goType}`, value === undefined);
    }
    if (field.cardinality === 'map') {
      const entries = new Map<string, GoValue>();
      if (isObject(value)) {
        for (const [key, item] of Object.entries(value)) entries.set(key, goValue(field.type, item, this.release));
      }
      return new GoMap(
        entries,
        `map[string]${goType}`,
        goValue(field.type, undefined, this.release),
        value === undefined,
      );
    }
    return goValue(field.type, value, this.release);
  }
}

/** What a oneof's Go field holds: a struct with one field. */
class OneofMember implements GoObject {
  readonly kind = 'pointer';
  readonly nil = false;
  readonly type: string;
  private readonly name: string;
  private readonly value: GoValue;

  constructor(type: string, name: string, value: GoValue) {
    this.type = type;
    this.name = name;
    this.value = value;
  }

  field(name: string): GoValue | typeof NO_FIELD {
    return name === this.name ? this.value : NO_FIELD;
  }

  method(): undefined {
    return undefined;
  }

  basic(): undefined {
    return undefined;
  }

  print(): string {
    return `&{${typeof this.value === 'string' ? this.value : ''}}`;
  }

  toJson(): GoValue {
    return new GoMap(new Map([[this.name, this.value]]));
  }
}

/** google.protobuf.Duration. */
export class DurationView implements GoObject {
  readonly kind = 'pointer';
  readonly type = '*durationpb.Duration';
  readonly nil: boolean;
  private readonly text: string;

  constructor(text: string | undefined) {
    this.nil = text === undefined;
    this.text = text ?? '0s';
  }

  /** As Go's time.Duration prints: `1m0s`. */
  durationText(): string {
    return formatGoDuration(durationNanoseconds(this.text));
  }

  field(name: string): GoValue | typeof NO_FIELD {
    const nanoseconds = durationNanoseconds(this.text);
    if (name === 'Seconds') return new GoInt('int64', nanoseconds / NANOSECONDS);
    if (name === 'Nanos') return new GoInt('int32', nanoseconds % NANOSECONDS);
    return NO_FIELD;
  }

  method(name: string): ((args: readonly GoValue[]) => GoValue) | undefined {
    if (name === 'GetSeconds' || name === 'GetNanos') {
      return () => {
        const value = this.field(name.slice(3));
        return value === NO_FIELD ? undefined : value;
      };
    }
    return name === 'String' ? () => this.print() : undefined;
  }

  basic(): undefined {
    return undefined;
  }

  print(): string {
    if (this.nil) return '<nil>';
    const nanoseconds = durationNanoseconds(this.text);
    const parts = [['seconds', nanoseconds / NANOSECONDS] as const, ['nanos', nanoseconds % NANOSECONDS] as const];
    return parts.flatMap(([name, value]) => (value === 0n ? [] : [`${name}:${value}`])).join(' ');
  }

  toJson(): GoValue {
    return this.nil ? null : this.text;
  }
}

const NANOSECONDS = 1_000_000_000n;

/** google.protobuf.BoolValue and its kin. */
class WrapperView implements GoObject {
  readonly kind = 'pointer';
  readonly type: string;
  readonly nil: boolean;
  private readonly value: GoValue;
  private readonly zero: boolean;

  constructor(name: WrapperType, value: GoValue, nil: boolean, zero: boolean) {
    this.type = `*wrapperspb.${name}`;
    this.value = value;
    this.nil = nil;
    this.zero = zero;
  }

  field(name: string): GoValue | typeof NO_FIELD {
    return name === 'Value' ? this.value : NO_FIELD;
  }

  method(name: string): ((args: readonly GoValue[]) => GoValue) | undefined {
    if (name === 'GetValue') return () => this.value;
    return name === 'String' ? () => this.print() : undefined;
  }

  basic(): undefined {
    return undefined;
  }

  print(): string {
    if (this.nil) return '<nil>';
    return this.zero ? '' : `value:${scalarText(this.value)}`;
  }

  toJson(): GoValue {
    return this.nil ? null : this.value;
  }
}

/** An enum: an int32 with a name, which is what it prints. */
class EnumView implements GoObject {
  readonly kind = 'enum';
  readonly nil = false;
  readonly type: string;
  private readonly number: GoInt;
  private readonly text: string;

  constructor(name: string, value: JsonValue) {
    const descriptor = enumDescriptor(name);
    this.type = descriptor.goType;
    const number = typeof value === 'string' ? (descriptor.numbers.get(value) ?? 0) : Number(value);
    this.number = new GoInt('int32', BigInt(number));
    this.text = descriptor.names.get(number) ?? String(number);
  }

  field(): typeof NO_FIELD {
    return NO_FIELD;
  }

  method(name: string): ((args: readonly GoValue[]) => GoValue) | undefined {
    if (name === 'String') return () => this.text;
    return name === 'Number' ? () => this.number : undefined;
  }

  basic(): GoInt {
    return this.number;
  }

  print(): string {
    return this.text;
  }

  toJson(): GoValue {
    return this.text;
  }
}

function goValue(type: FieldType, json: JsonValue | undefined, release: Release): GoValue {
  const value = json ?? zeroOfType(type);
  switch (type.kind) {
    case 'message':
      return new MessageView(messageDescriptor(type.name, release), isObject(value) ? value : undefined, release);
    case 'duration':
      return new DurationView(typeof value === 'string' ? value : undefined);
    case 'struct':
      return isObject(value) ? fromJson(value) : null;
    case 'enum':
      return new EnumView(type.name, value ?? 0);
    case 'wrapper': {
      const nil = json === undefined || json === null;
      return new WrapperView(type.name, scalar(type.scalar, value), nil, value === zeroOfType(type));
    }
    case 'scalar':
      return scalar(type.scalar, value);
  }
}

function scalar(type: string, value: JsonValue | undefined): GoValue {
  switch (type) {
    case 'string':
      return typeof value === 'string' ? value : '';
    case 'bool':
      return value === true;
    case 'double':
      return Number(value ?? 0);
    default:
      // An int64 is a string in protobuf JSON.
      return new GoInt(type as GoIntType, BigInt((value ?? 0) as string | number | bigint));
  }
}

function goTypeOf(type: FieldType, release: Release): string {
  switch (type.kind) {
    case 'message':
      return messageDescriptor(type.name, release).goType;
    case 'duration':
      return '*durationpb.Duration';
    case 'struct':
      return '*structpb.Struct';
    case 'enum':
      return enumDescriptor(type.name).goType;
    case 'wrapper':
      return `*wrapperspb.${type.name}`;
    case 'scalar':
      return type.scalar === 'double' ? 'float64' : type.scalar;
  }
}

function scalarText(value: GoValue): string {
  return typeof value === 'string'
    ? JSON.stringify(value)
    : value instanceof GoInt
      ? String(value.value)
      : String(value);
}

/** The text form of a message, single-spaced; Go adds a second space at random so that nobody depends on it. */
function protoText(json: JsonObject, descriptor: MessageDescriptor, release: Release): string {
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
