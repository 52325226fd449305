/**
 * An HTTPS server for HTTP/1.1 and HTTP/2 whose certificate can be changed while it runs, and which can stop without
 * losing a request. No policy: what is answered is the handler's business.
 */

import {
  createSecureServer,
  type Http2SecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { PeerCertificate, TLSSocket } from 'node:tls';

export type Incoming = {
  readonly method: string;
  /** As sent, with the query. */
  readonly url: string;
  readonly contentType: string | undefined;
  /** undefined: larger than the limit, of which nothing more is read. */
  readonly body: Buffer | undefined;
  readonly client: ClientCertificate | undefined;
};

/** The certificate that a client has shown, and whether the client authority has signed it. */
type ClientCertificate = { readonly commonName: string; readonly authorized: boolean; readonly why: string };

export type Answer = { readonly status: number; readonly contentType: string; readonly body: string };

export type ServerOptions = {
  /** undefined: all of the machine, of both families where it has both. */
  readonly address: string | undefined;
  readonly port: number;
  readonly certificate: string;
  readonly key: string;
  /** PEM; asks clients for a certificate. Who shows none is served as well: the handler decides. */
  readonly clientAuthority: string | undefined;
  /** Bytes of a body; more is not read. */
  readonly bodyLimit: number;
  readonly handle: (incoming: Incoming) => Answer | Promise<Answer>;
  /** Told how many requests are open, from their heads to the last bytes of their answers. */
  readonly open?: (requests: number) => void;
};

/** From the head of a request to its last byte, in milliseconds: a client that dribbles loses its connection. */
const BODY_TIMEOUT = 30_000;
const HEADERS_TIMEOUT = 30_000;
const IDLE_TIMEOUT = 90_000;
/** How often the first two are looked at, in milliseconds. */
const CHECK_INTERVAL = 5_000;
/** Idle HTTP/1.1 connections are told by their next answer; this long we wait for that. */
const LINGER = 1_000;

export class HttpsServer {
  private readonly server: Http2SecureServer;
  private readonly options: ServerOptions;
  /** Every connection, also those still shaking hands. */
  private readonly connections = new Set<Socket>();
  private readonly sessions = new Set<ServerHttp2Session>();
  /** Connections of HTTP/1.1, and how many answers each owes. */
  private readonly http1 = new Map<Socket, number>();
  private inFlight = 0;
  private stopping = false;

  constructor(options: ServerOptions) {
    this.options = options;
    const { clientAuthority } = options;
    this.server = createSecureServer(
      {
        allowHTTP1: true,
        minVersion: 'TLSv1.2',
        cert: options.certificate,
        key: options.key,
        ...(clientAuthority === undefined ? {} : { ca: clientAuthority, requestCert: true, rejectUnauthorized: false }),
        handshakeTimeout: 10_000,
        maxHeaderListPairs: 200,
        settings: { maxConcurrentStreams: 250, maxHeaderListSize: 65_536 },
      },
      (request, response) => void this.serve(request, response),
    );
    // Node has these of HTTP/1.1 on this server too; its types do not.
    Object.assign(this.server, {
      headersTimeout: HEADERS_TIMEOUT,
      requestTimeout: BODY_TIMEOUT,
      keepAliveTimeout: IDLE_TIMEOUT,
      // Of a client too that does not read its answer.
      timeout: IDLE_TIMEOUT,
      connectionsCheckingInterval: CHECK_INTERVAL,
    });
    this.server.on('connection', (socket: Socket) => {
      this.connections.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => this.connections.delete(socket));
    });
    this.server.on('secureConnection', (socket: TLSSocket) => {
      if (socket.alpnProtocol === 'h2') return;
      this.http1.set(socket, 0);
      socket.on('close', () => {
        // Node says nothing of answers that were still waiting for their turn.
        this.count(-(this.http1.get(socket) ?? 0));
        this.http1.delete(socket);
      });
    });
    this.server.on('session', (session: ServerHttp2Session) => {
      this.sessions.add(session);
      session.setTimeout(IDLE_TIMEOUT, () => {
        session.close();
        // It waits for open streams, and a client may never read their answers.
        setTimeout(() => session.destroy(), LINGER).unref();
      });
      session.on('error', () => session.destroy());
      session.on('close', () => this.sessions.delete(session));
    });
    // Plain HTTP, garbage, an unknown CA: the client's mistake, and no reason to stop.
    this.server.on('tlsClientError', (_error, socket) => socket.destroy());
    this.server.on('clientError', (_error: Error, socket: Socket) => socket.destroy());
    this.server.on('sessionError', () => {});
  }

  /** Resolves with the port. */
  listen(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      const { port, address } = this.options;
      this.server.listen({ port, ...(address === undefined ? {} : { host: address }) }, () => {
        this.server.off('error', reject);
        this.server.on('error', () => {});
        resolve((this.server.address() as AddressInfo).port);
      });
    });
  }

  /** New connections get the new certificate. Throws where key and certificate do not belong together. */
  useCertificate(certificate: string, key: string): void {
    const { clientAuthority } = this.options;
    this.server.setSecureContext({
      cert: certificate,
      key,
      minVersion: 'TLSv1.2',
      ...(clientAuthority === undefined ? {} : { ca: clientAuthority }),
    });
  }

  /**
   * Goes on answering for `drain` milliseconds, telling clients to come back by another connection; then takes no
   * more connections, and ends when the last answer is out, or after `grace` milliseconds in all, when what is left is cut.
   * Gives the number of requests cut.
   */
  async stop({ drain, grace }: { readonly drain: number; readonly grace: number }): Promise<number> {
    const ends = Date.now() + grace;
    this.stopping = true;
    // A notice first, with the highest number of a stream: clients turn to other connections, and what is on its way counts.
    this.giveNotice();
    await pause(Math.min(drain, grace));
    // And to those that came since: a new connection must be of some use before it is told to go.
    this.giveNotice();
    await pause(Math.min(NOTICE, Math.max(0, ends - Date.now())));
    let closed = false;
    this.server.close(() => {
      closed = true;
    });
    // GOAWAY: open streams are finished, and a client sends the next over another connection.
    for (const session of this.sessions) session.close();
    const lingers = Date.now() + LINGER;
    while (!closed && Date.now() < ends) {
      // A connection that has been silent since before the drain is closed last, as a request may be on its way.
      if (Date.now() >= lingers) for (const [socket, owed] of this.http1) if (owed === 0) socket.end();
      if (this.inFlight === 0 && this.sessions.size === 0 && this.http1.size === 0) break;
      await pause(10);
    }
    const cut = this.inFlight;
    for (const session of this.sessions) session.destroy();
    for (const socket of this.connections) socket.destroy();
    return cut;
  }

  private giveNotice(): void {
    for (const session of this.sessions) if (!session.destroyed) session.goaway(NO_ERROR, MAX_STREAM);
  }

  private async serve(request: Http2ServerRequest, response: Http2ServerResponse): Promise<void> {
    const isHttp1 = request.httpVersionMajor === 1;
    const socket = isHttp1 ? request.socket : request.stream.session?.socket;
    this.owe(socket, isHttp1, 1);
    if (!isHttp1) request.stream.setTimeout(IDLE_TIMEOUT, () => request.stream.close(NGHTTP2_CANCEL));
    response.once('close', () => this.owe(socket, isHttp1, -1));
    try {
      const body = await readBody(request, this.options.bodyLimit);
      if (body === undefined) return;
      const answer = await this.options.handle({
        method: request.method,
        url: request.url,
        contentType: request.headers['content-type'],
        body: body === TOO_LARGE ? undefined : body,
        client: clientOf(socket),
      });
      this.send(request, response, answer, isHttp1 && (this.stopping || body === TOO_LARGE));
    } catch (error) {
      // A bug must not take the others down with it: the API server gets an answer, and failurePolicy decides.
      const message = `internal error: ${error instanceof Error ? error.message : String(error)}`;
      this.send(
        request,
        response,
        { status: 500, contentType: 'text/plain; charset=utf-8', body: `${message}\n` },
        isHttp1,
      );
    }
  }

  private send(request: Http2ServerRequest, response: Http2ServerResponse, answer: Answer, last: boolean): void {
    if (response.writableEnded || response.destroyed) return;
    response.writeHead(answer.status, {
      'content-type': answer.contentType,
      'content-length': Buffer.byteLength(answer.body),
      ...(last ? { connection: 'close' } : {}),
    });
    response.end(request.method === 'HEAD' ? '' : answer.body);
  }

  private owe(socket: Socket | undefined, isHttp1: boolean, step: 1 | -1): void {
    if (isHttp1) {
      const owed = socket === undefined ? undefined : this.http1.get(socket);
      // Gone, and settled.
      if (socket === undefined || owed === undefined) return;
      this.http1.set(socket, owed + step);
    }
    this.count(step);
  }

  private count(step: number): void {
    this.inFlight += step;
    this.options.open?.(this.inFlight);
  }
}

