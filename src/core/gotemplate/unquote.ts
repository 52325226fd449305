/** strconv.Unquote and UnquoteChar: the value of a Go string or character literal. */
import { joinBytes } from './quote.ts';

/** The value of a literal with its quotes, or undefined where Go says `invalid syntax`. */
export function unquote(literal: string): string | undefined {
  const mark = literal.charAt(0);
  if (literal.length < 2 || literal.charAt(literal.length - 1) !== mark) return undefined;
  const body = literal.slice(1, -1);
  if (mark === '`') return body.includes('`') ? undefined : body.replaceAll('\r', '');
  if (mark !== '"') return undefined;
  if (!body.includes('\\')) return body.includes('"') || body.includes('\n') ? undefined : body;
  let out = '';
  let at = 0;
  while (at < body.length) {
    const char = unquoteChar(body, at, '"');
    if (char === undefined) return undefined;
    out += char.isByte && char.code >= 0x80 ? String.fromCharCode(0xdc00 + char.code) : String.fromCodePoint(char.code);
    at = char.next;
  }
  return joinBytes(out);
}

/** One character of a literal: its code, whether it was written as a byte (`\xff`, `\377`), and where the next begins. */
export type UnquotedChar = { readonly code: number; readonly isByte: boolean; readonly next: number };

const ESCAPES: ReadonlyMap<string, number> = new Map([
  ['a', 0x07],
  ['b', 0x08],
  ['f', 0x0c],
  ['n', 0x0a],
  ['r', 0x0d],
  ['t', 0x09],
  ['v', 0x0b],
  ['\\', 0x5c],
]);

/** The character at `at` of a literal that `mark` encloses, or undefined where it is malformed. */
export function unquoteChar(text: string, at: number, mark: string): UnquotedChar | undefined {
  const first = text.codePointAt(at);
  if (first === undefined || text.charAt(at) === mark || first === 0x0a) return undefined;
  if (first !== 0x5c) return { code: first, isByte: false, next: at + (first > 0xffff ? 2 : 1) };
  const letter = text.charAt(at + 1);
  const simple = ESCAPES.get(letter);
  if (simple !== undefined) return { code: simple, isByte: false, next: at + 2 };
  if (letter === mark) return { code: mark.charCodeAt(0), isByte: false, next: at + 2 };
  if (letter >= '0' && letter <= '7') return digits(text, at + 1, 3, /^[0-7]{3}$/, 8);
  if (letter === 'x') return digits(text, at + 2, 2, /^[0-9a-fA-F]{2}$/, 16);
  if (letter === 'u') return digits(text, at + 2, 4, /^[0-9a-fA-F]{4}$/, 16);
  if (letter === 'U') return digits(text, at + 2, 8, /^[0-9a-fA-F]{8}$/, 16);
  return undefined;
}

function digits(text: string, at: number, count: number, form: RegExp, radix: number): UnquotedChar | undefined {
  const found = text.slice(at, at + count);
  if (!form.test(found)) return undefined;
  const code = Number.parseInt(found, radix);
  const isByte = count < 4;
  if (isByte ? code > 0xff : code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return undefined;
  return { code, isByte, next: at + count };
}
