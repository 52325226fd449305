import { type CountedRule, turnedTo } from './counters.ts';
import { type Sample, total } from './metrics.ts';
import type { Comparison, StoryPacket } from './one-request.ts';
import type { PodReport } from './report.ts';
import { APPLICATION_UID, CLIENT, type InterceptionMode, RED } from './story.ts';
import type { Leg, SentRequest, Trail } from './trail.ts';

/** Something that must hold, whether it does, and what was seen. */
export type Check = { readonly id: string; readonly what: string; readonly held: boolean; readonly evidence: string };

/** Before the first request: who runs, and as whom. */
export function startChecks(pods: readonly PodReport[]): readonly Check[] {
  const all = (test: (pod: PodReport) => boolean): boolean => pods.length > 0 && pods.every(test);
  const each = (say: (pod: PodReport) => string): string => pods.map((pod) => `${pod.workload} ${say(pod)}`).join(', ');
  return [
    {
      id: 'init-completed',
      what: 'istio-init ran to its end in both pods',
      held: all(({ init }) => init.exitCode === 0),
      evidence: each(({ init }) => `exit code ${init.exitCode ?? '-'}`),
    },
    {
      id: 'sidecars-ready',
      what: 'both sidecars answer on 15021',
      held: all(({ ready }) => ready === true),
      evidence: each(({ ready, proxy }) => (ready === true ? `after ${proxy.milliseconds} ms` : 'not ready')),
    },
    {
      id: 'users',
      what: 'each process runs as the user of its container',
      held: all(
        ({ proxy, application }) =>
          proxy.runsAs?.uid === proxy.uid &&
          proxy.runsAs.gid === proxy.gid &&
          application?.runsAs.uid === APPLICATION_UID,
      ),
      evidence: each(
        ({ proxy, application }) =>
          `sidecar ${proxy.runsAs?.uid ?? '-'}:${proxy.runsAs?.gid ?? '-'}, application ${application?.runsAs.uid ?? '-'}`,
      ),
    },
  ];
}

type Readings = {
  readonly before: { readonly counters: readonly CountedRule[]; readonly metrics: readonly Sample[] };
  readonly after: { readonly counters: readonly CountedRule[]; readonly metrics: readonly Sample[] };
};

export type TrafficEvidence = {
  readonly mode: InterceptionMode;
  readonly requests: readonly SentRequest[];
  readonly trails: readonly Trail[];
  readonly client: Readings;
  readonly red: Readings;
  readonly comparison: readonly Comparison[];
  readonly probeStatus: number;
};

