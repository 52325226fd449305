/**
 * The proof that the simulator tells the truth: random configurations and packets, where a connection through a real
 * kernel, the simulation on the plan, and the simulation on what the kernel lists must agree.
 */
import {
  type CaptureRules,
  type Disposition,
  type Packet,
  type PacketPath,
  type PodNetwork,
  type RuleKind,
  simulatePacket,
} from '../../src/core/capture/index.ts';
import { BACK_ENDS, load, planFor, readBack } from './kernel-rules.ts';
import { HOSTS, Network, type Peer, POD, type Seen, WORLD } from './namespaces.ts';
import { PORTS, Random, randomConfig, randomPacket } from './random-case.ts';

export type Report = {
  readonly seed: number;
  readonly configurations: number;
  readonly pairs: number;
  readonly skipped: number;
  readonly disagreements: readonly string[];
  /** How often each kind of rule matched a packet. */
  readonly hits: ReadonlyMap<RuleKind, number>;
};

export async function runDifferential(configurations: number, packetsEach: number, seed: number): Promise<Report> {
  const random = new Random(seed);
  const hits = new Map<RuleKind, number>();
  const disagreements: string[] = [];
  let pairs = 0;
  let skipped = 0;
  for (let i = 0; i < configurations; i++) {
    const config = randomConfig(random);
    const backEnd = BACK_ENDS[i % BACK_ENDS.length] ?? 'nft';
    const plan = planFor(config, backEnd);
    const network = new Network();
    try {
      load(network, plan, backEnd);
      const listed = readBack(network, plan, backEnd);
      const { pod, world } = await listeners(network, plan, config.enableIpv6);
      for (let k = 0; k < packetsEach; k++) {
        const packet = randomPacket(random, config);
        if (!isPossible(packet)) {
          skipped++;
          continue;
        }
        const seen = await send(packet, pod, world);
        const planned = simulate(plan, packet, hits);
        if (planned.disposition.kind === 'delivered') simulateLater(plan, packet, hits);
        const read = simulate(listed, packet, undefined);
        pairs++;
        const want = seenText(seen, packet);
        const got = dispositionText(planned.disposition, packet, isAnswered(planned));
        const again = dispositionText(read.disposition, packet, isAnswered(read));
        if (want !== got || want !== again) {
          disagreements.push(
            `${backEnd}: kernel "${want}", plan "${got}", listed "${again}"\n  packet ${JSON.stringify(packet)}\n  seen ${JSON.stringify(seen)}\n  config ${JSON.stringify(config)}`,
          );
        }
      }
    } finally {
      network.close();
    }
  }
  return { seed, configurations, pairs, skipped, disagreements, hits };
}

/** A source that the socket may not bind to, or a call that the kernel makes no sense of. */
function isPossible(packet: Packet): boolean {
  // Replies to a datagram from the wire come from the wildcard socket: only the agent's own addresses have one.
  return !(packet.protocol === 'udp' && packet.from.kind === 'wire');
}

async function listeners(network: Network, plan: CaptureRules, ipv6: boolean): Promise<{ pod: Peer; world: Peer }> {
  const families = ipv6 ? ([4, 6] as const) : ([4] as const);
  const pod = network.peer('pod', 'POD');
  const world = network.peer('world', 'WORLD');
  const tproxy = plan.rules.some((rule) => rule.target.kind === 'tproxy');
  const tcp = [...PORTS, 53];
  await pod.listen({
    tcp: families.flatMap((family) => [
      ...tcp.map((port) => [family, port, false] as const),
      [family, 15001, false] as const,
      [family, 15006, tproxy] as const,
    ]),
  });
  // TCP DNS goes to the agent's port as well; over UDP the agent must not listen on the wildcard.
  await pod.listen({
    tcp: families.map((family) => [family, 15053, false] as const),
    udp: families.map((family) => [family, family === 4 ? '127.0.0.1' : '::1', 15053] as const),
    uid: 1337,
    gid: 1337,
  });
  await world.listen({
    tcp: families.flatMap((family) => [...tcp, 15006].map((port) => [family, port, false] as const)),
    udp: families.flatMap((family) =>
      [WORLD[family], ...HOSTS[family]].flatMap((address) =>
        [53, 9000].map((port) => [family, address, port] as const),
      ),
    ),
  });
  return { pod, world };
}

function send(packet: Packet, pod: Peer, world: Peer): Promise<Seen> {
  const { from, family, protocol, destination, port, source, mark } = packet;
  const to = [destination, port] as const;
  if (from.kind === 'wire') return world.dial({ protocol, family, to, uid: 0, gid: 0, source: WORLD[family] });
  const transparent = source === WORLD[family];
  return pod.dial({ protocol, family, to, uid: from.uid, gid: from.gid, source, mark, transparent });
}

function simulate(rules: CaptureRules, packet: Packet, hits: Map<RuleKind, number> | undefined) {
  const path = simulatePacket(rules, packet, podNetwork(rules));
  // The answer, too: that it arrives is part of what is compared.
  const steps = [...path.hops.flatMap((hop) => hop.steps), ...(path.reply?.steps ?? [])];
  for (const step of steps) {
    if (step.matched) hits?.set(step.rule.id, (hits.get(step.rule.id) ?? 0) + 1);
  }
  return path;
}

/** Rules for later packets of a connection are met by no first packet: the next one, and one that belongs to nothing. */
function simulateLater(rules: CaptureRules, packet: Packet, hits: Map<RuleKind, number>): void {
  simulate(rules, { ...packet, state: 'ESTABLISHED' }, hits);
  simulate(rules, { ...packet, state: 'INVALID' }, hits);
}

function podNetwork(rules: CaptureRules): PodNetwork {
  return {
    interfaces: [{ name: 'eth0', addresses: [POD[4], POD[6]] }],
    defaultInterface: 'eth0',
    routes: rules.routes,
  };
}

function isAnswered({ reply }: PacketPath): boolean {
  return reply === undefined || reply.outcome === 'returns' || reply.outcome === 'intercepted';
}

/** What a simulation says of the connection, in the words of {@link seenText}. */
function dispositionText(disposition: Disposition, packet: Packet, answered: boolean): string {
  switch (disposition.kind) {
    case 'sent':
      return 'world';
    case 'delivered': {
      const { port, local, original, peer } = disposition;
      if (!answered) return 'no answer';
      if (packet.protocol === 'udp') return listens(packet, local.address, port) ? `pod udp ${port}` : 'no answer';
      return `pod ${port} at ${local.address}:${local.port} for ${original.address}:${original.port} from ${peer}`;
    }
    default:
      return 'no answer';
  }
}

/** Whether a datagram finds a socket in the pod: only the agent listens. */
function listens(_packet: Packet, address: string, port: number): boolean {
  return port === 15053 && (address === '127.0.0.1' || address === '::1');
}

function seenText(seen: Seen, packet: Packet): string {
  if (seen.error !== undefined) return 'no answer';
  if (seen.label === 'WORLD') return 'world';
  if (packet.protocol === 'udp') return `pod udp ${seen.port}`;
  const local = seen.local ?? ['?', 0];
  const original = seen.original ?? local;
  return `pod ${seen.port} at ${local[0]}:${local[1]} for ${original[0]}:${original[1]} from ${seen.peer}`;
}
