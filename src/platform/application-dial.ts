/** Connections to an application in the same pod: from a given source address, plain or TLS, ended by a signal. */
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';

export type Dial = {
  readonly host: string;
  readonly port: number;
  /** Address that the connection comes from. */
  readonly source: string;
  readonly signal: AbortSignal;
};

/** A TCP connection, once it stands. */
export function dial({ host, port, source, signal }: Dial): Promise<Socket> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(new Error('timed out'));
      return;
    }
    const socket = connect({ host, port, localAddress: source, family: isIP(source) === 6 ? 6 : 4 });
    const stop = (): void => {
      socket.destroy(new Error('timed out'));
    };
    signal.addEventListener('abort', stop, { once: true });
    socket.once('close', () => signal.removeEventListener('abort', stop));
    socket.once('error', reject);
    socket.once('connect', () => resolve(socket));
  });
}

/** TLS over a new connection, certificates not checked: the kubelet does not check them either. */
export async function dialTls(target: Dial, protocols: readonly string[]): Promise<TLSSocket> {
  const socket = await dial(target);
  return new Promise((resolve, reject) => {
    const tls = connectTls({
      socket,
      rejectUnauthorized: false,
      ALPNProtocols: [...protocols],
      ...(isIP(target.host) === 0 ? { servername: target.host } : {}),
    });
    socket.once('error', reject);
    tls.once('error', reject);
    tls.once('close', () => reject(new Error('closed while TLS was set up')));
    tls.once('secureConnect', () => resolve(tls));
  });
}
