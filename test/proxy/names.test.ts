/** Metrics and logs of both engines carry the same names. */
import { afterAll, describe, expect, it } from 'vitest';
import { POD, WORLD } from '../netns/namespaces.ts';
import { ENGINES, tellMissing } from './engines.ts';
import { type Engine, Pod } from './harness.ts';

tellMissing();

type Seen = {
  readonly families: readonly string[];
  readonly labels: Readonly<Record<string, readonly string[]>>;
  readonly envoy: readonly string[];
  readonly json: readonly string[];
  readonly columns: readonly number[];
  readonly stats: readonly string[];
};

/** Names of Envoy that the agent or a dashboard of Istio's asks for; the embedded engine has these and not all of Envoy's. */
const NEEDED = [
  'envoy_cluster_upstream_cx_active',
  'envoy_cluster_upstream_cx_connect_fail',
  'envoy_cluster_upstream_cx_total',
  'envoy_listener_downstream_cx_active',
  'envoy_listener_downstream_cx_total',
  'envoy_listener_manager_workers_started',
  'envoy_server_live',
  'envoy_server_state',
  'envoy_server_uptime',
];

const STATS =
  /^(?:listener\.0\.0\.0\.0_1500[16]\.downstream_cx_active|server\.state|listener_manager\.workers_started)(?=: )/gm;

async function observe(engine: Engine): Promise<Seen> {
  const json = await traffic(engine, 'JSON');
  const text = await traffic(engine, 'TEXT');
  const istio = json.metrics
    .split('\n')
    .filter((line) => line.startsWith('istio_') && !line.startsWith('istio_agent_'));
  const labels: Record<string, string[]> = {};
  for (const line of istio)
    labels[line.split('{')[0] ?? ''] = [...line.matchAll(/[{,](\w+)="/g)].map(([, name = '']) => name);
  const envoy: readonly string[] = json.metrics.match(/^envoy_\w+/gm) ?? [];
  return {
    families: [...new Set(istio.map((line) => line.split('{')[0] ?? ''))].sort(),
    labels,
    envoy: NEEDED.filter((name) => envoy.includes(name)),
    json: json.lines.map((line) =>
      Object.keys(JSON.parse(line) as object)
        .sort()
        .join(),
    ),
    // A quoted text is one column.
    columns: text.lines.map((line) => line.match(/"[^"]*"|\S+/g)?.length ?? 0),
    stats: (json.stats.match(STATS) ?? []).sort(),
  };
}

async function traffic(engine: Engine, encoding: string) {
  const env = {
    REMORA_ACCESS_LOG_ENCODING: encoding,
    PROXY_CONFIG: '{"proxyStatsMatcher":{"inclusionRegexps":[".*"]}}',
  };
  const pod = new Pod({ engine, env });
  try {
    await pod.app.ask('serve', { kind: 'http', port: 8080 });
    await pod.world.ask('serve', { kind: 'http', port: 80 });
    await pod.ready();
    await pod.world.ask('request', { host: POD[4], port: 8080, path: '/one' });
    await pod.app.ask('request', { host: WORLD[4], port: 80 });
    await pod.world.ask('request', { host: POD[4], port: 8999, path: '/two' });
    await pod.app.ask('talk', { host: WORLD[4], port: 8997, end: false, send: ['x'] });
    const lines = await pod.rawLog(4);
    const stats = await pod.app.ask<{ body: string }>('request', { host: '127.0.0.1', port: 15000, path: '/stats' });
    return { lines, metrics: await pod.metrics(), stats: stats.body };
  } finally {
    pod.close();
  }
}

describe.runIf(ENGINES.length > 0)('names', () => {
  const seen = new Map<Engine, Promise<Seen>>();
  const of = (engine: Engine): Promise<Seen> => {
    const known = seen.get(engine) ?? observe(engine);
    seen.set(engine, known);
    return known;
  };
  afterAll(() => seen.clear());

  it.each(ENGINES)(
    '%s has what is needed',
    async (engine) => {
      const { families, envoy, json, columns, stats } = await of(engine);
      expect(envoy).toEqual(NEEDED);
      expect(families).toEqual(
        expect.arrayContaining(['istio_requests_total', 'istio_tcp_connections_opened_total', 'istio_build']),
      );
      expect(new Set(json).size).toBe(1);
      expect(new Set(columns).size).toBe(1);
      expect(stats).toHaveLength(4);
    },
    60_000,
  );

  it.runIf(ENGINES.length === 2)(
    'both have the same metrics, labels in their order, and columns',
    async () => {
      const [embedded, envoy] = await Promise.all([of('embedded'), of('envoy')]);
      expect(embedded.families).toEqual(envoy.families);
      expect(embedded.labels).toEqual(envoy.labels);
      expect(embedded.json[0]).toBe(envoy.json[0]);
      expect(embedded.columns[0]).toBe(envoy.columns[0]);
      expect(embedded.stats).toEqual(envoy.stats);
    },
    60_000,
  );
});
