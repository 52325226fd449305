/**
 * `relay.ts KIND FROM:TO …`: carries from ports to ports of 127.0.0.1 in one of several ways, to measure them
 * (docs/adr/0024). `…+http` kinds read HTTP as it passes and count it, as the embedded engine does.
 */
import { connect, createServer, type Socket } from 'node:net';
import { ConnectionRecord } from '../../src/core/proxy/index.ts';
import { IstioMetrics } from '../../src/core/telemetry/index.ts';
import { listenForCapture } from '../../src/platform/capture-listener.ts';
import type { StreamEnd } from '../../src/platform/stream-end.ts';
import { dial } from '../../src/platform/stream-socket.ts';
import { relayByEpoll } from './epoll.ts';

export type Watched = { readonly received: (bytes: Uint8Array) => void; readonly sent: (bytes: Uint8Array) => void };
/** Called for each connection. */
export type Watch = () => Watched;
type Ports = readonly (readonly [from: number, to: number])[];

const KINDS: Readonly<Record<string, (ports: Ports) => void>> = {
  streams: (ports) => relayByStreams(ports),
  'streams+http': (ports) => relayByStreams(ports, counting()),
  onread: (ports) => relayByOnread(ports),
  'onread+http': (ports) => relayByOnread(ports, counting()),
  splice: (ports) => relayByEpoll(ports, true),
  epoll: (ports) => relayByEpoll(ports, false),
  'epoll+http': (ports) => relayByEpoll(ports, false, counting()),
};

function counting(): Watch {
  const metrics = new IstioMetrics({
    workload: 'web',
    namespace: 'shop',
    app: 'web',
    version: 'v1',
    canonicalService: 'web',
    canonicalRevision: 'v1',
    cluster: 'Kubernetes',
    istioVersion: '1',
  });
  const sinks = {
    now: Date.now,
    readLatin1: (bytes: Uint8Array, from: number, to: number) =>
      Buffer.prototype.toString.call(bytes, 'latin1', from, to),
    count: metrics.record.bind(metrics),
    log: undefined,
  };
  const ends = { downstreamRemote: '-', downstreamLocal: '-', upstreamRemote: '-', upstreamLocal: '-' };
  return () => {
    const facts = { id: 0, direction: 'inbound', cluster: 'InboundPassthroughCluster', ends: () => ends } as const;
    const record = new ConnectionRecord(sinks, facts, () => {});
    return { received: (bytes) => record.received(bytes), sent: (bytes) => record.sent(bytes) };
  };
}

/** Node's sockets, as in src/apps/proxy/carry.ts. */
function relayByStreams(ports: Ports, watch?: Watch): void {
  for (const [from, to] of ports) {
    const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, (client) => {
      const watched = watch?.();
      const upstream = connect({ host: '127.0.0.1', port: to, allowHalfOpen: true, noDelay: true });
      const half = (a: Socket, b: Socket, see: ((bytes: Uint8Array) => void) | undefined): void => {
        a.on('data', (bytes: Buffer) => {
          see?.(bytes);
          if (!b.write(bytes)) a.pause();
        });
        b.on('drain', () => a.resume());
        a.on('end', () => b.end());
        a.on('error', () => b.destroy());
      };
      half(client, upstream, watched?.received);
      half(upstream, client, watched?.sent);
      client.resume();
    });
    server.listen(from, '0.0.0.0');
  }
}

/** The ends that the embedded engine has: read past the stream, into a buffer that is used again. */
function relayByOnread(ports: Ports, watch?: Watch): void {
  for (const [from, to] of ports) {
    const accepted = (client: StreamEnd): void => {
      const watched = watch?.();
      const upstream = dial({ family: 4, address: '127.0.0.1', port: to }, undefined);
      const half = (a: StreamEnd, b: StreamEnd, see: ((bytes: Uint8Array) => void) | undefined): void => {
        a.passTo(b, see ?? (() => {}));
        a.socket.on('end', () => b.socket.end());
        a.socket.on('error', () => b.socket.destroy());
      };
      half(client, upstream, watched?.received);
      half(upstream, client, watched?.sent);
      client.socket.setNoDelay(true);
      upstream.socket.once('connect', () => client.socket.resume());
      upstream.socket.resume();
    };
    void listenForCapture({ family: 4, address: '0.0.0.0', port: from, transparent: false }, accepted, console.error);
  }
}

const [kind = '', ...pairs] = process.argv.slice(2);
const ports = pairs.map((pair) => pair.split(':').map(Number) as [number, number]);
const relay = KINDS[kind];
if (relay === undefined) throw new Error(`${kind} is none of ${Object.keys(KINDS).join(', ')}`);
relay(ports);
