import type { JsonObject } from '../json.ts';
import { httpAccessLog, type Logs, tcpAccessLog } from './capture-access-log.ts';
import { named } from './parts.ts';

/** A TCP proxy; its statistics are named after its cluster. */
export function tcpProxy(cluster: string, logs: Logs, idleTimeout?: string): JsonObject {
  return named('envoy.filters.network.tcp_proxy', 'envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy', {
    stat_prefix: cluster,
    cluster,
    ...(idleTimeout === undefined ? {} : { idle_timeout: idleTimeout }),
    ...tcpAccessLog(logs),
  });
}

/** Another address in place of where the connection was going, with its port. */
export function redirectTo(host: string): JsonObject {
  return named(
    'envoy.filters.network.set_filter_state',
    'envoy.extensions.filters.network.set_filter_state.v3.Config',
    {
      on_new_connection: [
        {
          object_key: 'envoy.network.transport_socket.original_dst_address',
          format_string: { text_format_source: { inline_string: `${host}:%DOWNSTREAM_LOCAL_PORT%` } },
        },
      ],
    },
  );
}

export type InboundHttp = {
  readonly statPrefix: string;
  readonly cluster: string;
  readonly servicePort: number;
  readonly logs: Logs;
  readonly istioFilters: boolean;
};

const FILTERS = 'envoy.extensions.filters';

/** The connection manager of an inbound HTTP chain (agent.md 15.2). */
export function inboundHttp(request: InboundHttp): JsonObject {
  const exchange = { name: 'istio.metadata_exchange' };
  return named(
    'envoy.filters.network.http_connection_manager',
    `${FILTERS}.network.http_connection_manager.v3.HttpConnectionManager`,
    {
      codec_type: 'AUTO',
      stat_prefix: `${request.statPrefix};`,
      route_config: inboundRoutes(request),
      normalize_path: true,
      path_with_escaped_slashes_action: 'KEEP_UNCHANGED',
      use_remote_address: false,
      server_name: 'istio-envoy',
      forward_client_cert_details: 'APPEND_FORWARD',
      set_current_client_cert_details: { subject: true, dns: true, uri: true },
      upgrade_configs: [{ upgrade_type: 'websocket' }],
      stream_idle_timeout: '0s',
      proxy_100_continue: true,
      request_id_extension: {
        typed_config: { '@type': 'type.googleapis.com/envoy.extensions.request_id.uuid.v3.UuidRequestIdConfig' },
      },
      ...httpAccessLog(request.logs),
      http_filters: [
        ...(request.istioFilters ? [exchange] : []),
        named('envoy.filters.http.grpc_stats', `${FILTERS}.http.grpc_stats.v3.FilterConfig`, {
          emit_filter_state: true,
          stats_for_all_methods: false,
        }),
        named('envoy.filters.http.fault', `${FILTERS}.http.fault.v3.HTTPFault`),
        named('envoy.filters.http.cors', `${FILTERS}.http.cors.v3.Cors`),
        named('envoy.filters.http.router', `${FILTERS}.http.router.v3.Router`),
      ],
    },
  );
}

function inboundRoutes({ cluster, servicePort }: InboundHttp): JsonObject {
  return {
    name: cluster,
    validate_clusters: false,
    virtual_hosts: [
      {
        name: `inbound|http|${servicePort}`,
        domains: ['*'],
        routes: [
          {
            name: 'default',
            match: { prefix: '/' },
            decorator: { operation: `:${servicePort}/*` },
            route: {
              cluster,
              timeout: '0s',
              max_stream_duration: { max_stream_duration: '0s', grpc_timeout_header_max: '0s' },
              retry_policy: { retry_on: 'reset-before-request', num_retries: 2 },
            },
          },
        ],
      },
    ],
  };
}
