/**
 * Telemetry of an HTTP/1 connection by listening in: both directions are read as they pass, requests are matched with
 * their responses in order, and each exchange is told when it has ended. Bytes are never changed or held back.
 *
 *   client ─ bytes ─► request(bytes) ─┐
 *                                     ├─► onExchange: one request with its response
 *   server ─ bytes ─► response(bytes) ┘
 *
 * What is no HTTP (another protocol, a malformed head, a tunnel after 101 or CONNECT) is opaque from there on.
 */
import type { HttpHeaders } from './http-headers.ts';
import { type BodyLength, type Head, HttpMessages, latin1, lengthByHeaders, type ReadLatin1 } from './http-message.ts';

type HttpRequest = {
  readonly method: string;
  readonly path: string;
  /** `HTTP/1.1`. */
  readonly protocol: string;
  readonly headers: HttpHeaders;
  /** When its head was complete; the clock is the caller's, in milliseconds. */
  readonly startedAt: number;
};

type HttpResponse = {
  readonly status: number;
  readonly headers: HttpHeaders;
  readonly startedAt: number;
};

export type Exchange = {
  readonly request: HttpRequest;
  /** undefined: the connection ended before one came. */
  readonly response: HttpResponse | undefined;
  readonly endedAt: number;
  /** Bodies, and whole messages with what delimits them. */
  readonly requestBody: number;
  readonly requestBytes: number;
  readonly responseBody: number;
  readonly responseBytes: number;
  /** Whether the response ended as it should. */
  readonly complete: boolean;
};

type Pending = {
  readonly request: HttpRequest;
  body: number;
  bytes: number;
  response: HttpResponse | undefined;
};

/** Requests that wait for their response, at most: who pipelines more than this is not listened to any longer. */
const MOST_PENDING = 1000;

export type TapKind = 'undecided' | 'http' | 'opaque';

export class HttpTap {
  readonly #onExchange: (exchange: Exchange) => void;
  readonly #now: () => number;
  readonly #pending: Pending[] = [];
  readonly #requests: HttpMessages;
  readonly #responses: HttpMessages;
  #kind: TapKind = 'undecided';
  #began = false;
  /** Bytes that have passed since the tunnel was opened. */
  #tunnel: { received: number; sent: number } | undefined;

  constructor(now: () => number, onExchange: (exchange: Exchange) => void, readLatin1: ReadLatin1 = latin1) {
    this.#now = now;
    this.#onExchange = onExchange;
    const requests = {
      onHead: (head: Head) => this.#requestHead(head),
      onEnd: (body: number, bytes: number) => this.#requestEnd(body, bytes),
    };
    const responses = {
      onHead: (head: Head) => this.#responseHead(head),
      onEnd: (body: number, bytes: number) => this.#responseEnd(body, bytes),
    };
    this.#requests = new HttpMessages(requests, readLatin1);
    this.#responses = new HttpMessages(responses, readLatin1);
  }

  get kind(): TapKind {
    return this.#kind;
  }

  /** Requests that have no response yet. */
  get pending(): number {
    return this.#pending.length;
  }

  /** Whether the next byte of the server begins a response. */
  get atResponseStart(): boolean {
    return this.#kind === 'http' && this.#responses.atStart;
  }

