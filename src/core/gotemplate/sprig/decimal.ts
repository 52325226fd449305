/** Decimal arithmetic as shopspring/decimal has it, for the functions whose names end in `f`. */
import { GoFuncError } from '../value.ts';

/** `digits × 10^exponent`. */
export type Decimal = { readonly digits: bigint; readonly exponent: number };

/** A quotient has this many digits behind the point. */
const DIVISION_PLACES = 16;

/** The shortest decimal that reads back as the number; undefined for NaN and the infinities. */
export function floatToDecimal(value: number): Decimal | undefined {
  if (!Number.isFinite(value)) return undefined;
  const [mantissa = '0', exponent = '0'] = value.toExponential().split('e');
  const [whole = '0', fraction = ''] = mantissa.split('.');
  return { digits: BigInt(whole + fraction), exponent: Number(exponent) - fraction.length };
}

/** The nearest float64. */
export function decimalToFloat({ digits, exponent }: Decimal): number {
  return Number(`${digits}e${exponent}`);
}

export function addDecimals(a: Decimal, b: Decimal): Decimal {
  const exponent = Math.min(a.exponent, b.exponent);
  return { digits: shifted(a, exponent) + shifted(b, exponent), exponent };
}

export function multiplyDecimals(a: Decimal, b: Decimal): Decimal {
  return { digits: a.digits * b.digits, exponent: a.exponent + b.exponent };
}

/** Rounded half away from zero. */
export function divideDecimals(a: Decimal, b: Decimal): Decimal {
  if (b.digits === 0n) throw new GoFuncError('decimal division by 0');
  const shift = a.exponent - b.exponent + DIVISION_PLACES;
  const dividend = shift >= 0 ? a.digits * 10n ** BigInt(shift) : a.digits;
  const divisor = shift >= 0 ? b.digits : b.digits * 10n ** BigInt(-shift);
  const quotient = dividend / divisor;
  const rest = absolute(dividend % divisor);
  const sign = dividend < 0n === divisor < 0n ? 1n : -1n;
  return { digits: rest * 2n >= absolute(divisor) ? quotient + sign : quotient, exponent: -DIVISION_PLACES };
}

function shifted(value: Decimal, exponent: number): bigint {
  return value.digits * 10n ** BigInt(value.exponent - exponent);
}

function absolute(value: bigint): bigint {
  return value < 0n ? -value : value;
}
