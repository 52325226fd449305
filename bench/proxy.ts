import { spawnSync } from 'node:child_process';
import { envoyForAll, Peer, removeShared } from '../test/proxy/harness.ts';
import { type Figure, median } from './measure.ts';
import { type Candidate, cpuSeconds, direct, relay, residentMegabytes, sidecar } from './proxy-candidates.ts';

const POD = '10.77.0.2';
const ROUNDS = 5;
const SECONDS = 2;

export type Taken = {
  readonly gigabits: number;
  readonly requests: number;
  readonly connections: number;
  readonly p50: number;
  readonly p99: number;
  readonly cpu: number;
};

/**
 * An application called directly, through the embedded engine, Envoy and HAProxy, in turn. The load, the application and
 * the proxy share the cores of the machine, so that ratios tell more than the figures.
 */
export async function proxyFigures(): Promise<readonly Figure[]> {
  const why = missingForProxies();
  if (why !== undefined) {
    console.error(`proxy: not measured: ${why}`);
    return [];
  }
  const candidates: Candidate[] = [direct(), relay(), await sidecar('embedded')];
  if ('path' in envoyForAll()) candidates.push(await sidecar('envoy'));
  try {
    await new Promise((done) => setTimeout(done, 1000));
    const taken = new Map(candidates.map(({ name }) => [name, [] as Taken[]]));
    for (const candidate of candidates) measure(candidate, 1);
    for (let round = 0; round < ROUNDS; round++) {
      for (const candidate of candidates) taken.get(candidate.name)?.push(measure(candidate, SECONDS));
    }
    const memory = new Map<string, number>();
    for (const candidate of candidates) memory.set(candidate.name, await memoryAt1000(candidate));
    return figures(taken, memory);
  } finally {
    for (const candidate of candidates) candidate.close();
    removeShared();
  }
}

/** Why proxies cannot be measured on this machine. */
export function missingForProxies(): string | undefined {
  if (process.getuid?.() !== 0) return 'not root';
  const found = (command: string): boolean => spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;
  const missing = ['ip', 'haproxy', 'wrk', 'iperf3'].filter((command) => !found(command));
  return missing.length === 0 ? undefined : `not installed: ${missing.join(', ')} (apt-get install haproxy wrk iperf3)`;
}

/** One look at a candidate; each of its four loads takes so many seconds. */
export function measure(candidate: Candidate, seconds: number): Taken {
  const { world, ports, pid } = candidate;
  const inWorld = (command: readonly string[]): string =>
    spawnSync('ip', ['netns', 'exec', world, ...command], { encoding: 'utf8' }).stdout;
  const url = `http://${POD}:${ports.http}/`;
  const wrk = (more: readonly string[]): string => inWorld(['wrk', '-t1', `-d${seconds}s`, '--latency', ...more, url]);
  const before = pid === undefined ? 0 : cpuSeconds(pid);
  const many = wrk(['-c32']);
  const used = pid === undefined ? 0 : cpuSeconds(pid) - before;
  const one = wrk(['-c1']);
  const fresh = wrk(['-c8', '-H', 'connection: close']);
  const bulk = inWorld(['iperf3', '-c', POD, '-p', String(ports.bulk), '-t', String(seconds), '-J']);
  const total = Number(/(\d+) requests in/.exec(many)?.[1] ?? Number.NaN);
  return {
    gigabits: bitsPerSecond(bulk) / 1e9,
    requests: perSecond(many),
    connections: perSecond(fresh),
    p50: latency(one, '50'),
    p99: latency(one, '99'),
    cpu: (used * 1e6) / total,
  };
}

function perSecond(text: string): number {
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(text)?.[1] ?? Number.NaN);
}

/** Microseconds. */
function latency(text: string, percent: string): number {
  const [, value, unit] = new RegExp(`\\s${percent}%\\s+([\\d.]+)(us|ms|s)`).exec(text) ?? [];
  return Number(value) * (unit === 's' ? 1e6 : unit === 'ms' ? 1e3 : 1);
}

function bitsPerSecond(text: string): number {
  try {
    const report = JSON.parse(text) as {
      readonly end?: { readonly sum_received?: { readonly bits_per_second?: number } };
    };
    return report.end?.sum_received?.bits_per_second ?? Number.NaN;
  } catch {
    return Number.NaN;
  }
}

/** Of the proxy, with 1,000 connections that say nothing. */
async function memoryAt1000({ world, ports, pid }: Candidate): Promise<number> {
  if (pid === undefined) return Number.NaN;
  const peer = new Peer(world, 0);
  try {
    await peer.ask('hold', { host: POD, port: ports.http, count: 1000, send: 'GET / HT' });
    await new Promise((done) => setTimeout(done, 1000));
    return residentMegabytes(pid);
  } finally {
    peer.close();
  }
}

function figures(taken: ReadonlyMap<string, readonly Taken[]>, memory: ReadonlyMap<string, number>): readonly Figure[] {
  const of = (name: string, field: keyof Taken): number => median((taken.get(name) ?? []).map((one) => one[field]));
  const rows: Figure[] = [];
  for (const name of taken.keys()) {
    const proxied = name !== 'direct';
    const note = NOTES[name];
    rows.push(
      { name: `proxy, ${name}: throughput`, value: of(name, 'gigabits'), unit: 'Gb/s', note },
      {
        name: `proxy, ${name}: requests`,
        value: of(name, 'requests'),
        unit: '/s',
        note: '32 connections that are kept',
      },
      { name: `proxy, ${name}: p50`, value: of(name, 'p50'), unit: 'µs', note: '1 connection' },
      { name: `proxy, ${name}: p99`, value: of(name, 'p99'), unit: 'µs', note: '1 connection' },
      { name: `proxy, ${name}: connections`, value: of(name, 'connections'), unit: '/s', note: 'a request on each' },
    );
    if (!proxied) continue;
    rows.push(
      { name: `proxy, ${name}: CPU a request`, value: of(name, 'cpu'), unit: 'µs' },
      { name: `proxy, ${name}: memory`, value: memory.get(name) ?? Number.NaN, unit: 'MB', note: '1,000 connections' },
    );
  }
  const ratio = (field: keyof Taken): number => of('embedded', field) / of('HAProxy', field);
  return [
    ...rows,
    { name: 'embedded against HAProxy, throughput', value: ratio('gigabits'), unit: '×', aim: '≥ 1' },
    { name: 'embedded against HAProxy, requests', value: ratio('requests'), unit: '×', aim: '≥ 1' },
  ];
}

const NOTES: Readonly<Record<string, string>> = {
  direct: 'no proxy, no rules',
  HAProxy: 'a TCP relay, one thread; rules that leave it out',
  embedded: 'rules, original destination, HTTP tap',
  Envoy: 'rules, original destination, HTTP terminated, one worker',
};
