import type { JsonObject } from '../json.ts';
import { addressFamily } from '../mesh/index.ts';
import type { Direction } from '../telemetry/index.ts';
import { type AccessLog, type Logs, listenerAccessLog } from './capture-access-log.ts';
import { type InboundPort, inboundChains, type MtlsMode } from './capture-chains.ts';
import { redirectTo, tcpProxy } from './capture-filters.ts';
import { inspectors } from './capture-inspectors.ts';
import type { AddressFamilies } from './node-addresses.ts';
import { named } from './parts.ts';

export type CaptureRequest = {
  readonly families: AddressFamilies;
  readonly outboundPort: number;
  readonly inboundPort: number;
  readonly tproxy: boolean;
  readonly mtls: MtlsMode;
  /** Ports of services that select the pod, by number. */
  readonly ports: readonly InboundPort[];
  readonly registryOnly: boolean;
  readonly exactBalance: boolean;
  /** After which a TCP connection that carries nothing ends; undefined: Envoy's hour. */
  readonly idleTimeout?: string | undefined;
  /** How long to wait for the first bytes of a protocol that may be HTTP; `0s` for ever, as upstream. */
  readonly detectionTimeout: string;
  readonly accessLog?: AccessLog | undefined;
  /** File (a FIFO) from which the agent counts traffic; undefined: Envoy counts it, or nobody. */
  readonly telemetryLog?: string | undefined;
  /**
   * The pod's own addresses. Rules of 1.0 bring what the pod is sent to the outbound port as well; passed on to where it
   * was going it would be captured again, for ever, so that it goes to loopback, as 1.0 sent it.
   */
  readonly ownAddresses?: readonly string[] | undefined;
  /** Whether Envoy is Istio's build: a stock one refuses the filters `istio.*`. */
  readonly istioFilters: boolean;
};

function listenerAddress(families: AddressFamilies, port: number): JsonObject {
  const at = (address: string): JsonObject => ({ socket_address: { address, port_value: port } });
  const { additionalWildcard } = families;
  return {
    address: at(families.wildcard),
    ...(additionalWildcard === undefined ? {} : { additional_addresses: [{ address: at(additionalWildcard) }] }),
  };
}

/** What a filter of this listener logs. */
export function logsOf({ accessLog, telemetryLog }: CaptureRequest, direction: Direction): Logs {
  return { accessLog, ...(telemetryLog === undefined ? {} : { telemetry: { path: telemetryLog, direction } }) };
}

/** The listener for what the pod sends (agent.md 15.1). */
export function virtualOutbound(request: CaptureRequest): JsonObject {
  const cluster = request.registryOnly ? 'BlackHoleCluster' : 'PassthroughCluster';
  return {
    name: 'virtualOutbound',
    ...listenerAddress(request.families, request.outboundPort),
    use_original_dst: true,
    ...(request.tproxy ? { transparent: true } : {}),
    traffic_direction: 'OUTBOUND',
    max_connections_to_accept_per_socket_event: 1,
    ...listenerAccessLog(request.accessLog),
    filter_chains: [
      {
        name: 'virtualOutbound-blackhole',
        filter_chain_match: { destination_port: request.outboundPort },
        filters: [tcpProxy('BlackHoleCluster', {})],
      },
      ...ownChains(request),
      {
        name: 'virtualOutbound-catchall-tcp',
        filters: [tcpProxy(cluster, logsOf(request, 'outbound'), request.idleTimeout)],
      },
    ],
  };
}

/** One for each family: what was meant for the pod itself goes to the same port of its loopback. */
function ownChains(request: CaptureRequest): readonly JsonObject[] {
  const { ownAddresses = [] } = request;
  return ([4, 6] as const).flatMap((family) => {
    const addresses = ownAddresses.filter((address) => addressFamily(address) === family && !isLoopback(address));
    if (addresses.length === 0) return [];
    const ranges = addresses.map((address_prefix) => ({ address_prefix, prefix_len: family === 4 ? 32 : 128 }));
    return [
      {
        name: `virtualOutbound-own-${family}`,
        filter_chain_match: { prefix_ranges: ranges },
        filters: [
          redirectTo(family === 4 ? '127.0.0.1' : '[::1]'),
          tcpProxy('InboundPassthroughCluster', logsOf(request, 'inbound'), request.idleTimeout),
        ],
      },
    ];
  });
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}

/** The listener for what the pod is sent (agent.md 15.2). */
export function virtualInbound(request: CaptureRequest): JsonObject {
  const chains = inboundChains(request);
  return {
    name: 'virtualInbound',
    ...listenerAddress(request.families, request.inboundPort),
    ...(request.tproxy ? { transparent: true } : {}),
    traffic_direction: 'INBOUND',
    continue_on_listener_filters_timeout: true,
    listener_filters_timeout: request.detectionTimeout,
    ...(request.exactBalance ? { connection_balance_config: { exact_balance: {} } } : {}),
    max_connections_to_accept_per_socket_event: 1,
    ...listenerAccessLog(request.accessLog),
    listener_filters: [
      named('envoy.filters.listener.original_dst', 'envoy.extensions.filters.listener.original_dst.v3.OriginalDst'),
      ...(request.tproxy
        ? [
            named(
              'envoy.filters.listener.original_src',
              'envoy.extensions.filters.listener.original_src.v3.OriginalSrc',
              { mark: 1337 },
            ),
          ]
        : []),
      ...inspectors(chains),
    ],
    filter_chains: chains,
  };
}

const UNLIMITED = 4_294_967_295;

/** The clusters behind both listeners (agent.md 15.3). */
export function captureClusters(families: AddressFamilies): readonly JsonObject[] {
  return [
    { name: 'BlackHoleCluster', alt_stat_name: 'BlackHoleCluster;', type: 'STATIC', connect_timeout: '10s' },
    originalDestination('PassthroughCluster', {}),
    originalDestination('InboundPassthroughCluster', { upstream_bind_config: inboundSource(families) }),
  ];
}

/** Source addresses that the rule set lets go to the application: 127.0.0.6 and ::6. */
export function inboundSource(families: AddressFamilies): JsonObject {
  const at = (address: string): JsonObject => ({ address, port_value: 0 });
  if (families.lookup === 'V6_ONLY') return { source_address: at('::6') };
  return {
    source_address: at('127.0.0.6'),
    ...(families.lookup === 'ALL' ? { extra_source_addresses: [{ address: at('::6') }] } : {}),
  };
}

/** Upstream lets the inbound one report as `PassthroughCluster;` (hazard 12): here each has its own name. */
function originalDestination(name: string, more: JsonObject): JsonObject {
  const options = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';
  const limits = { max_connections: UNLIMITED, max_pending_requests: UNLIMITED };
  return {
    name,
    alt_stat_name: `${name};`,
    type: 'ORIGINAL_DST',
    lb_policy: 'CLUSTER_PROVIDED',
    connect_timeout: '10s',
    circuit_breakers: { thresholds: [{ ...limits, max_requests: UNLIMITED, max_retries: UNLIMITED }] },
    typed_extension_protocol_options: {
      [options]: {
        '@type': `type.googleapis.com/${options}`,
        common_http_protocol_options: { idle_timeout: '300s' },
        use_downstream_protocol_config: { http_protocol_options: {}, http2_protocol_options: {} },
      },
    },
    ...more,
  };
}
