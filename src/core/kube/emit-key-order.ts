const LETTER = /\p{L}/u;

/**
 * The order in which yaml.v2 writes the keys of a map: natural, so that `a9` stands before `a10` (injection.md 5.4).
 * Compared by code point; at the first difference a non-letter stands before a letter, and two digits are compared as the
 * numbers that start there.
 */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  let i = 0;
  while (i < length && a.charCodeAt(i) === b.charCodeAt(i)) i++;
  if (i === length) return a.length - b.length;
  // A difference in the second half of a surrogate pair is a difference of the whole character.
  if (i > 0 && isHigh(a.charCodeAt(i - 1))) i--;
  const x = a.codePointAt(i) ?? 0;
  const y = b.codePointAt(i) ?? 0;
  const xLetter = isLetter(x);
  const yLetter = isLetter(y);
  if (xLetter && yLetter) return x - y;
  if (xLetter || yLetter) return yLetter ? -1 : 1;
  const continues = (x === 0x30 || y === 0x30) && endsInNumber(a, i);
  const left = numberAt(a, i, continues);
  const right = numberAt(b, i, continues);
  if (left.value !== right.value) return left.value < right.value ? -1 : 1;
  if (left.end !== right.end) return left.end - right.end;
  return x - y;
}

function isHigh(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}

function isLetter(code: number): boolean {
  if (code < 0x80) return (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
  return LETTER.test(String.fromCodePoint(code));
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** Whether the digits just before `i` hold one that is not zero: a zero at `i` then continues their number. */
function endsInNumber(text: string, i: number): boolean {
  for (let j = i - 1; j >= 0 && isDigit(text.charCodeAt(j)); j--) {
    if (text.charCodeAt(j) !== 0x30) return true;
  }
  return false;
}

/** The digits from `i` on as a number that wraps at 64 bits, as Go's does, and where they end. */
function numberAt(text: string, i: number, continues: boolean): { value: bigint; end: number } {
  let value = continues ? 1n : 0n;
  let end = i;
  while (end < text.length && isDigit(text.charCodeAt(end))) {
    value = BigInt.asIntN(64, value * 10n + BigInt(text.charCodeAt(end) - 0x30));
    end++;
  }
  return { value, end };
}
