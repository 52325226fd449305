/**
 * JSON as Go's encoding/json and we exchange it. Integers beyond 2^53 travel as bigint, so that an int64 of a manifest
 * survives; everything else is what JSON.parse gives. Objects may have a key `__proto__`: read with `Object.hasOwn`
 * and write with `setKey`, never with a bare assignment of a foreign key.
 */
export type JsonValue = null | boolean | number | bigint | string | JsonArray | JsonObject;
export type JsonArray = readonly JsonValue[];
export type JsonObject = { readonly [key: string]: JsonValue };
export type MutableJsonObject = { [key: string]: JsonValue };

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isArray(value: JsonValue | undefined): value is JsonArray {
  return Array.isArray(value);
}

/** The own value of a key, never something inherited. */
export function getKey(object: JsonObject, key: string): JsonValue | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

const EMPTY: JsonObject = {};

/** The value at a path of keys; undefined where an object on the way lacks the next. */
export function valueAt(object: JsonValue | undefined, ...path: readonly string[]): JsonValue | undefined {
  let value = object;
  for (const key of path) value = isObject(value) ? getKey(value, key) : undefined;
  return value;
}

/** The object at a path of keys; empty where something else is there, or nothing. */
export function objectAt(object: JsonValue | undefined, ...path: readonly string[]): JsonObject {
  const value = valueAt(object, ...path);
  return isObject(value) ? value : EMPTY;
}

/** The objects of the list at a path of keys. */
export function listAt(object: JsonValue | undefined, ...path: readonly string[]): readonly JsonObject[] {
  const value = valueAt(object, ...path);
  if (!isArray(value)) return [];
  return value.every(isObject) ? value : value.filter(isObject);
}

/** The text at a path of keys; empty where there is none. */
export function textAt(object: JsonValue | undefined, ...path: readonly string[]): string {
  const value = valueAt(object, ...path);
  return typeof value === 'string' ? value : '';
}

/** Sets a key on an object that the caller has just made; `__proto__` becomes an ordinary key. */
export function setKey(object: MutableJsonObject, key: string, value: JsonValue): void {
  if (key === '__proto__') {
    Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
  } else {
    object[key] = value;
  }
}

/** Options of {@link stringifyGoJson}. */
export type GoJsonOptions = {
  /** Sort object keys as Go sorts map keys (by UTF-8 bytes); false keeps insertion order, as struct fields are written. */
  readonly sortKeys: boolean;
  /** Escape `<`, `>` and `&` as Go's Marshal does by default. */
  readonly escapeHtml: boolean;
};

/** Compact JSON text as Go's encoding/json writes it (no spaces, `<>&`, U+2028 and U+2029 escaped, Go's float form). */
export function stringifyGoJson(
  value: JsonValue,
  options: GoJsonOptions = { sortKeys: false, escapeHtml: true },
): string {
  if (value === null) return 'null';
  switch (typeof value) {
    case 'boolean':
      return value ? 'true' : 'false';
    case 'bigint':
      return value.toString();
    case 'number':
      return goJsonNumber(value);
    case 'string':
      return goJsonString(value, options.escapeHtml);
    default:
      break;
  }
  if (isArray(value)) return `[${value.map((item) => stringifyGoJson(item, options)).join(',')}]`;
  const keys = Object.keys(value);
  if (options.sortKeys) keys.sort(compareCodePoints);
  const members = keys.map(
    (key) => `${goJsonString(key, options.escapeHtml)}:${stringifyGoJson(value[key] ?? null, options)}`,
  );
  return `{${members.join(',')}}`;
}

/** Order of Go's string comparison: by UTF-8 bytes, which is by code point, where JavaScript compares UTF-16 units. */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) {
      const xSurrogate = x >= 0xd800 && x <= 0xdfff;
      const ySurrogate = y >= 0xd800 && y <= 0xdfff;
      if (xSurrogate !== ySurrogate) return xSurrogate ? 1 : -1;
      return x - y;
    }
  }
  return a.length - b.length;
}

/** encoding/json's float64 form: positional for 1e-6 <= |x| < 1e21, else exponent without padding zeros. */
function goJsonNumber(value: number): string {
  if (Object.is(value, -0)) return '-0';
  const text = String(value);
  const exponent = /^(-?[\d.]+)e([+-])(\d+)$/.exec(text);
  if (exponent === null) return text;
  const [, mantissa, sign, digits] = exponent;
  return `${mantissa}e${sign}${(digits ?? '').padStart(2, '0')}`.replace(/e-0(\d)$/, 'e-$1');
}

const NEEDS_ESCAPE = /["\\\u0000-\u001f<>&\u2028\u2029\u007f\ud800-\udfff]/;

function goJsonString(text: string, escapeHtml: boolean): string {
  if (!NEEDS_ESCAPE.test(text)) return `"${text}"`;
  let out = '"';
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    if (char === '"' || char === '\\') out += `\\${char}`;
    else if (code === 0x0a) out += '\\n';
    else if (code === 0x0d) out += '\\r';
    else if (code === 0x09) out += '\\t';
    // Go 1.22 and later write \b and \f; older releases wrote \u0008 and \u000c.
    else if (code === 0x08) out += '\\b';
    else if (code === 0x0c) out += '\\f';
    else if (code < 0x20 || code === 0x2028 || code === 0x2029) out += `\\u${code.toString(16).padStart(4, '0')}`;
    else if (escapeHtml && (char === '<' || char === '>' || char === '&')) out += `\\u00${code.toString(16)}`;
    else if (code >= 0xd800 && code <= 0xdfff) out += '\ufffd';
    else out += char;
  }
  return `${out}"`;
}
