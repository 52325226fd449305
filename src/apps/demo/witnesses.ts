/** What is asked of those who have seen the traffic: the kernel, the sidecars, the application that answered. */
import {
  type CountedRule,
  type InjectedPod,
  type PodScene,
  parseCounters,
  parseSamples,
  type Sample,
  SUBNET,
} from '../../core/demo/index.ts';
import { namespacePrefix } from '../../platform/network-namespace.ts';
import { commandRunner } from '../../platform/run-command.ts';
import type { CallResult, Seen } from './application.ts';
import type { PodWorld } from './pod-world.ts';

/** By pod. */
export type Counters = ReadonlyMap<string, readonly CountedRule[]>;

/** The back end that istio-init chose is the one that has its chains. */
const SAVES = ['iptables-nft-save', 'iptables-legacy-save', 'iptables-save'];

export function readCounters(pods: readonly InjectedPod[], world: PodWorld): Counters {
  return new Map(
    pods.map(({ part, planned }) => {
      const run = commandRunner(namespacePrefix(world.namespaceOf(part.part)) ?? ['false']);
      const save = SAVES.map((name) => run([name, '-c']).stdout).find((text) => text.includes('ISTIO_'));
      const counters = parseCounters(save ?? '', planned);
      return [part.part, counters.ok ? counters.value : []] as const;
    }),
  );
}

/** Asks 15020 as Prometheus does. */
export async function scrape(
  pods: readonly InjectedPod[],
  get: (url: string) => Promise<CallResult>,
): Promise<ReadonlyMap<string, readonly Sample[]>> {
  const found = new Map<string, readonly Sample[]>();
  for (const { part } of pods) {
    const { body } = await get(`http://${part.address}:15020/stats/prometheus`);
    found.set(part.part, parseSamples(body));
  }
  return found;
}

/** The pod as the simulator needs it, with the rules that the kernel has. */
export function sceneOf({ part, planned, proxy }: InjectedPod, counters: readonly CountedRule[]): PodScene {
  const user = { uid: proxy.uid, gid: proxy.gid };
  return {
    rules: { ...planned, rules: counters.map(({ rule }) => rule) },
    network: {
      interfaces: [{ name: SUBNET.interface, addresses: [part.address] }],
      defaultInterface: SUBNET.interface,
      routes: planned.routes,
      proxy: user,
    },
    proxy: user,
  };
}

/** The peer that the application which answered has seen. */
export function seenPeer({ status, body }: CallResult): string {
  if (status !== 200) return '';
  try {
    return (JSON.parse(body) as Seen).peer;
  } catch {
    return '';
  }
}
