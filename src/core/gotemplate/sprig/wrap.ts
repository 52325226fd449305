/** Goutils' abbreviation and word wrap: both count bytes. */
import type { CallContext } from '../value.ts';
import { fromByteText, toByteText } from './byte-text.ts';

/** At most `width` bytes with `...` for what is left out at the end, and at the start where `offset` is beyond it. */
export function abbreviate(value: string, offset: number, width: number): string {
  const bytes = toByteText(value);
  const short = abbreviateBytes(bytes, offset, width);
  return short === bytes ? value : fromByteText(short);
}

function abbreviateBytes(bytes: string, offset: number, width: number): string {
  if (bytes.length <= width) return bytes;
  const kept = width - 3;
  const from = Math.min(offset, bytes.length, bytes.length - kept);
  if (from <= 4) return `${bytes.slice(0, kept)}...`;
  // Goutils gives an error together with an empty text, which Sprig ignores.
  if (width < 7) return '';
  if (from + kept < bytes.length) return `...${abbreviateBytes(bytes.slice(from), 0, kept)}`;
  return `...${bytes.slice(bytes.length - kept)}`;
}

/** Breaks lines at spaces; a word longer than a line is cut only when `cutWords`. Line breaks in the text mean nothing. */
export function wrapLines(
  value: string,
  width: number,
  separator: string,
  cutWords: boolean,
  context: CallContext,
): string {
  const bytes = toByteText(value);
  const limit = Math.max(width, 1);
  const lines: string[] = [];
  let at = 0;
  while (bytes.length - at > limit) {
    if (bytes.charAt(at) === ' ') {
      at++;
      continue;
    }
    const space = lastSpace(bytes, at, at + limit);
    if (space >= 0) {
      lines.push(bytes.slice(at, space));
      at = space + 1;
    } else if (cutWords) {
      lines.push(bytes.slice(at, at + limit));
      at += limit;
    } else {
      const next = bytes.indexOf(' ', at + limit);
      if (next < 0) break;
      lines.push(bytes.slice(at, next));
      at = next + 1;
    }
  }
  const marker = toByteText(separator);
  context.step(lines.length >> 3);
  context.checkSize(bytes.length + lines.length * marker.length);
  lines.push(bytes.slice(at));
  return fromByteText(lines.join(marker));
}

function lastSpace(bytes: string, from: number, to: number): number {
  for (let i = to; i >= from; i--) if (bytes.charCodeAt(i) === 0x20) return i;
  return -1;
}
