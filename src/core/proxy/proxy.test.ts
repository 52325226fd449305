import { describe, expect, it } from 'vitest';
import { FACTS, STATIC } from '../../../test/envoy/facts.ts';
import { HttpHeaders } from './http-headers.ts';
import {
  accessLogWriter,
  buildEmbeddedConfig,
  EngineStats,
  type LogEntry,
  parseEmbeddedConfig,
  routeConnection,
  withConnectionClose,
} from './index.ts';

describe('the configuration', () => {
  it('is made of the same facts as the static bootstrap, and read back', () => {
    const built = buildEmbeddedConfig(FACTS, STATIC);
    if (!built.ok) throw new Error(built.problems[0]?.message);
    expect(built.value).toMatchObject({
      ports: { outbound: 15001, inbound: 15006, admin: 15000, health: 15021, prometheus: 15090, status: 15020 },
      drainTimeout: 45_000,
      identity: { workload: 'web', namespace: 'shop' },
    });
    expect(parseEmbeddedConfig(JSON.stringify(built.value))).toMatchObject({
      ok: true,
      value: JSON.parse(JSON.stringify(built.value)),
    });
  });

  it.each([
    ['{', 'no JSON'],
    ['[]', 'families/localhost must be a string'],
    ['{"ports":{"outbound":"15001"}}', 'ports/outbound must be a number, not "15001"'],
  ])('%s is refused', (text, message) => {
    const read = parseEmbeddedConfig(text);
    expect(read.ok).toBe(false);
    expect(read.problems.some((problem) => problem.message.includes(message))).toBe(true);
  });

  it('a fact that is wrong is a problem', () => {
    expect(buildEmbeddedConfig({ ...FACTS, env: ['ISTIO_META_DNS_CAPTURE=perhaps'] }, STATIC).ok).toBe(false);
  });
});

describe('routeConnection', () => {
  it.each([
    ['inbound', 8080, 15006, false, 'InboundPassthroughCluster'],
    ['inbound', 15006, 15006, false, 'BlackHoleCluster'],
    ['inbound', 8080, 15006, true, 'InboundPassthroughCluster'],
    ['outbound', 443, 15001, false, 'PassthroughCluster'],
    ['outbound', 443, 15001, true, 'BlackHoleCluster'],
    ['outbound', 15001, 15001, false, 'BlackHoleCluster'],
  ] as const)('%s to %d at %d, registryOnly %s: %s', (direction, port, listenerPort, registryOnly, cluster) => {
    const route = routeConnection({ direction, port, listenerPort, registryOnly, toOwnAddress: false });
    expect(route.cluster).toBe(cluster);
    expect(route.because).not.toBe('');
  });
});

describe('what comes by the outbound port and is meant for the pod', () => {
  it('goes to its loopback, or it would be captured again', () => {
    const route = routeConnection({
      direction: 'outbound',
      port: 80,
      listenerPort: 15001,
      registryOnly: true,
      toOwnAddress: true,
    });
    expect(route).toMatchObject({ cluster: 'InboundPassthroughCluster', toLoopback: true });
  });
});

function headers(lines: string): HttpHeaders {
  const found = HttpHeaders.parse(`\n${lines}\r\n`, 0);
  if (found === undefined) throw new Error('no headers');
  return found;
}

const ENTRY: LogEntry = {
  startedAt: Date.UTC(2026, 10, 22, 10),
  duration: 14.6,
  direction: 'outbound',
  cluster: 'PassthroughCluster',
  connection: 3,
  ends: {
    downstreamRemote: '10.0.0.5:41820',
    downstreamLocal: '10.0.0.9:5432',
    upstreamRemote: '10.0.0.9:5432',
    upstreamLocal: '10.0.0.5:41822',
  },
  responseFlags: '-',
  received: 120,
  sent: 340,
  connectFailure: undefined,
  http: undefined,
};
const HTTP: LogEntry = {
  ...ENTRY,
  http: {
    method: 'GET',
    path: '/a',
    protocol: 'HTTP/1.1',
    requestHeaders: headers('host: web\r\nuser-agent: a long name\r\n'),
    status: 200,
    responseHeaders: headers('etag: x\r\n'),
    serviceTime: 3.2,
  },
};

