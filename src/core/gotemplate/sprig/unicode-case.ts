/**
 * Go's unicode package: one character to one character, where JavaScript turns `ß` into `SS`. Classes stand where they are
 * used: V8 builds the set of a `\p{…}` when it first meets it, which would cost every start.
 */
import { fromRunes, isAscii, toRunes } from './byte-text.ts';

export const SPACES = '\\t\\n\\v\\f\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
const SPACE = new RegExp(`[${SPACES}]`);
const LEADING_SPACE = new RegExp(`^[${SPACES}]+`);

export function isSpace(code: number): boolean {
  return SPACE.test(String.fromCodePoint(code));
}

export function isUpper(code: number): boolean {
  return code < 0x80 ? code >= 0x41 && code <= 0x5a : /\p{Lu}/u.test(String.fromCodePoint(code));
}

export function isLower(code: number): boolean {
  return code < 0x80 ? code >= 0x61 && code <= 0x7a : /\p{Ll}/u.test(String.fromCodePoint(code));
}

export function isTitle(code: number): boolean {
  return code >= 0x80 && /\p{Lt}/u.test(String.fromCodePoint(code));
}

export function isNumber(code: number): boolean {
  return code < 0x80 ? code >= 0x30 && code <= 0x39 : /\p{N}/u.test(String.fromCodePoint(code));
}

export function isPunctuation(code: number): boolean {
  return /\p{P}/u.test(String.fromCodePoint(code));
}

export function toUpper(code: number): number {
  if (code < 0x80) return code >= 0x61 && code <= 0x7a ? code - 0x20 : code;
  const upper = single(String.fromCodePoint(code).toUpperCase());
  if (upper !== undefined) return upper;
  // Greek letters with a iota below: a single capital exists, which JavaScript spells as two.
  if (code >= 0x1f80 && code <= 0x1faf) return code & 8 ? code : code + 8;
  return code === 0x1fb3 || code === 0x1fc3 || code === 0x1ff3 ? code + 9 : code;
}

export function toLower(code: number): number {
  if (code < 0x80) return code >= 0x41 && code <= 0x5a ? code + 0x20 : code;
  if (code === 0x130) return 0x69;
  return single(String.fromCodePoint(code).toLowerCase()) ?? code;
}

/** As upper case, but for the digraphs such as `ǆ` and for Georgian. */
export function toTitle(code: number): number {
  if (code >= 0x1c4 && code <= 0x1cc) return 0x1c5 + 3 * Math.floor((code - 0x1c4) / 3);
  if (code >= 0x1f1 && code <= 0x1f3) return 0x1f2;
  return code >= 0x10d0 && code <= 0x10ff ? code : toUpper(code);
}

/** strings.ToUpper. */
export function upperText(text: string): string {
  return isAscii(text) ? text.toUpperCase() : fromRunes(toRunes(text).map(toUpper));
}

/** strings.ToLower. */
export function lowerText(text: string): string {
  return isAscii(text) ? text.toLowerCase() : fromRunes(toRunes(text).map(toLower));
}

/** strings.Title: the first letter of each word. An apostrophe separates words, an underscore does not. */
export function titleText(text: string): string {
  let previous = 0x20;
  const runes = toRunes(text).map((code) => {
    const mapped = isSeparator(previous) ? toTitle(code) : code;
    previous = code;
    return mapped;
  });
  return fromRunes(runes);
}

/** strings.TrimSpace. */
export function trimSpace(text: string): string {
  let end = text.length;
  while (end > 0 && SPACE.test(text.charAt(end - 1))) end--;
  return text.slice(0, end).replace(LEADING_SPACE, '');
}

function isSeparator(code: number): boolean {
  if (code < 0x80) return !/[0-9A-Za-z_]/.test(String.fromCharCode(code));
  return !/[\p{L}\p{Nd}]/u.test(String.fromCodePoint(code)) && isSpace(code);
}

function single(text: string): number | undefined {
  const code = text.codePointAt(0) ?? 0;
  return text.length === (code > 0xffff ? 2 : 1) ? code : undefined;
}
