/** Strings as Go's functions see them: as bytes, or as runes. */
import { decodeUtf8, encodeUtf8 } from '../../utf8.ts';
import { joinBytes } from '../quote.ts';

const WIDE = /[^\u0000-\u007f]/;
const LONE_LOW = /(?<![\ud800-\udbff])[\udc80-\udcff]/;
const CHUNK = 8192;

export function isAscii(text: string): boolean {
  return !WIDE.test(text);
}

/** Whether bytes that are no UTF-8 are among them: then only a comparison by bytes is right. */
export function hasStrayBytes(text: string): boolean {
  return WIDE.test(text) && LONE_LOW.test(text);
}

/** The bytes, one character (U+0000 to U+00FF) each: JavaScript's string functions then work on bytes. */
export function toByteText(text: string): string {
  if (isAscii(text)) return text;
  const bytes = encodeUtf8(text);
  let out = '';
  for (let i = 0; i < bytes.length; i += CHUNK) out += String.fromCharCode(...bytes.subarray(i, i + CHUNK));
  return out;
}

/** The reverse of {@link toByteText}. */
export function fromByteText(bytes: string): string {
  if (isAscii(bytes)) return bytes;
  const array = new Uint8Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) array[i] = bytes.charCodeAt(i);
  return decodeUtf8(array);
}

/** `[]rune(s)`: code points; a stray byte is U+FFFD. */
export function toRunes(text: string): number[] {
  const runes: number[] = [];
  for (const char of joinBytes(text)) {
    const code = char.codePointAt(0) ?? 0;
    runes.push(code >= 0xd800 && code <= 0xdfff ? 0xfffd : code);
  }
  return runes;
}

export function fromRunes(runes: readonly number[]): string {
  let out = '';
  for (let i = 0; i < runes.length; i += CHUNK) out += String.fromCodePoint(...runes.slice(i, i + CHUNK));
  return out;
}

/** One unit that is no character: a stray byte, or half a surrogate pair. */
export const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** Every byte that is no UTF-8 as U+FFFD, one for one. */
export function toValidText(text: string): string {
  return isAscii(text) ? text : text.replace(LONE_SURROGATE, '\ufffd');
}
