import type { JsonObject } from '../json.ts';
import type { AddressFamilies } from './node-addresses.ts';
import { named, tcpAddress, typed } from './parts.ts';
import { downstreamTls } from './tls-context.ts';

export type ServiceListenerRequest = {
  readonly families: AddressFamilies;
  readonly prometheusPort: number;
  readonly statusPort: number;
  readonly secureMetricsPort: number;
  readonly secureMergedMetricsPort: number;
  readonly compression: boolean;
  readonly metricsLocalhostOnly: boolean;
  readonly proxyProtocol: boolean;
};

const ROUTER = named('envoy.filters.http.router', 'envoy.extensions.filters.http.router.v3.Router');
const PROMETHEUS = '/stats/prometheus';

/** The listeners that every sidecar has for its operators: metrics, health (agent.md 7.5). */
export function serviceListeners(request: ServiceListenerRequest): readonly JsonObject[] {
  const { families } = request;
  const metricsAddress = request.metricsLocalhostOnly ? families.localhost : families.wildcard;
  const compressors = request.compression ? ['brotli', 'zstd', 'gzip'].map(compressor) : [];
  const secure = (port: number, prefix: string, routes: readonly Route[]): readonly JsonObject[] =>
    port <= 0
      ? []
      : [listener(families, families.wildcard, port, SECURE, { match: TLS_MATCH, prefix, routes, filters: [ROUTER] })];
  return [
    listener(
      families,
      metricsAddress,
      request.prometheusPort,
      {},
      {
        match: {},
        prefix: 'stats',
        routes: [[PROMETHEUS, 'prometheus_stats']],
        filters: [...compressors, ROUTER],
      },
    ),
    ...secure(request.secureMetricsPort, 'secure_stats', [[PROMETHEUS, 'prometheus_stats']]),
    ...secure(request.secureMergedMetricsPort, 'secure_merged_stats', [
      [PROMETHEUS, 'agent'],
      ['/metrics', 'agent'],
    ]),
    listener(families, families.wildcard, request.statusPort, request.proxyProtocol ? PROXY_PROTOCOL : {}, {
      match: {},
      prefix: 'agent',
      routes: [['/healthz/ready', 'agent']],
      filters: [ROUTER],
    }),
  ];
}

const SECURE: JsonObject = {
  listener_filters: [
    named('envoy.filters.listener.tls_inspector', 'envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector'),
  ],
};

const TLS_MATCH: JsonObject = { filter_chain_match: { transport_protocol: 'tls' }, ...downstreamTls() };

const PROXY_PROTOCOL: JsonObject = {
  listener_filters: [
    named('envoy.listener.proxy_protocol', 'envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol', {
      allow_requests_without_proxy_protocol: true,
    }),
  ],
};

type Route = readonly [prefix: string, cluster: string];

type Chain = {
  readonly match: JsonObject;
  readonly prefix: string;
  readonly routes: readonly Route[];
  readonly filters: readonly JsonObject[];
};

function listener(
  families: AddressFamilies,
  address: string,
  port: number,
  more: JsonObject,
  chain: Chain,
): JsonObject {
  const manager = named(
    'envoy.filters.network.http_connection_manager',
    'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
    {
      codec_type: 'AUTO',
      stat_prefix: chain.prefix,
      route_config: {
        virtual_hosts: [
          {
            name: 'backend',
            domains: ['*'],
            routes: chain.routes.map(([prefix, cluster]) => ({ match: { prefix }, route: { cluster } })),
          },
        ],
      },
      http_filters: chain.filters,
    },
  );
  const { additionalWildcard } = families;
  return {
    name: `${address}_${port}`,
    address: tcpAddress(address, port),
    ...(additionalWildcard === undefined
      ? {}
      : { additionalAddresses: [{ address: tcpAddress(additionalWildcard, port) }] }),
    ignore_global_conn_limit: true,
    bypass_overload_manager: true,
    ...more,
    filter_chains: [{ ...chain.match, filters: [manager] }],
  };
}

function compressor(kind: string): JsonObject {
  const type = `${kind.charAt(0).toUpperCase()}${kind.slice(1)}`;
  return named(`envoy.filters.http.compressor.${kind}`, 'envoy.extensions.filters.http.compressor.v3.Compressor', {
    compressor_library: {
      name: `stats_${kind}`,
      typed_config: typed(`envoy.extensions.compression.${kind}.compressor.v3.${type}`),
    },
    response_direction_config: {
      common_config: {
        content_type: [
          'text/plain',
          'application/vnd.google.protobuf',
          'application/openmetrics-text',
          'application/openmetrics-protobuf',
        ],
      },
    },
  });
}