  /** Bytes from the client. */
  request(bytes: Uint8Array): void {
    if (this.#kind === 'opaque') return;
    if (this.#tunnel !== undefined) this.#tunnel.received += bytes.length;
    else if (!this.#began && bytes.length > 0 && !mayBeHttp(bytes)) this.#opaque();
    else {
      this.#began ||= bytes.length > 0;
      this.#requests.read(bytes);
      if (this.#requests.opaque) this.#opaque();
    }
  }

  /** Bytes from the server. */
  response(bytes: Uint8Array): void {
    if (this.#kind === 'opaque') return;
    if (this.#tunnel !== undefined) this.#tunnel.sent += bytes.length;
    // A server that speaks before it was asked speaks another protocol.
    else if (this.#pending.length === 0) this.#opaque();
    else {
      this.#responses.read(bytes);
      if (this.#responses.opaque && this.#tunnel === undefined) this.#opaque();
    }
  }

  /** The server has said all; a response without a length ends with it. */
  responseEnded(): void {
    if (this.#kind === 'http' && this.#tunnel === undefined) this.#responses.end();
  }

  /** The connection has ended: what was still open is told as incomplete, a tunnel with all that passed. */
  close(): void {
    const tunnel = this.#tunnel ?? { received: 0, sent: 0 };
    for (const pending of this.#pending.splice(0)) {
      this.#tell(pending, tunnel.sent, tunnel.sent, tunnel.received, this.#tunnel !== undefined);
    }
    this.#kind = 'opaque';
  }

  #requestHead({ startLine, headers }: Head): BodyLength | undefined {
    const [, method, path, protocol] = REQUEST_LINE.exec(startLine) ?? [];
    if (method === undefined || path === undefined || protocol === undefined) return undefined;
    if (this.#pending.length >= MOST_PENDING) return undefined;
    const length = lengthByHeaders(headers);
    if (length === undefined) return undefined;
    this.#kind = 'http';
    const request = { method, path, protocol, headers, startedAt: this.#now() };
    this.#pending.push({ request, body: 0, bytes: 0, response: undefined });
    // A request without a length has no body.
    return length === 'none' ? 0 : length;
  }

  #requestEnd(body: number, bytes: number): void {
    // The last one that came: requests end in the order in which they begin.
    const pending = this.#pending.at(-1);
    if (pending === undefined) return;
    pending.body = body;
    pending.bytes = bytes;
  }

  #responseHead({ startLine, headers }: Head): BodyLength | undefined {
    const [, code] = STATUS_LINE.exec(startLine) ?? [];
    const pending = this.#pending[0];
    if (code === undefined || pending === undefined) return undefined;
    const status = Number(code);
    // 100 and its like come before the response proper.
    if (status < 200 && status !== 101) return 0;
    pending.response = { status, headers, startedAt: this.#now() };
    const { method } = pending.request;
    if (status === 101 || (method === 'CONNECT' && status < 300)) {
      this.#tunnel = { received: 0, sent: 0 };
      this.#requests.giveUp();
      return 'tunnel';
    }
    if (method === 'HEAD' || status === 204 || status === 304) return 0;
    const length = lengthByHeaders(headers);
    return length === 'none' ? 'close' : length;
  }

  #responseEnd(body: number, bytes: number): void {
    const pending = this.#pending[0];
    if (pending?.response === undefined) return;
    this.#pending.shift();
    this.#tell(pending, body, bytes, 0, true);
  }

  #tell(pending: Pending, body: number, bytes: number, received: number, complete: boolean): void {
    this.#onExchange({
      request: pending.request,
      response: pending.response,
      endedAt: this.#now(),
      requestBody: pending.body + received,
      requestBytes: pending.bytes + received,
      responseBody: body,
      responseBytes: bytes,
      complete,
    });
  }

  /** Requests that are waiting are told when the connection ends; nothing new is looked for. */
  #opaque(): void {
    if (this.#pending.length === 0) {
      this.#kind = 'opaque';
      return;
    }
    this.#tunnel = { received: 0, sent: 0 };
    this.#requests.giveUp();
    this.#responses.giveUp();
  }
}

const REQUEST_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}) (\S+) (HTTP\/1\.[01])$/;
const STATUS_LINE = /^HTTP\/1\.[01] (\d{3})(?: .*)?$/;

/** Whether the first bytes of a connection may begin a request: a method in capitals, as all of HTTP's are. */
function mayBeHttp(bytes: Uint8Array): boolean {
  const first = bytes[0] ?? 0;
  // An empty line may come before.
  return (first >= 65 && first <= 90) || first === 13 || first === 10;
}
