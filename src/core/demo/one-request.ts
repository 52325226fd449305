import {
  type CaptureRule,
  type CaptureRules,
  dispositionText,
  type Packet,
  type PacketPath,
  type PodNetwork,
  packetText,
  ruleText,
  simulatePacket,
} from '../capture/index.ts';
import { type CountedRule, type RuleCount, ruleKey } from './counters.ts';
import { APPLICATION_UID, CLIENT, type InterceptionMode, RED, SUBNET } from './story.ts';

/** Rules of the two pods, and who their sidecars run as. */
export type PodScene = {
  readonly rules: CaptureRules;
  readonly network: PodNetwork;
  readonly proxy: { readonly uid: number; readonly gid: number };
};

/** One of the four connections' first packets that a request from pod to pod is made of. */
export type StoryPacket = {
  readonly title: string;
  readonly pod: string;
  readonly packet: string;
  readonly rules: readonly {
    readonly table: string;
    readonly chain: string;
    readonly rule: string;
    readonly reason: string;
  }[];
  readonly outcome: string;
  readonly path: PacketPath;
};

/**
 * A request from the client to demo-red, as the simulator sees it.
 *
 *   application ─1► sidecar ─2► │ wire │ ─3► sidecar ─4► application
 *                                        └── in the other pod
 */
export function simulateRequest(client: PodScene, red: PodScene, mode: InterceptionMode): readonly StoryPacket[] {
  const to = { family: 4, protocol: 'tcp', destination: RED.address, port: RED.port } as const;
  const inbound = mode === 'TPROXY' ? { source: CLIENT.address, mark: TPROXY_MARK } : { source: INBOUND_SOURCE };
  return [
    story('The application calls', CLIENT.workload, client, { ...to, from: process(APPLICATION_UID, APPLICATION_UID) }),
    story('Its sidecar goes on', CLIENT.workload, client, { ...to, from: process(client.proxy.uid, client.proxy.gid) }),
    story('It arrives by the wire', RED.workload, red, {
      ...to,
      source: CLIENT.address,
      from: { kind: 'wire', interface: SUBNET.interface },
    }),
    story('The sidecar hands it over', RED.workload, red, {
      ...to,
      ...inbound,
      from: process(red.proxy.uid, red.proxy.gid),
    }),
  ];
}

/** From which a sidecar calls its own pod's application: what leaves from there is never captured. */
const INBOUND_SOURCE = '127.0.0.6';
/** Of the socket by which a sidecar calls in the client's name. */
const TPROXY_MARK = 1337;

function process(uid: number, gid: number): Packet['from'] {
  return { kind: 'process', uid, gid };
}

function story(title: string, pod: string, scene: PodScene, packet: Packet): StoryPacket {
  const path = simulatePacket(scene.rules, packet, scene.network);
  const matched = path.hops.flatMap((hop) => hop.steps.filter((step) => step.matched));
  return {
    title,
    pod,
    packet: packetText(packet),
    rules: matched.map(({ rule }) => ({
      table: rule.table,
      chain: rule.chain,
      rule: ruleText(rule, 4),
      reason: rule.reason,
    })),
    outcome: dispositionText(path.disposition),
    path,
  };
}

/** A rule, how often the simulator has it match for one request, and how often the kernel did. */
export type Comparison = {
  readonly pod: string;
  readonly table: string;
  readonly chain: string;
  readonly rule: string;
  readonly simulated: number;
  readonly counted: number;
  readonly agrees: boolean;
};

/**
 * Side by side for one pod: rules that either side names. Tables other than nat are asked about every packet of a
 * connection, of which the simulator follows the first: there the kernel may have counted more.
 */
export function compareWithKernel(
  pod: string,
  packets: readonly StoryPacket[],
  before: readonly CountedRule[],
  after: readonly CountedRule[],
): readonly Comparison[] {
  const simulated = new Map<string, number>();
  for (const { path } of packets.filter((packet) => packet.pod === pod)) {
    for (const step of path.hops.flatMap((hop) => hop.steps)) {
      const key = ruleKey(step.rule);
      if (step.matched) simulated.set(key, (simulated.get(key) ?? 0) + 1);
    }
  }
  const earlier = new Map(before.map(({ rule, packets: count }) => [ruleKey(rule), count]));
  return after.flatMap(({ rule, packets: count }) => {
    const key = ruleKey(rule);
    const expected = simulated.get(key) ?? 0;
    const counted = count - (earlier.get(key) ?? 0);
    if (rule.table !== 'nat' && expected === 0) return [];
    if (expected === 0 && counted === 0) return [];
    const agrees = rule.table === 'nat' ? expected === counted : counted >= expected;
    return [
      { pod, table: rule.table, chain: rule.chain, rule: ruleText(rule, 4), simulated: expected, counted, agrees },
    ];
  });
}

/** In place of the kernel's counts, for a story without one: how often each rule matches for one request. */
export function simulatedCounts(
  pod: string,
  { rules }: CaptureRules,
  packets: readonly StoryPacket[],
): readonly RuleCount[] {
  const steps = packets
    .filter((packet) => packet.pod === pod)
    .flatMap(({ path }) => path.hops.flatMap((hop) => hop.steps.filter((step) => step.matched)));
  return inKernelOrder(rules.filter(({ families }) => families.includes(4))).map((rule) => ({
    table: rule.table,
    chain: rule.chain,
    rule: ruleText(rule, 4),
    reason: rule.reason,
    packets: steps.filter((step) => ruleKey(step.rule) === ruleKey(rule)).length,
  }));
}

/** By table and chain, inserted rules at their place: as a save command would list them. */
function inKernelOrder(rules: readonly CaptureRule[]): readonly CaptureRule[] {
  const chains = new Map<string, CaptureRule[]>();
  for (const rule of rules) {
    const key = `${rule.table} ${rule.chain.startsWith('ISTIO_') ? 1 : 0} ${rule.chain}`;
    const chain = chains.get(key) ?? [];
    chain.splice(rule.insertAt === undefined ? chain.length : rule.insertAt - 1, 0, rule);
    chains.set(key, chain);
  }
  return [...chains.keys()].sort().flatMap((key) => chains.get(key) ?? []);
}
