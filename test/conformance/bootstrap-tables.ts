/** The tables beside the bootstrap's golden files, each with its own little harness. */
import {
  addressFamilies,
  type BootstrapInput,
  bootstrapOverride,
  buildBootstrap,
  buildNodeMetadata,
  type CaptureRequest,
  captureClusters,
  connectionLimit,
  envoyArguments,
  type InboundPort,
  type InboundProtocol,
  inboundSource,
  layerProxyConfig,
  type MtlsMode,
  parseDownwardApi,
  requiredSuffixes,
  serviceAddress,
  serviceCluster,
  splitLogLevel,
  statsTags,
  virtualInbound,
} from '../../src/core/envoy/index.ts';
import type { JsonObject, JsonValue } from '../../src/core/json.ts';
import { equal } from '../../src/core/kube/index.ts';
import { type CaseResult, readCorpus } from './corpus.ts';

// biome-ignore lint/suspicious/noExplicitAny: rows are foreign data, of another shape in every table
type Row = any;

const same = (got: unknown, want: unknown): string | undefined =>
  equal(JSON.parse(JSON.stringify(got ?? null)), (want ?? null) as JsonValue)
    ? undefined
    : `got ${JSON.stringify(got)}, wanted ${JSON.stringify(want)}`;

const TABLES: Readonly<Record<string, (row: Row) => string | undefined>> = {
  'service-cluster': (row) => same(serviceCluster(row.serviceCluster, row), row.expected),
  'node-metadata': runMetadata,
  'downward-api': (row) => {
    const result = parseDownwardApi(row.file);
    return same(result.ok ? result.value : 'error', row.expected);
  },
  'proxy-config': (row) => {
    const annotations = { 'proxy.istio.io/config': row.annotation };
    const result = layerProxyConfig({ meshFile: row.file, environment: row.environment, annotations });
    return same(result.ok ? result.value : result.problems, row.expected);
  },
  'connection-limit': (row) => same(connectionLimit(row.proxyConfig), row.expected),
  'inclusion-suffixes': (row) => same(requiredSuffixes(row.exitOnZeroActiveConnections), row.expected),
  'stats-tag-regex': runRegex,
  'envoy-args': runArguments,
  'log-level': (row) => {
    const { level, components } = splitLogLevel(row.input);
    return same({ level, components }, { level: row.level, components: row.components });
  },
  'bootstrap-override': (row) => {
    const result = bootstrapOverride(row.file, row.hostIP);
    return same(result.ok ? result.value : 'error', row.expected);
  },
  address: (row) => {
    try {
      return same(serviceAddress(row.address, 'address', '') ?? null, row.expected);
    } catch {
      return same('error', row.expected);
    }
  },
  'inbound-inspectors': runInspectors,
  'virtual-inbound': runVirtualInbound,
  'inbound-passthrough-source': runSources,
};

export function runBootstrapTables(): readonly CaseResult[] {
  return Object.entries(TABLES).flatMap(([table, run]) => {
    const { rows } = JSON.parse(readCorpus('bootstrap', `table-${table}.json`)) as { rows: readonly Row[] };
    return rows.map((row, i) => {
      const why = run(row);
      return { suite: 'bootstrap', path: table, name: `${i} ${row.name ?? ''}`, passed: why === undefined, why };
    });
  });
}

const NOTHING: BootstrapInput = {
  nodeId: 'sidecar~10.0.0.1~a.b~b.svc.cluster.local',
  binaryVersion: '',
  instanceIps: ['10.0.0.1'],
  env: [],
  proxyConfig: { configPath: '/etc/istio/proxy', proxyAdminPort: 15000, statusPort: 15020 },
  pilotSubjectAltNames: [],
  outlierLogPath: '',
  stsPort: 0,
  prometheusPort: 15090,
  statusPort: 15021,
  secureMetricsPort: 0,
  secureMergedMetricsPort: 0,
  workloadIdentitySocket: 'socket',
  exitOnZeroActiveConnections: false,
  skipDeprecatedLogs: false,
  credentialSocket: false,
  fileCredentials: false,
  logAsJson: false,
  compliancePolicy: '',
  platform: { kubernetes: true, metadata: {}, labels: {}, locality: { region: '', zone: '', subZone: '' } },
  features: {
    deltaXds: true,
    dualStack: false,
    statusPortProxyProtocol: false,
    httpStripFragment: true,
    dnsProxyAddress: '',
  },
};

