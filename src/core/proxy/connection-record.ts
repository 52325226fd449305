import type { Direction, TrafficEvent } from '../telemetry/index.ts';
import { HttpHeaders } from './http-headers.ts';
import type { ReadLatin1 } from './http-message.ts';
import { type Exchange, HttpTap } from './http-tap.ts';
import type { Ends, LogEntry } from './log-entry.ts';
import type { ClusterName } from './route-connection.ts';

export type RecordFacts = {
  readonly id: number;
  readonly direction: Direction;
  readonly cluster: ClusterName;
  /** Read when a line is written: the upstream end is known only once it is connected. */
  readonly ends: () => Ends;
};

/** Where what is told goes, the clock by which it is told (milliseconds), and how the runtime reads bytes as text. */
export type RecordSinks = {
  readonly now: () => number;
  readonly readLatin1: ReadLatin1;
  readonly count: (event: TrafficEvent) => void;
  /** undefined: no line is wanted, and none is made. */
  readonly log: ((entry: LogEntry) => void) | undefined;
};

/** How a connection came to its end, as Envoy's flags. */
export type EndFlags = '-' | 'UF,URX' | 'UC' | 'DC' | 'UH' | 'SI';

/**
 * What is told of one connection: a line and counts for each HTTP exchange, or one line at the end and counts of bytes
 * as they pass. Which of the two is decided by its first bytes.
 */
export class ConnectionRecord {
  readonly #sinks: RecordSinks;
  readonly #facts: RecordFacts;
  readonly #startedAt: number;
  readonly tap: HttpTap | undefined;
  #received = 0;
  #sent = 0;
  #counted = { received: 0, sent: 0 };
  #opened = false;
  #flags: EndFlags = '-';
  #wasHttp = false;
  connectFailure: string | undefined;

  /** `onExchange` is called after each HTTP exchange was told. */
  constructor(sinks: RecordSinks, facts: RecordFacts, onExchange: () => void) {
    this.#sinks = sinks;
    this.#facts = facts;
    this.#startedAt = sinks.now();
    if (facts.direction === 'outbound') return;
    this.tap = new HttpTap(
      sinks.now,
      (exchange) => {
        this.#tellExchange(exchange);
        onExchange();
      },
      sinks.readLatin1,
    );
  }

  received(bytes: Uint8Array): void {
    this.#received += bytes.length;
    this.tap?.request(bytes);
  }

  sent(bytes: Uint8Array): void {
    this.#sent += bytes.length;
    this.tap?.response(bytes);
  }

  /** Counts what has passed since the last time, where it is no HTTP. */
  progress(): void {
    if (this.#isHttp() || this.tap?.kind === 'undecided') return;
    if (!this.#opened) this.#count('opened', '-');
    else if (this.#received > this.#counted.received || this.#sent > this.#counted.sent) this.#count('progress', '-');
  }

  close(flags: EndFlags): void {
    const isHttp = this.#isHttp();
    this.#flags = flags;
    this.tap?.close();
    if (isHttp) return;
    if (!this.#opened) this.#count('opened', flags);
    this.#count('closed', flags);
    this.#sinks.log?.({
      ...this.#entry(flags),
      startedAt: this.#startedAt,
      duration: this.#sinks.now() - this.#startedAt,
      received: this.#received,
      sent: this.#sent,
      http: undefined,
    });
  }

  #isHttp(): boolean {
    this.#wasHttp ||= this.tap?.kind === 'http';
    return this.#wasHttp;
  }

  #count(phase: 'opened' | 'progress' | 'closed', responseFlags: string): void {
    const [received, sent] = [this.#received, this.#sent];
    this.#opened = true;
    const { direction, cluster } = this.#facts;
    const more =
      phase === 'opened'
        ? { receivedBytes: 0, sentBytes: 0 }
        : { receivedBytes: received - this.#counted.received, sentBytes: sent - this.#counted.sent };
    if (phase !== 'opened') this.#counted = { received, sent };
    this.#sinks.count({ kind: 'tcp', phase, direction, cluster, responseFlags, ...more });
  }

  #tellExchange(exchange: Exchange): void {
    this.#wasHttp = true;
    const { request, response } = exchange;
    const { direction, cluster } = this.#facts;
    const duration = exchange.endedAt - request.startedAt;
    // A response of our own says that there was nobody to answer.
    const flags = this.connectFailure !== undefined ? 'URX,UF' : exchange.complete ? '-' : this.#flags;
    this.#sinks.count({
      kind: 'http',
      direction,
      cluster,
      authority: request.headers.get('host') ?? '',
      protocol: request.headers.get('content-type')?.startsWith('application/grpc') === true ? 'grpc' : 'http',
      responseCode: response?.status ?? 0,
      responseFlags: flags,
      grpcStatus: response?.headers.get('grpc-status') ?? '',
      milliseconds: duration,
      requestBytes: exchange.requestBytes,
      responseBytes: exchange.responseBytes,
    });
    this.#sinks.log?.({
      ...this.#entry(flags),
      startedAt: request.startedAt,
      duration,
      received: exchange.requestBody,
      sent: exchange.responseBody,
      http: {
        method: request.method,
        path: request.path,
        protocol: request.protocol,
        requestHeaders: request.headers,
        status: response?.status ?? 0,
        responseHeaders: response?.headers ?? HttpHeaders.NONE,
        serviceTime: response === undefined ? undefined : response.startedAt - request.startedAt,
      },
    });
  }

  #entry(responseFlags: string) {
    const { id, direction, cluster, ends } = this.#facts;
    return { direction, cluster, connection: id, ends: ends(), responseFlags, connectFailure: this.connectFailure };
  }
}
