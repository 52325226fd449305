/** Sockets with options that must be set before they are bound: transparent ones, and ones with a source of our choice. */
import {
  bindSocket,
  closeSocket,
  type Family,
  listenSocket,
  SOL_IP,
  SOL_IPV6,
  SOL_SOCKET,
  setSocketOption,
  tcpSocket,
} from './libc.ts';

const SO_REUSEADDR = 2;
const SO_MARK = 36;
const IP_FREEBIND = 15;
const IP_TRANSPARENT = 19;
const IP_BIND_ADDRESS_NO_PORT = 24;
const IPV6_TRANSPARENT = 75;
const IPV6_V6ONLY = 26;
const BACKLOG = 4096;

/** A listening socket that TPROXY may hand connections to any address to. Needs CAP_NET_ADMIN or CAP_NET_RAW. */
export function transparentListener(family: Family, address: string, port: number): number {
  return opened(family, (fd) => {
    setSocketOption(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    beTransparent(fd, family);
    if (family === 6) setSocketOption(fd, SOL_IPV6, IPV6_V6ONLY, 1);
    setSocketOption(fd, SOL_IP, IP_FREEBIND, 1);
    bindSocket(fd, family, address, port);
    listenSocket(fd, BACKLOG);
  });
}

export type Source = {
  readonly family: Family;
  readonly address: string;
  /** Speak in the name of an address that is not ours, with this mark on the packets. */
  readonly transparentMark?: number | undefined;
};

/**
 * A socket that will call from a source address. Its port is chosen when it connects and not when it is bound, so that
 * the ports of a source are not used up by one destination.
 */
export function sourceSocket({ family, address, transparentMark }: Source): number {
  return opened(family, (fd) => {
    if (transparentMark !== undefined) {
      setSocketOption(fd, SOL_SOCKET, SO_MARK, transparentMark);
      beTransparent(fd, family);
    }
    setSocketOption(fd, SOL_IP, IP_BIND_ADDRESS_NO_PORT, 1);
    bindSocket(fd, family, address, 0);
  });
}

function beTransparent(fd: number, family: Family): void {
  if (family === 4) setSocketOption(fd, SOL_IP, IP_TRANSPARENT, 1);
  else setSocketOption(fd, SOL_IPV6, IPV6_TRANSPARENT, 1);
}

/** Nothing stays open when a step fails. */
function opened(family: Family, prepare: (fd: number) => void): number {
  const fd = tcpSocket(family);
  try {
    prepare(fd);
  } catch (error) {
    closeSocket(fd);
    throw error;
  }
  return fd;
}
