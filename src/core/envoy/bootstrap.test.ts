import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isObject, type JsonObject, type JsonValue } from '../json.ts';
import { bootstrapForCase } from './bootstrap-case.ts';

const CASE = {
  nodeId: 'sidecar~10.0.0.1~web-0.shop~shop.svc.cluster.local',
  instanceIPs: ['10.0.0.1'],
  env: [] as string[],
  proxyConfig: { configPath: './etc/istio/proxy', proxyAdminPort: 15000, statusPort: 15020 } as JsonObject,
  envoyPrometheusPort: 15090,
  envoyStatusPort: 15021,
};

function config(more: JsonObject): JsonObject {
  const built = bootstrapForCase({ ...CASE, ...more });
  if (!built.ok) throw new Error(built.problems[0]?.message);
  return built.value.config;
}

function at(object: JsonValue | undefined, ...path: readonly (string | number)[]): JsonValue | undefined {
  let value = object;
  for (const key of path) value = (value as never)?.[key];
  return value;
}

const metadata = (more: JsonObject): JsonObject => at(config(more), 'node', 'metadata') as JsonObject;

describe('the bootstrap', () => {
  it('listens on IPv6 where the node has nothing else', () => {
    const v6 = config({ instanceIPs: ['2001:db8::1'] });
    expect(at(v6, 'admin', 'address', 'socket_address', 'address')).toBe('::1');
    expect(at(v6, 'static_resources', 'listeners', 0, 'name')).toBe('::_15090');
  });

  it('takes both families only with dual stack on', () => {
    const both = { instanceIPs: ['2001:db8::1', '10.0.0.1'] };
    expect(JSON.stringify(config(both))).not.toContain('additionalAddresses');
    const dual = config({ ...both, features: { ISTIO_DUAL_STACK: true } });
    expect(at(dual, 'static_resources', 'listeners', 0, 'name')).toBe('::_15090');
    expect(
      at(dual, 'static_resources', 'listeners', 0, 'additionalAddresses', 0, 'address', 'socket_address', 'address'),
    ).toBe('0.0.0.0');
  });

  it('writes a flush interval that Envoy can read, where upstream writes 1m30s', () => {
    const annotationsFile = 'sidecar.istio.io/statsFlushInterval="90s"\nsidecar.istio.io/statsEvictionInterval="180s"';
    expect(config({ annotationsFile })).toMatchObject({ stats_flush_interval: '90s', stats_eviction_interval: '180s' });
  });

  it('drops an eviction interval that is no multiple, and says so', () => {
    const built = bootstrapForCase({ ...CASE, annotationsFile: 'sidecar.istio.io/statsEvictionInterval="7s"' });
    expect(built.problems.map(({ severity }) => severity)).toEqual(['warning']);
    expect(built.ok && 'stats_eviction_interval' in built.value.config).toBe(false);
  });

  it('turns metadata discovery off without delta XDS', () => {
    const extensions = config({ metadataDiscovery: true, features: { ISTIO_DELTA_XDS: false } }).bootstrap_extensions;
    expect(extensions).toHaveLength(1);
    expect(config({ metadataDiscovery: true }).bootstrap_extensions).toHaveLength(2);
  });

  it('gives ISTIO_MUTUAL services the secrets of the pod', () => {
    const envoyMetricsService = { address: 'metrics:80', tlsSettings: { mode: 'ISTIO_MUTUAL' } };
    const text = JSON.stringify(config({ proxyConfig: { ...CASE.proxyConfig, envoyMetricsService } }));
    expect(text).toContain('"alpn_protocols":["istio","h2"]');
    expect(text).toContain('"sni":"envoy_metrics_service"');
    expect(text).toContain('"name":"ROOTCA"');
  });

  it('replaces $(HOST_IP) in addresses of services', () => {
    const proxyConfig = { ...CASE.proxyConfig, statsdUdpAddress: '$(HOST_IP):9125' };
    const sinks = config({ proxyConfig, env: ['HOST_IP=10.9.9.9'] }).stats_sinks;
    expect(at(sinks, 0, 'typed_config', 'address', 'socket_address')).toEqual({
      address: '10.9.9.9',
      port_value: 9125,
    });
  });

  it('refuses what would give a broken file', () => {
    for (const broken of [
      { env: ['ISTIO_META_LOAD_STATS_CONFIG_JSON={'] },
      { env: ['ISTIO_META_POD_PORTS=80'] },
      { env: ['ISTIO_META_DNS_CAPTURE=maybe'] },
      { proxyConfig: { tracing: { zipkin: { address: 'zipkin' } } } },
      { proxyConfig: null },
      { env: 'A=b' },
      { nodeId: 7 },
    ]) {
      const built = bootstrapForCase({ ...CASE, ...broken });
      expect(built.ok, JSON.stringify(broken)).toBe(false);
      expect(built.problems[0]?.code).toBe('AGENT_CONFIG_INVALID');
    }
  });
});

