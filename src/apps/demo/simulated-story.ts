import {
  CLIENT,
  type InjectedPod,
  type PodScene,
  RED,
  SUBNET,
  simulatedCounts,
  simulateRequest,
  simulationChecks,
} from '../../core/demo/index.ts';
import type { Narrator } from './narrator.ts';

/** The story without a kernel: real injection, the rules that istio-init would make, packets through the simulator. */
export function simulateStory(pods: readonly InjectedPod[], because: string, narrator: Narrator): void {
  narrator.update({ kind: 'simulated', because });
  const scene = (part: string): PodScene => {
    const pod = pods.find((one) => one.part.part === part);
    if (pod === undefined) throw new Error(`no pod ${part}`);
    const proxy = { uid: pod.proxy.uid, gid: pod.proxy.gid };
    const interfaces = [{ name: SUBNET.interface, addresses: [pod.part.address] }];
    return {
      rules: pod.planned,
      network: { interfaces, defaultInterface: SUBNET.interface, routes: pod.planned.routes, proxy },
      proxy,
    };
  };
  const packets = simulateRequest(scene(CLIENT.part), scene(RED.part), narrator.report.mode);
  narrator.update({
    packets: packets.map(({ path: _, ...shown }) => shown),
    pods: narrator.report.pods.map((report, i) => ({
      ...report,
      rules: simulatedCounts(report.workload, pods[i]?.planned ?? { rules: [], families: [], routes: [] }, packets),
    })),
    checks: simulationChecks(packets, narrator.report.mode),
  });
  for (const chapter of ['cast', 'injection', 'init', 'proxy', 'rules', 'packet', 'checks'] as const) {
    narrator.chapter(chapter);
  }
}
