/**
 * math.Pow(10, n) for a whole n. Go multiplies 10 by squaring, with mantissa and exponent apart; JavaScript's own power
 * may differ in the last bit, and then a number on the edge would round the other way.
 */
export function goPow10(power: bigint): number {
  if (power === 0n) return 1;
  if (power === 1n) return 10;
  if (power > 400n) return Infinity;
  if (power < -400n) return 0;
  const negative = power < 0n;
  let left = Math.abs(Number(power));
  let result = 1;
  let resultExponent = 0;
  // 10 = 0.625 × 2^4
  let square = 0.625;
  let exponent = 4;
  for (; left !== 0; left >>= 1) {
    if (left & 1) {
      result *= square;
      resultExponent += exponent;
    }
    square *= square;
    exponent *= 2;
    if (square < 0.5) {
      square *= 2;
      exponent--;
    }
  }
  if (negative) {
    result = 1 / result;
    resultExponent = -resultExponent;
  }
  return scaled(result, resultExponent);
}

/** `value × 2^exponent`; the second step keeps what is below 2^-1022 from being rounded twice. */
function scaled(value: number, exponent: number): number {
  if (exponent >= 1000) return value * 2 ** 1000 * 2 ** (exponent - 1000);
  if (exponent <= -1000) return value * 2 ** -900 * 2 ** (exponent + 900);
  return value * 2 ** exponent;
}
