/**
 * One connection, from the moment it is accepted to its end:
 *
 *   accepted ─► where was it going? ─► routeConnection ─► dial ─► bytes both ways ─► record
 *
 * Each direction ends on its own (half-close). A side that does not read makes the other wait, so that nothing piles up.
 */
import type { Socket } from 'node:net';
import {
  ConnectionRecord,
  type ConnectionRoute,
  type EndFlags,
  routeConnection,
  withConnectionClose,
} from '../../core/proxy/index.ts';
import type { Direction } from '../../core/telemetry/index.ts';
import type { SocketTarget } from '../../platform/original-destination.ts';
import type { StreamEnd } from '../../platform/stream-end.ts';
import { dial, targetOf } from '../../platform/stream-socket.ts';
import type { Source } from '../../platform/transparent-socket.ts';
import type { CaptureListener, Engine } from './engine.ts';

/** Of capture.md: the mark by which the kernel knows what the proxy sends in a client's name. */
const TPROXY_MARK = 1337;
/** Source addresses that the rule set lets go to the application. */
const INBOUND_SOURCE = { 4: '127.0.0.6', 6: '::6' } as const;
/** How long a client has to say what it wants when the application cannot be reached. */
const REFUSED_WAIT = 1000;

let lastId = 0;

export function carry(end: StreamEnd, listener: CaptureListener, engine: Engine): void {
  const { config, stats } = engine;
  const { direction, name } = listener;
  const client = end.socket;
  client.on('error', () => {});
  const transparent = config.tproxy && direction === 'inbound';
  const target = targetOf(client, transparent);
  stats.listener(name, 'downstream_cx_total', 1);
  // It was gone before it was looked at.
  if (target === undefined) {
    client.destroy();
    return;
  }
  if (engine.connections >= config.connectionLimit) {
    stats.listener(name, 'downstream_cx_overflow', 1);
    client.destroy();
    return;
  }
  const route = routeConnection({
    direction,
    port: target.port,
    listenerPort: listener.port,
    registryOnly: config.registryOnly,
    toOwnAddress: config.ownAddresses.includes(target.address),
  });
  new Carried(end, target, { listener, engine, ...route, transparent }).begin();
}

type Facts = {
  readonly listener: CaptureListener;
  readonly engine: Engine;
  readonly cluster: ConnectionRoute['cluster'];
  readonly toLoopback: boolean;
  readonly transparent: boolean;
};

const LOOPBACK = { 4: '127.0.0.1', 6: '::1' } as const;

class Carried {
  readonly #clientEnd: StreamEnd;
  readonly #client: Socket;
  readonly #target: SocketTarget;
  readonly #facts: Facts;
  readonly #record: ConnectionRecord;
  readonly #ends: { remote: string; upstreamRemote: string | undefined; upstreamLocal: string | undefined };
  #server: Socket | undefined;
  #flags: EndFlags = '-';
  #saidClose = false;
  #done = false;

