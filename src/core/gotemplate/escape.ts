/** The builtins html, js and urlquery. */
import { encodeUtf8 } from '../utf8.ts';
import { sprint } from './print.ts';
import { isPrint } from './unicode.ts';
import type { GoValue } from './value.ts';

/** The text that the escapers work on: fmt.Sprint, but with `<no value>` for nil as actions print it. */
export function escaperText(args: readonly GoValue[]): string {
  return sprint(args.map((arg) => (arg === null || arg === undefined ? '<no value>' : arg)));
}

const HTML: Readonly<Record<string, string>> = {
  '\u0000': '\ufffd',
  '"': '&#34;',
  "'": '&#39;',
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
};

export function escapeHtml(text: string): string {
  return text.replace(/[\u0000"'&<>]/g, (char) => HTML[char] ?? char);
}

const JS: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  "'": "\\'",
  '"': '\\"',
  '<': '\\u003C',
  '>': '\\u003E',
  '&': '\\u0026',
  '=': '\\u003D',
};

export function escapeJs(text: string): string {
  return text.replace(/[\\'"<>&=\u0000-\u001f]|[^\u0000-\u007f]/gu, (char) => {
    const simple = JS[char];
    if (simple !== undefined) return simple;
    const code = char.codePointAt(0) ?? 0;
    if (isPrint(code) && code >= 0x80) return char;
    // A byte that is no character is decoded as U+FFFD, which is printable: Go keeps the byte.
    if (code >= 0xdc80 && code <= 0xdcff) return char;
    return `\\u${code.toString(16).toUpperCase().padStart(4, '0')}`;
  });
}

/** url.QueryEscape. */
export function escapeQuery(text: string): string {
  if (/^[A-Za-z0-9_.~-]*$/.test(text)) return text;
  let out = '';
  for (const byte of encodeUtf8(text)) {
    const char = String.fromCharCode(byte);
    if (byte === 0x20) out += '+';
    else if (/[A-Za-z0-9_.~-]/.test(char)) out += char;
    else out += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return out;
}
