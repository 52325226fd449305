import { LATEST, type Release } from '../release.ts';
import { MESH_MESSAGES } from './mesh-messages.ts';
import { NETWORKING_MESSAGES } from './networking-messages.ts';
import { PROVIDER_MESSAGES } from './provider-messages.ts';
import { PROXY_MESSAGES } from './proxy-messages.ts';

/**
 * Packages, their messages and enums, as text: it stays readable and is parsed only where a message is asked for.
 *
 *   row:  NUMBER NAME TYPE [oneof=NAME] [deprecated] [since=MINOR] [until=MINOR]
 *   TYPE: a scalar | duration | struct | a wrapper such as BoolValue | a message or enum | []TYPE | map<string,TYPE>
 *
 * `since` and `until` are minor releases, inclusive. Where the exact one is unknown, `since` is rather too early and
 * `until` rather too late, so that no field is refused which a release had.
 */
export type MessageTable = {
  readonly [protoPackage: string]: {
    readonly messages: { readonly [name: string]: readonly string[] };
    readonly enums: { readonly [name: string]: string };
  };
};

export type ScalarType = 'string' | 'bool' | 'int32' | 'uint32' | 'int64' | 'uint64' | 'double';

export type WrapperType = 'BoolValue' | 'StringValue' | 'Int32Value' | 'UInt32Value' | 'Int64Value' | 'DoubleValue';

/** What one value of a field is; a list or map of it says `repeated` or `map`. */
export type FieldType =
  | { readonly kind: 'scalar'; readonly scalar: ScalarType }
  | { readonly kind: 'wrapper'; readonly name: WrapperType; readonly scalar: ScalarType }
  | { readonly kind: 'enum'; readonly name: string }
  | { readonly kind: 'message'; readonly name: string }
  | { readonly kind: 'duration' }
  | { readonly kind: 'struct' };

export type FieldDescriptor = {
  readonly number: number;
  /** Name in the .proto file: `proxy_listen_port`. */
  readonly name: string;
  /** Name in JSON: `proxyListenPort`. */
  readonly jsonName: string;
  /** Name of the Go struct field: `ProxyListenPort`; `Get` in front of it is the getter. */
  readonly goName: string;
  readonly type: FieldType;
  readonly cardinality: 'single' | 'repeated' | 'map';
  /** The oneof that it belongs to, by its name in the .proto file (`tracer`). */
  readonly oneof?: string | undefined;
  readonly deprecated: boolean;
  /** Whether absent and zero differ: messages, wrappers, durations, members of a oneof. */
  readonly presence: boolean;
};

export type OneofDescriptor = {
  readonly name: string;
  /** Name of the Go struct field that holds the member's wrapper: `Tracer`. */
  readonly goName: string;
  readonly fields: readonly FieldDescriptor[];
};

export type MessageDescriptor = {
  /** Name inside its package: `Tracing.Zipkin`. */
  readonly name: string;
  /** `istio.mesh.v1alpha1.Tracing.Zipkin`. */
  readonly fullName: string;
  /** As Go prints the type of a pointer to it: `*v1alpha1.Tracing_Zipkin`. */
  readonly goType: string;
  /** In the order of the Go struct, which is the order of JSON output. */
  readonly fields: readonly FieldDescriptor[];
  readonly oneofs: readonly OneofDescriptor[];
  readonly byJsonName: ReadonlyMap<string, FieldDescriptor>;
  readonly byGoName: ReadonlyMap<string, FieldDescriptor>;
};

export type EnumDescriptor = {
  readonly name: string;
  readonly fullName: string;
  /** As Go prints the type: `v1alpha1.ProxyConfig_InboundInterceptionMode`. */
  readonly goType: string;
  readonly numbers: ReadonlyMap<string, number>;
  readonly names: ReadonlyMap<number, string>;
};

/** The message of that name as the release knew it; the newest release where none is given. */
export function messageDescriptor(name: string, release: Release = LATEST): MessageDescriptor {
  const key = `${release.minor} ${name}`;
  const known = messages.get(key);
  if (known !== undefined) return known;
  const found = MESSAGE_ROWS.get(name);
  if (found === undefined) throw new Error(`no message ${name}`);
  const fields = found.rows.flatMap((row) => parseRow(row, release.minor));
  const descriptor: MessageDescriptor = {
    name,
    fullName: `${found.protoPackage}.${name}`,
    goType: `*${goPackage(found.protoPackage)}.${name.replaceAll('.', '_')}`,
    fields,
    oneofs: oneofsOf(fields),
    byJsonName: new Map(fields.map((field) => [field.jsonName, field])),
    byGoName: new Map(fields.map((field) => [field.goName, field])),
  };
  messages.set(key, descriptor);
  return descriptor;
}

