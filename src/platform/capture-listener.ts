/** Listening sockets of the embedded engine, each for one family. */
import { createServer, type Server, type Socket } from 'node:net';
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
 * Opens it. Accepted sockets are paused, each end closes on its own. Fails with the system's error. One that runs out of
 * descriptors later says so with `onTrouble` and goes on.
 */
export function listenForCapture(
  at: ListenAt,
  onConnection: (socket: Socket) => void,
  onTrouble: (error: Error) => void,
): Promise<Server> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, onConnection);
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    const opened = (): void => {
      server.off('error', reject);
      server.on('error', onTrouble);
      resolve(server);
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
