import {
  compareCodePoints,
  isArray,
  isObject,
  type JsonObject,
  type JsonValue,
  type MutableJsonObject,
  setKey,
} from '../json.ts';
import { failed, type Parsed, type Problem, ProblemError, parsed } from '../problem.ts';
import { parseQuantity } from './quantity.ts';
import { dereference, type Field, structOf, type TypeRef } from './type-table.ts';

export type RoundTripOptions = {
  /** What happens to fields that the types do not know: a user's survive, those of an old template do not. */
  readonly unknown: 'keep' | 'drop';
  /** Whether `creationTimestamp: null` is written, as with Kubernetes libraries up to Istio 1.27. */
  readonly creationTimestampNull: boolean;
  /** Fields written although empty, as `Type.json`, where an older library lacked today's omitempty. */
  readonly alwaysWritten?: ReadonlySet<string> | undefined;
};

/**
 * What Go makes of an object when it decodes it into a Kubernetes type and encodes it again (injection.md 4.12, A.2,
 * A.3): fields in struct order, empty ones dropped or written by their tags, quantities canonical, map keys sorted.
 * A value of the wrong type fails with encoding/json's text and the pointer of the field.
 */
export function roundTrip(type: string, value: JsonObject, options: RoundTripOptions): Parsed<JsonObject> {
  try {
    return parsed(encodeStruct(type, value, { options, root: type.slice(type.lastIndexOf('.') + 1) }, ''));
  } catch (error) {
    if (error instanceof ProblemError) return failed(error.problem);
    throw error;
  }
}

type Context = { readonly options: RoundTripOptions; readonly root: string };

/** A struct with what a decode needs at hand. Fields keep their index, which is their order. */
type Plan = {
  readonly fields: readonly Field[];
  readonly byKey: ReadonlyMap<string, number>;
  /** By what encoding/json takes for the same name where no field has it exactly. */
  readonly byLowerKey: ReadonlyMap<string, number>;
  /** Whether something may have to be written for a field that is not there. */
  readonly writesEmpty: readonly boolean[];
};

const plans = new Map<string, Plan | undefined>();

function planOf(type: string): Plan | undefined {
  if (plans.has(type)) return plans.get(type);
  const fields = structOf(type)?.fields;
  const plan: Plan | undefined = fields && {
    fields,
    byKey: new Map(fields.map((field, i) => [field.json, i])),
    byLowerKey: new Map(fields.map((field, i) => [field.json.toLowerCase(), i] as const).reverse()),
    writesEmpty: fields.map(
      ({ type: { kind, ...rest }, omitempty }) =>
        !omitempty ||
        kind === 'struct' ||
        (kind === 'basic' && 'name' in rest && /^(?:Time|Quantity)$/.test(rest.name)),
    ),
  };
  plans.set(type, plan);
  return plan;
}

function encodeStruct(type: string, value: JsonObject, context: Context, at: string): JsonObject {
  const plan = planOf(type);
  if (plan === undefined) return value;
  const { fields, byKey, writesEmpty } = plan;
  const { alwaysWritten } = context.options;
  const given: (JsonValue | undefined)[] = new Array(fields.length);
  let unknown: string[] | undefined;
  for (const key in value) {
    const member = value[key] ?? null;
    const index = byKey.get(key) ?? plan.byLowerKey.get(key.toLowerCase());
    if (index === undefined) {
      unknown ??= [];
      unknown.push(key);
    } else if (member !== null || fields[index]?.type.kind === 'pointer') given[index] = member;
  }
  const out: MutableJsonObject = {};
  for (let i = 0; i < fields.length; i++) {
    const member = given[i];
    if (member === undefined && !writesEmpty[i] && alwaysWritten === undefined) continue;
    const field = fields[i] as Field;
    const encoded = encodeField(type, field, member, context, at);
    if (encoded !== undefined) out[field.json] = encoded;
  }
  if (unknown !== undefined && context.options.unknown === 'keep') {
    for (const key of unknown) setKey(out, key, value[key] ?? null);
  }
  return out;
}

