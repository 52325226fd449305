/** Go's character classes, for code points. A `\p{…}` stands where it is used, since V8 builds its set at once. */

/** unicode.IsPrint: letters, marks, numbers, punctuation, symbols and the ASCII space. */
export function isPrint(code: number): boolean {
  if (code < 0x7f) return code >= 0x20;
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return false;
  return /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(String.fromCodePoint(code));
}

/** What a name in a template is made of: `_`, letters and digits of any script. */
export function isAlphaNumeric(code: number): boolean {
  if (code < 0x80) {
    return (
      (code >= 0x61 && code <= 0x7a) ||
      (code >= 0x41 && code <= 0x5a) ||
      (code >= 0x30 && code <= 0x39) ||
      code === 0x5f
    );
  }
  if (code >= 0xd800 && code <= 0xdfff) return false;
  return /^[\p{L}\p{Nd}]$/u.test(String.fromCodePoint(code));
}

/** Number of characters as Go counts runes: an escaped byte is one. */
export function runeCount(text: string): number {
  let n = text.length;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0xd800 && code <= 0xdbff && i + 1 < text.length) {
      const low = text.charCodeAt(i + 1);
      if (low >= 0xdc00 && low <= 0xdfff) {
        n--;
        i++;
      }
    }
  }
  return n;
}

/** `U+0041 'A'`, as `%#U` prints a character. */
export function describeRune(code: number): string {
  const hex = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  return isPrint(code) ? `${hex} '${String.fromCodePoint(code)}'` : hex;
}
