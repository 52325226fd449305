/** Blowfish starts from the digits of pi: 18 round keys and four tables of 256 words. */
const COUNT = 18 + 4 * 256;
/** Bits computed beyond those that are used, against rounding. */
const GUARD = 64n;

let words: readonly number[] | undefined;

/** The first 1,042 words of pi's fraction. Computed once, in some milliseconds, rather than listed. */
export function piWords(): readonly number[] {
  words ??= compute();
  return words;
}

/** Machin: pi = 16 atan(1/5) − 4 atan(1/239). */
function compute(): readonly number[] {
  const bits = BigInt(COUNT * 32);
  const one = 1n << (bits + GUARD);
  const pi = 16n * inverseTangent(5n, one) - 4n * inverseTangent(239n, one);
  const fraction = (pi - 3n * one) >> GUARD;
  const hex = fraction.toString(16).padStart(COUNT * 8, '0');
  return Array.from({ length: COUNT }, (_, i) => Number.parseInt(hex.slice(i * 8, i * 8 + 8), 16));
}

/** atan(1/x) as a fixed-point number. */
function inverseTangent(x: bigint, one: bigint): bigint {
  let power = one / x;
  let sum = power;
  const square = x * x;
  for (let n = 3n; power !== 0n; n += 2n) {
    power = -power / square;
    sum += power / n;
  }
  return sum;
}
