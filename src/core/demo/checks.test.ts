import { describe, expect, it } from 'vitest';
import { cleanupCheck, simulationChecks, startChecks, type TrafficEvidence, trafficChecks } from './checks.ts';
import type { CountedRule } from './counters.ts';
import type { PodReport } from './report.ts';
import type { SentRequest } from './trail.ts';

const turned = (port: string, packets: number): CountedRule => ({
  rule: {
    id: 'foreign',
    table: 'nat',
    chain: 'ISTIO_REDIRECT',
    families: [4],
    matches: [],
    target: { kind: 'redirect', port },
    reason: '',
  },
  packets,
});

const readings = (
  port: string,
  packets: number,
  name: string,
  labels: Readonly<Record<string, string>>,
  value: number,
) => ({
  before: { counters: [turned(port, 0)], metrics: [] },
  after: { counters: [turned(port, packets)], metrics: [{ name, labels, value }] },
});

const request = (leg: SentRequest['leg'], more: Partial<SentRequest> = {}): SentRequest => ({
  leg,
  path: `/${leg}/1`,
  status: 200,
  milliseconds: 1,
  from: leg === 'in' ? '10.32.0.1:5' : '10.32.0.7:4',
  seenPeer: leg === 'out' ? '10.32.0.7:9' : '127.0.0.6:1',
  ...more,
});

const REQUESTS = [request('pod-to-pod'), request('out'), request('in')];
const OPENED = 'istio_tcp_connections_opened_total';

const GOOD: TrafficEvidence = {
  mode: 'REDIRECT',
  requests: REQUESTS,
  trails: REQUESTS.map((one) => ({ request: one, stations: [] })),
  client: readings('15001', 2, OPENED, { reporter: 'source' }, 2),
  red: readings('15006', 2, 'istio_requests_total', { reporter: 'destination', response_code: '200' }, 2),
  comparison: [{ pod: 'p', table: 'nat', chain: 'c', rule: 'r', simulated: 1, counted: 1, agrees: true }],
  probeStatus: 200,
};

const failed = (evidence: Partial<TrafficEvidence>): readonly string[] =>
  trafficChecks({ ...GOOD, ...evidence }).flatMap(({ id, held }) => (held ? [] : [id]));

describe('checks of the traffic', () => {
  it('hold for what must be', () => {
    expect(failed({})).toEqual([]);
    expect(trafficChecks(GOOD)).toHaveLength(9);
  });

  it('do not hold for a story in which nothing happened', () => {
    const nothing = readings('15001', 0, OPENED, {}, 0);
    const none = { requests: [], trails: [], client: nothing, red: nothing, comparison: [], probeStatus: 0 };
    expect(failed(none)).toHaveLength(9);
  });

  it.each<[string, Partial<TrafficEvidence>]>([
    ['answered', { requests: [request('pod-to-pod', { status: 503 }), ...REQUESTS.slice(1)] }],
    ['access-logs', { trails: REQUESTS.map((one) => ({ request: one, stations: [], missing: 'x' })) }],
    ['access-logs', { trails: GOOD.trails.slice(1) }],
    ['counters-out', { client: readings('15001', 3, OPENED, { reporter: 'source' }, 2) }],
    [
      'counters-in',
      { red: readings('15006', 1, 'istio_requests_total', { reporter: 'destination', response_code: '200' }, 2) },
    ],
    ['metrics-out', { client: readings('15001', 2, OPENED, { reporter: 'destination' }, 2) }],
    [
      'metrics-in',
      { red: readings('15006', 2, 'istio_requests_total', { reporter: 'destination', response_code: '503' }, 2) },
    ],
    ['peer', { requests: [request('pod-to-pod', { seenPeer: '10.32.0.7:4' }), ...REQUESTS.slice(1)] }],
    ['peer', { mode: 'TPROXY' }],
    [
      'simulator',
      { comparison: [{ pod: 'p', table: 'nat', chain: 'c', rule: 'r', simulated: 1, counted: 2, agrees: false }] },
    ],
    ['probe', { probeStatus: 500 }],
  ])('%s does not hold alone', (id, evidence) => {
    expect(failed(evidence)).toEqual([id]);
  });

  it('with TPROXY the application must see its clients', () => {
    const seen = [
      request('pod-to-pod', { seenPeer: '10.32.0.7:9' }),
      request('out'),
      request('in', { seenPeer: '10.32.0.1:9' }),
    ];
    expect(failed({ mode: 'TPROXY', requests: seen })).toEqual([]);
  });
});

describe('checks of the start', () => {
  const run = { container: 'c', args: [], env: {}, uid: 1337, gid: 1337, capabilities: [] };
  const user = { uid: 1337, gid: 1337 };
  const pod: PodReport = {
    workload: 'w',
    pod: 'p',
    address: 'a',
    port: 1,
    injection: { decidedBy: 'policy', because: '', containers: [], initContainers: [] },
    init: { ...run, exitCode: 0 },
    proxy: { ...run, runsAs: user },
    application: { pid: 1, runsAs: { uid: 1000, gid: 1000 } },
    ready: true,
    rules: [],
    accessLog: [],
    ownLog: [],
    metrics: [],
  };
  const bad = (change: Partial<PodReport>): readonly string[] =>
    startChecks([pod, { ...pod, ...change }]).flatMap(({ id, held }) => (held ? [] : [id]));

  it('hold for what must be, and for no pods do not', () => {
    expect(bad({})).toEqual([]);
    expect(startChecks([]).every(({ held }) => !held)).toBe(true);
  });

  it.each<[string, Partial<PodReport>]>([
    ['init-completed', { init: { ...run, exitCode: 1 } }],
    ['sidecars-ready', { ready: false }],
    ['users', { proxy: { ...run, runsAs: { uid: 0, gid: 0 } } }],
    ['users', { application: { pid: 1, runsAs: { uid: 1337, gid: 1337 } } }],
  ])('%s', (id, change) => {
    expect(bad(change)).toEqual([id]);
  });
});

it('a simulation without packets proves nothing', () => {
  const held = simulationChecks([], 'REDIRECT').filter((check) => check.held);
  expect(held).toEqual([]);
});

it('what is left is named', () => {
  expect(cleanupCheck([]).held).toBe(true);
  expect(cleanupCheck(['a', 'b'])).toMatchObject({ held: false, evidence: 'a, b' });
});
