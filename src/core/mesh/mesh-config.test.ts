import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { LATEST, type Release } from '../release.ts';
import { parseMeshConfig } from './mesh-config.ts';
import { defaultMeshConfig } from './mesh-defaults.ts';
import type { MeshConfig } from './proxy-config.ts';

const CORPUS = `${process.env.REMORA_CORPUS ?? '../shared/corpus'}/injection`;
const RELEASES: readonly (readonly [string, Release])[] = [
  ['1.0.2', { minor: 0, patch: 2 }],
  ['1.20.0', { minor: 20, patch: 0 }],
  ['head', LATEST],
];

function read(text: string, release: Release = LATEST, defaults?: string): MeshConfig {
  const result = parseMeshConfig(text, { release, defaults });
  if (!result.ok) throw new Error(result.problems.map((problem) => problem.message).join('\n'));
  return result.value;
}

function messages(text: string, release: Release = LATEST): readonly string[] {
  const result = parseMeshConfig(text, { release });
  return result.problems.map((problem) => problem.message);
}

describe.skipIf(!existsSync(CORPUS))('the mesh configs of the corpus', () => {
  it.each(RELEASES)('%s: all are read', (folder, release) => {
    const path = `${CORPUS}/${folder}/configs`;
    for (const file of readdirSync(path).filter((name) => name.startsWith('mesh-config'))) {
      expect(parseMeshConfig(readFileSync(`${path}/${file}`, 'utf8'), { release }).ok, file).toBe(true);
    }
  });

  it.each(RELEASES.slice(1))('%s: the built-in defaults are those of the release', (folder, release) => {
    const defaults = readFileSync(`${CORPUS}/${folder}/mesh-defaults.yaml`, 'utf8');
    expect(read('', release)).toEqual(read('', release, defaults));
    expect(read(defaults, release)).toEqual(read('', release));
  });
});

describe('the overlay', () => {
  it('gives the defaults for an empty text', () => {
    expect(read('').defaultConfig).toMatchObject({ configPath: './etc/istio/proxy', statusPort: 15020 });
    expect(read('')).toMatchObject({
      proxyListenPort: 15001,
      rootNamespace: 'istio-system',
      trustDomain: 'cluster.local',
    });
  });

  it('replaces scalars, lists and messages whole', () => {
    const mesh = read('outboundTrafficPolicy: {}\ndefaultServiceExportTo: [a, b]\nenablePrometheusMerge: false');
    expect(mesh.outboundTrafficPolicy).toEqual({});
    expect(mesh.defaultServiceExportTo).toEqual(['a', 'b']);
    expect(mesh.enablePrometheusMerge).toBe(false);
  });

  it('merges defaultConfig field by field, and its metadata by key', () => {
    const defaults =
      'defaultConfig: {discoveryAddress: "a:1", proxyMetadata: {A: "1", B: "2"}, tracing: {sampling: 5}}';
    const base = JSON.stringify({ ...defaultMeshConfig(LATEST), defaultConfig: read(defaults).defaultConfig });
    const mesh = read('defaultConfig: {proxyMetadata: {B: "3"}, tracing: {zipkin: {address: "z:9"}}}', LATEST, base);
    expect(mesh.defaultConfig?.proxyMetadata).toEqual({ A: '1', B: '3' });
    expect(mesh.defaultConfig?.tracing).toEqual({ zipkin: { address: 'z:9' } });
    expect(mesh.defaultConfig?.discoveryAddress).toBe('a:1');
  });

  it('keeps sub-fields of proxyHeaders that are not given', () => {
    const base = JSON.stringify({
      ...defaultMeshConfig(LATEST),
      defaultConfig: {
        ...read('').defaultConfig,
        proxyHeaders: { server: { value: 'x' }, requestId: { disabled: true } },
      },
    });
    const mesh = read('defaultConfig: {proxyHeaders: {server: {disabled: true}}}', LATEST, base);
    expect(mesh.defaultConfig?.proxyHeaders).toEqual({ server: { disabled: true }, requestId: { disabled: true } });
  });

  it('merges extension providers by name and appends new ones', () => {
    const text =
      'extensionProviders:\n- name: envoy\n  zipkin: {service: z, port: 9}\n- name: otel\n  opentelemetry: {service: o, port: 1}';
    const names = read(text).extensionProviders?.map((provider) => provider.name);
    expect(names).toEqual(['prometheus', 'stackdriver', 'envoy', 'otel']);
    expect(read(text).extensionProviders?.[2]).toEqual({ name: 'envoy', zipkin: { service: 'z', port: 9 } });
  });

  it('merges defaultProviders and unites trustDomainAliases', () => {
    const base = JSON.stringify({
      ...defaultMeshConfig(LATEST),
      defaultProviders: { tracing: ['a'], metrics: ['b'] },
      trustDomainAliases: ['b.org', 'a.org'],
    });
    const mesh = read('defaultProviders: {tracing: [c]}\ntrustDomainAliases: [c.org, a.org]', LATEST, base);
    expect(mesh.defaultProviders).toEqual({ tracing: ['c'], metrics: ['b'] });
    expect(mesh.trustDomainAliases).toEqual(['a.org', 'b.org', 'c.org']);
  });

  it('lets an explicit zero take effect from 1.6 on, and loses it before', () => {
    const text = 'defaultConfig: {statNameLength: 0}';
    expect(read(text).defaultConfig?.statNameLength).toBeUndefined();
    expect(read(text, { minor: 4, patch: 0 }).defaultConfig?.statNameLength).toBe(189);
  });

  it('fills the mixer servers of 1.0 from mixerAddress', () => {
    const mesh = read('mixerAddress: mixer:15004', { minor: 0, patch: 2 });
    expect(mesh).toMatchObject({ mixerCheckServer: 'mixer:15004', mixerReportServer: 'mixer:15004' });
  });
});

