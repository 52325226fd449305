/**
 * The head and the first question of a DNS message (RFC 1035). Nothing else of a query is read: what is passed on is
 * passed on as it came.
 */
export type Query = {
  readonly id: number;
  /** QR: it is an answer. */
  readonly isAnswer: boolean;
  readonly opcode: number;
  readonly recursionDesired: boolean;
  /** Of the first question, in lower case, without the last dot; empty for the root. */
  readonly name: string;
  readonly type: number;
  /** Bytes of the first question, as they came. */
  readonly question: Uint8Array;
  /** How large an answer by UDP may be: 512, or what EDNS says. */
  readonly udpSize: number;
};

const HEADER = 12;
const OPT = 41;
/** RFC 1035 4.2.1: what any client takes. */
export const SMALLEST_UDP = 512;

/** undefined: it is no message with a question that can be read. */
export function readQuery(bytes: Uint8Array): Query | undefined {
  if (bytes.length < HEADER || word(bytes, 4) === 0) return undefined;
  const name = readName(bytes, HEADER);
  if (name === undefined || name.end + 4 > bytes.length) return undefined;
  const flags = word(bytes, 2);
  return {
    id: word(bytes, 0),
    isAnswer: (flags & 0x8000) !== 0,
    opcode: (flags >> 11) & 15,
    recursionDesired: (flags & 0x0100) !== 0,
    name: name.text,
    type: word(bytes, name.end),
    question: bytes.slice(HEADER, name.end + 4),
    udpSize: ednsSize(bytes, name.end + 4),
  };
}

type Name = { readonly text: string; readonly end: number };

/** A name without compression: there is nothing before a question that it could point to. */
function readName(bytes: Uint8Array, from: number): Name | undefined {
  const labels: string[] = [];
  let at = from;
  for (;;) {
    const length = bytes[at];
    // The longest name has 255 bytes.
    if (length === undefined || length > 63 || at - from > 255) return undefined;
    at++;
    if (length === 0) return { text: labels.join('.').toLowerCase(), end: at };
    if (at + length > bytes.length) return undefined;
    labels.push(String.fromCharCode(...bytes.subarray(at, at + length)));
    at += length;
  }
}

/** The size that an OPT record right behind a single question gives; queries have no other records. */
function ednsSize(bytes: Uint8Array, at: number): number {
  const single = word(bytes, 4) === 1 && word(bytes, 6) === 0 && word(bytes, 8) === 0 && word(bytes, 10) >= 1;
  if (!single || bytes[at] !== 0 || at + 11 > bytes.length || word(bytes, at + 1) !== OPT) return SMALLEST_UDP;
  return Math.max(word(bytes, at + 3), SMALLEST_UDP);
}

function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

/** Whether a reply is the answer: same id, and the question that was asked; whoever writes the letters of a name otherwise is not believed. */
export function answersQuery(reply: Uint8Array, id: number, query: Query): boolean {
  if (reply.length < 12 || word(reply, 0) !== id || (word(reply, 2) & 0x8000) === 0) return false;
  // A server that could not read the question gives none.
  if (word(reply, 4) === 0) return true;
  return query.question.every((byte, i) => reply[12 + i] === byte);
}

/** The message under another id. */
export function withId(message: Uint8Array, id: number): Uint8Array {
  const copy = Uint8Array.from(message);
  copy[0] = id >> 8;
  copy[1] = id & 255;
  return copy;
}
