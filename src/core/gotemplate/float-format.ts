/** strconv.FormatFloat for float64. */

/** `prec` -1 asks for the fewest digits that read back as the same number. */
export type FloatFormat = 'e' | 'E' | 'f' | 'g' | 'G' | 'b' | 'x' | 'X';

/**
 * strconv.FormatFloat(value, format, prec, 64). Digits are exact and ties go to the even digit, as in Go; where
 * JavaScript's toFixed rounds ties up.
 */
export function formatFloat(value: number, format: FloatFormat, prec = -1): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const size = Math.abs(value);
  switch (format) {
    case 'b':
      return sign + binaryForm(size);
    case 'x':
      return sign + hexForm(size, prec);
    case 'X':
      return sign + hexForm(size, prec).toUpperCase();
    case 'f':
      return sign + positional(prec < 0 ? shortest(size) : rounded(size, { after: prec }), prec);
    case 'e':
    case 'E': {
      const text = exponential(prec < 0 ? shortest(size) : rounded(size, { count: prec + 1 }), prec);
      return sign + (format === 'E' ? text.toUpperCase() : text);
    }
    default: {
      const text = general(size, prec);
      return sign + (format === 'G' ? text.toUpperCase() : text);
    }
  }
}

/** `0.d1d2d3… × 10^point`; no trailing zeros; zero has no digits. */
type Decimal = { readonly digits: string; readonly point: number };

/** `%g`: exponential when the exponent is below -4 or not below the precision (6 where digits are the shortest, 21 never). */
function general(size: number, prec: number): string {
  // Most numbers of a configuration: ports, counts.
  if (prec < 0 && size < 1e6 && Number.isInteger(size)) return String(size);
  const isShortest = prec < 0;
  const wanted = prec === 0 ? 1 : prec;
  const decimal = isShortest ? shortest(size) : rounded(size, { count: wanted });
  const count = decimal.digits.length;
  let limit = isShortest ? 6 : wanted;
  if (!isShortest && limit > count && count >= decimal.point) limit = count;
  const exponent = decimal.point - 1;
  if (exponent < -4 || exponent >= limit) {
    const shown = isShortest ? Math.max(count, 1) : Math.min(wanted, Math.max(count, 1));
    return exponential(decimal, shown - 1);
  }
  return positional(decimal, Math.max(count - decimal.point, 0));
}

function exponential(decimal: Decimal, prec: number): string {
  const digits = decimal.digits;
  const after = prec < 0 ? Math.max(digits.length - 1, 0) : prec;
  const fraction = digits.slice(1, 1 + after).padEnd(after, '0');
  const exponent = digits === '' ? 0 : decimal.point - 1;
  const power = String(Math.abs(exponent)).padStart(2, '0');
  return `${digits.charAt(0) || '0'}${after > 0 ? '.' : ''}${fraction}e${exponent < 0 ? '-' : '+'}${power}`;
}

function positional(decimal: Decimal, prec: number): string {
  const { digits, point } = decimal;
  const whole = point > 0 ? digits.slice(0, point).padEnd(point, '0') : '0';
  const after = prec < 0 ? Math.max(digits.length - point, 0) : prec;
  if (after === 0) return whole;
  const fraction = point > 0 ? digits.slice(point) : '0'.repeat(Math.min(-point, after)) + digits;
  return `${whole}.${fraction.slice(0, after).padEnd(after, '0')}`;
}

function shortest(size: number): Decimal {
  if (size === 0) return { digits: '', point: 0 };
  const [mantissa = '', exponent = '0'] = size.toExponential().split('e');
  return { digits: mantissa.replace('.', ''), point: Number(exponent) + 1 };
}

/** Rounded to `count` significant digits or to `after` digits behind the point, half to even on the exact value. */
function rounded(size: number, to: { readonly count: number } | { readonly after: number }): Decimal {
  const exact = exactDecimal(size);
  const keep = 'count' in to ? to.count : exact.point + to.after;
  if (keep >= exact.digits.length) return exact;
  if (keep < 0) return { digits: '', point: 0 };
  const head = exact.digits.slice(0, keep);
  const next = exact.digits.charCodeAt(keep) - 0x30;
  const isTie = next === 5 && exact.digits.length === keep + 1;
  const isOdd = keep > 0 && (head.charCodeAt(keep - 1) - 0x30) % 2 === 1;
  const up = isTie ? isOdd : next >= 5;
  if (!up) return trimmed(head, exact.point);
  const raised = (BigInt(head || '0') + 1n).toString().padStart(keep, '0');
  return trimmed(raised, exact.point + raised.length - keep);
}

function trimmed(digits: string, point: number): Decimal {
  const kept = digits.replace(/0+$/, '');
  return kept === '' ? { digits: '', point: 0 } : { digits: kept, point };
}

/** All digits of the number: at most some 770. */
function exactDecimal(size: number): Decimal {
  if (size === 0) return { digits: '', point: 0 };
  const { mantissa, exponent } = split(size);
  if (exponent >= 0) {
    const digits = (mantissa << BigInt(exponent)).toString();
    return trimmed(digits, digits.length);
  }
  // m / 2^k is m·5^k / 10^k.
  const digits = (mantissa * 5n ** BigInt(-exponent)).toString();
  return trimmed(digits, digits.length + exponent);
}

const BITS = new DataView(new ArrayBuffer(8));
const MANTISSA_BITS = 52n;

/** `size = mantissa × 2^exponent`, with the mantissa as stored. */
function split(size: number): { mantissa: bigint; exponent: number } {
  BITS.setFloat64(0, size);
  const bits = BITS.getBigUint64(0);
  const stored = Number((bits >> MANTISSA_BITS) & 0x7ffn);
  const fraction = bits & ((1n << MANTISSA_BITS) - 1n);
  if (stored === 0) return { mantissa: fraction, exponent: -1074 };
  return { mantissa: fraction | (1n << MANTISSA_BITS), exponent: stored - 1075 };
}

function binaryForm(size: number): string {
  const { mantissa, exponent } = split(size);
  return `${mantissa}p${exponent < 0 ? '-' : '+'}${Math.abs(exponent)}`;
}

/** `0x1.8p+01`: the first digit is 1, or 0 for zero alone. */
function hexForm(size: number, prec: number): string {
  const parts = split(size);
  let mantissa = parts.mantissa;
  let exponent = parts.exponent + 52;
  if (mantissa === 0n) exponent = 0;
  else {
    while (mantissa < 1n << MANTISSA_BITS) {
      mantissa <<= 1n;
      exponent--;
    }
  }
  if (prec >= 0 && prec < 13) {
    const dropped = BigInt(52 - prec * 4);
    const rest = mantissa & ((1n << dropped) - 1n);
    const half = 1n << (dropped - 1n);
    mantissa >>= dropped;
    if (rest > half || (rest === half && (mantissa & 1n) === 1n)) mantissa++;
    mantissa <<= dropped;
    if (mantissa >> 53n !== 0n) {
      mantissa >>= 1n;
      exponent++;
    }
  }
  const fraction = (mantissa & ((1n << MANTISSA_BITS) - 1n)).toString(16).padStart(13, '0');
  const shown = prec < 0 ? fraction.replace(/0+$/, '') : fraction.slice(0, prec).padEnd(prec, '0');
  const power = String(Math.abs(exponent)).padStart(2, '0');
  return `0x${mantissa >> MANTISSA_BITS}${shown === '' ? '' : `.${shown}`}p${exponent < 0 ? '-' : '+'}${power}`;
}