describe('decoding', () => {
  it('takes camel and snake names, numbers in quotes, enums by number, durations of Go', () => {
    const mesh = read(
      'proxy_listen_port: "15009"\nconnectTimeout: 1m\ningressControllerMode: 1\ndefaultConfig: {interceptionMode: 1}',
    );
    expect(mesh.proxyListenPort).toBe(15009);
    expect(mesh.connectTimeout).toBe('60s');
    expect(mesh.ingressControllerMode).toBe('OFF');
    expect(mesh.defaultConfig?.interceptionMode).toBe('TPROXY');
  });

  it('tolerates unknown fields, which 1.0 refuses', () => {
    expect(messages('fancy: 1')).toEqual([]);
    expect(messages('fancy: 1', { minor: 0, patch: 2 })).toEqual([
      'failed to convert to proto. unknown field "fancy" in v1alpha1.MeshConfig',
    ]);
  });

  it.each([
    ['defaultConfig: {proxyMetadata: {A: 1}}', 'json: cannot unmarshal number into Go value of type string'],
    ['proxyListenPort: x', "invalid character 'x' looking for beginning of value"],
    ['proxyListenPort: 1.5', 'json: cannot unmarshal number 1.5 into Go value of type int32'],
    ['connectTimeout: 5', 'json: cannot unmarshal number into Go value of type string'],
    ['connectTimeout: 5x', 'bad Duration: time: unknown unit "x" in duration "5x"'],
    [
      'defaultConfig: {interceptionMode: X}',
      'unknown value "\\"X\\"" for enum istio.mesh.v1alpha1.ProxyConfig.InboundInterceptionMode',
    ],
    ['[]', 'json: cannot unmarshal array into Go value of type map[string]json.RawMessage'],
  ])('%s', (text, cause) => {
    expect(messages(text)).toEqual([`failed to convert to proto. ${cause}`]);
  });

  it('points at the field', () => {
    const result = parseMeshConfig('defaultConfig: {proxyMetadata: {a/b: 1}}', { release: LATEST, file: 'mesh.yaml' });
    expect(result.problems[0]?.where).toEqual({ file: 'mesh.yaml', pointer: '/defaultConfig/proxyMetadata/a~1b' });
  });
});

describe('validation of the result', () => {
  it.each([
    ['proxyListenPort: 0', 'invalid proxy listen port: port number 0 must be in the range 1..65535'],
    ['trustDomain: ""', 'trustDomain: empty domain name not allowed'],
    ['trustDomainAliases: [a_b]', 'trustDomainAliases[0], domain `a_b` : trust domain name "a_b" invalid'],
    ['defaultConfig: {configPath: ""}', 'config path must be set'],
    [
      'defaultConfig: {discoveryAddress: foo}',
      'invalid discovery address: unable to split "foo": address foo: missing port in address',
    ],
    [
      'serviceSettings: [{hosts: ["a.*.b"]}]',
      'serviceSettings[0], host `a.*.b`: domain name "*.b" invalid (label "*" invalid)',
    ],
    [
      'localityLbSetting: {failover: [{from: a, to: a}]}',
      'locality lb failover settings must specify different regions',
    ],
    ['localityLbSetting: {distribute: [{from: a, to: {b: 50}}]}', 'total locality weight 50 != 100'],
    ['meshMTLS: {ecdhCurves: [P-256]}', 'mesh TLS does not support ECDH curves configuration'],
    [
      'protocolDetectionTimeout: 1us',
      'invalid protocol detection timeout: only durations to ms precision are supported',
    ],
  ])('%s', (text, message) => {
    const result = parseMeshConfig(text, { release: LATEST });
    expect(result.ok).toBe(false);
    expect(result.problems.map((problem) => problem.message)).toEqual([message]);
  });

  it('only warns of durations out of range, because upstream injects with such a mesh', () => {
    const result = parseMeshConfig('connectTimeout: 42s', { release: LATEST });
    expect(result.ok).toBe(true);
    expect(result.problems).toMatchObject([
      { severity: 'warning', message: 'invalid connect timeout: time 42s must be >1ms and <30s' },
    ]);
  });
});