function runMetadata(row: Row): string | undefined {
  const options = row.options ?? {};
  const input: BootstrapInput = {
    ...NOTHING,
    env: row.env,
    binaryVersion: options.binaryVersion ?? '',
    labelsFile: row.labelsFile ?? undefined,
    annotationsFile: row.annotationsFile ?? undefined,
    metadataDiscovery: options.metadataDiscovery ?? undefined,
    exitOnZeroActiveConnections: options.exitOnZeroActiveConnections ?? false,
    secureMetricsPort: options.envoySecureMetricsPort ?? 0,
    secureMergedMetricsPort: options.envoySecureMergedMetricsPort ?? 0,
    outlierLogPath: options.outlierLogPath ?? '',
    skipDeprecatedLogs: options.envoySkipDeprecatedLogs ?? false,
    workloadIdentitySocket: options.workloadIdentitySocketFile ?? '',
  };
  const metadata = buildNodeMetadata(input, () => {});
  for (const [path, want] of Object.entries(row.expected ?? {})) {
    const why = same(at(metadata.output, path), want);
    if (why !== undefined) return `${path}: ${why}`;
  }
  for (const [name, want] of Object.entries(row.expectedRaw ?? {})) {
    const why = same(metadata.raw[name], want);
    if (why !== undefined) return `raw ${name}: ${why}`;
  }
  for (const path of row.absent ?? []) {
    if (at(metadata.output, path) !== undefined) return `${path} is there`;
  }
  if (row.expectedSelfDiscovery === undefined) return undefined;
  const built = buildBootstrap(input);
  if (!built.ok) return built.problems[0]?.message;
  const names = JSON.stringify(built.value.config).includes('"local_cluster_name":"local_cluster"');
  return same(names, row.expectedSelfDiscovery);
}

function at(object: JsonObject, path: string): JsonValue | undefined {
  const dot = path.indexOf('.');
  if (dot < 0) return object[path];
  return (object[path.slice(0, dot)] as JsonObject | undefined)?.[path.slice(dot + 1)];
}

function runRegex(row: Row): string | undefined {
  if (row.tag !== null && !statsTags([]).some((tag) => equal(tag, { tag_name: row.tag, regex: row.regex }))) {
    return `no tag ${row.tag} with regex ${row.regex}`;
  }
  const found = new RegExp(String(row.regex).replaceAll('[:digit:]', '0-9')).exec(row.stat);
  if (found === null) return 'does not match';
  return row.tag === null ? undefined : same([found[1], found[2]], [row.group1, row.group2]);
}

function runArguments({ config, expected }: Row): string | undefined {
  const override = bootstrapOverride(config.bootstrapOverrideFile?.text ?? '', '');
  return same(
    envoyArguments({
      configFile: config.configFile,
      logLevel: config.logLevel,
      componentLogLevel: config.componentLogLevel,
      addresses: config.nodeIPs,
      drainSeconds: config.drainDurationSeconds,
      flushMilliseconds: config.fileFlushIntervalSeconds === null ? undefined : config.fileFlushIntervalSeconds * 1000,
      flushMinSizeKb: config.fileFlushMinSizeKB,
      skipDeprecatedLogs: config.skipDeprecatedLogs,
      coreDump: false,
      override: config.bootstrapOverrideFile !== undefined && override.ok ? override.value : undefined,
      concurrency: config.concurrency,
    }),
    expected,
  );
}