/** After the requests: every one of them passed every sidecar that it should, by three witnesses. */
export function trafficChecks(evidence: TrafficEvidence): readonly Check[] {
  const { requests, trails, client, red, comparison, mode, probeStatus } = evidence;
  const count = (...legs: readonly Leg[]): number => requests.filter(({ leg }) => legs.includes(leg)).length;
  const answered = requests.filter(({ status }) => status === 200).length;
  const whole = trails.filter(({ missing }) => missing === undefined).length;
  const broken = trails.find(({ missing }) => missing !== undefined);
  const sent = count('pod-to-pod', 'out');
  const received = count('pod-to-pod', 'in');
  const turnedOut = turnedTo(15001, client.before.counters, client.after.counters);
  const turnedIn = turnedTo(15006, red.before.counters, red.after.counters);
  const counted = (readings: Readings, name: string, labels: Readonly<Record<string, string>>): number =>
    total(readings.after.metrics, name, labels) - total(readings.before.metrics, name, labels);
  const opened = counted(client, 'istio_tcp_connections_opened_total', { reporter: 'source' });
  const served = counted(red, 'istio_requests_total', { reporter: 'destination', response_code: '200' });
  const inward = requests.filter(({ leg }) => leg !== 'out');
  const peers = new Set(inward.map(({ seenPeer }) => seenPeer.replace(/:\d+$/, '')));
  const expected = (leg: Leg): string =>
    mode === 'REDIRECT'
      ? '127.0.0.6'
      : leg === 'in'
        ? (inward.find((one) => one.leg === leg)?.from ?? '')
        : CLIENT.address;
  const apart = comparison.filter(({ agrees }) => !agrees);
  return [
    {
      id: 'answered',
      what: 'every request was answered with 200',
      held: requests.length > 0 && answered === requests.length,
      evidence: `${answered} of ${requests.length}${firstError(requests)}`,
    },
    {
      id: 'access-logs',
      what: 'the access logs of the sidecars join into a whole path for every request',
      held: trails.length > 0 && trails.length === requests.length && whole === trails.length,
      evidence: `${whole} of ${requests.length}, socket by socket${broken === undefined ? '' : `; ${broken.request.path}: ${broken.missing}`}`,
    },
    {
      id: 'counters-out',
      what: "the kernel turned everything that the client sent to its sidecar's 15001",
      held: sent > 0 && turnedOut === sent,
      evidence: `${turnedOut} connections of ${sent} requests`,
    },
    {
      id: 'counters-in',
      what: "the kernel turned everything that demo-red received to its sidecar's 15006",
      held: received > 0 && turnedIn === received,
      evidence: `${turnedIn} connections of ${received} requests`,
    },
    {
      id: 'metrics-out',
      what: "the client's sidecar counted every connection as its source",
      held: sent > 0 && opened === sent,
      evidence: `istio_tcp_connections_opened_total +${opened}, ${sent} requests`,
    },
    {
      id: 'metrics-in',
      what: "demo-red's sidecar counted every request as its destination",
      held: received > 0 && served === received,
      evidence: `istio_requests_total +${served}, ${received} requests`,
    },
    {
      id: 'peer',
      what:
        mode === 'REDIRECT'
          ? 'demo-red was called from 127.0.0.6 only, which is its sidecar'
          : 'demo-red saw the addresses of its clients, though its sidecar called',
      held: inward.length > 0 && inward.every(({ leg, seenPeer }) => hostOf(seenPeer) === hostOf(expected(leg))),
      evidence: [...peers].join(', ') || 'nothing',
    },
    {
      id: 'simulator',
      what: 'for one request, the kernel counted at the rules that the simulator names, and at no other',
      held: comparison.length > 0 && apart.length === 0,
      evidence:
        apart[0] === undefined
          ? `${comparison.length} rules agree`
          : `${apart[0].pod} ${apart[0].chain}: ${apart[0].rule}: simulated ${apart[0].simulated}, counted ${apart[0].counted}`,
    },
    {
      id: 'probe',
      what: "the kubelet's probe, which injection sent to the sidecar, reaches the application",
      held: probeStatus === 200,
      evidence: `GET ${RED.address}:15020/app-health/${RED.workload}/livez: ${probeStatus}`,
    },
  ];
}

function hostOf(endpoint: string): string {
  return endpoint.replace(/:\d+$/, '');
}

function firstError(requests: readonly SentRequest[]): string {
  const failed = requests.find(({ status }) => status !== 200);
  return failed === undefined ? '' : `; ${failed.path}: ${failed.error ?? failed.status}`;
}

/** What can be asked without a kernel: where the simulator has the four packets of a request end. */
export function simulationChecks(packets: readonly StoryPacket[], mode: InterceptionMode): readonly Check[] {
  const [call, onwards, arrival, handover] = packets.map(({ path }) => path.disposition);
  const port = (end: typeof call): number | undefined => (end?.kind === 'delivered' ? end.port : undefined);
  return [
    {
      id: 'simulated-out',
      what: "what the application sends is turned to its sidecar's 15001",
      held: port(call) === 15001 && call?.kind === 'delivered' && call.original.address === RED.address,
      evidence: packets[0]?.outcome ?? 'no packet',
    },
    {
      id: 'simulated-onwards',
      what: 'what the sidecar sends is let go',
      held: onwards?.kind === 'sent',
      evidence: packets[1]?.outcome ?? 'no packet',
    },
    {
      id: 'simulated-in',
      what: "what arrives is turned to the sidecar's 15006",
      held:
        port(arrival) === 15006 &&
        arrival?.kind === 'delivered' &&
        arrival.by === (mode === 'TPROXY' ? 'tproxy' : 'redirect'),
      evidence: packets[2]?.outcome ?? 'no packet',
    },
    {
      id: 'simulated-handover',
      what: 'what the sidecar hands to the application is not turned back to it',
      held: port(handover) === RED.port && handover?.kind === 'delivered' && handover.by === 'direct',
      evidence: packets[3]?.outcome ?? 'no packet',
    },
    {
      id: 'simulated-answer',
      what: 'the answer finds its way back',
      held:
        packets.length > 0 &&
        packets.every(
          ({ path }) => path.reply === undefined || ['returns', 'intercepted'].includes(path.reply.outcome),
        ),
      evidence: packets.at(-1)?.path.reply?.summary ?? 'no packet',
    },
  ];
}

/** After everything was taken away. */
export function cleanupCheck(left: readonly string[]): Check {
  return {
    id: 'nothing-left',
    what: 'namespaces, processes and files are gone',
    held: left.length === 0,
    evidence: left.length === 0 ? 'nothing is left' : left.join(', '),
  };
}
