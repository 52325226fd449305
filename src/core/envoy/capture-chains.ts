import type { JsonObject } from '../json.ts';
import { inboundHttp, tcpProxy } from './capture-filters.ts';
import { type CaptureRequest, logsOf } from './capture-listeners.ts';
import { named } from './parts.ts';
import { sdsSecret } from './tls-context.ts';

export type MtlsMode = 'PERMISSIVE' | 'STRICT' | 'DISABLE';
export type InboundProtocol = 'HTTP' | 'TCP' | 'undeclared';
export type InboundPort = { readonly port: number; readonly protocol: InboundProtocol };

const ISTIO_HTTP = ['istio-http/1.0', 'istio-http/1.1', 'istio-h2'];
const ISTIO_TCP = ['istio-peer-exchange', 'istio'];
const PLAIN_HTTP = ['http/1.1', 'h2c'];

type Row = {
  readonly transport: 'tls' | 'raw_buffer';
  readonly alpn: readonly string[];
  readonly terminated: boolean;
  readonly http: boolean;
};

const MUTUAL_HTTP: Row = { transport: 'tls', alpn: ISTIO_HTTP, terminated: true, http: true };
const PLAIN_HTTP_ROW: Row = { transport: 'raw_buffer', alpn: PLAIN_HTTP, terminated: false, http: true };
const MUTUAL_TCP: Row = { transport: 'tls', alpn: ISTIO_TCP, terminated: true, http: false };
const PLAIN_TCP: Row = { transport: 'raw_buffer', alpn: [], terminated: false, http: false };
const OPAQUE_TLS: Row = { transport: 'tls', alpn: [], terminated: false, http: false };
const ANY_ISTIO = ['istio', 'istio-peer-exchange', ...ISTIO_HTTP];

/** Which kinds of traffic a port gets a chain for, in order, with PERMISSIVE; the other modes take from these. */
const ROWS: { readonly [protocol in InboundProtocol]: readonly Row[] } = {
  undeclared: [MUTUAL_HTTP, PLAIN_HTTP_ROW, MUTUAL_TCP, PLAIN_TCP, OPAQUE_TLS],
  HTTP: [
    { ...MUTUAL_HTTP, alpn: ANY_ISTIO },
    { ...PLAIN_HTTP_ROW, alpn: [] },
  ],
  TCP: [{ ...MUTUAL_TCP, alpn: ANY_ISTIO }, OPAQUE_TLS, PLAIN_TCP],
};

function rowsOf(protocol: InboundProtocol, mode: MtlsMode): readonly Row[] {
  const rows = ROWS[protocol];
  if (mode === 'PERMISSIVE') return rows;
  if (mode === 'DISABLE') return rows.filter(({ transport }) => transport === 'raw_buffer');
  return rows
    .filter(({ terminated }) => terminated)
    .map((row) => (row.http && protocol !== 'HTTP' ? row : { ...row, alpn: [] }));
}

/** The filter chains of virtualInbound: blackhole, pass-through, then declared ports by number. */
export function inboundChains(request: CaptureRequest): readonly JsonObject[] {
  const ports = [...request.ports].sort((a, b) => a.port - b.port);
  return [
    {
      name: 'virtualInbound-blackhole',
      filter_chain_match: { destination_port: request.inboundPort },
      filters: [...exchange(request), tcpProxy('BlackHoleCluster', {})],
    },
    ...rowsOf('undeclared', request.mtls).map((row) => passthroughChain(row, request)),
    ...ports.flatMap((port) => rowsOf(port.protocol, request.mtls).map((row) => portChain(row, port, request))),
  ];
}

function passthroughChain(row: Row, request: CaptureRequest): JsonObject {
  return {
    name: row.http ? 'virtualInbound-catchall-http' : 'virtualInbound',
    filter_chain_match: match(row),
    ...transportSocket(row),
    filters: filters(row, request, 'InboundPassthroughCluster', 'InboundPassthroughCluster', 0),
  };
}

function portChain(row: Row, { port }: InboundPort, request: CaptureRequest): JsonObject {
  const name = `${request.families.wildcard}_${port}`;
  return {
    name,
    filter_chain_match: { destination_port: port, ...match(row) },
    ...transportSocket(row),
    filters: filters(row, request, `inbound|${port}||`, `inbound_${name}`, port),
  };
}

function match({ transport, alpn }: Row): JsonObject {
  return { transport_protocol: transport, ...(alpn.length === 0 ? {} : { application_protocols: alpn }) };
}

function filters(row: Row, request: CaptureRequest, cluster: string, statPrefix: string, port: number): JsonObject[] {
  const { istioFilters } = request;
  const logs = logsOf(request, 'inbound');
  if (!row.http) return [...exchange(request), tcpProxy(cluster, logs, request.idleTimeout)];
  return [...exchange(request), inboundHttp({ statPrefix, cluster, servicePort: port, logs, istioFilters })];
}

function exchange({ istioFilters }: CaptureRequest): readonly JsonObject[] {
  if (!istioFilters) return [];
  return [
    named('istio.metadata_exchange', 'envoy.tcp.metadataexchange.config.MetadataExchange', {
      protocol: 'istio-peer-exchange',
    }),
  ];
}

const CIPHERS = [
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'AES256-GCM-SHA384',
  'AES128-GCM-SHA256',
];

function transportSocket(row: Row): JsonObject {
  if (!row.terminated) return {};
  const context = 'envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext';
  return {
    transport_socket: named('envoy.transport_sockets.tls', context, {
      require_client_certificate: true,
      common_tls_context: {
        tls_params: {
          tls_minimum_protocol_version: 'TLSv1_2',
          tls_maximum_protocol_version: 'TLSv1_3',
          cipher_suites: CIPHERS,
        },
        alpn_protocols: [...(row.http ? [] : ['istio-peer-exchange']), 'h2', 'http/1.1'],
        tls_certificate_sds_secret_configs: [sdsSecret('default', true)],
        combined_validation_context: {
          default_validation_context: {},
          validation_context_sds_secret_config: sdsSecret('ROOTCA', true),
        },
      },
    }),
  };
}