describe('node metadata', () => {
  it('keeps a raw text where the typed field is left out', () => {
    expect(metadata({ env: ['ISTIO_META_DNS_CAPTURE=false', 'ISTIO_META_NETWORK='] })).toMatchObject({
      DNS_CAPTURE: 'false',
      NETWORK: '',
    });
  });

  it('writes pod ports in one form', () => {
    const env = [
      'ISTIO_META_POD_PORTS=[{"protocol":"TCP","containerPort":80,"hostPort":1},{"name":"a","containerPort":2}]',
    ];
    expect(metadata({ env }).POD_PORTS).toBe(
      '[{"containerPort":80,"protocol":"TCP"},{"name":"a","containerPort":2,"protocol":""}]',
    );
  });

  it('lays the labels file over the static labels, without the hash of the template', () => {
    const input = {
      env: ['ISTIO_METAJSON_LABELS={"app":"a","x":"1"}'],
      labelsFile: 'app="b"\npod-template-hash="123"\ntopology.istio.io/locality="r.z.s"',
    };
    expect(metadata(input)).toMatchObject({
      STATIC_LABELS: { app: 'a', x: '1' },
      LABELS: { app: 'b', x: '1', 'topology.istio.io/locality': 'r.z.s', 'istio-locality': 'r/z/s' },
    });
    expect(metadata(input).LABELS).not.toHaveProperty('pod-template-hash');
    expect(at(config(input), 'node', 'locality')).toEqual({ region: 'r', zone: 'z', sub_zone: 's' });
  });

  it('ignores a file with one bad value as a whole, and says so', () => {
    const built = bootstrapForCase({ ...CASE, annotationsFile: 'a="b"\nc=d' });
    expect(built.problems[0]?.message).toContain('annotations file is ignored');
    expect(built.ok && at(built.value.config, 'node', 'metadata', 'ANNOTATIONS')).toBeUndefined();
  });

  it('keeps a key named __proto__ a key', () => {
    const made = metadata({ env: ['ISTIO_METAJSON_X={"__proto__":{"polluted":"yes"}}'] });
    expect(Object.hasOwn(made, '__proto__')).toBe(true);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe('odd input', () => {
  const keys = Object.keys(CASE).concat('platform', 'features', 'labelsFile', 'annotationsFile', 'epoch', 'release');
  const env = fc.array(
    fc.oneof(
      fc.string(),
      fc
        .tuple(fc.constantFrom('ISTIO_META_', 'ISTIO_METAJSON_', 'HOST_'), fc.string(), fc.json())
        .map((t) => `${t[0]}${t[1]}=${t[2]}`),
    ),
  );
  const fields = fc.record(Object.fromEntries(keys.map((key) => [key, fc.jsonValue()])), { requiredKeys: [] });
  const fields2 = fc.record({
    proxyConfig: fc.dictionary(
      fc.constantFrom(
        'tracing',
        'proxyMetadata',
        'runtimeValues',
        'envoyMetricsService',
        'extraStatTags',
        'serviceCluster',
      ),
      fc.jsonValue(),
    ),
    env,
    labelsFile: fc.string(),
    annotationsFile: fc.string(),
  });

  it('gives a bootstrap or problems, never a crash', () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fields, fields2), (value) => {
        const odd = value as JsonValue;
        const built = bootstrapForCase(isObject(odd) ? { ...CASE, ...odd } : odd);
        if (built.ok) expect(JSON.parse(JSON.stringify(built.value.config))).toHaveProperty('node');
        else expect(built.problems.some(({ severity }) => severity === 'error')).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
