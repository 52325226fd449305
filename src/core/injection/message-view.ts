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
  enumDescriptor,
  type FieldDescriptor,
  type FieldType,
  type MeshConfig,
  type MessageDescriptor,
  messageDescriptor,
  messageToJson,
  type ProxyConfig,
  proxyConfigToJson,
  zeroOfType,
} from '../mesh/index.ts';
import type { Release } from '../release.ts';
import { protoText } from './proto-text.ts';
import { DurationView, EnumView, WrapperView } from './well-known-view.ts';

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
