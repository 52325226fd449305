/** Turning anything into a number, as spf13/cast 1.10 does it: what is no number is 0, never an error. */
import { readNumberLiteral } from '../number-literal.ts';
import { isObject } from '../type-name.ts';
import { GoInt, type GoValue } from '../value.ts';

const MIN_INT64 = -(1n << 63n);
const MAX_INT64 = (1n << 63n) - 1n;

/** cast.ToInt64. A float loses its fraction; one out of range becomes the smallest integer, as on amd64. */
export function toInt64(value: GoValue): bigint {
  if (value instanceof GoInt) return BigInt.asIntN(64, value.value);
  if (typeof value === 'number') return truncated(value);
  if (typeof value === 'boolean') return value ? 1n : 0n;
  if (typeof value === 'string') return parseInt64(withoutFraction(value), 0) ?? 0n;
  return isObject(value) && value.kind === 'enum' ? toInt64(value.basic()) : 0n;
}

/** cast.ToFloat64. */
export function toFloat64(value: GoValue): number {
  if (typeof value === 'number') return value;
  if (value instanceof GoInt) return Number(value.value);
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'string') return parseFloat64(value) ?? 0;
  return isObject(value) && value.kind === 'enum' ? toFloat64(value.basic()) : 0;
}

/** strconv.ParseInt with 64 bits; undefined where it gives an error. Base 0 goes by the prefix and allows underscores. */
export function parseInt64(text: string, base: 0 | 8 | 10): bigint | undefined {
  const value = parseInteger(text, base);
  return value === undefined || value < MIN_INT64 || value > MAX_INT64 ? undefined : value;
}

/** strconv.ParseInt where the caller ignores the error: out of range gives the nearest, no number gives 0. */
export function parseInt64Clamped(text: string): bigint {
  const value = parseInteger(text, 10) ?? 0n;
  if (value < MIN_INT64) return MIN_INT64;
  return value > MAX_INT64 ? MAX_INT64 : value;
}

const FORMS = {
  0: /^(?:0|[1-9](?:_?[0-9])*|0(?:_?[0-7])+|0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+)$/,
  8: /^[0-7]+$/,
  10: /^[0-9]+$/,
} as const;

function parseInteger(text: string, base: 0 | 8 | 10): bigint | undefined {
  const negative = text.startsWith('-');
  const body = negative || text.startsWith('+') ? text.slice(1) : text;
  if (!FORMS[base].test(body)) return undefined;
  const digits = body.replaceAll('_', '');
  const octal = base === 8 || (base === 0 && /^0[0-7]/.test(digits));
  const size = BigInt(octal ? `0o${digits}` : digits);
  return negative ? -size : size;
}

const DECIMAL =
  /^[-+]?(?:[0-9](?:_?[0-9])*\.?(?:[0-9](?:_?[0-9])*)?|\.[0-9](?:_?[0-9])*)(?:[eE][-+]?[0-9](?:_?[0-9])*)?$/;
const HEXADECIMAL = /^[-+]?0[xX][^pP]*[pP]/;
const INFINITE = /^([-+]?)inf(?:inity)?$/i;

/** strconv.ParseFloat; undefined where it gives an error. */
function parseFloat64(text: string): number | undefined {
  if (DECIMAL.test(text)) {
    const value = Number(text.includes('_') ? text.replaceAll('_', '') : text);
    return Number.isFinite(value) ? value : undefined;
  }
  const infinite = INFINITE.exec(text);
  if (infinite !== null) return infinite[1] === '-' ? -Infinity : Infinity;
  if (/^nan$/i.test(text)) return Number.NaN;
  if (!HEXADECIMAL.test(text)) return undefined;
  const literal = readNumberLiteral(text);
  return typeof literal === 'string' ? undefined : literal.float;
}

/** `1.9` is read as 1, `.5` as 0; anything else is left to fail. */
function withoutFraction(text: string): string {
  const whole = /^([-+]?\d*)\.\d*$/.exec(text)?.[1];
  if (whole === undefined) return text;
  return whole === '' || whole === '-' || whole === '+' ? `${whole}0` : whole;
}

function truncated(value: number): bigint {
  const whole = Math.trunc(value);
  // The conversion of what does not fit: undefined in Go, this on amd64.
  return whole >= -(2 ** 63) && whole < 2 ** 63 ? BigInt(whole) : MIN_INT64;
}
