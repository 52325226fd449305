import { HttpHeaders } from './http-headers.ts';

/**
 * One direction of an HTTP/1 connection, read while it passes (RFC 9112). It keeps the head of a message and skips its
 * body; it never asks for a byte to be held back, so that whatever it makes of the bytes, they arrive as they were sent.
 * Of the bytes that it is given it keeps none: the caller may use its buffer again.
 */
export type Head = {
  readonly startLine: string;
  readonly headers: HttpHeaders;
};

/** How long a body is, by its head. `close`: until the connection ends. `tunnel`: it is no HTTP from here on. */
export type BodyLength = number | 'chunked' | 'close' | 'tunnel';

export type MessageEvents = {
  /** A head is complete: says how its body is delimited. `undefined`: this is no HTTP. */
  readonly onHead: (head: Head) => BodyLength | undefined;
  /** The message has ended; `body` bytes without what delimits chunks, `wire` bytes in all. */
  readonly onEnd: (body: number, wire: number) => void;
};

/** Longer heads are given up, as Envoy refuses them (max_request_headers_kb, 60 by default). */
const LONGEST_HEAD = 64 * 1024;
/** Bytes that are looked through for the end of a head at once: most heads are shorter. */
const LOOKED_THROUGH = 2048;
const LF = 10;

type State = 'head' | 'length' | 'chunk-size' | 'chunk-data' | 'chunk-end' | 'trailers' | 'close' | 'opaque';

export class HttpMessages {
  readonly #events: MessageEvents;
  readonly #latin1: ReadLatin1;
  #state: State = 'head';
  /** What has come of a head or line so far. A byte is a character. */
  #kept = '';
  /** Bytes of a head, or of trailers, whose lines are not kept. */
  #lineBytes = 0;
  #left = 0;
  #body = 0;
  #wire = 0;

  constructor(events: MessageEvents, readLatin1: ReadLatin1) {
    this.#events = events;
    this.#latin1 = readLatin1;
  }

  /** Whether nothing more will be read from this direction. */
  get opaque(): boolean {
    return this.#state === 'opaque';
  }

  /** Whether the next byte begins a message. */
  get atStart(): boolean {
    return this.#state === 'head' && this.#kept === '';
  }

  /** From here on it is no HTTP. */
  giveUp(): void {
    this.#state = 'opaque';
    this.#kept = '';
  }

  /** The connection has ended in this direction. */
  end(): void {
    if (this.#state === 'close') this.#finish();
    else this.giveUp();
  }

  read(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length && this.#state !== 'opaque') at = this.#step(bytes, at);
  }

  #step(bytes: Uint8Array, from: number): number {
    switch (this.#state) {
      case 'length':
      case 'chunk-data': {
        const taken = Math.min(this.#left, bytes.length - from);
        this.#left -= taken;
        this.#body += taken;
        this.#wire += taken;
        if (this.#left === 0) {
          if (this.#state === 'length') this.#finish();
          else this.#state = 'chunk-end';
        }
        return from + taken;
      }
      case 'close':
        this.#body += bytes.length - from;
        this.#wire += bytes.length - from;
        return bytes.length;
      case 'head':
        return this.#head(bytes, from);
      default:
        return this.#line(bytes, from);
    }
  }

  /** Reads up to the end of a head. */
  #head(bytes: Uint8Array, from: number): number {
    const to = Math.min(bytes.length, from + LOOKED_THROUGH);
    const before = this.#kept.length;
    let text = this.#kept + this.#latin1(bytes, from, to);
    // Empty lines before a message are passed over (RFC 9112 2.2).
    const skipped = EMPTY_LINES.exec(text)?.[0].length ?? 0;
    if (skipped > 0) text = text.slice(skipped);
    // The end may lie across what came before; no further back than the three characters that it begins with.
    HEAD_END.lastIndex = Math.max(before - skipped - 3, 0);
    const end = HEAD_END.exec(text);
    if (end === null) {
      if (text.length > LONGEST_HEAD) this.giveUp();
      else this.#kept = text;
      return to;
    }
    const length = HEAD_END.lastIndex;
    this.#kept = '';
    if (length > LONGEST_HEAD) {
      this.giveUp();
      return to;
    }
    this.#wire = length;
    this.#headText(text.slice(0, length));
    return from + length + skipped - before;
  }

  #headText(text: string): void {
    const lineEnd = text.indexOf('\n');
    const headers = HttpHeaders.parse(text, lineEnd);
    const startLine = text.slice(0, text[lineEnd - 1] === '\r' ? lineEnd - 1 : lineEnd);
    const length = headers === undefined ? undefined : this.#events.onHead({ startLine, headers });
    if (length === undefined || length === 'tunnel') this.giveUp();
    else if (length === 'chunked') this.#state = 'chunk-size';
    else if (length === 'close') this.#state = 'close';
    else if (length === 0) this.#finish();
    else {
      this.#left = length;
      this.#state = 'length';
    }
  }

