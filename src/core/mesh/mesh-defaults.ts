import type { JsonObject, MutableJsonObject } from '../json.ts';
import { atLeast, type Release } from '../release.ts';
import type { Message } from './decode-message.ts';

/**
 * What each release fills in where the user says nothing: mesh.DefaultMeshConfig() and DefaultProxyConfig(). Each row is
 * a change against the row above it, as of a minor release; undefined takes a field away.
 *
 * | since | what changed                                                                     |
 * |-------|----------------------------------------------------------------------------------|
 * | 1.0   | paths below /etc, istio-pilot:15007, no authentication to the control plane      |
 * | 1.1   | refresh delays gone, names of statistics up to 189 characters                    |
 * | 1.4   | 45 s and 60 s of draining, as the chart had it all along                         |
 * | 1.6   | istiod: its address, mutual TLS, status port 15020, relative config path         |
 * | 1.7   | two worker threads, tracing to Zipkin, 5 s of drain at termination               |
 * | 1.8   | no waiting for the protocol, empty services for logs and metrics gone             |
 * | 1.18  | worker threads by the CPU limit, no parent shutdown                               |
 * | 1.22  | no tracing                                                                        |
 */
type DefaultsRow = {
  readonly since: number;
  readonly fields: { readonly [name: string]: JsonObject[string] | undefined };
};

const PROXY_ROWS: readonly DefaultsRow[] = [
  {
    since: 0,
    fields: {
      configPath: '/etc/istio/proxy',
      binaryPath: '/usr/local/bin/envoy',
      serviceCluster: 'istio-proxy',
      drainDuration: '2s',
      parentShutdownDuration: '3s',
      discoveryAddress: 'istio-pilot:15007',
      discoveryRefreshDelay: '1s',
      connectTimeout: '1s',
      proxyAdminPort: 15000,
    },
  },
  { since: 1, fields: { discoveryRefreshDelay: undefined, statNameLength: 189 } },
  {
    since: 4,
    fields: {
      drainDuration: '45s',
      parentShutdownDuration: '60s',
      envoyMetricsService: {},
      envoyAccessLogService: {},
    },
  },
  {
    since: 6,
    fields: {
      configPath: './etc/istio/proxy',
      discoveryAddress: 'istiod.istio-system.svc:15012',
      controlPlaneAuthPolicy: 'MUTUAL_TLS',
      statusPort: 15020,
      connectTimeout: undefined,
      concurrency: 2,
      tracing: { zipkin: { address: 'zipkin.istio-system:9411' } },
    },
  },
  { since: 7, fields: { terminationDrainDuration: '5s' } },
  { since: 8, fields: { envoyMetricsService: undefined, envoyAccessLogService: undefined } },
  { since: 18, fields: { concurrency: undefined, parentShutdownDuration: undefined } },
  { since: 22, fields: { tracing: undefined } },
];

const MESH_ROWS: readonly DefaultsRow[] = [
  {
    since: 0,
    fields: {
      proxyListenPort: 15001,
      connectTimeout: '1s',
      ingressClass: 'istio',
      ingressControllerMode: 'STRICT',
      rdsRefreshDelay: '1s',
      enableTracing: true,
      accessLogFile: '/dev/stdout',
      sdsRefreshDelay: '15s',
    },
  },
  { since: 1, fields: { rdsRefreshDelay: undefined, sdsRefreshDelay: undefined } },
  {
    since: 5,
    fields: {
      disablePolicyChecks: true,
      rootNamespace: 'istio-system',
      ingressClass: undefined,
      ingressControllerMode: undefined,
      ingressService: 'istio-ingressgateway',
      defaultServiceExportTo: ['*'],
      defaultVirtualServiceExportTo: ['*'],
      defaultDestinationRuleExportTo: ['*'],
      outboundTrafficPolicy: { mode: 'ALLOW_ANY' },
      dnsRefreshRate: '5s',
      protocolDetectionTimeout: '0.100s',
      enableAutoMtls: false,
    },
  },
  {
    since: 6,
    fields: {
      accessLogFile: undefined,
      connectTimeout: '10s',
      reportBatchMaxEntries: 100,
      reportBatchMaxTime: '1s',
      disableMixerHttpReports: true,
      protocolDetectionTimeout: '5s',
      ingressClass: 'istio',
      ingressControllerMode: 'STRICT',
      trustDomain: 'cluster.local',
      sdsUdsPath: 'unix:./etc/istio/proxy/SDS',
      enableAutoMtls: true,
      localityLbSetting: { enabled: true },
      thriftConfig: {},
    },
  },
  {
    since: 8,
    fields: {
      disablePolicyChecks: undefined,
      reportBatchMaxEntries: undefined,
      reportBatchMaxTime: undefined,
      disableMixerHttpReports: undefined,
      sdsUdsPath: undefined,
      protocolDetectionTimeout: '0s',
    },
  },
  { since: 9, fields: { enablePrometheusMerge: true } },
  {
    since: 11,
    fields: {
      defaultProviders: {},
      extensionProviders: [
        { name: 'prometheus', prometheus: {} },
        { name: 'stackdriver', stackdriver: {} },
        { name: 'envoy', envoyFileAccessLog: { path: '/dev/stdout' } },
      ],
    },
  },
  { since: 15, fields: { dnsRefreshRate: '60s' } },
  { since: 18, fields: { proxyInboundListenPort: 15006, thriftConfig: undefined } },
  { since: 22, fields: { inboundTrafficPolicy: {} } },
];

/** DefaultProxyConfig of the release: also what PROXY_CONFIG leaves out. */
export function defaultProxyConfig(release: Release): Message {
  const known = proxyDefaults.get(release.minor);
  if (known !== undefined) return known;
  const folded = foldRows(PROXY_ROWS, release);
  proxyDefaults.set(release.minor, folded);
  return folded;
}

/** Asked for several times per pod. */
const proxyDefaults = new Map<number, Message>();

/** DefaultMeshConfig of the release, with its proxy config inside. */
export function defaultMeshConfig(release: Release): Message {
  return { ...foldRows(MESH_ROWS, release), defaultConfig: defaultProxyConfig(release) };
}

function foldRows(rows: readonly DefaultsRow[], release: Release): Message {
  const result: MutableJsonObject = {};
  for (const row of rows) {
    if (!atLeast(release, row.since)) break;
    for (const [name, value] of Object.entries(row.fields)) {
      if (value === undefined) delete result[name];
      else result[name] = value;
    }
  }
  return result;
}