describe('the access log', () => {
  it('writes a TCP connection as Istio does', () => {
    const { line, unknown } = accessLogWriter({ path: 'x', encoding: 'TEXT' });
    expect(line(ENTRY)).toBe(
      '[2026-11-22T10:00:00.000Z] "- - -" 0 - - - "-" 120 340 15 - "-" "-" "-" "-" "10.0.0.9:5432" PassthroughCluster 10.0.0.5:41822 10.0.0.9:5432 10.0.0.5:41820 - -\n',
    );
    expect(unknown).toEqual([]);
  });

  it('writes JSON with numbers as numbers and null for nothing', () => {
    const entry = JSON.parse(accessLogWriter({ path: 'x', encoding: 'JSON' }).line(ENTRY)) as Record<string, unknown>;
    expect(entry).toMatchObject({
      method: null,
      response_code: 0,
      bytes_sent: 340,
      response_flags: null,
      route_name: null,
    });
    expect(JSON.parse(accessLogWriter({ path: 'x', encoding: 'JSON' }).line(HTTP))).toMatchObject({
      method: 'GET',
      authority: 'web',
      upstream_service_time: 3,
      route_name: 'default',
      response_code_details: 'via_upstream',
    });
  });

  it("takes formats of a user's own, and names what it has not", () => {
    const format =
      '%REQ(X-NONE?USER-AGENT):6% %RESP(ETAG)% 100%% %DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT% %DOWNSTREAM_REMOTE_PORT% %DYNAMIC_METADATA(a)% %REQ(:METHOD)%';
    const { line, unknown } = accessLogWriter({ path: 'x', encoding: 'TEXT', format });
    expect(line(HTTP)).toBe('a long x 100% 10.0.0.5 41820 - GET\n');
    expect(unknown).toEqual(['%DYNAMIC_METADATA(a)%']);
  });

  it('says why nobody answered', () => {
    const failed = {
      ...HTTP,
      connectFailure: 'ECONNREFUSED',
      responseFlags: 'URX,UF',
      ends: { ...ENTRY.ends, upstreamLocal: undefined },
    };
    expect(accessLogWriter({ path: 'x', encoding: 'TEXT' }).line(failed)).toContain(
      'URX,UF upstream_reset_before_response_started{remote_connection_failure|ECONNREFUSED} - "ECONNREFUSED"',
    );
  });
});

describe('EngineStats', () => {
  it("writes Envoy's names in both forms", () => {
    const stats = new EngineStats();
    stats.listener('0.0.0.0_15006', 'downstream_cx_active', 2);
    stats.listener('0.0.0.0_15006', 'downstream_cx_active', -1);
    stats.cluster('PassthroughCluster', 'upstream_cx_total', 1);
    stats.cluster('BlackHoleCluster', 'upstream_cx_total', 4);
    stats.set('server.state', 0);
    expect(stats.text(undefined)).toBe(
      'cluster.BlackHoleCluster;.upstream_cx_total: 4\ncluster.PassthroughCluster;.upstream_cx_total: 1\nlistener.0.0.0.0_15006.downstream_cx_active: 1\nserver.state: 0\n',
    );
    expect(stats.text(/downstream_cx_active$/)).toBe('listener.0.0.0.0_15006.downstream_cx_active: 1\n');
    expect(stats.prometheus()).toBe(
      '# TYPE envoy_listener_downstream_cx_active gauge\nenvoy_listener_downstream_cx_active{listener_address="0.0.0.0_15006"} 1\n' +
        '# TYPE envoy_cluster_upstream_cx_total counter\nenvoy_cluster_upstream_cx_total{cluster_name="PassthroughCluster"} 1\nenvoy_cluster_upstream_cx_total{cluster_name="BlackHoleCluster"} 4\n' +
        '# TYPE envoy_server_state gauge\nenvoy_server_state{} 0\n',
    );
  });
});

describe('withConnectionClose', () => {
  const bytes = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));
  const changed = (text: string): string | undefined => {
    const result = withConnectionClose(bytes(text));
    return result === undefined ? undefined : String.fromCharCode(...result);
  };

  it('puts the header behind the status line, and changes nothing else', () => {
    expect(changed('HTTP/1.1 200 OK\r\na: b\r\n\r\nbody')).toBe(
      'HTTP/1.1 200 OK\r\nconnection: close\r\na: b\r\n\r\nbody',
    );
  });

  it.each([
    'HTTP/1.1 200 OK',
    'HTTP/1.1 100 Continue\r\n\r\n',
    'HTTP/1.1 101 Switching Protocols\r\n\r\n',
    '\u0000\u0001\n',
    '',
  ])('leaves %j alone', (text) => {
    expect(changed(text)).toBeUndefined();
  });
});
