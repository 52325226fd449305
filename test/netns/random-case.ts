/** Random configurations and packets, over every setting that makes a rule and every kind of sender. */
import {
  type CaptureConfig,
  DEFAULT_CAPTURE_CONFIG,
  type IpFamily,
  type Packet,
} from '../../src/core/capture/index.ts';
import { HOSTS, POD, WORLD } from './namespaces.ts';

/** Ports on which somebody listens, in the pod and outside. */
export const PORTS = [80, 8080, 9000, 443, 15000, 15008, 15020, 15021, 15090] as const;

export class Random {
  private state: number;
  constructor(seed: number) {
    this.state = seed >>> 0 || 1;
  }
  /** mulberry32 */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }
  pick<T>(items: readonly T[]): T {
    const item = items[Math.floor(this.next() * items.length)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  }
  chance(probability: number): boolean {
    return this.next() < probability;
  }
  some<T>(items: readonly T[], probability = 0.4): readonly T[] {
    return items.filter(() => this.chance(probability));
  }
}

const CIDRS = {
  4: ['10.77.0.0/24', '9.9.0.0/16', '1.1.3.4/32', '172.16.0.0/12', '10.77.0.2/32', '127.0.0.1/32', '0.0.0.0/0'],
  6: ['fd77::/64', '2001:db8:1::/48', '2001:db8::/32', 'fd77::2/128', '::1/128'],
} as const;

/** Users and groups: root, the proxy's usual, another, and two applications. */
const IDS = [0, 1337, 1338, 1000, 2000] as const;

export function randomConfig(random: Random): CaptureConfig {
  const ports = (probability: number): string => random.some(PORTS, probability).join(',');
  const cidrs = (probability: number): string => random.some([...CIDRS[4], ...CIDRS[6]], probability).join(',');
  const dns = random.chance(0.3);
  const groups = random.chance(0.8);
  return {
    ...DEFAULT_CAPTURE_CONFIG,
    inboundInterceptionMode: random.chance(0.4) ? 'TPROXY' : 'REDIRECT',
    inboundPortsInclude: random.pick(['*', '*', '*', ports(0.4), '']),
    inboundPortsExclude: ports(0.3),
    outboundIpRangesInclude: random.pick(['*', '*', cidrs(0.3), '']),
    outboundIpRangesExclude: random.chance(0.4) ? cidrs(0.15) : '',
    outboundPortsInclude: random.chance(0.3) ? ports(0.3) : '',
    outboundPortsExclude: random.chance(0.4) ? ports(0.3) : '',
    proxyUid: random.pick(['1337', '1337', '1337', '1338', '1337,1338', '0']),
    proxyGid: random.pick(['1337', '1337', '1337', '1338', '1337,2000']),
    ownerGroupsInclude: groups ? '*' : random.some(['1000', '2000', '0'], 0.5).join(','),
    ownerGroupsExclude: random.chance(0.2) ? '2000' : '',
    excludeInterfaces: random.pick(['', '', '', '', 'eth0', 'eth9', 'lo']),
    rerouteVirtualInterfaces: random.pick(['', '', '', '', 'eth0', 'eth9']),
    dropInvalid: random.chance(0.2),
    enableIpv6: random.chance(0.7),
    redirectDns: dns,
    captureAllDns: dns && random.chance(0.5),
    dnsServersV4: dns ? random.some([WORLD[4], HOSTS[4][0]], 0.6) : [],
    dnsServersV6: dns ? random.some([WORLD[6]], 0.6) : [],
    hostIpv4LoopbackCidr: random.pick(['127.0.0.1/32', '127.0.0.1/32', '127.0.0.1/32', '127.0.0.1/8']),
  };
}

/** A packet and, where it matters, what its socket must be allowed to do. */
export function randomPacket(random: Random, config: CaptureConfig): Packet {
  const family: IpFamily = config.enableIpv6 && random.chance(0.4) ? 6 : 4;
  const inbound = random.chance(0.35);
  const protocol = random.chance(0.2) ? 'udp' : 'tcp';
  const port = protocol === 'udp' ? random.pick([53, 53, 9000]) : random.pick([...PORTS, 53, 15006]);
  if (inbound) {
    const from = { kind: 'wire', interface: 'eth0' } as const;
    return { family, protocol, source: WORLD[family], destination: POD[family], port, from };
  }
  const loopback = family === 4 ? ['127.0.0.1', '127.0.0.6', '127.0.0.5'] : ['::1', '::6'];
  const destination = random.pick([WORLD[family], WORLD[family], ...HOSTS[family], POD[family], ...loopback]);
  const uid = random.pick(IDS);
  const from = { kind: 'process', uid, gid: random.chance(0.6) ? uid : random.pick(IDS) } as const;
  const toSelf = destination === POD[family];
  if (protocol === 'tcp' && toSelf && random.chance(0.4)) {
    return { family, protocol, source: family === 4 ? '127.0.0.6' : '::6', destination, port, from };
  }
  if (protocol === 'tcp' && toSelf && random.chance(0.4)) {
    return { family, protocol, source: WORLD[family], mark: 1337, destination, port, from };
  }
  return { family, protocol, destination, port, from };
}
