import { isObject, type JsonObject, type JsonValue } from '../json.ts';
import { failed, type Parsed, type Problem, ProblemError, parsed } from '../problem.ts';
import { readFlag, readMap, readNumber, readText } from './config-reader.ts';
import { addressFamilies, withoutDuplicates } from './node-addresses.ts';
import { buildNodeMetadata, type NodeMetadata } from './node-metadata.ts';
import { cluster, grpcServices, HTTP2, named, optional, pipe, tcpAddress, typedStruct } from './parts.ts';
import { connectionLimit, runtimeLayer } from './runtime-layer.ts';
import { nodeCluster } from './service-cluster.ts';
import { serviceListeners } from './service-listeners.ts';
import { type BootstrapInput, environmentEntries, refuse, settingProblem } from './settings.ts';
import { statsConfig, statsIntervals } from './stats-config.ts';
import { serviceClusters, statsSinks } from './telemetry-services.ts';
import { buildTracer, type TracerContext } from './tracing.ts';

/** A bootstrap, and the file that must stand beside it. */
export type Bootstrap = {
  readonly config: JsonObject;
  readonly tokenFile?: { readonly path: string; readonly text: string } | undefined;
};

/** Envoy's bootstrap as pilot-agent of today generates it (agent.md 6 and 7). Warnings do not stop it. */
export function buildBootstrap(input: BootstrapInput): Parsed<Bootstrap> {
  const problems: Problem[] = [];
  try {
    const warn = (message: string, pointer?: string): void => {
      problems.push(settingProblem(message, 'warning', pointer));
    };
    return parsed(assemble(input, warn), problems);
  } catch (error) {
    if (error instanceof ProblemError) return failed(error.problem, ...problems);
    throw error;
  }
}

function assemble(input: BootstrapInput, warn: (message: string, pointer?: string) => void): Bootstrap {
  const { proxyConfig, features } = input;
  const metadata = buildNodeMetadata(input, warn);
  const text = (name: string): string => readText(metadata.output, name);
  const addresses = withoutDuplicates(input.instanceIps);
  const families = addressFamilies(addresses, features.dualStack);
  const clusterName = nodeCluster(proxyConfig, {
    namespace: text('NAMESPACE'),
    workloadName: text('WORKLOAD_NAME'),
    labels: metadata.labels,
  });
  const context: TracerContext = {
    proxyConfig,
    nodeCluster: clusterName,
    hostIp: environmentEntries(input.env).findLast(([name]) => name === 'HOST_IP')?.[1] ?? '',
    lookup: families.lookup,
    certificates: {
      chain: text('TLS_CLIENT_CERT_CHAIN'),
      key: text('TLS_CLIENT_KEY'),
      root: text('TLS_CLIENT_ROOT_CERT'),
    },
  };
  const discovery = text('METADATA_DISCOVERY') === 'true' && features.deltaXds;
  const selfDiscovery = text('ENABLE_SELF_DISCOVERY') === 'true';
  const tracer = buildTracer(context);
  const sinks = statsSinks(context);
  const adminPort = readNumber(proxyConfig, 'proxyAdminPort');
  const config: JsonObject = {
    application_log_config: { log_format: logFormat(input.logAsJson) },
    node: {
      id: input.nodeId,
      cluster: clusterName,
      locality: localityMessage(metadata),
      metadata: metadata.output,
    },
    layered_runtime: {
      layers: [
        {
          name: 'global config',
          static_layer: runtimeLayer(proxyConfig, input.compliancePolicy, features.httpStripFragment),
        },
        { name: 'admin', admin_layer: {} },
      ],
    },
    bootstrap_extensions: bootstrapExtensions(discovery),
    ...statsIntervals(metadata.annotations, warn),
    stats_config: statsConfig(
      {
        proxyConfig,
        annotations: metadata.annotations,
        addresses,
        exitOnZero: input.exitOnZeroActiveConnections,
        metadataDiscovery: discovery,
      },
      warn,
    ),
    admin: {
      access_log: [
        named('envoy.access_loggers.file', 'envoy.extensions.access_loggers.file.v3.FileAccessLog', {
          path: '/dev/null',
        }),
      ],
      profile_path: '/var/lib/istio/data/envoy.prof',
      address: { socket_address: { address: families.localhost, port_value: adminPort } },
    },
    dynamic_resources: dynamicResources(features.deltaXds),
    static_resources: {
      clusters: [
        cluster('prometheus_stats', 'STATIC', '0.250s', tcpAddress(families.localhost, adminPort), {}),
        cluster('agent', 'STATIC', '0.250s', tcpAddress(families.localhost, readNumber(proxyConfig, 'statusPort')), {}),
        ...secretClusters(input, metadata),
        xdsCluster(readText(proxyConfig, 'configPath')),
        ...(tracer.cluster === undefined ? [] : [tracer.cluster]),
        ...serviceClusters(context),
        ...(selfDiscovery ? [LOCAL_CLUSTER] : []),
      ],
      listeners: serviceListeners({
        families,
        prometheusPort: input.prometheusPort,
        statusPort: input.statusPort,
        secureMetricsPort: input.secureMetricsPort,
        secureMergedMetricsPort: input.secureMergedMetricsPort,
        compression: readFlag(proxyConfig, 'statsCompression') ?? true,
        metricsLocalhostOnly: readMap(proxyConfig, 'proxyMetadata').METRICS_LOCALHOST_ACCESS_ONLY === 'true',
        proxyProtocol: features.statusPortProxyProtocol,
      }),
    },
    overload_manager: {
      resource_monitors: [
        named(
          'envoy.resource_monitors.global_downstream_max_connections',
          'envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig',
          { max_active_downstream_connections: connectionLimit(proxyConfig) },
        ),
      ],
    },
    ...optional('tracing', tracer.tracing),
    ...(sinks.length === 0 ? {} : { stats_sinks: sinks }),
    ...clusterManager(input.outlierLogPath, selfDiscovery, metadata),
    deferred_stat_options: { enable_deferred_creation_stats: true },
  };
  return { config, tokenFile: tracer.tokenFile };
}

