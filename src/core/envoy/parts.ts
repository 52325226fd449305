import type { JsonObject, JsonValue } from '../json.ts';

/** Small pieces of Envoy configuration that many places use. */

const TYPE = 'type.googleapis.com/';

export function typed(type: string, fields: JsonObject = {}): JsonObject {
  return { '@type': `${TYPE}${type}`, ...fields };
}

export function named(name: string, type: string, fields: JsonObject = {}): JsonObject {
  return { name, typed_config: typed(type, fields) };
}

/** A configuration whose type Envoy may not know: handed on as a struct. */
export function typedStruct(name: string, type: string, value: JsonObject): JsonObject {
  return { name, typed_config: typed('udpa.type.v1.TypedStruct', { type_url: `${TYPE}${type}`, value }) };
}

/** The member, or nothing: `...optional('sni', sni)`. Empty text counts as nothing. */
export function optional(name: string, value: JsonValue | undefined): JsonObject {
  return value === undefined || value === '' ? {} : { [name]: value };
}

const HTTP_OPTIONS = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';

function httpOptions(fields: JsonObject): JsonObject {
  return { typed_extension_protocol_options: { [HTTP_OPTIONS]: typed(HTTP_OPTIONS, fields) } };
}

export const HTTP2: JsonObject = httpOptions({ explicit_http_config: { http2_protocol_options: {} } });

export function tcpAddress(address: string, port: number): JsonObject {
  return { socket_address: { protocol: 'TCP', address, port_value: port } };
}

export function pipe(path: string): JsonObject {
  return { pipe: { path } };
}

export function grpcServices(cluster: string): JsonObject {
  return { grpc_services: [{ envoy_grpc: { cluster_name: cluster } }] };
}

/** A cluster with one endpoint; `alt_stat_name` ends in the semicolon that the tag regexes look for. */
export function cluster(
  name: string,
  type: string,
  timeout: string,
  address: JsonObject,
  more: JsonObject,
): JsonObject {
  return {
    name,
    alt_stat_name: `${name};`,
    type,
    connect_timeout: timeout,
    lb_policy: 'ROUND_ROBIN',
    load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: [{ endpoint: { address } }] }] },
    ...more,
  };
}
