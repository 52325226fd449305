/** Between JSON and Go values, as encoding/json does it. */
import { base64 } from '../base64.ts';
import { isArray, type JsonValue, type MutableJsonObject, setKey } from '../json.ts';
import { ProblemError } from '../problem.ts';
import { decodeUtf8 } from '../utf8.ts';
import { isFunc, typeOf } from './type-name.ts';
import { GoComplex, GoFuncError, GoInt, GoList, GoMap, type GoValue } from './value.ts';

/** As encoding/json decodes into interface{}: every number is a float64, an object map[string]interface {}. */
export function fromJson(value: JsonValue): GoValue {
  if (value === null || typeof value === 'boolean' || typeof value === 'string' || typeof value === 'number') {
    return value;
  }
  if (typeof value === 'bigint') return Number(value);
  if (isArray(value)) return new GoList(value.map(fromJson));
  const entries = new Map<string, GoValue>();
  for (const key of Object.keys(value)) entries.set(key, fromJson(value[key] ?? null));
  return new GoMap(entries);
}

/** Values that one conversion may visit: shared parts are written out each time, which can grow without bound. */
const MAX_VALUES = 5_000_000;

/**
 * What json.Marshal would write. Integers stay integers (bigint beyond 2^53), bytes become base64, nil lists and maps
 * null. Throws GoFuncError with Go's text for what JSON cannot hold.
 */
export function toJsonValue(value: GoValue): JsonValue {
  return convert(value, { left: MAX_VALUES });
}

function convert(value: GoValue, budget: { left: number }): JsonValue {
  if (--budget.left < 0) {
    throw new ProblemError({
      code: 'TEMPLATE_LIMIT',
      severity: 'error',
      message: `a value has more than ${MAX_VALUES} parts as JSON`,
    });
  }
  if (value === undefined || value === null) return null;
  if (typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return value;
    const name = Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
    throw new GoFuncError(`json: unsupported value: ${name}`);
  }
  if (value instanceof GoInt) {
    const small = Number(value.value);
    return Number.isSafeInteger(small) ? small : value.value;
  }
  if (value instanceof GoList) return listToJson(value, budget);
  if (value instanceof GoMap) {
    if (value.nil) return null;
    const object: MutableJsonObject = {};
    for (const [key, member] of value.entries) setKey(object, key, convert(member, budget));
    return object;
  }
  if (value instanceof GoComplex || isFunc(value)) {
    throw new GoFuncError(`json: unsupported type: ${typeOf(value)}`);
  }
  return value.nil ? null : convert(value.toJson(), budget);
}

function listToJson(list: GoList, budget: { left: number }): JsonValue {
  if (list.nil) return null;
  if (list.type === '[]uint8') {
    const bytes = Uint8Array.from(list.items, (item) => (item instanceof GoInt ? Number(item.value) : 0));
    return base64(decodeUtf8(bytes));
  }
  return list.items.map((item) => convert(item, budget));
}
