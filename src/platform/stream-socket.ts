/** TCP sockets as the embedded engine uses them. */
import type { Socket } from 'node:net';
import { originalDestination, type SocketTarget } from './original-destination.ts';
import { StreamEnd } from './stream-end.ts';
import { type Source, sourceSocket } from './transparent-socket.ts';

/** Where the client of an accepted socket was going: what the kernel redirected, else the address it was accepted at. */
export function targetOf(socket: Socket, transparent: boolean): SocketTarget | undefined {
  const { localAddress, localPort, remoteFamily } = socket;
  if (localAddress === undefined || localPort === undefined) return undefined;
  const family = remoteFamily === 'IPv6' ? 6 : 4;
  const fd = descriptorOf(socket);
  const original = transparent || fd === undefined ? undefined : originalDestination(fd, family);
  return original ?? { family, address: localAddress, port: localPort };
}

/** Calls a target, from a source address where one is given. Throws where a socket cannot be had (EMFILE, ENOBUFS). */
export function dial({ address, port }: SocketTarget, source: Source | undefined): StreamEnd {
  const end = StreamEnd.calling(source === undefined ? undefined : sourceSocket(source));
  end.socket.setNoDelay(true);
  end.socket.connect({ host: address, port });
  return end;
}

/** Node shows it on a field of its own that has been there since its first releases. */
function descriptorOf(socket: Socket): number | undefined {
  const { _handle: handle } = socket as unknown as { readonly _handle?: { readonly fd?: number } | null };
  const fd = handle?.fd;
  return fd === undefined || fd < 0 ? undefined : fd;
}
