/** Where a connection was going before the kernel redirected it (netfilter's SO_ORIGINAL_DST). */
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
  if (family === 4) return { family, address: [...bytes.subarray(4, 8)].join('.'), port };
  return { family, address: ipv6Text(bytes.subarray(8, 24)), port };
}

/** As the kernel and Node write it: lower case, the longest run of zeros shortened. */
function ipv6Text(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, i) =>
    ((bytes[2 * i] ?? 0) * 256 + (bytes[2 * i + 1] ?? 0)).toString(16),
  );
  const text = groups.join(':');
  const runs = text.match(/(?:^|:)0(?::0)+(?=:|$)/g) ?? [];
  const longest = runs.reduce((a, b) => (b.length > a.length ? b : a), '');
  if (longest === '') return text;
  const at = text.indexOf(longest);
  const head = text.slice(0, at);
  const tail = text.slice(at + longest.length).replace(/^:/, '');
  return `${head}::${tail}`;
}