const TOO_LARGE = Symbol('too large');

/** The whole body; undefined where the client has gone, or was too slow, and nobody waits for an answer. */
function readBody(request: Http2ServerRequest, limit: number): Promise<Buffer | typeof TOO_LARGE | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const timer = setTimeout(() => done(undefined), BODY_TIMEOUT);
    const done = (result: Buffer | typeof TOO_LARGE | undefined): void => {
      clearTimeout(timer);
      if (result === undefined) {
        if (request.httpVersionMajor === 1) request.socket.destroy();
        else request.stream.close(NGHTTP2_CANCEL);
      }
      resolve(result);
    };
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > limit) {
        request.pause();
        done(TOO_LARGE);
      } else chunks.push(chunk);
    });
    request.on('end', () => done(Buffer.concat(chunks)));
    request.on('aborted', () => done(undefined));
    request.on('error', () => done(undefined));
  });
}

/** From the last notice to the end of the sessions: what was sent before it arrived, in milliseconds. */
const NOTICE = 200;
const NGHTTP2_CANCEL = 8;
const NO_ERROR = 0;
const MAX_STREAM = 2 ** 31 - 1;

function clientOf(socket: Socket | TLSSocket | undefined): ClientCertificate | undefined {
  if (socket === undefined || !('getPeerCertificate' in socket)) return undefined;
  const certificate: Partial<PeerCertificate> = socket.getPeerCertificate();
  if (certificate.subject === undefined) return undefined;
  const why = socket.authorizationError === undefined ? '' : String(socket.authorizationError);
  return { commonName: String(certificate.subject.CN ?? ''), authorized: socket.authorized, why };
}
