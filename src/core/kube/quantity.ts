/** Kubernetes quantities: `1000m`, `1Gi`, `1e3`. Values are exact: numerator and power as bigint, never floats. */

const SUFFIX = /^([+-]?)(\d*)(?:\.(\d*))?([eE][+-]?\d+|[numkMGTPE]|[KMGTPE]i)?$/;
const DECIMAL = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];
const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];

/** Why a text is no quantity, in apimachinery's words. */
export type QuantityError =
  | "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
  | "unable to parse quantity's suffix";

/** A quantity's canonical text, or why it is none. */
export type QuantityResult =
  | { readonly ok: true; readonly canonical: string }
  | { readonly ok: false; readonly error: QuantityError };

/**
 * The canonical form, as resource.Quantity writes it after a decode: the largest suffix that keeps the number integral,
 * binary stays binary (from 1024 on), an exponent stays one divisible by 3, more than nano precision is rounded up.
 */
export function parseQuantity(text: string): QuantityResult {
  const match = SUFFIX.exec(text);
  const digits = `${match?.[2] ?? ''}${match?.[3] ?? ''}`;
  if (match === null || digits === '') {
    const shape = /^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$/.test(text) && (text.match(/\./g)?.length ?? 0) < 2;
    return {
      ok: false,
      error:
        shape && /\d/.test(text)
          ? "unable to parse quantity's suffix"
          : "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    };
  }
  const negative = match[1] === '-';
  const suffix = match[4] ?? '';
  const nano = toNano(BigInt(digits), (match[3] ?? '').length, suffix);
  const body = format(nano, suffix);
  return { ok: true, canonical: negative && nano !== 0n ? `-${body}` : body };
}

/** The canonical text, or undefined where it is no quantity. */
export function canonicalQuantity(text: string): string | undefined {
  const result = parseQuantity(text);
  return result.ok ? result.canonical : undefined;
}

/** The value in units of 10^-9, rounded up (away from zero). */
function toNano(digits: bigint, decimals: number, suffix: string): bigint {
  const binary = BINARY.indexOf(suffix);
  if (suffix !== '' && binary > 0) {
    return divideUp(digits * 1024n ** BigInt(binary) * 10n ** 9n, 10n ** BigInt(decimals));
  }
  const exponent = /^[eE]/.test(suffix) ? Number(suffix.slice(1)) : (DECIMAL.indexOf(suffix) - 3) * 3;
  const power = 9 + exponent - decimals;
  return power >= 0 ? digits * 10n ** BigInt(Math.min(power, 60)) : divideUp(digits, 10n ** BigInt(-power));
}

function divideUp(a: bigint, b: bigint): bigint {
  return (a + b - 1n) / b;
}

function format(nano: bigint, suffix: string): string {
  if (nano === 0n) return '0';
  const isBinary = BINARY.indexOf(suffix) > 0;
  const whole = nano % 10n ** 9n === 0n ? nano / 10n ** 9n : undefined;
  if (isBinary && whole !== undefined && whole >= 1024n) {
    let value = whole;
    let i = 0;
    while (i < BINARY.length - 1 && value % 1024n === 0n) {
      value /= 1024n;
      i++;
    }
    return `${value}${BINARY[i]}`;
  }
  let value = nano;
  let i = 0;
  const isExponent = /^[eE]/.test(suffix);
  while (value % 1000n === 0n && (isExponent || i < DECIMAL.length - 1)) {
    value /= 1000n;
    i++;
  }
  if (!isExponent) return `${value}${DECIMAL[i]}`;
  const exponent = (i - 3) * 3;
  return exponent === 0 ? `${value}` : `${value}e${exponent}`;
}
