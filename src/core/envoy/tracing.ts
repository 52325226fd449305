import type { JsonObject } from '../json.ts';
import { readObject, readText } from './config-reader.ts';
import { serviceAddress } from './host-port.ts';
import { cluster, HTTP2, named } from './parts.ts';
import { type ClientCertificates, upstreamTls } from './tls-context.ts';

/** What a tracer adds to the bootstrap. */
export type Tracer = {
  readonly cluster?: JsonObject | undefined;
  readonly tracing?: JsonObject | undefined;
  /** A file that must exist beside the bootstrap, with its text. */
  readonly tokenFile?: { readonly path: string; readonly text: string } | undefined;
};

export type TracerContext = {
  readonly proxyConfig: JsonObject;
  readonly nodeCluster: string;
  readonly hostIp: string;
  readonly lookup: string;
  readonly certificates: ClientCertificates;
};

type Provider = {
  readonly field: string;
  readonly cluster: string;
  readonly http2: boolean;
  readonly more: JsonObject;
  readonly config: (context: TracerContext) => JsonObject;
};

const PROVIDERS: readonly Provider[] = [
  {
    field: 'zipkin',
    cluster: 'zipkin',
    http2: false,
    more: { dns_refresh_rate: '30s' },
    config: () =>
      named('envoy.tracers.zipkin', 'envoy.config.trace.v3.ZipkinConfig', {
        collector_cluster: 'zipkin',
        collector_endpoint: '/api/v2/spans',
        collector_endpoint_version: 'HTTP_JSON',
        trace_id_128bit: true,
        shared_span_context: false,
      }),
  },
  {
    field: 'lightstep',
    cluster: 'lightstep',
    http2: true,
    more: HTTP2,
    config: ({ proxyConfig }) =>
      named('envoy.tracers.lightstep', 'envoy.config.trace.v3.LightstepConfig', {
        collector_cluster: 'lightstep',
        access_token_file: tokenPath(proxyConfig),
      }),
  },
  {
    field: 'datadog',
    cluster: 'datadog_agent',
    http2: false,
    more: {},
    config: ({ nodeCluster }) =>
      named('envoy.tracers.datadog', 'envoy.config.trace.v3.DatadogConfig', {
        collector_cluster: 'datadog_agent',
        service_name: nodeCluster,
      }),
  },
];

/** The tracer of `tracing`: the first of zipkin, lightstep and datadog that has an address. */
export function buildTracer(context: TracerContext): Tracer {
  const tracing = readObject(context.proxyConfig, 'tracing') ?? {};
  for (const provider of PROVIDERS) {
    const address = serviceAddress(
      readText(tracing, `${provider.field}/address`),
      `tracing.${provider.field}.address`,
      context.hostIp,
    );
    if (address === undefined) continue;
    const tls = upstreamTls({
      settings: readObject(tracing, 'tlsSettings'),
      name: 'tracer',
      http2: provider.http2,
      certificates: context.certificates,
    });
    return {
      cluster: strictDns(provider.cluster, address, context.lookup, { ...tls, ...provider.more }),
      tracing: { http: provider.config(context) },
      tokenFile:
        provider.field === 'lightstep'
          ? { path: tokenPath(context.proxyConfig), text: readText(tracing, 'lightstep/accessToken') }
          : undefined,
    };
  }
  return {};
}

export function strictDns(name: string, address: JsonObject, lookup: string, more: JsonObject): JsonObject {
  return cluster(
    name,
    'STRICT_DNS',
    '1s',
    { socket_address: address },
    {
      respect_dns_ttl: true,
      dns_lookup_family: lookup,
      ...more,
    },
  );
}

/** Go's path.Join: no `./` in front, no double slash. */
function tokenPath(proxyConfig: JsonObject): string {
  return `${readText(proxyConfig, 'configPath')}/lightstep_access_token.txt`
    .replaceAll(/\/{2,}/g, '/')
    .replace(/^(?:\.\/)+/, '');
}
