import { fromJson, GoInt, GoList, GoMap, type GoObject, type GoValue, NO_FIELD } from '../gotemplate/index.ts';
import { getKey, isArray, isObject, type JsonObject, type JsonValue } from '../json.ts';
import { structOf, type TypeRef } from '../kube/index.ts';

const NO_JSON: JsonObject = {};

/**
 * JSON of a Kubernetes type as the Go struct that templates see: `.Spec.ServiceAccountName`, an absent string is "",
 * an absent pointer nil, a map of strings a map of strings (injection.md 3.2, 3.6). Fields are converted when asked for.
 */
export class KubernetesView implements GoObject {
  readonly kind: 'struct' | 'pointer';
  readonly type: string;
  readonly nil: boolean;
  /** Name in the type table, such as `core/v1.PodSpec`. */
  readonly structType: string;
  readonly json: JsonObject;
  private readonly converted = new Map<string, GoValue>();

  constructor(structType: string, json: JsonObject | undefined, kind: 'struct' | 'pointer' = 'struct') {
    this.structType = structType;
    this.json = json ?? NO_JSON;
    this.kind = kind;
    this.nil = kind === 'pointer' && json === undefined;
    const short = structType.slice(structType.lastIndexOf('/') + 1);
    this.type = kind === 'pointer' ? `*${short}` : short;
  }

  field(name: string): GoValue | typeof NO_FIELD {
    const known = this.converted.get(name);
    if (known !== undefined) return known;
    const field = structOf(this.structType)?.byGo.get(name);
    if (field === undefined) return NO_FIELD;
    const value = goValue(field.type, getKey(this.json, field.json));
    this.converted.set(name, value);
    return value;
  }

  method(): undefined {
    return undefined;
  }

  basic(): undefined {
    return undefined;
  }

  print(): string {
    const values = (structOf(this.structType)?.fields ?? []).map((field) => printed(this.field(field.go)));
    const body = `{${values.join(' ')}}`;
    return this.kind === 'struct' ? body : this.nil ? '<nil>' : `&${body}`;
  }

  toJson(): GoValue {
    return this.nil ? null : fromJson(this.json);
  }
}

/** A scalar with a text of its own: quantity, time, port that may be a name; also a nil pointer to a scalar. */
class ScalarView implements GoObject {
  readonly kind: 'struct' | 'pointer';
  readonly type: string;
  readonly nil: boolean;
  private readonly value: JsonValue;

  constructor(type: string, value: JsonValue, nil = false) {
    this.kind = nil ? 'pointer' : 'struct';
    this.type = nil ? `*${type}` : type;
    this.value = value;
    this.nil = nil;
  }

  field(name: string): GoValue | typeof NO_FIELD {
    if (this.type !== 'intstr.IntOrString') return NO_FIELD;
    const isText = typeof this.value === 'string';
    if (name === 'StrVal') return isText ? (this.value as string) : '';
    if (name === 'IntVal') return new GoInt('int32', isText ? 0n : BigInt(this.value as number | bigint));
    if (name === 'Type') return new GoInt('int64', isText ? 1n : 0n);
    return NO_FIELD;
  }

  method(name: string): ((args: readonly GoValue[]) => GoValue) | undefined {
    return name === 'String' ? () => this.print() : undefined;
  }

  basic(): undefined {
    return undefined;
  }

  print(): string {
    return this.nil ? '<nil>' : String(this.value);
  }

  toJson(): GoValue {
    return this.nil ? null : fromJson(this.value);
  }
}

function goValue(type: TypeRef, json: JsonValue | undefined): GoValue {
  const value = json ?? undefined;
  switch (type.kind) {
    case 'pointer':
      if (type.to.kind === 'struct') {
        return new KubernetesView(type.to.name, isObject(value) ? value : undefined, 'pointer');
      }
      // Go follows a pointer to a scalar by itself, so that only the nil one differs from the scalar.
      return value === undefined ? new ScalarView(goType(type.to), null, true) : goValue(type.to, value);
    case 'struct':
      return new KubernetesView(type.name, isObject(value) ? value : undefined);
    case 'list': {
      const items = isArray(value) ? value.map((item) => goValue(type.of, item)) : [];
      return new GoList(items, `[]${goType(type.of)}`, !isArray(value));
    }
    case 'map': {
      const entries = new Map<string, GoValue>();
      if (isObject(value)) for (const key of Object.keys(value)) entries.set(key, goValue(type.of, getKey(value, key)));
      return new GoMap(entries, `map[string]${goType(type.of)}`, goValue(type.of, undefined), !isObject(value));
    }
    case 'basic':
      return scalar(type.name, value);
  }
}

function scalar(type: string, value: JsonValue | undefined): GoValue {
  switch (type) {
    case 'string':
      return typeof value === 'string' ? value : '';
    case 'bool':
      return value === true;
    case 'int32':
    case 'int64':
      return new GoInt(type, typeof value === 'number' || typeof value === 'bigint' ? BigInt(value) : 0n);
    case 'IntOrString':
    case 'Quantity':
      return new ScalarView(goType({ kind: 'basic', name: type }), value ?? 0);
    case 'Time':
      return new ScalarView('v1.Time', value ?? '0001-01-01 00:00:00 +0000 UTC');
    default:
      return value === undefined ? null : fromJson(value);
  }
}

function goType(type: TypeRef): string {
  switch (type.kind) {
    case 'pointer':
      return `*${goType(type.to)}`;
    case 'list':
      return `[]${goType(type.of)}`;
    case 'map':
      return `map[string]${goType(type.of)}`;
    case 'struct':
      return type.name.slice(type.name.lastIndexOf('/') + 1);
    case 'basic':
      return type.name === 'Quantity'
        ? 'resource.Quantity'
        : type.name === 'IntOrString'
          ? 'intstr.IntOrString'
          : type.name;
  }
}

/** A value inside a printed struct. Only for diagnostics: no template prints one. */
function printed(value: GoValue | typeof NO_FIELD): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean' || typeof value === 'number') return String(value);
  if (value instanceof GoInt) return value.value.toString();
  if (value instanceof GoList) return `[${value.items.map(printed).join(' ')}]`;
  if (value instanceof GoMap) {
    return `map[${[...value.entries]
      .map(([key, item]) => `${key}:${printed(item)}`)
      .sort()
      .join(' ')}]`;
  }
  return value instanceof KubernetesView || value instanceof ScalarView ? value.print() : '<nil>';
}