export function enumDescriptor(name: string): EnumDescriptor {
  const known = enums.get(name);
  if (known !== undefined) return known;
  const found = ENUM_ROWS.get(name);
  if (found === undefined) throw new Error(`no enum ${name}`);
  const values = found.values.split(' ').map((pair): readonly [string, number] => {
    const at = pair.indexOf('=');
    return [pair.slice(0, at), Number(pair.slice(at + 1))];
  });
  const descriptor: EnumDescriptor = {
    name,
    fullName: `${found.protoPackage}.${name}`,
    goType: `${goPackage(found.protoPackage)}.${name.replaceAll('.', '_')}`,
    numbers: new Map(values),
    names: new Map(values.map(([text, number]) => [number, text])),
  };
  enums.set(name, descriptor);
  return descriptor;
}

/** Names of all messages, for tests and for tools that list them. */
export function messageNames(): readonly string[] {
  return [...MESSAGE_ROWS.keys()];
}

/** A field by either of the names that JSON input may use: `proxyListenPort` or `proxy_listen_port`. */
export function fieldByInputName(message: MessageDescriptor, name: string): FieldDescriptor | undefined {
  return message.byJsonName.get(name) ?? message.fields.find((field) => field.name === name);
}

const messages = new Map<string, MessageDescriptor>();
const enums = new Map<string, EnumDescriptor>();

type MessageRows = { readonly protoPackage: string; readonly rows: readonly string[] };
type EnumRows = { readonly protoPackage: string; readonly values: string };

const MESSAGE_ROWS = new Map<string, MessageRows>();
const ENUM_ROWS = new Map<string, EnumRows>();
for (const table of [PROXY_MESSAGES, MESH_MESSAGES, PROVIDER_MESSAGES, NETWORKING_MESSAGES]) {
  for (const [protoPackage, content] of Object.entries(table)) {
    for (const [name, rows] of Object.entries(content.messages)) MESSAGE_ROWS.set(name, { protoPackage, rows });
    for (const [name, values] of Object.entries(content.enums)) ENUM_ROWS.set(name, { protoPackage, values });
  }
}

const WRAPPERS: ReadonlyMap<string, ScalarType> = new Map<WrapperType, ScalarType>([
  ['BoolValue', 'bool'],
  ['StringValue', 'string'],
  ['Int32Value', 'int32'],
  ['UInt32Value', 'uint32'],
  ['Int64Value', 'int64'],
  ['DoubleValue', 'double'],
]);

const SCALARS: ReadonlySet<string> = new Set<ScalarType>([
  'string',
  'bool',
  'int32',
  'uint32',
  'int64',
  'uint64',
  'double',
]);

/** The field of a row, or nothing where the release had none. */
function parseRow(row: string, minor: number): readonly FieldDescriptor[] {
  const [number = '', name = '', typeText = '', ...options] = row.split(' ');
  const option = (key: string): string | undefined =>
    options.find((text) => text.startsWith(`${key}=`))?.slice(key.length + 1);
  if (Number(option('since') ?? 0) > minor || Number(option('until') ?? 1000) < minor) return [];
  const cardinality = typeText.startsWith('[]') ? 'repeated' : typeText.startsWith('map<') ? 'map' : 'single';
  const element =
    cardinality === 'repeated'
      ? typeText.slice('[]'.length)
      : cardinality === 'map'
        ? typeText.slice('map<string,'.length, -1)
        : typeText;
  const type = parseType(element);
  const oneof = option('oneof');
  const presence =
    cardinality === 'single' && (oneof !== undefined || !(type.kind === 'scalar' || type.kind === 'enum'));
  return [
    {
      number: Number(number),
      name,
      jsonName: jsonCamelCase(name),
      goName: goCamelCase(name),
      type,
      cardinality,
      oneof,
      deprecated: options.includes('deprecated'),
      presence,
    },
  ];
}

function parseType(text: string): FieldType {
  if (text === 'duration' || text === 'struct') return { kind: text };
  if (isScalar(text)) return { kind: 'scalar', scalar: text };
  const scalar = WRAPPERS.get(text);
  if (scalar !== undefined) return { kind: 'wrapper', name: text as WrapperType, scalar };
  return { kind: ENUM_ROWS.has(text) ? 'enum' : 'message', name: text };
}

function isScalar(text: string): text is ScalarType {
  return SCALARS.has(text);
}

function oneofsOf(fields: readonly FieldDescriptor[]): readonly OneofDescriptor[] {
  const names = new Set(fields.flatMap((field) => (field.oneof === undefined ? [] : [field.oneof])));
  return [...names].map((name) => ({
    name,
    goName: goCamelCase(name),
    fields: fields.filter((field) => field.oneof === name),
  }));
}

/** `istio.mesh.v1alpha1` → `v1alpha1`. */
function goPackage(protoPackage: string): string {
  return protoPackage.slice(protoPackage.lastIndexOf('.') + 1);
}

/** protoc's JSON name: every underscore goes and the letter behind it becomes upper case (mesh_mTLS → meshMTLS). */
function jsonCamelCase(name: string): string {
  return name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** protoc-gen-go's name: an underscore stays where no lower-case letter follows (enable_64bit → Enable_64Bit). */
function goCamelCase(name: string): string {
  const joined = name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return joined.replace(/^[a-z]|(?<=\d)[a-z]/g, (letter) => letter.toUpperCase());
}