function captureRequest(mode: MtlsMode, more: Partial<CaptureRequest> = {}): CaptureRequest {
  return {
    families: addressFamilies(['10.0.0.1'], false),
    outboundPort: 15001,
    inboundPort: 15006,
    tproxy: false,
    mtls: mode,
    ports: [],
    registryOnly: false,
    exactBalance: false,
    detectionTimeout: '0s',
    istioFilters: true,
    ...more,
  };
}

function declared(ports: Row): readonly InboundPort[] {
  return Object.entries(ports).map(([port, protocol]) => ({
    port: Number(port),
    protocol: protocol as InboundProtocol,
  }));
}

function runInspectors(row: Row): string | undefined {
  const listener: Row = virtualInbound(captureRequest(row.mode, { ports: declared(row.ports) }));
  const check = (
    name: string,
    wanted: Readonly<Record<string, boolean>> | null,
    mayMiss: boolean,
  ): string | undefined => {
    const filter = listener.listener_filters.find((one: Row) => one.name === name);
    if (wanted === null) return filter === undefined ? undefined : `${name} is there`;
    if (filter === undefined) return mayMiss ? undefined : `${name} is missing`;
    const got = Object.keys(wanted).map((port) => [port, disabled(filter.filter_disabled, Number(port))]);
    return same(Object.fromEntries(got), wanted);
  };
  return (
    check('envoy.filters.listener.http_inspector', row.httpInspectorDisabled, row.mode === 'STRICT') ??
    check('envoy.filters.listener.tls_inspector', row.tlsInspectorDisabled, false)
  );
}

function disabled(match: Row, port: number): boolean {
  if (match === undefined) return false;
  if (match.not_match !== undefined) return !disabled(match.not_match, port);
  if (match.or_match !== undefined) return match.or_match.rules.some((rule: Row) => disabled(rule, port));
  const { start, end } = match.destination_port_range;
  return port >= start && port < end;
}

function runVirtualInbound(row: Row): string | undefined {
  const listener: Row = virtualInbound(
    captureRequest(row.mode, {
      tproxy: row.interceptionMode === 'TPROXY',
      exactBalance: row.inboundListenerExactBalance ?? false,
    }),
  );
  const names = listener.listener_filters.map((filter: Row) => filter.name);
  if (row.chains !== undefined) {
    const why = same(listener.filter_chains.map(describeChain), row.chains);
    if (why !== undefined) return why;
  }
  if (row.listenerFilters !== undefined) return same(names, row.listenerFilters);
  if (row.containsListenerFilter !== undefined) return same(names.includes(row.containsListenerFilter), true);
  if (row.exactBalance === undefined) return undefined;
  return same(listener.connection_balance_config?.exact_balance !== undefined, row.exactBalance);
}

function describeChain(chain: Row): readonly [string, string | null] {
  if (chain.filter_chain_match.destination_port !== undefined) return [chain.name, null];
  const http = chain.filters.some((filter: Row) => filter.name.endsWith('http_connection_manager')) ? 'HTTP' : 'TCP';
  if (chain.filter_chain_match.transport_protocol === 'raw_buffer') return [chain.name, `plain ${http}`];
  return [chain.name, chain.transport_socket === undefined ? 'TLS not terminated' : `mTLS ${http}`];
}

function runSources(row: Row): string | undefined {
  const families = addressFamilies(row.ips, true);
  const source: Row = inboundSource(families);
  const extra = (source.extra_source_addresses ?? []).map((one: Row) => one.address.address);
  const cluster: Row = captureClusters(families).find(({ name }) => name === 'InboundPassthroughCluster');
  return (
    same([source.source_address.address, ...extra], row.sources) ??
    same([cluster.type, cluster.lb_policy], ['ORIGINAL_DST', 'CLUSTER_PROVIDED'])
  );
}
