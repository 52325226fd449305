/**
 * Go strings are bytes; ours are JavaScript strings. A byte that is no valid UTF-8 (half a character, cut by `trunc`)
 * is carried as the lone low surrogate U+DC00 + byte (0xDC80–0xDCFF), as Python's surrogateescape does. Length, slicing
 * and comparison by bytes go through this file. The core has no TextEncoder: that belongs to DOM and Node.
 */

/** The UTF-8 bytes of a string; escaped bytes come back as themselves, other lone surrogates as U+FFFD. */
export function encodeUtf8(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 3);
  let n = 0;
  for (let i = 0; i < text.length; i++) {
    let code = text.charCodeAt(i);
    if (code >= 0xd800 && code <= 0xdbff && i + 1 < text.length) {
      const low = text.charCodeAt(i + 1);
      if (low >= 0xdc00 && low <= 0xdfff) {
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        i++;
      }
    }
    if (code >= 0xdc80 && code <= 0xdcff) {
      bytes[n++] = code - 0xdc00;
      continue;
    }
    if (code >= 0xd800 && code <= 0xdfff) code = 0xfffd;
    if (code < 0x80) bytes[n++] = code;
    else if (code < 0x800) {
      bytes[n++] = 0xc0 | (code >> 6);
      bytes[n++] = 0x80 | (code & 0x3f);
    } else if (code < 0x10000) {
      bytes[n++] = 0xe0 | (code >> 12);
      bytes[n++] = 0x80 | ((code >> 6) & 0x3f);
      bytes[n++] = 0x80 | (code & 0x3f);
    } else {
      bytes[n++] = 0xf0 | (code >> 18);
      bytes[n++] = 0x80 | ((code >> 12) & 0x3f);
      bytes[n++] = 0x80 | ((code >> 6) & 0x3f);
      bytes[n++] = 0x80 | (code & 0x3f);
    }
  }
  return bytes.subarray(0, n);
}

/** A string from bytes; every byte that is no part of valid UTF-8 (as Go's utf8.DecodeRune sees it) becomes an escape. */
export function decodeUtf8(bytes: Uint8Array): string {
  let out = '';
  let i = 0;
  while (i < bytes.length) {
    const first = bytes[i] ?? 0;
    if (first < 0x80) {
      out += String.fromCharCode(first);
      i++;
      continue;
    }
    const size = sequenceLength(bytes, i);
    if (size === 0) {
      out += String.fromCharCode(0xdc00 + first);
      i++;
      continue;
    }
    let code = size === 2 ? first & 0x1f : size === 3 ? first & 0x0f : first & 0x07;
    for (let k = 1; k < size; k++) code = (code << 6) | ((bytes[i + k] ?? 0) & 0x3f);
    out += String.fromCodePoint(code);
    i += size;
  }
  return out;
}

/** Length in UTF-8 bytes: Go's `len(s)`. */
export function utf8Length(text: string): number {
  let n = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x80) n += 1;
    else if (code < 0x800) n += 2;
    else if (code >= 0xd800 && code <= 0xdbff && isLow(text.charCodeAt(i + 1))) {
      n += 4;
      i++;
    } else if (code >= 0xdc80 && code <= 0xdcff) n += 1;
    else n += 3;
  }
  return n;
}

function isLow(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff;
}

/** How many bytes the valid sequence at `i` has (2 to 4), or 0 where there is none: overlong, surrogate, cut. */
function sequenceLength(bytes: Uint8Array, i: number): number {
  const b0 = bytes[i] ?? 0;
  const b1 = bytes[i + 1] ?? 0;
  const continues = (at: number): boolean => ((bytes[at] ?? 0) & 0xc0) === 0x80;
  if (b0 >= 0xc2 && b0 <= 0xdf) return continues(i + 1) ? 2 : 0;
  if (b0 >= 0xe0 && b0 <= 0xef) {
    const low = b0 === 0xe0 ? 0xa0 : 0x80;
    const high = b0 === 0xed ? 0x9f : 0xbf;
    return b1 >= low && b1 <= high && continues(i + 2) ? 3 : 0;
  }
  if (b0 >= 0xf0 && b0 <= 0xf4) {
    const low = b0 === 0xf0 ? 0x90 : 0x80;
    const high = b0 === 0xf4 ? 0x8f : 0xbf;
    return b1 >= low && b1 <= high && continues(i + 2) && continues(i + 3) ? 4 : 0;
  }
  return 0;
}
