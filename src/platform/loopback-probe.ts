import { createServer, type Server, Socket } from 'node:net';

export type ProbeSettings = {
  readonly family: 4 | 6;
  /** Ports on which the proxy would listen. */
  readonly ports: readonly number[];
  /** Where the probe calls: the address of the proxy's inbound side, and a port on which nobody listens. */
  readonly probePort: number;
  readonly timeoutMs: number;
};

export type ProbeResult =
  | { readonly kind: 'captured'; readonly by: number }
  | { readonly kind: 'not-captured' }
  /** Not one of the ports could be listened on. */
  | { readonly kind: 'no-port'; readonly because: string };

const ADDRESSES = { 4: { local: '127.0.0.1', proxy: '127.0.0.6' }, 6: { local: '::1', proxy: '::6' } } as const;

/** A second between two calls. */
const INTERVAL_MS = 1000;

/**
 * Calls an address behind which nobody listens, and waits for the call to come in at the proxy's ports: then the rules
 * are there. A call is told from a stranger's by its source port, which is ours.
 */
export async function probeLoopback(settings: ProbeSettings): Promise<ProbeResult> {
  const { local, proxy } = ADDRESSES[settings.family];
  const ownPorts = new Set<number>();
  const servers: Server[] = [];
  const sockets = new Set<Socket>();
  let because = '';
  try {
    return await new Promise<ProbeResult>((resolve) => {
      const opened = settings.ports.map(async (port) => {
        const server = createServer((socket) => {
          sockets.add(socket);
          socket.on('error', () => {});
          if (ownPorts.has(socket.remotePort ?? -1)) resolve({ kind: 'captured', by: port });
          socket.destroy();
        });
        const problem = await listen(server, port, local);
        if (problem === undefined) servers.push(server);
        else because = problem;
      });
      void Promise.all(opened).then(() => {
        if (servers.length === 0) resolve({ kind: 'no-port', because });
        else call();
      });
      const call = (): void => {
        const socket = new Socket();
        sockets.add(socket);
        socket.on('error', () => {});
        socket.on('connectionAttempt', () => {
          if (socket.localPort !== undefined) ownPorts.add(socket.localPort);
        });
        socket.connect({ host: proxy, port: settings.probePort, localAddress: local });
        socket.on('connect', () => {
          if (socket.localPort !== undefined) ownPorts.add(socket.localPort);
        });
        setTimeout(call, INTERVAL_MS).unref();
      };
      setTimeout(() => resolve({ kind: 'not-captured' }), settings.timeoutMs);
    });
  } finally {
    for (const socket of sockets) socket.destroy();
    for (const server of servers) server.close();
  }
}

function listen(server: Server, port: number, host: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    server.once('error', (error) => resolve(`${host}:${port}: ${error.message}`));
    server.listen({ port, host }, () => resolve(undefined));
  });
}
