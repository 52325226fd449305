import type { JsonObject, MutableJsonObject } from '../json.ts';
import { durationNanoseconds } from '../mesh/index.ts';
import { readNumber, readObject, readText } from './config-reader.ts';
import { serviceAddress } from './host-port.ts';
import { HTTP2, named } from './parts.ts';
import { upstreamTls } from './tls-context.ts';
import { strictDns, type TracerContext } from './tracing.ts';

const SERVICES = [
  ['envoyMetricsService', 'envoy_metrics_service'],
  ['envoyAccessLogService', 'envoy_accesslog_service'],
] as const;

/** Clusters of the metrics and access log services of ProxyConfig. */
export function serviceClusters({ proxyConfig, hostIp, lookup, certificates }: TracerContext): readonly JsonObject[] {
  return SERVICES.flatMap(([field, name]) => {
    const service = readObject(proxyConfig, field) ?? {};
    const address = serviceAddress(readText(service, 'address'), `${field}.address`, hostIp);
    if (address === undefined) return [];
    const tls = upstreamTls({ settings: readObject(service, 'tlsSettings'), name, http2: true, certificates });
    return [strictDns(name, address, lookup, { ...tls, ...HTTP2, ...keepalive(service) })];
  });
}

/** Where Envoy pushes statistics: the metrics service, then statsd. */
export function statsSinks({ proxyConfig, hostIp }: TracerContext): readonly JsonObject[] {
  const metrics = readText(proxyConfig, 'envoyMetricsService/address') !== '';
  const statsd = serviceAddress(readText(proxyConfig, 'statsdUdpAddress'), 'statsdUdpAddress', hostIp);
  return [
    ...(metrics
      ? [
          named('envoy.stat_sinks.metrics_service', 'envoy.config.metrics.v3.MetricsServiceConfig', {
            transport_api_version: 'V3',
            grpc_service: { envoy_grpc: { cluster_name: 'envoy_metrics_service' } },
          }),
        ]
      : []),
    ...(statsd === undefined
      ? []
      : [
          named('envoy.stat_sinks.statsd', 'envoy.config.metrics.v3.StatsdSink', {
            address: { socket_address: statsd },
          }),
        ]),
  ];
}

function keepalive(service: JsonObject): JsonObject {
  const settings = readObject(service, 'tcpKeepalive');
  if (settings === undefined) return {};
  const seconds = (field: string): number => Number(durationNanoseconds(readText(settings, field)) / 1_000_000_000n);
  const values: MutableJsonObject = {};
  for (const [name, value] of [
    ['keepalive_probes', readNumber(settings, 'probes')],
    ['keepalive_time', seconds('time')],
    ['keepalive_interval', seconds('interval')],
  ] as const) {
    if (value > 0) values[name] = value;
  }
  return { upstream_connection_options: { tcp_keepalive: values } };
}
