/**
 * One direction of an HTTP/1 connection, read while it passes (RFC 9112). It keeps the head of a message and skips its
 * body; it never asks for a byte to be held back, so that whatever it makes of the bytes, they arrive as they were sent.
 */
export type Head = {
  readonly startLine: string;
  /** Names in lower case; of one given several times the values are joined by commas. */
  readonly headers: ReadonlyMap<string, string>;
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
const LF = 10;

type State = 'head' | 'length' | 'chunk-size' | 'chunk-data' | 'chunk-end' | 'trailers' | 'close' | 'opaque';

export class HttpMessages {
  readonly #events: MessageEvents;
  #state: State = 'head';
  /** Bytes of a line or head that have come so far. */
  #kept: Uint8Array[] = [];
  #keptLength = 0;
  #lines: string[] = [];
  #left = 0;
  #body = 0;
  #wire = 0;

  constructor(events: MessageEvents) {
    this.#events = events;
  }

  /** Whether nothing more will be read from this direction. */
  get opaque(): boolean {
    return this.#state === 'opaque';
  }

  /** Whether the next byte begins a message. */
  get atStart(): boolean {
    return this.#state === 'head' && this.#wire === 0;
  }

  /** From here on it is no HTTP. */
  giveUp(): void {
    this.#state = 'opaque';
    this.#kept = [];
    this.#lines = [];
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
      default:
        return this.#line(bytes, from);
    }
  }

  /** Reads up to the end of a line. */
  #line(bytes: Uint8Array, from: number): number {
    const end = bytes.indexOf(LF, from);
    const to = end < 0 ? bytes.length : end + 1;
    this.#keptLength += to - from;
    this.#wire += to - from;
    if (this.#keptLength > LONGEST_HEAD) {
      this.giveUp();
      return to;
    }
    if (end < 0) {
      // The caller uses its buffer again.
      this.#kept.push(bytes.slice(from, to));
      return to;
    }
    const text = this.#kept.length === 0 ? latin1(bytes, from, end) : this.#keptText(bytes, from, end);
    this.#kept = [];
    const line = text.endsWith('\r') ? text.slice(0, -1) : text;
    switch (this.#state) {
      case 'head':
        this.#headLine(line);
        break;
      case 'chunk-size':
        this.#chunkSize(line);
        break;
      case 'chunk-end':
        this.#keptLength = 0;
        if (line === '') this.#state = 'chunk-size';
        else this.giveUp();
        break;
      default:
        // Trailers end with an empty line.
        if (line === '') this.#finish();
    }
    return to;
  }

  #headLine(line: string): void {
    if (line !== '') {
      this.#lines.push(line);
      return;
    }
    // Empty lines before a message are passed over (RFC 9112 2.2).
    if (this.#lines.length === 0) {
      this.#keptLength = 0;
      this.#wire = 0;
      return;
    }
    const head = readHead(this.#lines);
    this.#lines = [];
    this.#keptLength = 0;
    const length = head === undefined ? undefined : this.#events.onHead(head);
    if (length === undefined || length === 'tunnel') this.giveUp();
    else if (length === 'chunked') this.#state = 'chunk-size';
    else if (length === 'close') this.#state = 'close';
    else if (length === 0) this.#finish();
    else {
      this.#left = length;
      this.#state = 'length';
    }
  }

  #chunkSize(line: string): void {
    this.#keptLength = 0;
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
    this.#keptLength = 0;
    onEnd(body, wire);
  }

  #keptText(bytes: Uint8Array, from: number, end: number): string {
    const parts = this.#kept.map((part) => latin1(part, 0, part.length));
    return parts.join('') + latin1(bytes, from, end);
  }
}

/** A name without what names may not hold, a colon, a value; continuation lines are obsolete and make it no HTTP. */
const FIELD = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*(.*?)[ \t]*$/;

function readHead([startLine = '', ...lines]: readonly string[]): Head | undefined {
  const headers = new Map<string, string>();
  for (const line of lines) {
    const [, name, value = ''] = FIELD.exec(line) ?? [];
    if (name === undefined) return undefined;
    const key = name.toLowerCase();
    const before = headers.get(key);
    headers.set(key, before === undefined ? value : `${before},${value}`);
  }
  return { startLine, headers };
}

/** Bytes as text, one character each: what is no ASCII stays itself. */
function latin1(bytes: Uint8Array, from: number, to: number): string {
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
export function lengthByHeaders(headers: ReadonlyMap<string, string>): number | 'chunked' | 'none' | undefined {
  const coding = headers.get('transfer-encoding');
  const length = headers.get('content-length');
  if (coding !== undefined) {
    // Both at once is how requests are smuggled; whoever reads them differently from the application is fooled.
    if (length !== undefined) return undefined;
    return /(?:^|,)[ \t]*chunked$/i.test(coding) ? 'chunked' : undefined;
  }
  if (length === undefined) return 'none';
  const values = new Set(length.split(',').map((value) => value.trim()));
  const [value = ''] = values;
  return values.size === 1 && /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}
