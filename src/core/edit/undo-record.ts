import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { encodeUtf8 } from '../utf8.ts';
import { newlineOf } from './newline.ts';
import { applySplices, invertSplices, type Splice } from './splice.ts';

/**
 * The last line of a file that was edited in place: a comment with what it takes to give the original back, byte for
 * byte, and a hash of the text it belongs to. Kubernetes never sees a comment. Someone who edits the file afterwards
 * makes the hash wrong; the record is then not used, and said to be stale, rather than applied to a text that it does
 * not fit.
 */
const PREFIX = '# remora-undo/1 ';

export type UndoRecord =
  | { readonly kind: 'none' }
  /** `original` is the text before the edit. */
  | { readonly kind: 'valid'; readonly original: string }
  /** `text` is the file without any record. */
  | { readonly kind: 'stale'; readonly text: string };

type Body = { readonly sha256: string; readonly splices: readonly (readonly [number, number, string])[] };

/** Applies the splices and appends the record. Without splices the text comes back as it is. */
export function editWithRecord(text: string, splices: readonly Splice[]): string {
  if (splices.length === 0) return text;
  const edited = applySplices(text, splices);
  const body: Body = {
    sha256: hash(edited),
    splices: invertSplices(text, splices).map((s) => [s.start, s.end - s.start, s.text] as const),
  };
  const newline = newlineOf(text);
  const joined = !edited.endsWith('\n');
  return `${edited}${joined ? newline : ''}${PREFIX}${joined ? 'joined ' : ''}${JSON.stringify(body)}${newline}`;
}

/** Reads the record of a file, if it has one. */
export function readUndoRecord(text: string): UndoRecord {
  const start = text.lastIndexOf(`\n${PREFIX}`) + 1;
  if (start === 0) return { kind: 'none' };
  const line = text.slice(start + PREFIX.length);
  const joined = line.startsWith('joined ');
  const edited = text.slice(0, joined ? start - newlineBefore(text, start) : start);
  // Something below the record, such as another file that was appended, is no JSON: the record is stale then.
  const body = parseBody(joined ? line.slice('joined '.length) : line);
  if (body === undefined || body.sha256 !== hash(edited)) return { kind: 'stale', text: withoutRecords(text) };
  const splices = body.splices.map(([at, length, original]) => ({ start: at, end: at + length, text: original }));
  return { kind: 'valid', original: applySplices(edited, splices) };
}

/** The length of the newline that was put before the record: one as that behind it. */
function newlineBefore(text: string, start: number): number {
  return text.endsWith('\r\n') && text[start - 2] === '\r' ? 2 : 1;
}

function withoutRecords(text: string): string {
  return text
    .split('\n')
    .filter((line) => !line.startsWith(PREFIX))
    .join('\n');
}

function parseBody(line: string): Body | undefined {
  try {
    const body = JSON.parse(line) as Partial<Body>;
    return typeof body.sha256 === 'string' && Array.isArray(body.splices) ? (body as Body) : undefined;
  } catch {
    return undefined;
  }
}

function hash(text: string): string {
  return bytesToHex(sha256(encodeUtf8(text)));
}
