/**
 * `relay.ts KIND FROM:TO …`: carries from ports to ports of 127.0.0.1 in one of several ways, to measure them
 * (docs/adr/0024). `…+http` kinds read HTTP as it passes and count it, as the embedded engine does.
 */
import { connect, createServer, type Server, Socket } from 'node:net';
import { ConnectionRecord } from '../../src/core/proxy/index.ts';
import { IstioMetrics } from '../../src/core/telemetry/index.ts';
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
  const sinks = { now: Date.now, count: metrics.record.bind(metrics), log: undefined };
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

/** The same with one buffer a direction that is read into again and again, past the readable stream. */
function relayByOnread(ports: Ports, watch?: Watch): void {
  for (const [from, to] of ports) {
    const server = createServer();
    server.listen(from, '0.0.0.0', () => {
      accepting(server).onconnection = (error, handle) => {
        if (error || handle === undefined) return;
        const watched = watch?.();
        let [client, upstream]: (Socket | undefined)[] = [];
        const reader = (
          other: () => Socket | undefined,
          own: () => Socket | undefined,
          see?: (bytes: Uint8Array) => void,
        ) => ({
          buffer: Buffer.allocUnsafeSlow(64 * 1024),
          callback: (count: number, buffer: Uint8Array): boolean => {
            const bytes = buffer.subarray(0, count);
            see?.(bytes);
            const to = other();
            if (to === undefined) return true;
            to.write(bytes);
            if (to.writableLength === 0) return true;
            // The buffer is written from: it is read into again when it is out.
            to.write(NOTHING, () => own()?.resume());
            return false;
          },
        });
        const options = {
          handle,
          allowHalfOpen: true,
          onread: reader(
            () => upstream,
            () => client,
            watched?.received,
          ),
        };
        upstream = connect({
          host: '127.0.0.1',
          port: to,
          allowHalfOpen: true,
          noDelay: true,
          onread: reader(
            () => client,
            () => upstream,
            watched?.sent,
          ),
        });
        client = new Socket(options);
        client.setNoDelay(true);
        for (const [a, b] of [
          [client, upstream],
          [upstream, client],
        ] as const) {
          a.on('end', () => b.end());
          a.on('error', () => b.destroy());
        }
        client.resume();
      };
    });
  }
}

const NOTHING = new Uint8Array(0);

type Accepting = { onconnection: (error: number, handle: object | undefined) => void };

/** Node's own handle of a server: there is no public way to give accepted sockets a buffer. */
function accepting(server: Server): Accepting {
  return (server as unknown as { readonly _handle: Accepting })._handle;
}

const [kind = '', ...pairs] = process.argv.slice(2);
const ports = pairs.map((pair) => pair.split(':').map(Number) as [number, number]);
const relay = KINDS[kind];
if (relay === undefined) throw new Error(`${kind} is none of ${Object.keys(KINDS).join(', ')}`);
relay(ports);
