/** Listening sockets of the embedded engine, each for one family. */
import { createServer, type Server } from 'node:net';
import { getSystemErrorName } from 'node:util';
import { StreamEnd } from './stream-end.ts';
import { transparentListener } from './transparent-socket.ts';

export type ListenAt = {
  readonly family: 4 | 6;
  readonly address: string;
  readonly port: number;
  /** For TPROXY: connections to any address may arrive. */
  readonly transparent: boolean;
};

/** How many connections may wait to be accepted; the kernel cuts it at net.core.somaxconn. */
const BACKLOG = 4096;

/**
 * Opens it. Accepted ends are paused. Fails with the system's error. One that runs out of
 * descriptors later says so with `onTrouble` and goes on.
 */
export function listenForCapture(
  at: ListenAt,
  onConnection: (end: StreamEnd) => void,
  onTrouble: (error: Error) => void,
): Promise<Server> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    const opened = (): void => {
      server.off('error', reject);
      server.on('error', onTrouble);
      if (takeHandles(server, onConnection, onTrouble)) resolve(server);
      else reject(new Error(`Node ${process.version} does not show the handles of its servers; use one from 20 to 24`));
    };
    if (at.transparent) {
      try {
        server.listen({ fd: transparentListener(at.family, at.address, at.port) }, opened);
      } catch (error) {
        reject(error);
      }
    } else {
      server.listen({ host: at.address, port: at.port, ipv6Only: at.family === 6, backlog: BACKLOG }, opened);
    }
  });
}

/** Node's own handle of a listening server, on a field of its own that has been there since its first releases. */
type Listening = { onconnection?: (error: number, handle: object | undefined) => void };

/** Accepted connections as handles, since there is no public way to give their sockets a buffer. Whether it could. */
function takeHandles(
  server: Server,
  onConnection: (end: StreamEnd) => void,
  onTrouble: (error: Error) => void,
): boolean {
  const { _handle: listening } = server as unknown as { readonly _handle?: Listening | null };
  if (typeof listening?.onconnection !== 'function') return false;
  listening.onconnection = (error, handle) => {
    if (error !== 0 || handle === undefined) onTrouble(new Error(`accept ${getSystemErrorName(error)}`));
    else onConnection(StreamEnd.accepted(handle));
  };
  return true;
}
