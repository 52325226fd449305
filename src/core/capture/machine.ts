import { isLoopback, parseIp } from '../ip.ts';
import { failed, type Parsed, parsed } from '../problem.ts';
import { parseResolvConf } from '../resolv-conf.ts';

/**
 * Whether IPv6 is on, from the addresses of the machine in kernel order (capture.md 3): loopback and link-local ones are
 * passed over. The first address left decides, with dual stack any IPv6 address.
 */
export function ipv6FromAddresses(addresses: readonly string[], dualStack: boolean): Parsed<boolean> {
  const usable = addresses.flatMap((text) => {
    const address = parseIp(text.split(/[/%]/)[0] ?? '');
    return address === undefined || isLoopback(address) || isLinkLocal(address.family, address.value) ? [] : [address];
  });
  const [first] = usable;
  if (first === undefined) {
    return failed({
      code: 'CAPTURE_NO_ADDRESS',
      severity: 'error',
      message: 'no valid local IP address found',
      remedy: 'Run this in the network namespace of a pod, after its network has been set up.',
    });
  }
  // An IPv4 address that is written as IPv6 counts as IPv4.
  const isV6 = (address: typeof first): boolean => address.family === 6 && address.value >> 32n !== 0xffffn;
  return parsed(dualStack ? usable.some(isV6) : isV6(first));
}

function isLinkLocal(family: 4 | 6, value: bigint): boolean {
  if (family === 4) return value >> 16n === 0xa9fen || value >> 8n === 0xe00000n;
  return value >> 118n === 0x3fan || value >> 112n === 0xff02n;
}

/** The name servers of a resolv.conf; a line that is no address is passed over. */
export function nameServersOf(text: string): { readonly v4: readonly string[]; readonly v6: readonly string[] } {
  const servers = parseResolvConf(text).servers.filter((server) => parseIp(server) !== undefined);
  return {
    v4: servers.filter((server) => !server.includes(':')),
    v6: servers.filter((server) => server.includes(':')),
  };
}

/** The id of a user in the text of /etc/passwd. */
export function uidInPasswd(text: string, user: string): string | undefined {
  for (const line of text.split('\n')) {
    const [name, , uid] = line.split(':');
    if (name === user) return uid;
  }
  return undefined;
}
