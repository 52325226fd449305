/** strconv.Quote and its relatives. */
import { decodeUtf8, encodeUtf8 } from '../utf8.ts';
import { isPrint } from './unicode.ts';

const PLAIN = /^[ !#-[\]-~]*$/;
const ESCAPED_BYTE = /[\udc80-\udcff]/;

/** strconv.Quote: a double-quoted Go string literal; printable Unicode stays. */
export function quote(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : quoteWith(text, 0x22, false);
}

/** strconv.QuoteToASCII: as {@link quote}, with everything beyond ASCII escaped. */
export function quoteToAscii(text: string): string {
  return quoteWith(text, 0x22, true);
}

/** strconv.QuoteRune: `'x'`; a code point that is no character is quoted as U+FFFD. */
export function quoteRune(code: number, ascii = false): string {
  const valid = code >= 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
  return `'${escapeRune(valid ? code : 0xfffd, 0x27, ascii)}'`;
}

/** strconv.CanBackquote: whether the text can stand unchanged between backquotes on one line. */
export function canBackquote(text: string): boolean {
  return !/[\u0000-\u0008\u000a-\u001f`\u007f\ufeff]/.test(text) && !ESCAPED_BYTE.test(loneOnly(text));
}

/**
 * Two halves of a character, cut apart and joined again, are that character in Go: bytes that now form valid UTF-8
 * stop being escapes.
 */
export function joinBytes(text: string): string {
  return ESCAPED_BYTE.test(text) ? decodeUtf8(encodeUtf8(text)) : text;
}

function quoteWith(text: string, mark: number, ascii: boolean): string {
  let out = String.fromCharCode(mark);
  for (const char of joinBytes(text)) {
    const code = char.codePointAt(0) ?? 0;
    if (code >= 0xdc80 && code <= 0xdcff) out += `\\x${(code - 0xdc00).toString(16)}`;
    else out += escapeRune(code >= 0xd800 && code <= 0xdfff ? 0xfffd : code, mark, ascii);
  }
  return out + String.fromCharCode(mark);
}

const SHORT: ReadonlyMap<number, string> = new Map([
  [0x07, '\\a'],
  [0x08, '\\b'],
  [0x0c, '\\f'],
  [0x0a, '\\n'],
  [0x0d, '\\r'],
  [0x09, '\\t'],
  [0x0b, '\\v'],
]);

function escapeRune(code: number, mark: number, ascii: boolean): string {
  if (code === mark || code === 0x5c) return `\\${String.fromCharCode(code)}`;
  if (isPrint(code) && (code < 0x80 || !ascii)) return String.fromCodePoint(code);
  const short = SHORT.get(code);
  if (short !== undefined) return short;
  if (code < 0x20 || code === 0x7f) return `\\x${code.toString(16).padStart(2, '0')}`;
  if (code < 0x10000) return `\\u${code.toString(16).padStart(4, '0')}`;
  return `\\U${code.toString(16).padStart(8, '0')}`;
}

/** The text without its surrogate pairs, whose second halves look like escaped bytes. */
function loneOnly(text: string): string {
  return text.replace(/[\ud800-\udbff][\udc00-\udfff]/g, '');
}
