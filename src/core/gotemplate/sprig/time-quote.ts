import { toByteText } from './byte-text.ts';

/** How package time quotes in its messages: all that is not ASCII byte by byte. */
export function quoteTime(text: string): string {
  const escaped = toByteText(text)
    .replace(/["\\]/g, '\\$&')
    .replace(/[\u0000-\u001f\u0080-\u00ff]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`);
  return `"${escaped}"`;
}
