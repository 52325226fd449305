import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { accessLogOf } from './access-log.ts';
import { parseCounters, turnedTo } from './counters.ts';
import { expandVariables, fieldValue, resourceValue } from './downward-api.ts';
import { type InjectedPod, injectPods } from './injected-pods.ts';
import { MANIFESTS } from './manifests.ts';
import { parseSamples, total } from './metrics.ts';
import { compareWithKernel, type PodScene, simulateRequest } from './one-request.ts';
import { CLIENT, type InterceptionMode, RED, SUBNET } from './story.ts';
import { type SentRequest, trailOf } from './trail.ts';

const NODE = { cpus: 4, memoryBytes: 2 ** 33 };

function pods(mode: InterceptionMode = 'REDIRECT'): readonly InjectedPod[] {
  const injected = injectPods(mode, NODE, 'test', {});
  if (!injected.ok) throw new Error(injected.problems.map(({ message }) => message).join());
  return injected.value;
}

function scene({ part, planned, proxy }: InjectedPod): PodScene {
  const interfaces = [{ name: SUBNET.interface, addresses: [part.address] }];
  const network = { interfaces, defaultInterface: SUBNET.interface, routes: planned.routes, proxy };
  return { rules: planned, network, proxy };
}

function packetsOf(mode: InterceptionMode = 'REDIRECT') {
  const [client, red] = pods(mode);
  if (client === undefined || red === undefined) throw new Error('no pods');
  return simulateRequest(scene(client), scene(red), mode);
}

describe('manifests', () => {
  it('are those of examples/', () => {
    expect(MANIFESTS.red).toBe(readFileSync('examples/demo-red.yaml', 'utf8'));
    expect(MANIFESTS.client).toBe(readFileSync('examples/demo-client.yaml', 'utf8'));
  });
});

describe('downward API', () => {
  const facts = {
    name: 'web-0',
    namespace: 'shop',
    uid: 'u',
    podIp: '10.0.0.1',
    hostIp: '10.0.0.2',
    nodeName: 'n',
    serviceAccount: 'sa',
    labels: { b: 'two "words"', a: '1' },
    annotations: {},
    nodeCpus: 8,
    nodeMemoryBytes: 1024,
  };

  it('knows fields, single labels, and whole files sorted and quoted', () => {
    expect(fieldValue('metadata.name', facts)).toBe('web-0');
    expect(fieldValue("metadata.labels['a']", facts)).toBe('1');
    expect(fieldValue('metadata.labels', facts)).toBe('a="1"\nb="two \\"words\\""');
    expect(fieldValue('status.phase', facts)).toBeUndefined();
  });

  it('rounds resources up to the divisor, and takes the node for a missing limit', () => {
    const container = { resources: { limits: { cpu: '1500m', memory: '1Gi' } } };
    expect(resourceValue({ resource: 'limits.cpu', divisor: '1' }, container, facts)).toBe('2');
    expect(resourceValue({ resource: 'limits.memory', divisor: '1Mi' }, container, facts)).toBe('1024');
    expect(resourceValue({ resource: 'limits.cpu' }, {}, facts)).toBe('8');
    expect(resourceValue({ resource: 'requests.cpu' }, {}, facts)).toBe('0');
    expect(resourceValue({ resource: 'limits.gpu' }, {}, facts)).toBeUndefined();
  });

  it('expands variables as the kubelet does', () => {
    const known = new Map([['A', 'x']]);
    expect(expandVariables('$(A)/$(B)/$$(A)/$A', known)).toBe('x/$(B)/$(A)/$A');
  });
});

describe('injected pods', () => {
  it('are read as a kubelet would: arguments, variables, users, files', () => {
    const [, red] = pods();
    expect(red?.proxy.args.slice(0, 4)).toEqual(['proxy', 'sidecar', '--domain', 'default.svc.cluster.local']);
    expect(red?.proxy.env.get('INSTANCE_IP')).toBe(RED.address);
    expect(red?.proxy.env.get('ISTIO_CPU_LIMIT')).toBe('2');
    expect(red?.proxy).toMatchObject({ uid: 1337, gid: 1337, capabilities: [] });
    expect(red?.init).toMatchObject({ uid: 0, gid: 0, capabilities: ['net_admin', 'net_raw'] });
    expect(red?.files.find(({ path }) => path === '/etc/istio/pod/labels')?.text).toContain('app="demo-red"');
    expect(red?.folders).toContain('/etc/istio/proxy');
  });

  it('with TPROXY the sidecar is root, with the group that is not captured', () => {
    const [, red] = pods('TPROXY');
    expect(red?.proxy).toMatchObject({ uid: 0, gid: 1337, capabilities: ['net_admin'] });
    expect(red?.init.args).toContain('TPROXY');
  });
});

const LINES = `info	agent	Envoy proxy is ready
[2026-11-25T13:47:06.133Z] "- - -" 0 - - - "-" 90 220 8 - "-" "-" "-" "-" "10.32.0.6:80" PassthroughCluster 10.32.0.7:40462 10.32.0.6:80 10.32.0.7:40456 - -
[2026-11-25T13:47:06.136Z] "GET /pod-to-pod/1 HTTP/1.1" 200 - via_upstream - "-" 0 74 1 1 "-" "a \\"b\\" c" "-" "demo-red" "10.32.0.6:80" InboundPassthroughCluster 127.0.0.6:56338 10.32.0.6:80 10.32.0.7:40462 - default
[2026-11-25T13:47:06.136Z] cut off`;