  /** Reads up to the end of a line. */
  #line(bytes: Uint8Array, from: number): number {
    const end = bytes.indexOf(LF, from);
    const to = end < 0 ? bytes.length : end + 1;
    this.#lineBytes += to - from;
    this.#wire += to - from;
    if (this.#lineBytes > LONGEST_HEAD) {
      this.giveUp();
      return to;
    }
    if (end < 0) {
      this.#kept += this.#latin1(bytes, from, to);
      return to;
    }
    const text = this.#kept + this.#latin1(bytes, from, end);
    this.#kept = '';
    const line = text.endsWith('\r') ? text.slice(0, -1) : text;
    if (this.#state === 'trailers') {
      // They end with an empty line.
      if (line === '') this.#finish();
      return to;
    }
    this.#lineBytes = 0;
    if (this.#state === 'chunk-size') this.#chunkSize(line);
    else if (line === '') this.#state = 'chunk-size';
    else this.giveUp();
    return to;
  }

  #chunkSize(line: string): void {
    const [, digits] = /^([0-9a-fA-F]{1,12})[ \t]*(?:;.*)?$/.exec(line) ?? [];
    if (digits === undefined) {
      this.giveUp();
      return;
    }
    this.#left = Number.parseInt(digits, 16);
    this.#state = this.#left === 0 ? 'trailers' : 'chunk-data';
  }

  #finish(): void {
    const { onEnd } = this.#events;
    const [body, wire] = [this.#body, this.#wire];
    this.#state = 'head';
    this.#body = 0;
    this.#wire = 0;
    this.#lineBytes = 0;
    onEnd(body, wire);
  }
}

/** An empty line behind a line: lines end with LF, and CR before it is usual. */
const HEAD_END = /\n\r?\n/g;
const EMPTY_LINES = /^(?:\r?\n)+/;

/** Bytes as text, one character each: what is no ASCII stays itself. */
export type ReadLatin1 = (bytes: Uint8Array, from: number, to: number) => string;

/** The same anywhere; a runtime may have a faster one. */
export function latin1(bytes: Uint8Array, from: number, to: number): string {
  if (to - from <= MOST_ARGUMENTS) return characters(bytes.subarray(from, to));
  let text = '';
  for (let at = from; at < to; at += MOST_ARGUMENTS)
    text += characters(bytes.subarray(at, Math.min(to, at + MOST_ARGUMENTS)));
  return text;
}

/** The number of arguments of a call has a limit. */
const MOST_ARGUMENTS = 4096;

/** `apply` takes an array of bytes as it is, where a spread would walk it: four times as fast. */
function characters(bytes: Uint8Array): string {
  return String.fromCharCode.apply(null, bytes as unknown as number[]);
}

/** How a body is delimited by its headers alone (RFC 9112 6.3); undefined: it cannot be told, so this is no HTTP to us. */
export function lengthByHeaders(headers: HttpHeaders): number | 'chunked' | 'none' | undefined {
  const coding = headers.get('transfer-encoding');
  const length = headers.get('content-length');
  if (coding !== undefined) {
    // Both at once is how requests are smuggled; whoever reads them differently from the application is fooled.
    if (length !== undefined) return undefined;
    return /(?:^|,)[ \t]*chunked$/i.test(coding) ? 'chunked' : undefined;
  }
  if (length === undefined) return 'none';
  if (LENGTH.test(length)) return Number(length);
  // The same one several times is harmless.
  const values = new Set(length.split(',').map((value) => value.trim()));
  const [value = ''] = values;
  return values.size === 1 && LENGTH.test(value) ? Number(value) : undefined;
}

const LENGTH = /^\d{1,15}$/;
