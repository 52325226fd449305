/** Kubernetes quantities: `1000m`, `1Gi`, `1e3`. Values are exact: digits and a power of ten, never floats. */

const DECIMAL = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];
const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const MAX_INT64 = 2n ** 63n - 1n;
/** Nothing smaller than 10^-9 is kept. */
const NANO = -9;
/** Digits that apimachinery is sure an int64 holds. */
const INT64_DIGITS = 18;

/** Why a text is no quantity, in apimachinery's words. */
export type QuantityError =
  | "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
  | "unable to parse quantity's suffix"
  | 'unable to parse numeric part of quantity';

/** A quantity's canonical text, or why it is none. */
export type QuantityResult =
  | { readonly ok: true; readonly canonical: string }
  | { readonly ok: false; readonly error: QuantityError };

/**
 * The text as resource.Quantity writes it after a decode: the largest suffix that keeps the number integral, binary stays
 * binary (from 1024 on), an exponent stays one divisible by 3, more than nano precision is rounded up. What apimachinery
 * takes for canonical it repeats as it is, `+5` and `01.5` included.
 */
export function parseQuantity(text: string): QuantityResult {
  const trimmed = text.trim();
  const parts = /^([+-]?)0*(\d*)(?:\.(\d*))?([eEinumkKMGTP]*[-+]?\d*)$/.exec(trimmed);
  if (parts === null || trimmed === '') {
    return {
      ok: false,
      error: "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    };
  }
  const [, sign, whole = '', fraction = '', suffix = ''] = parts;
  const unit = unitOf(suffix);
  if (unit === undefined) return { ok: false, error: "unable to parse quantity's suffix" };
  // A suffix without a number is nothing, except where apimachinery has to read the number with big integers.
  const isBig = unit.kind === 'binary' ? unit.exponent >= 50 : unit.exponent < NANO;
  if (isBig && suffix !== '' && !/^[+-]?\.?\d/.test(trimmed)) {
    return { ok: false, error: 'unable to parse numeric part of quantity' };
  }
  const number = { text: trimmed, digits: `${whole === '' ? '0' : whole}${fraction}`, fraction: fraction.length };
  if (/^0*$/.test(number.digits)) return { ok: true, canonical: '0' };
  const canonical = unit.kind === 'binary' ? binary(number, unit.exponent) : decimal(number, unit);
  const isVerbatim = canonical === trimmed;
  return { ok: true, canonical: sign === '-' && !isVerbatim ? `-${canonical}` : canonical };
}

/** The canonical text, or undefined where it is no quantity. */
export function canonicalQuantity(text: string): string | undefined {
  const result = parseQuantity(text);
  return result.ok ? result.canonical : undefined;
}

/** `decimal` is written with a suffix, `power` with an exponent of ten; the exponent of `binary` is one of two. */
type Unit = { readonly kind: 'decimal' | 'power' | 'binary'; readonly exponent: number };

function unitOf(suffix: string): Unit | undefined {
  const decimalAt = DECIMAL.indexOf(suffix);
  if (decimalAt !== -1) return { kind: 'decimal', exponent: decimalAt * 3 + NANO };
  const binaryAt = BINARY.indexOf(suffix);
  if (binaryAt !== -1) return { kind: 'binary', exponent: binaryAt * 10 };
  if (!/^[eE][-+]?\d+$/.test(suffix)) return undefined;
  return { kind: 'power', exponent: Number(suffix.slice(1)) };
}

/** A number as it is written, without leading zeros; `fraction` of its digits stand behind the point. */
type Written = { readonly text: string; readonly digits: string; readonly fraction: number };

function decimal(number: Written, unit: Unit): string {
  const { text, digits, fraction } = number;
  const scale = unit.exponent - fraction;
  const isCanonical = scale % 3 === 0 && !digits.endsWith('000') && !digits.startsWith('0');
  if (isCanonical && digits.length <= INT64_DIGITS && scale >= NANO) return text;
  return format(BigInt(digits), scale, unit.kind);
}

function binary(number: Written, exponent: number): string {
  const { text, digits, fraction } = number;
  const value = BigInt(digits) << BigInt(exponent);
  // About how many digits are left for the number in 15, apimachinery's estimate.
  const isSmall = digits.length + Math.trunc((exponent * 3) / 10) <= 14;
  if (fraction === 0 && isSmall && value <= MAX_INT64 && (BigInt(digits) & 7n) !== 0n) return text;
  const unit = 10n ** BigInt(fraction);
  const amount = value > MAX_INT64 * unit ? MAX_INT64 * unit : value;
  if (amount % unit !== 0n || amount < 1024n * unit) return format(amount, -fraction, 'decimal');
  let rest = amount / unit;
  let at = 0;
  while (rest % 1024n === 0n) {
    rest /= 1024n;
    at++;
  }
  return `${rest}${BINARY[at] ?? ''}`;
}

/** The digits with the largest power of ten divisible by three that keeps them whole. */
function format(digits: bigint, scale: number, kind: Unit['kind']): string {
  const below = NANO - scale;
  let text = below > 0 ? roundedUp(digits, below) : digits.toString();
  const bare = text.replace(/0+$/, '');
  let exponent = Math.max(scale, NANO) + text.length - bare.length;
  text = bare;
  for (; exponent % 3 !== 0; exponent--) text += '0';
  // Beyond the last suffix apimachinery writes none.
  if (kind === 'decimal') return `${text}${DECIMAL[(exponent - NANO) / 3] ?? ''}`;
  return exponent === 0 ? text : `${text}e${exponent}`;
}

function roundedUp(digits: bigint, places: number): string {
  if (places > digits.toString().length) return '1';
  const unit = 10n ** BigInt(places);
  return ((digits + unit - 1n) / unit).toString();
}