describe('access logs', () => {
  it('are told from what else a sidecar writes', () => {
    const entries = accessLogOf(LINES);
    expect(entries).toHaveLength(2);
    expect(entries[0]).toMatchObject({ method: '-', code: 0, upstreamLocal: '10.32.0.7:40462' });
    expect(entries[1]).toMatchObject({
      method: 'GET',
      path: '/pod-to-pod/1',
      code: 200,
      cluster: 'InboundPassthroughCluster',
      downstreamRemote: '10.32.0.7:40462',
    });
  });

  const entries = accessLogOf(LINES);
  const logs = { client: entries.slice(0, 1), red: entries.slice(1) };
  const request: SentRequest = {
    leg: 'pod-to-pod',
    path: '/pod-to-pod/1',
    status: 200,
    milliseconds: 1,
    from: '10.32.0.7:40456',
    seenPeer: '127.0.0.6:56338',
  };

  it('join into the way of a request', () => {
    expect(trailOf(request, logs)).toMatchObject({
      stations: [
        { address: '10.32.0.7:40456' },
        { address: '10.32.0.7:40462' },
        { address: '127.0.0.6:56338' },
        { address: '127.0.0.6:56338' },
      ],
    });
    expect(trailOf(request, logs).missing).toBeUndefined();
  });

  it.each([
    ['a caller that no sidecar knows', { ...request, from: '10.32.0.7:1' }, logs, /logged nothing from 10.32.0.7:1/],
    ['a request that the other sidecar has not seen', request, { ...logs, red: [] }, /logged no \/pod-to-pod\/1/],
    ['another status', { ...request, status: 503 }, logs, /logged 200, the caller got 503/],
    [
      'an application that was called by somebody else',
      { ...request, seenPeer: '10.32.0.7:40462' },
      logs,
      /was called from/,
    ],
  ])('break at %s', (_what, asked, seen, expected) => {
    expect(trailOf(asked, seen).missing).toMatch(expected);
  });
});

const SAVE = (out: number, returned: number): string => `*nat
:OUTPUT ACCEPT [0:0]
:ISTIO_OUTPUT - [0:0]
:ISTIO_REDIRECT - [0:0]
[${out + returned}:60] -A OUTPUT -j ISTIO_OUTPUT
[${returned}:60] -A ISTIO_OUTPUT -m owner --uid-owner 1337 -j RETURN
[${out}:60] -A ISTIO_OUTPUT -j ISTIO_REDIRECT
[${out}:60] -A ISTIO_REDIRECT -p tcp -j REDIRECT --to-ports 15001
COMMIT
*security
[9:9] -A OUTPUT -j ACCEPT
COMMIT
`;

describe('counters', () => {
  const planned = pods()[0]?.planned ?? { rules: [], families: [], routes: [] };
  const read = (text: string) => {
    const counters = parseCounters(text, planned);
    if (!counters.ok) throw new Error('unreadable');
    return counters.value;
  };

  it('are read with the reason of each rule', () => {
    const counters = read(SAVE(3, 4));
    expect(counters.map(({ packets }) => packets)).toEqual([7, 4, 3, 3]);
    expect(counters[1]?.rule.reason).toContain('must not come back');
    expect(turnedTo(15001, read(SAVE(1, 0)), counters)).toBe(2);
    expect(turnedTo(15006, read(SAVE(1, 0)), counters)).toBe(0);
  });

  it('agree with the simulator for one request, and only for one', () => {
    const packets = packetsOf();
    const compare = (out: number, returned: number) =>
      compareWithKernel(CLIENT.workload, packets, read(SAVE(0, 0)), read(SAVE(out, returned)));
    expect(compare(1, 1).map(({ agrees }) => agrees)).toEqual([true, true, true, true]);
    expect(compare(1, 2).some(({ agrees }) => !agrees)).toBe(true);
    expect(compare(0, 0).every(({ agrees }) => !agrees)).toBe(true);
  });
});

describe('one request', () => {
  it.each([
    ['REDIRECT', 'redirect'],
    ['TPROXY', 'tproxy'],
  ] as const)('goes by four connections with %s', (mode, by) => {
    const ends = packetsOf(mode).map(({ path }) => path.disposition);
    expect(ends).toMatchObject([
      { kind: 'delivered', by: 'redirect', port: 15001 },
      { kind: 'sent' },
      { kind: 'delivered', by, port: 15006 },
      { kind: 'delivered', by: 'direct', port: RED.port },
    ]);
  });
});

describe('metrics', () => {
  it('are added up by name and labels', () => {
    const samples = parseSamples('# TYPE a counter\na{x="1",y="q\\"r"} 2\na{x="1"} 3\na{x="2"} 4\nb 5\n');
    expect(total(samples, 'a', { x: '1' })).toBe(5);
    expect(total(samples, 'a')).toBe(9);
    expect(samples[0]?.labels.y).toBe('q"r');
  });
});
