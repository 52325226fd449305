import { isLoopback, parseIp } from '../ip.ts';
import { markNumber } from './match.ts';
import type { PodNetwork } from './packet.ts';
import type { IpFamily } from './rules.ts';

export type Route =
  /** To this machine. `source` is what the kernel fills in for a socket that has none. */
  | { readonly kind: 'local'; readonly source: string; readonly byMark: boolean }
  | { readonly kind: 'out'; readonly interface: string; readonly source: string }
  | { readonly kind: 'none'; readonly because: string };

/**
 * Where a packet goes: by policy routing for a mark that TPROXY uses, else to an address of the pod's own, else by the
 * interface whose network has it or the default route.
 */
export function route(network: PodNetwork, family: IpFamily, destination: string, mark: number): Route {
  const local = localSource(network, family, destination);
  if (local !== undefined) return { kind: 'local', source: local, byMark: false };
  const marked = network.routes.some(
    (setting) => setting.kind === 'tproxy-route' && setting.family === family && markNumber(setting.mark) === mark,
  );
  const out = network.interfaces.find((candidate) => candidate.name === network.defaultInterface);
  const source = out === undefined ? undefined : primaryAddress(out.addresses, family);
  // The table of the mark delivers everything to lo; the source is chosen as for any address that is not the pod's.
  if (marked) return { kind: 'local', source: source ?? loopbackOf(family), byMark: true };
  if (out === undefined || source === undefined) {
    return { kind: 'none', because: `the pod has no IPv${family} address but loopback` };
  }
  return { kind: 'out', interface: out.name, source };
}

/** The source for a destination that is the pod's own; undefined where it is not. */
function localSource(network: PodNetwork, family: IpFamily, destination: string): string | undefined {
  const address = parseIp(destination);
  if (address === undefined || address.family !== family) return undefined;
  if (isLoopback(address)) return loopbackOf(family);
  const extra = network.routes.some(
    (setting) => setting.kind === 'loopback-address' && setting.address.split('/')[0] === destination,
  );
  const own = network.interfaces.some(({ addresses }) => addresses.includes(destination));
  return extra || own ? destination : undefined;
}

export function primaryAddress(addresses: readonly string[], family: IpFamily): string | undefined {
  return addresses.find((address) => address.includes(':') === (family === 6));
}

export function loopbackOf(family: IpFamily): string {
  return family === 4 ? '127.0.0.1' : '::1';
}
