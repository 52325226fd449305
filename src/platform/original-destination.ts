/** Where a connection was going before the kernel redirected it (netfilter's SO_ORIGINAL_DST). */
import { formatIp, ipOfBytes } from '../core/ip.ts';
import { SOL_IP, SOL_IPV6, socketOption } from './libc.ts';

/** The same number for IPv4 (SO_ORIGINAL_DST) and IPv6 (IP6T_SO_ORIGINAL_DST). */
const ORIGINAL_DESTINATION = 80;

export type SocketTarget = { readonly family: 4 | 6; readonly address: string; readonly port: number };

/**
 * `fd` is that of an accepted socket; `family` that of its peer (an IPv4 peer of an IPv6 socket counts as 4). undefined:
 * the connection was not redirected, and its local address is where it went.
 */
export function originalDestination(fd: number, family: 4 | 6): SocketTarget | undefined {
  const bytes = socketOption(fd, family === 4 ? SOL_IP : SOL_IPV6, ORIGINAL_DESTINATION, family === 4 ? 16 : 28);
  if (bytes === undefined || bytes.length < (family === 4 ? 16 : 28)) return undefined;
  const port = bytes.readUInt16BE(2);
  const address = family === 4 ? bytes.subarray(4, 8) : bytes.subarray(8, 24);
  return { family, address: formatIp(ipOfBytes(address)), port };
}
