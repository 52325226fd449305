import type { JsonObject } from '../json.ts';
import { type Direction, TELEMETRY_FIELDS } from '../telemetry/index.ts';
import { typed } from './parts.ts';

export type AccessLog = {
  readonly path: string;
  readonly encoding: 'TEXT' | 'JSON';
  readonly format?: string | undefined;
};

/** The default text format of Istio, with its newline. */
export const ACCESS_LOG_TEXT =
  '[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS% ' +
  '%RESPONSE_CODE_DETAILS% %CONNECTION_TERMINATION_DETAILS% "%UPSTREAM_TRANSPORT_FAILURE_REASON%" %BYTES_RECEIVED% ' +
  '%BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%" ' +
  '"%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%" %UPSTREAM_CLUSTER_RAW% %UPSTREAM_LOCAL_ADDRESS% ' +
  '%DOWNSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS% %REQUESTED_SERVER_NAME% %ROUTE_NAME%\n';

/** The members of a JSON line: key, and operator without its percent signs. */
export const ACCESS_LOG_FIELDS: readonly (readonly [key: string, operator: string])[] = [
  ['start_time', 'START_TIME'],
  ['method', 'REQ(:METHOD)'],
  ['path', 'REQ(X-ENVOY-ORIGINAL-PATH?:PATH)'],
  ['protocol', 'PROTOCOL'],
  ['response_code', 'RESPONSE_CODE'],
  ['response_flags', 'RESPONSE_FLAGS'],
  ['response_code_details', 'RESPONSE_CODE_DETAILS'],
  ['connection_termination_details', 'CONNECTION_TERMINATION_DETAILS'],
  ['upstream_transport_failure_reason', 'UPSTREAM_TRANSPORT_FAILURE_REASON'],
  ['bytes_received', 'BYTES_RECEIVED'],
  ['bytes_sent', 'BYTES_SENT'],
  ['duration', 'DURATION'],
  ['upstream_service_time', 'RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)'],
  ['x_forwarded_for', 'REQ(X-FORWARDED-FOR)'],
  ['user_agent', 'REQ(USER-AGENT)'],
  ['request_id', 'REQ(X-REQUEST-ID)'],
  ['authority', 'REQ(:AUTHORITY)'],
  ['upstream_host', 'UPSTREAM_HOST'],
  ['upstream_cluster', 'UPSTREAM_CLUSTER_RAW'],
  ['upstream_local_address', 'UPSTREAM_LOCAL_ADDRESS'],
  ['downstream_local_address', 'DOWNSTREAM_LOCAL_ADDRESS'],
  ['downstream_remote_address', 'DOWNSTREAM_REMOTE_ADDRESS'],
  ['requested_server_name', 'REQUESTED_SERVER_NAME'],
  ['route_name', 'ROUTE_NAME'],
];

/** The logs of a filter: the user's, and the one from which the agent counts traffic. */
export type Logs = {
  readonly accessLog?: AccessLog | undefined;
  /** Where the agent reads, and which way the traffic of this listener goes. */
  readonly telemetry?: { readonly path: string; readonly direction: Direction } | undefined;
};

/** `access_log` of a listener: only what found no filter chain. */
export function listenerAccessLog(log: AccessLog | undefined): JsonObject {
  if (log === undefined || log.path === '') return {};
  return { access_log: [fileLog(log.path, userFormat(log), { response_flag_filter: { flags: ['NR'] } })] };
}

/** `access_log` of a connection manager; nothing where logging is off. */
export function httpAccessLog({ accessLog, telemetry }: Logs): JsonObject {
  const logs = [...userLog(accessLog, undefined), ...telemetryLog(telemetry)];
  return logs.length === 0 ? {} : { access_log: logs };
}

/** How often the bytes of an open TCP connection are counted; Istio's reportingInterval. */
const TCP_INTERVAL = '5s';

/**
 * `access_log` of a TCP proxy. Counting needs a line when a connection opens and now and then; the user's log has one
 * line a connection, at its end.
 */
export function tcpAccessLog({ accessLog, telemetry }: Logs): JsonObject {
  if (telemetry === undefined) return httpAccessLog({ accessLog });
  const atEnd = { log_type_filter: { types: ['TcpConnectionEnd'] } };
  return {
    access_log: [...userLog(accessLog, atEnd), ...telemetryLog(telemetry)],
    access_log_options: { flush_access_log_on_connected: true, access_log_flush_interval: TCP_INTERVAL },
  };
}

function userLog(log: AccessLog | undefined, filter: JsonObject | undefined): readonly JsonObject[] {
  return log === undefined || log.path === '' ? [] : [fileLog(log.path, userFormat(log), filter)];
}

function telemetryLog(telemetry: Logs['telemetry']): readonly JsonObject[] {
  if (telemetry === undefined) return [];
  const operators = TELEMETRY_FIELDS.map(([key, operator]) => [key, `%${operator}%`]);
  const json_format = { direction: telemetry.direction, ...Object.fromEntries(operators) };
  return [fileLog(telemetry.path, { json_format }, undefined)];
}

function fileLog(path: string, log_format: JsonObject, filter: JsonObject | undefined): JsonObject {
  return {
    name: 'envoy.access_loggers.file',
    ...(filter === undefined ? {} : { filter }),
    typed_config: typed('envoy.extensions.access_loggers.file.v3.FileAccessLog', { path, log_format }),
  };
}

function userFormat(log: AccessLog): JsonObject {
  return log.encoding === 'JSON' ? jsonFormat() : textFormat(log.format ?? ACCESS_LOG_TEXT);
}

function textFormat(format: string): JsonObject {
  return { text_format_source: { inline_string: format.endsWith('\n') ? format : `${format}\n` } };
}

function jsonFormat(): JsonObject {
  return {
    json_format: Object.fromEntries(ACCESS_LOG_FIELDS.map(([key, operator]) => [key, `%${operator}%`])),
    json_format_options: { sort_properties: false },
  };
}