function encodeField(
  type: string,
  field: Field,
  given: JsonValue | undefined,
  context: Context,
  at: string,
): JsonValue | undefined {
  if (given === undefined || given === null) return emptyField(type, field, context, at);
  const encoded = encode(field.type, given, context, `${at}/${field.json}`);
  if (field.omitempty && isEmpty(field.type, encoded)) return emptyField(type, field, context, at);
  return encoded;
}

/** What is written for a field that has no value: nothing, or the zero value where the tags do not say omitempty. */
function emptyField(type: string, field: Field, context: Context, at: string): JsonValue | undefined {
  if (field.type.kind === 'basic' && field.type.name === 'Time') {
    // A struct in Go, so that omitempty never leaves it out.
    return field.omitzero && !context.options.creationTimestampNull ? undefined : null;
  }
  if (field.type.kind === 'struct') {
    return field.omitzero ? undefined : encodeStruct(field.type.name, {}, context, at);
  }
  const always = context.options.alwaysWritten?.has(`${type}.${field.json}`) ?? false;
  // A Quantity is a struct in Go, so that omitempty never leaves it out: `divisor: "0"`.
  const isQuantity = field.type.kind === 'basic' && field.type.name === 'Quantity';
  if (field.omitempty && !always && !isQuantity) return undefined;
  return zero(field.type);
}

function zero(type: TypeRef): JsonValue {
  if (type.kind !== 'basic') return null;
  switch (type.name) {
    case 'bool':
      return false;
    case 'int32':
    case 'int64':
    case 'IntOrString':
      return 0;
    case 'string':
      return '';
    case 'Quantity':
      return '0';
    default:
      return null;
  }
}

function isEmpty(type: TypeRef, value: JsonValue): boolean {
  switch (type.kind) {
    case 'list':
      return isArray(value) && value.length === 0;
    case 'map':
      return isObject(value) && Object.keys(value).length === 0;
    case 'basic':
      return (
        (value === '' && type.name === 'string') ||
        value === false ||
        ((value === 0 || value === 0n) && type.name !== 'IntOrString')
      );
    default:
      return false;
  }
}

function encode(type: TypeRef, value: JsonValue, context: Context, at: string): JsonValue {
  switch (type.kind) {
    case 'pointer':
      return encode(type.to, value, context, at);
    case 'struct':
      if (value === null) return encodeStruct(type.name, {}, context, at);
      if (!isObject(value)) throw mismatch(value, type, context, at);
      return encodeStruct(type.name, value, context, at);
    case 'list': {
      if (!isArray(value)) throw mismatch(value, type, context, at);
      return value.map((item, i) => {
        if (item !== null) return encode(type.of, item, context, `${at}/${i}`);
        return type.of.kind === 'struct' ? encodeStruct(type.of.name, {}, context, at) : zero(type.of);
      });
    }
    case 'map': {
      if (!isObject(value)) throw mismatch(value, type, context, at);
      const out: MutableJsonObject = {};
      for (const key of Object.keys(value).sort(compareCodePoints)) {
        const item = value[key] ?? null;
        setKey(out, key, item === null ? zero(type.of) : encode(type.of, item, context, `${at}/${escapePointer(key)}`));
      }
      return out;
    }
    case 'basic':
      return encodeBasic(type, value, context, at);
  }
}

