import { ACCESS_LOG_FIELDS, ACCESS_LOG_TEXT, type AccessLog } from '../envoy/index.ts';
import type { LogEntry } from './log-entry.ts';

/** A value as Envoy's operators give it: a number stays one in JSON, nothing is `-` in text and null in JSON. */
type Value = string | number | undefined;
type Operator = (entry: LogEntry) => Value;

export type LineWriter = {
  /** A line with its newline. */
  readonly line: (entry: LogEntry) => string;
  /** Operators of the format that this engine does not have; they print `-`. */
  readonly unknown: readonly string[];
};

/** Prepares a format: Istio's text and JSON, or a text of the user's with Envoy's operators (agent.md 16). */
export function accessLogWriter(log: AccessLog): LineWriter {
  if (log.encoding === 'JSON') {
    const fields = ACCESS_LOG_FIELDS.map(([key, text]) => [key, operatorOf(text) ?? nothing] as const);
    const line = (entry: LogEntry): string =>
      `${JSON.stringify(Object.fromEntries(fields.map(([key, value]) => [key, value(entry) ?? null])))}\n`;
    return { line, unknown: [] };
  }
  const format = log.format ?? ACCESS_LOG_TEXT;
  const unknown: string[] = [];
  const parts = (format.endsWith('\n') ? format : `${format}\n`).split(/(%%|%[A-Z_0-9]+(?:\([^)]*\))?(?::\d+)?%)/);
  const writers = parts.map((part, i): ((entry: LogEntry) => string) => {
    if (i % 2 === 0 || part === '%%') return () => (part === '%%' ? '%' : part);
    const operator = operatorOf(part.slice(1, -1));
    if (operator === undefined) unknown.push(part);
    return (entry) => String((operator ?? nothing)(entry) ?? '-');
  });
  return { line: (entry) => writers.map((write) => write(entry)).join(''), unknown };
}

const UNREACHABLE = 'upstream_reset_before_response_started{remote_connection_failure|REASON}';

const nothing: Operator = () => undefined;

const PLAIN: Readonly<Record<string, Operator>> = {
  START_TIME: ({ startedAt }) => new Date(startedAt).toISOString(),
  PROTOCOL: ({ http }) => http?.protocol,
  RESPONSE_CODE: ({ http }) => http?.status ?? 0,
  RESPONSE_FLAGS: ({ responseFlags }) => (responseFlags === '-' ? undefined : responseFlags),
  RESPONSE_CODE_DETAILS: ({ http, connectFailure }) => {
    if (http === undefined || http.status === 0) return undefined;
    return connectFailure === undefined ? 'via_upstream' : UNREACHABLE.replace('REASON', connectFailure);
  },
  CONNECTION_TERMINATION_DETAILS: nothing,
  UPSTREAM_TRANSPORT_FAILURE_REASON: ({ connectFailure }) => connectFailure,
  BYTES_RECEIVED: ({ received }) => received,
  BYTES_SENT: ({ sent }) => sent,
  DURATION: ({ duration }) => Math.round(duration),
  RESPONSE_DURATION: ({ http }) => rounded(http?.serviceTime),
  UPSTREAM_HOST: ({ ends }) => ends.upstreamRemote,
  UPSTREAM_REMOTE_ADDRESS: ({ ends }) => ends.upstreamRemote,
  UPSTREAM_CLUSTER: ({ cluster }) => cluster,
  UPSTREAM_CLUSTER_RAW: ({ cluster }) => cluster,
  UPSTREAM_LOCAL_ADDRESS: ({ ends }) => ends.upstreamLocal,
  DOWNSTREAM_LOCAL_ADDRESS: ({ ends }) => ends.downstreamLocal,
  DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT: ({ ends }) => hostOf(ends.downstreamLocal),
  DOWNSTREAM_LOCAL_PORT: ({ ends }) => portOf(ends.downstreamLocal),
  DOWNSTREAM_REMOTE_ADDRESS: ({ ends }) => ends.downstreamRemote,
  DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT: ({ ends }) => hostOf(ends.downstreamRemote),
  DOWNSTREAM_DIRECT_REMOTE_ADDRESS: ({ ends }) => ends.downstreamRemote,
  DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT: ({ ends }) => hostOf(ends.downstreamRemote),
  DOWNSTREAM_REMOTE_PORT: ({ ends }) => portOf(ends.downstreamRemote),
  REQUESTED_SERVER_NAME: nothing,
  // Istio's route of an inbound pass-through is called so; a TCP connection has none.
  ROUTE_NAME: ({ http }) => (http === undefined ? undefined : 'default'),
  CONNECTION_ID: ({ connection }) => connection,
  GRPC_STATUS_NUMBER: ({ http }) => http?.responseHeaders.get('grpc-status'),
};

/** `NAME`, `REQ(A?B):LENGTH`, `RESP(A)`. undefined: there is no such operator here. */
function operatorOf(text: string): Operator | undefined {
  const [, name = '', argument, length] = /^([A-Z_0-9]+)(?:\(([^)]*)\))?(?::(\d+))?$/.exec(text) ?? [];
  if (argument === undefined) return Object.hasOwn(PLAIN, name) ? PLAIN[name] : undefined;
  if (name !== 'REQ' && name !== 'RESP') return undefined;
  const names = argument.toLowerCase().split('?');
  const most = length === undefined ? undefined : Number(length);
  return (entry) => {
    for (const header of names) {
      const value = name === 'REQ' ? requestHeader(entry, header) : responseHeader(entry, header);
      if (value !== undefined) return most === undefined ? value : String(value).slice(0, most);
    }
    return undefined;
  };
}

function requestHeader({ http }: LogEntry, name: string): Value {
  switch (name) {
    case ':method':
      return http?.method;
    case ':path':
      return http?.path;
    case ':authority':
      return http?.requestHeaders.get('host');
    default:
      return http?.requestHeaders.get(name);
  }
}

function responseHeader({ http }: LogEntry, name: string): Value {
  if (name === ':status') return http?.status;
  // Envoy adds it to the response; nothing is added here, and the value is known all the same.
  if (name === 'x-envoy-upstream-service-time') return rounded(http?.serviceTime);
  return http?.responseHeaders.get(name);
}

function rounded(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Math.round(value);
}

function hostOf(end: string): string {
  return end.slice(0, end.lastIndexOf(':')).replace(/^\[(.*)\]$/, '$1');
}

function portOf(end: string): number {
  return Number(end.slice(end.lastIndexOf(':') + 1));
}
