import type { JsonObject, MutableJsonObject } from '../json.ts';
import { setKey } from '../json.ts';
import { durationNanoseconds } from '../mesh/index.ts';
import { failed, type Parsed, ProblemError, parsed } from '../problem.ts';
import type { Bootstrap } from './bootstrap.ts';
import { readText } from './config-reader.ts';
import { serviceAddress } from './host-port.ts';
import { environmentEntries } from './settings.ts';

export type EarlyBootstrapInput = {
  readonly nodeId: string;
  readonly env: readonly string[];
  readonly proxyConfig: JsonObject;
  readonly pilotSubjectAltNames: readonly string[];
};

/**
 * The bootstrap of release 1.0 (agent.md 17): Envoy's configuration of the second generation, straight to Pilot. The
 * port of the discovery address is ignored, the admin port is fixed, and `availabilityZone` does not appear.
 */
export function buildEarlyBootstrap(input: EarlyBootstrapInput): Parsed<Bootstrap> {
  try {
    return parsed({ config: assemble(input) });
  } catch (error) {
    if (error instanceof ProblemError) return failed(error.problem);
    throw error;
  }
}

function assemble(input: EarlyBootstrapInput): JsonObject {
  const { proxyConfig } = input;
  const zipkin = serviceAddress(readText(proxyConfig, 'zipkinAddress'), 'zipkinAddress', '');
  const statsd = serviceAddress(readText(proxyConfig, 'statsdUdpAddress'), 'statsdUdpAddress', '');
  return {
    node: { id: input.nodeId, cluster: readText(proxyConfig, 'serviceCluster'), metadata: metadata(input.env) },
    stats_config: { use_all_default_tags: false },
    admin: {
      access_log_path: '/dev/stdout',
      address: { socket_address: { address: '127.0.0.1', port_value: 15000 } },
    },
    dynamic_resources: {
      lds_config: { ads: {} },
      cds_config: { ads: {} },
      ads_config: {
        api_type: 'GRPC',
        refresh_delay: seconds(readText(proxyConfig, 'discoveryRefreshDelay')),
        grpc_services: [{ envoy_grpc: { cluster_name: 'xds-grpc' } }],
      },
    },
    static_resources: {
      clusters: [pilotCluster(input), ...(zipkin === undefined ? [] : [zipkinCluster(zipkin)])],
    },
    ...(zipkin === undefined
      ? {}
      : { tracing: { http: { name: 'envoy.zipkin', config: { collector_cluster: 'zipkin' } } } }),
    ...(statsd === undefined
      ? {}
      : { stats_sinks: [{ name: 'envoy.statsd', config: { address: { socket_address: statsd } } }] }),
  };
}

/** Every ISTIO_META_ variable as text, besides what kind of proxy it is. */
function metadata(env: readonly string[]): JsonObject {
  const result: MutableJsonObject = {};
  for (const [name, value] of environmentEntries(env)) {
    if (name.startsWith('ISTIO_META_')) setKey(result, name.slice('ISTIO_META_'.length), value);
  }
  result.istio = 'sidecar';
  return result;
}

function pilotCluster({ proxyConfig, pilotSubjectAltNames }: EarlyBootstrapInput): JsonObject {
  const mutual = readText(proxyConfig, 'controlPlaneAuthPolicy') === 'MUTUAL_TLS';
  const host = serviceAddress(readText(proxyConfig, 'discoveryAddress'), 'discoveryAddress', '')?.address ?? '';
  const threshold = (priority: string): JsonObject => ({
    priority,
    max_connections: '100000',
    max_pending_requests: '100000',
    max_requests: '100000',
  });
  return {
    name: 'xds-grpc',
    type: 'STRICT_DNS',
    connect_timeout: seconds(readText(proxyConfig, 'connectTimeout')),
    lb_policy: 'ROUND_ROBIN',
    ...(mutual ? { tls_context: { common_tls_context: pilotTls(pilotSubjectAltNames) } } : {}),
    hosts: [{ socket_address: { address: host, port_value: mutual ? 15011 : 15010 } }],
    circuit_breakers: { thresholds: [threshold('default'), threshold('high')] },
    upstream_connection_options: { tcp_keepalive: { keepalive_time: 300 } },
    http2_protocol_options: {},
  };
}

function pilotTls(names: readonly string[]): JsonObject {
  return {
    alpn_protocols: 'h2',
    tls_certificates: {
      certificate_chain: { filename: '/etc/certs/cert-chain.pem' },
      private_key: { filename: '/etc/certs/key.pem' },
    },
    validation_context: {
      trusted_ca: { filename: '/etc/certs/root-cert.pem' },
      verify_subject_alt_name: names,
    },
  };
}

function zipkinCluster(address: JsonObject): JsonObject {
  return {
    name: 'zipkin',
    type: 'STRICT_DNS',
    connect_timeout: { seconds: 1 },
    lb_policy: 'ROUND_ROBIN',
    hosts: [{ socket_address: address }],
  };
}

function seconds(text: string): JsonObject {
  const nanoseconds = durationNanoseconds(text === '' ? undefined : text);
  return { seconds: Number(nanoseconds / 1_000_000_000n), nanos: Number(nanoseconds % 1_000_000_000n) };
}
