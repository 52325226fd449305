import { parseIp, parsePrefix, prefixContains } from '../ip.ts';
import type { CaptureRule, ConntrackState, IpFamily, Match } from './rules.ts';

/** What the conditions of a rule can see of a packet at one stage of its way. */
export type PacketView = {
  readonly family: IpFamily;
  readonly protocol: 'tcp' | 'udp';
  readonly source: string;
  readonly sourcePort: number;
  readonly destination: string;
  readonly port: number;
  readonly inInterface: string;
  readonly outInterface: string;
  /** Absent where no local process owns the packet. */
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
  readonly mark: number;
  readonly connectionMark: number;
  readonly state: ConntrackState;
};

/** The first condition that does not hold, in words; undefined where all hold. */
export function mismatch(rule: CaptureRule, packet: PacketView): string | undefined {
  for (const match of rule.matches) {
    const why = whyNot(match, packet);
    if (why !== undefined) return why;
  }
  return undefined;
}

function whyNot(match: Match, packet: PacketView): string | undefined {
  switch (match.kind) {
    case 'protocol':
      return packet.protocol === match.protocol ? undefined : `it is ${packet.protocol}`;
    case 'in-interface':
      return decide(
        packet.inInterface === match.name,
        match.negated,
        `it comes from ${packet.inInterface || 'a process'}`,
      );
    case 'out-interface':
      return decide(
        packet.outInterface === match.name,
        match.negated,
        `it leaves by ${packet.outInterface || 'no interface'}`,
      );
    case 'source':
      return decide(
        within(match.prefix[packet.family], packet.source),
        match.negated,
        `its source is ${packet.source}`,
      );
    case 'destination':
      return decide(
        within(match.prefix[packet.family], packet.destination),
        match.negated,
        `its destination is ${packet.destination}`,
      );
    case 'source-port':
      return decide(hasPort(match.ports, packet.sourcePort), match.negated, `its source port is ${packet.sourcePort}`);
    case 'destination-port':
      return decide(hasPort(match.ports, packet.port), match.negated, `its port is ${packet.port}`);
    case 'owner': {
      if (packet.owner === undefined) return 'no process of the pod sent it';
      const id = packet.owner[match.of];
      return decide(String(id) === match.id, match.negated, `its ${match.of} is ${id}`);
    }
    case 'conntrack-state':
      return match.states.includes(packet.state) ? undefined : `its connection is ${packet.state.toLowerCase()}`;
    case 'mark':
      return decide(sameMark(match.mark, packet.mark), match.negated, `its mark is ${packet.mark}`);
    case 'connection-mark':
      return decide(
        sameMark(match.mark, packet.connectionMark),
        match.negated,
        `its connection's mark is ${packet.connectionMark}`,
      );
    case 'socket':
      return packet.state === 'ESTABLISHED' ? undefined : 'no socket has the connection yet';
    case 'unknown':
      return `the condition "${match.text}" is not understood`;
  }
}

function decide(holds: boolean, negated: boolean | undefined, why: string): string | undefined {
  return holds === (negated !== true) ? undefined : why;
}

function within(prefix: string | undefined, address: string): boolean {
  const range = prefix === undefined ? undefined : parsePrefix(prefix);
  const ip = parseIp(address);
  return range !== undefined && ip !== undefined && prefixContains(range, ip);
}

/** A port, or a range as `FIRST:LAST`. */
function hasPort(ports: readonly string[], port: number): boolean {
  return ports.some((text) => {
    const [first, last] = text.split(':');
    return port >= Number(first) && port <= Number(last ?? first);
  });
}

/** A number in decimal or hexadecimal, or NUMBER/MASK. */
function sameMark(text: string, mark: number): boolean {
  const [value, mask] = text.split('/');
  const bits = mask === undefined ? 0xffffffff : Number(mask);
  return (mark & bits) >>> 0 === Number(value) >>> 0;
}

/** The number of a mark as rules write it, its mask left out. */
export function markNumber(text: string): number {
  return Number(text.split('/')[0]);
}