function encodeBasic(type: TypeRef & { kind: 'basic' }, value: JsonValue, context: Context, at: string): JsonValue {
  switch (type.name) {
    case 'string':
    case 'Bytes':
      if (typeof value !== 'string') throw mismatch(value, type, context, at);
      return value;
    case 'bool':
      if (typeof value !== 'boolean') throw mismatch(value, type, context, at);
      return value;
    case 'int32':
    case 'int64':
    case 'byte':
      if (typeof value === 'bigint' || Number.isInteger(value)) return value;
      throw mismatch(value, type, context, at);
    case 'IntOrString':
      if (typeof value === 'string' || typeof value === 'bigint' || Number.isInteger(value)) return value;
      throw mismatch(value, type, context, at);
    case 'Quantity': {
      if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'bigint') {
        throw mismatch(value, type, context, at);
      }
      const quantity = parseQuantity(String(value));
      if (!quantity.ok)
        throw problem(quantity.error, at, `Write a quantity such as 100m, 0.5 or 128Mi instead of "${value}".`);
      return quantity.canonical;
    }
    case 'Time':
      if (typeof value !== 'string') throw mismatch(value, type, context, at);
      return utcTime(value, at);
    default:
      return value;
  }
}

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,]\d+)?(?:Z|[+-]\d\d:\d\d)$/;

/** RFC 3339 in UTC with whole seconds, as metav1.Time writes it. */
function utcTime(text: string, at: string): string {
  const [, year, month, day, hour, minute, second] = (RFC3339.exec(text) ?? []).map(Number);
  const days = new Date(Date.UTC(year ?? 0, month ?? 0, 0)).getUTCDate();
  const isTime =
    (month ?? 0) >= 1 &&
    (month ?? 13) <= 12 &&
    (day ?? 0) >= 1 &&
    (day ?? 99) <= days &&
    (hour ?? 99) < 24 &&
    (minute ?? 99) < 60 &&
    (second ?? 99) < 60;
  const time = isTime ? Date.parse(text.replace(',', '.')) : Number.NaN;
  if (Number.isNaN(time)) {
    throw problem(
      `parsing time ${JSON.stringify(text)} as "2006-01-02T15:04:05Z07:00": cannot parse it`,
      at,
      'Write a time such as 2026-11-25T12:00:00Z, or leave the field out.',
    );
  }
  return new Date(time).toISOString().replace(/\.\d+Z$/, 'Z');
}

function mismatch(value: JsonValue, type: TypeRef, context: Context, at: string): ProblemError {
  const path = at
    .slice(1)
    .split('/')
    .filter((part) => !/^\d+$/.test(part))
    .join('.');
  const found = isArray(value)
    ? 'array'
    : value === null
      ? 'null'
      : typeof value === 'bigint'
        ? 'number'
        : typeof value;
  const shown =
    found === 'boolean'
      ? 'bool'
      : found === 'number' && !Number.isInteger(value) && goType(type) !== 'string'
        ? `number ${value}`
        : found;
  return problem(
    `json: cannot unmarshal ${shown} into Go struct field ${context.root}.${path} of type ${goType(type)}`,
    at,
    `Write a ${wanted(type)} there.`,
  );
}

function goType(type: TypeRef): string {
  const inner = dereference(type);
  switch (inner.kind) {
    case 'struct':
      return inner.name.replace(/^.*\/(v[^.]*)\./, '$1.');
    case 'list':
      return `[]${goType(inner.of)}`;
    case 'map':
      return `map[string]${goType(inner.of)}`;
    case 'basic':
      return inner.name === 'Quantity'
        ? 'resource.Quantity'
        : inner.name === 'IntOrString'
          ? 'intstr.IntOrString'
          : inner.name;
    default:
      return 'interface {}';
  }
}

function wanted(type: TypeRef): string {
  const inner = dereference(type);
  if (inner.kind === 'struct' || inner.kind === 'map') return 'mapping';
  if (inner.kind === 'list') return 'list';
  if (inner.kind === 'basic' && inner.name === 'string') return 'string (quote it)';
  return inner.kind === 'basic' ? inner.name : 'value';
}

function problem(message: string, pointer: string, remedy: string): ProblemError {
  const found: Problem = { code: 'POD_INVALID', severity: 'error', message, where: { pointer }, remedy };
  return new ProblemError(found);
}

/** RFC 6901: `~` and `/` inside a key. */
export function escapePointer(key: string): string {
  return key.includes('~') || key.includes('/') ? key.replaceAll('~', '~0').replaceAll('/', '~1') : key;
}
