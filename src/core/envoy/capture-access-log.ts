import type { JsonObject } from '../json.ts';
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

/** `access_log` of a connection manager, TCP proxy or (`noChainOnly`) listener; nothing where logging is off. */
export function accessLog(log: AccessLog | undefined, noChainOnly = false): JsonObject {
  if (log === undefined || log.path === '') return {};
  const filter = { filter: { response_flag_filter: { flags: ['NR'] } } };
  return {
    access_log: [
      {
        name: 'envoy.access_loggers.file',
        ...(noChainOnly ? filter : {}),
        typed_config: typed('envoy.extensions.access_loggers.file.v3.FileAccessLog', {
          path: log.path,
          log_format: log.encoding === 'JSON' ? jsonFormat() : textFormat(log.format ?? ACCESS_LOG_TEXT),
        }),
      },
    ],
  };
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