function logFormat(json: boolean): JsonObject {
  if (!json) return { text_format: '%Y-%m-%dT%T.%fZ\t%l\tenvoy %n %g:%#\t%v\tthread=%t' };
  return {
    json_format: {
      time: '%Y-%m-%dT%T.%fZ',
      level: '%l',
      scope: 'envoy %n',
      msg: '%j',
      caller: '%g:%#',
      thread: '%t',
    },
  };
}

function localityMessage({ locality }: NodeMetadata): JsonObject {
  return {
    ...optional('region', locality.region),
    ...optional('zone', locality.zone),
    ...optional('sub_zone', locality.subZone),
  };
}

function bootstrapExtensions(discovery: boolean): JsonValue {
  const workloads = typedStruct('metadata_discovery', 'istio.workload.BootstrapExtension', {
    config_source: { ads: {} },
  });
  const internal = 'envoy.extensions.bootstrap.internal_listener.v3.InternalListener';
  return [
    ...(discovery ? [workloads] : []),
    typedStruct('envoy.bootstrap.internal_listener', internal, { buffer_size_kb: 64 }),
  ];
}

function dynamicResources(delta: boolean): JsonObject {
  const ads = { ads: {}, initial_fetch_timeout: '0s', resource_api_version: 'V3' };
  return {
    lds_config: ads,
    cds_config: ads,
    ads_config: {
      api_type: delta ? 'DELTA_GRPC' : 'GRPC',
      set_node_on_first_message_only: true,
      transport_api_version: 'V3',
      ...grpcServices('xds-grpc'),
    },
  };
}

function secretClusters(input: BootstrapInput, { raw }: NodeMetadata): readonly JsonObject[] {
  const socket = `./var/run/secrets/workload-spiffe-uds/${input.workloadIdentitySocket}`;
  const files = cluster('sds-files-grpc', 'STATIC', '1s', pipe('./var/run/secrets/credential-uds/files-socket'), HTTP2);
  return [
    cluster('sds-grpc', 'STATIC', '1s', pipe(socket), HTTP2),
    ...(Object.hasOwn(raw, 'file-credential') ? [files] : []),
  ];
}

function xdsCluster(configPath: string): JsonObject {
  const threshold = (priority: string): JsonObject => ({
    priority,
    max_connections: 100000,
    max_pending_requests: 100000,
    max_requests: 100000,
  });
  return cluster('xds-grpc', 'STATIC', '1s', pipe(`${configPath}/XDS`), {
    circuit_breakers: { thresholds: [threshold('DEFAULT'), threshold('HIGH')] },
    upstream_connection_options: { tcp_keepalive: { keepalive_time: 300 } },
    max_requests_per_connection: 1,
    ...HTTP2,
  });
}

/** The pod's own service, for zone-aware routing. */
const LOCAL_CLUSTER: JsonObject = {
  name: 'local_cluster',
  alt_stat_name: 'local_cluster;',
  type: 'EDS',
  connect_timeout: '1s',
  eds_cluster_config: {
    eds_config: { ads: {}, initial_fetch_timeout: '0s', resource_api_version: 'V3' },
    service_name: 'local_cluster',
  },
  load_balancing_policy: {
    policies: [
      {
        typed_extension_config: named(
          'envoy.load_balancing_policies.least_request',
          'envoy.extensions.load_balancing_policies.least_request.v3.LeastRequest',
          { locality_lb_config: { zone_aware_lb_config: { min_cluster_size: '1' } } },
        ),
      },
    ],
  },
};

function clusterManager(outlierLog: string, selfDiscovery: boolean, { raw }: NodeMetadata): JsonObject {
  const loadStats = readText(raw, 'LOAD_STATS_CONFIG_JSON');
  if (outlierLog === '' && !selfDiscovery && loadStats === '') return {};
  return {
    cluster_manager: {
      ...(selfDiscovery ? { local_cluster_name: 'local_cluster' } : {}),
      ...(outlierLog === '' ? {} : { outlier_detection: { event_log_path: outlierLog } }),
      ...(loadStats === '' ? {} : { load_stats_config: parseLoadStats(loadStats) }),
      enable_deferred_cluster_creation: true,
    },
  };
}

/** Upstream puts the text in unchecked; a text that is no object would give a file that is no JSON. */
function parseLoadStats(text: string): JsonObject {
  try {
    const value = JSON.parse(text) as JsonValue;
    if (isObject(value)) return value;
  } catch {
    // Refused below.
  }
  return refuse(`ISTIO_META_LOAD_STATS_CONFIG_JSON is no JSON object: ${text.slice(0, 80)}`);
}