  constructor(clientEnd: StreamEnd, target: SocketTarget, facts: Facts) {
    const client = clientEnd.socket;
    this.#clientEnd = clientEnd;
    this.#client = client;
    this.#target = target;
    this.#facts = facts;
    this.#ends = {
      remote: endOf(client.remoteAddress, client.remotePort),
      upstreamRemote: undefined,
      upstreamLocal: undefined,
    };
    const { engine, cluster } = facts;
    const ends = () => ({
      downstreamRemote: this.#ends.remote,
      downstreamLocal: endOf(target.address, target.port),
      upstreamRemote: this.#ends.upstreamRemote,
      upstreamLocal: this.#ends.upstreamLocal,
    });
    this.#record = new ConnectionRecord(
      engine.sinks,
      { id: ++lastId, direction: this.#direction(), cluster, ends },
      () => this.#exchanged(),
    );
  }

  begin(): void {
    const { engine, listener, cluster } = this.#facts;
    engine.connections++;
    engine.open.add(this.#record);
    engine.stats.listener(listener.name, 'downstream_cx_active', 1);
    engine.stats.cluster(cluster, 'upstream_cx_total', 1);
    this.#client.once('close', () => this.#clientClosed());
    if (cluster === 'BlackHoleCluster') this.#blackHole();
    else this.#passOn();
  }

  #passOn(): void {
    const { engine } = this.#facts;
    this.#client.setNoDelay(true);
    this.#client.setTimeout(engine.config.idleTimeout, () => {
      this.#flags = 'SI';
      this.#client.destroy();
    });
    try {
      this.#server = this.#call();
    } catch (error) {
      this.#unreachable(error);
    }
  }

  /** Nobody is behind it. A call of the proxy's own port is not worth a line; a refused destination is. */
  #blackHole(): void {
    const { engine, listener, cluster } = this.#facts;
    engine.stats.cluster(cluster, 'upstream_cx_none_healthy', 1);
    this.#flags = this.#target.port === listener.port ? '-' : 'UH';
    this.#client.destroy();
  }

  #call(): Socket {
    const { engine, cluster, toLoopback } = this.#facts;
    const { family, port } = this.#target;
    const address = toLoopback ? LOOPBACK[family] : this.#target.address;
    const end = dial({ family, address, port }, this.#source());
    const server = end.socket;
    this.#ends.upstreamRemote = endOf(address, port);
    const timer = setTimeout(() => server.destroy(new Error('connection timeout')), engine.config.connectTimeout);
    const failed = (error: Error): void => {
      clearTimeout(timer);
      this.#unreachable(error);
    };
    server.once('error', failed);
    server.once('connect', () => {
      clearTimeout(timer);
      server.off('error', failed);
      engine.stats.cluster(cluster, 'upstream_cx_active', 1);
      this.#connected(end);
    });
    return server;
  }

  /** What is meant for the pod is inbound, whichever port it came by. */
  #direction(): Direction {
    return this.#facts.cluster === 'InboundPassthroughCluster' ? 'inbound' : this.#facts.listener.direction;
  }

  /** Which address the application sees: the client's with TPROXY, else one that the rules know as the proxy's. */
  #source(): Source | undefined {
    const { transparent } = this.#facts;
    if (this.#direction() === 'outbound') return undefined;
    const { family } = this.#target;
    if (!transparent) return { family, address: INBOUND_SOURCE[family] };
    const address = (this.#client.remoteAddress ?? '').replace(/%.*$/, '');
    return { family, address, transparentMark: TPROXY_MARK };
  }

  #connected(serverEnd: StreamEnd): void {
    const client = this.#client;
    const server = serverEnd.socket;
    this.#ends.upstreamLocal = endOf(server.localAddress, server.localPort);
    if (client.destroyed) {
      server.destroy();
      return;
    }
    server.on('error', () => {
      if (this.#flags === '-') this.#flags = 'UC';
      client.resetAndDestroy();
    });
    client.on('error', () => {
      if (this.#flags === '-') this.#flags = 'DC';
      server.resetAndDestroy();
    });
    server.once('close', () => {
      this.#facts.engine.stats.cluster(this.#facts.cluster, 'upstream_cx_active', -1);
      // What the client has not read yet is still sent.
      client.destroySoon();
      this.#finish();
    });
    this.#clientEnd.passTo(serverEnd, (bytes) => this.#record.received(bytes));
    client.on('end', () => server.end());
    serverEnd.passTo(
      this.#clientEnd,
      (bytes) => this.#record.sent(bytes),
      (bytes) => this.#toClient(bytes),
    );
    server.on('end', () => {
      this.#record.tap?.responseEnded();
      client.end();
    });
    client.resume();
  }

  /** What the server says; while draining, an HTTP client is told to go elsewhere with its next request. */
  #toClient(bytes: Buffer): Uint8Array {
    const { tap } = this.#record;
    const last = this.#facts.engine.draining && tap?.atResponseStart === true && tap.pending === 1;
    const changed = last ? withConnectionClose(bytes) : undefined;
    if (changed !== undefined) this.#saidClose = true;
    return changed ?? bytes;
  }

  /** An exchange has ended: of a client that was told to go, it was the last. */
  #exchanged(): void {
    if (!this.#saidClose) return;
    setImmediate(() => {
      this.#client.end();
      this.#server?.end();
    });
  }

  /** The application cannot be reached: who asked in HTTP is told so in HTTP, as Envoy does, others are cut off. */
  #unreachable(error: unknown): void {
    const { engine, cluster } = this.#facts;
    const client = this.#client;
    engine.stats.cluster(cluster, 'upstream_cx_connect_fail', 1);
    this.#record.connectFailure = reasonOf(error);
    this.#flags = 'UF,URX';
    if (this.#record.tap === undefined || client.destroyed) return void client.resetAndDestroy();
    const timer = setTimeout(() => client.resetAndDestroy(), REFUSED_WAIT);
    client.once('close', () => clearTimeout(timer));
    this.#clientEnd.onBytes((bytes) => {
      this.#record.received(bytes);
      if (this.#record.tap?.kind === 'opaque') client.resetAndDestroy();
      if (this.#record.tap?.kind !== 'http') return;
      const answer = Buffer.from(unavailable(this.#record.connectFailure ?? ''), 'latin1');
      this.#clientEnd.onBytes(() => {});
      this.#record.sent(answer);
      client.end(answer);
      client.resume();
    });
    client.resume();
  }

  #clientClosed(): void {
    const { engine, listener } = this.#facts;
    engine.connections--;
    engine.stats.listener(listener.name, 'downstream_cx_active', -1);
    const server = this.#server;
    // Both directions have ended, or nobody is left to read what the server says.
    if (server?.connecting === true) server.destroy();
    else server?.destroySoon();
    this.#finish();
  }

  #finish(): void {
    if (this.#done) return;
    const server = this.#server;
    if (!this.#client.destroyed || (server !== undefined && !server.destroyed)) return;
    this.#done = true;
    this.#facts.engine.open.delete(this.#record);
    // A call of the capture port itself leaves no line.
    if (this.#facts.cluster === 'BlackHoleCluster' && this.#flags === '-') return;
    this.#record.close(this.#flags);
  }
}

function unavailable(reason: string): string {
  const body = `upstream connect error or disconnect/reset before headers. reset reason: remote connection failure, transport failure reason: ${reason}`;
  return `HTTP/1.1 503 Service Unavailable\r\ncontent-length: ${body.length}\r\ncontent-type: text/plain\r\nserver: remora\r\nconnection: close\r\n\r\n${body}`;
}

function reasonOf(error: unknown): string {
  return error instanceof Error && 'code' in error
    ? String(error.code)
    : error instanceof Error
      ? error.message
      : String(error);
}

function endOf(address: string | undefined, port: number | undefined): string {
  if (address === undefined) return '-';
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
