/** The value of a number in a template, under every type that can hold it, as Go's ideal constants behave. */
import { quote } from './quote.ts';
import { GoComplex } from './value.ts';

/** Each is undefined where the number has no such value: `1.5` is no int, `2i` only complex. */
export type NumberLiteral = {
  readonly int: bigint | undefined;
  readonly uint: bigint | undefined;
  readonly float: number | undefined;
  readonly complex: GoComplex | undefined;
};

/** The number, or Go's message where it is none. */
export function readNumberLiteral(text: string): NumberLiteral | string {
  if (text.endsWith('i')) {
    const im = parseFloatGo(text.slice(0, -1));
    if (im !== undefined) return fromComplex(new GoComplex(0, im));
  }
  const whole = parseInteger(text);
  if (whole !== undefined) {
    const int = whole >= MIN_INT && whole <= MAX_INT ? whole : undefined;
    const uint = /^[-+]/.test(text) && whole !== 0n ? undefined : whole >= 0n && whole <= MAX_UINT ? whole : undefined;
    if (int !== undefined || uint !== undefined) {
      return { int, uint, float: Number(int ?? uint), complex: undefined };
    }
  }
  const float = parseFloatGo(text);
  if (float === undefined) return `illegal number syntax: ${quote(text)}`;
  if (!/[.eEpP]/.test(text)) return `integer overflow: ${quote(text)}`;
  return { ...integersOf(float), float, complex: undefined };
}

/** `1+2i`. */
export function readComplexLiteral(text: string): NumberLiteral | string {
  const parts = /^([-+]?(?:0[xX][^-+pP]*[pP][-+]?|[^-+eE]*[eE][-+]?|)[^-+]*)([-+].*)i$/.exec(text);
  const re = parseFloatGo(parts?.[1] ?? '');
  const im = parseFloatGo(parts?.[2] ?? '');
  if (re === undefined || im === undefined) return 'syntax error scanning complex number';
  return fromComplex(new GoComplex(re, im));
}

/** A character constant is an integer. */
export function fromRune(code: number): NumberLiteral {
  return { int: BigInt(code), uint: BigInt(code), float: code, complex: undefined };
}

const MIN_INT = -(1n << 63n);
const MAX_INT = (1n << 63n) - 1n;
const MAX_UINT = (1n << 64n) - 1n;

function fromComplex(complex: GoComplex): NumberLiteral {
  if (complex.im !== 0) return { int: undefined, uint: undefined, float: undefined, complex };
  return { ...integersOf(complex.re), float: complex.re, complex };
}

function integersOf(float: number): { int: bigint | undefined; uint: bigint | undefined } {
  if (!Number.isInteger(float)) return { int: undefined, uint: undefined };
  const whole = BigInt(float);
  return {
    int: whole >= MIN_INT && whole <= MAX_INT ? whole : undefined,
    uint: whole >= 0n && whole <= MAX_UINT ? whole : undefined,
  };
}

const DECIMAL = /^(0|[1-9](_?[0-9])*)$/;
const OCTAL = /^0(_?[0-7])+$/;
const PREFIXED = /^0([xX](_?[0-9a-fA-F])+|[oO](_?[0-7])+|[bB](_?[01])+)$/;

/** strconv.ParseInt with base 0, without its range. */
function parseInteger(text: string): bigint | undefined {
  const negative = text.startsWith('-');
  const body = negative || text.startsWith('+') ? text.slice(1) : text;
  let size: bigint;
  if (DECIMAL.test(body) || PREFIXED.test(body)) size = BigInt(body.replaceAll('_', ''));
  else if (OCTAL.test(body)) size = BigInt(`0o${body.replaceAll('_', '')}`);
  else return undefined;
  return negative ? -size : size;
}

const DECIMAL_FLOAT = /^[-+]?([0-9](_?[0-9])*\.?([0-9](_?[0-9])*)?|\.[0-9](_?[0-9])*)([eE][-+]?[0-9](_?[0-9])*)?$/;
const HEX_FLOAT = /^([-+]?)0[xX]((?:_?[0-9a-fA-F])*)(?:\.([0-9a-fA-F_]*))?[pP]([-+]?[0-9_]+)$/;

/** strconv.ParseFloat; undefined for a syntax error and for what is out of range. */
function parseFloatGo(text: string): number | undefined {
  let value: number;
  const hex = HEX_FLOAT.exec(text);
  if (DECIMAL_FLOAT.test(text)) value = Number(text.replaceAll('_', ''));
  else if (hex !== null && !/__|_\.|\._|_[pP]|_$|[pP][-+]?_/.test(text)) {
    const [, sign = '', whole = '', fraction = '', power = '0'] = hex;
    const digits = (whole + fraction).replaceAll('_', '');
    if (digits === '') return undefined;
    const exponent = Number(power.replaceAll('_', '')) - 4 * fraction.replaceAll('_', '').length;
    value = scale(Number(BigInt(`0x${digits}`)), exponent) * (sign === '-' ? -1 : 1);
  } else return undefined;
  return Number.isFinite(value) ? value : undefined;
}

/** `value × 2^exponent` in steps that neither overflow nor vanish before the end. */
function scale(value: number, exponent: number): number {
  let scaled = value;
  let left = exponent;
  while (left > 1000 && Number.isFinite(scaled) && scaled !== 0) {
    scaled *= 2 ** 1000;
    left -= 1000;
  }
  while (left < -1000 && scaled !== 0) {
    scaled *= 2 ** -1000;
    left += 1000;
  }
  return scaled === 0 || !Number.isFinite(scaled) ? scaled : scaled * 2 ** left;
}
