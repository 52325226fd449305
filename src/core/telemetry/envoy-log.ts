import { isObject, type JsonObject, type JsonValue } from '../json.ts';
import type { TrafficEvent } from './traffic.ts';

/**
 * The access log from which traffic is counted where Envoy has no filter `istio.stats`: member → operator. The direction
 * is written beside them. Bytes of TCP are those of the whole connection so far, so that what is new is a difference.
 */
export const TELEMETRY_FIELDS: readonly (readonly [key: string, operator: string])[] = [
  ['type', 'ACCESS_LOG_TYPE'],
  ['connection', 'CONNECTION_ID'],
  ['cluster', 'UPSTREAM_CLUSTER_RAW'],
  ['authority', 'REQ(:AUTHORITY)'],
  ['content_type', 'REQ(CONTENT-TYPE)'],
  ['grpc_status', 'GRPC_STATUS_NUMBER'],
  ['response_code', 'RESPONSE_CODE'],
  ['response_flags', 'RESPONSE_FLAGS'],
  ['duration', 'DURATION'],
  ['received', 'BYTES_RECEIVED'],
  ['sent', 'BYTES_SENT'],
  ['wire_received', 'DOWNSTREAM_WIRE_BYTES_RECEIVED'],
  ['wire_sent', 'DOWNSTREAM_WIRE_BYTES_SENT'],
];

/** Connections whose end has not been seen, at most: what Envoy loses must not stay for ever. */
const MOST_CONNECTIONS = 100_000;

type Bytes = { readonly received: number; readonly sent: number };

/** Reads lines of {@link TELEMETRY_FIELDS}. It remembers how far each open TCP connection has been counted. */
export class EnvoyLogReader {
  readonly #open = new Map<string, Bytes>();

  /** Events of one line; none for a line that is not of this log. */
  read(line: string): readonly TrafficEvent[] {
    const entry = parseLine(line);
    const direction = entry?.direction;
    if (entry === undefined || (direction !== 'inbound' && direction !== 'outbound')) return [];
    const type = text(entry.type);
    return type.startsWith('Tcp') ? this.#tcp(entry, type, direction) : [http(entry, direction)];
  }

  #tcp(entry: JsonObject, type: string, direction: 'inbound' | 'outbound'): readonly TrafficEvent[] {
    const connection = `${direction}${String(entry.connection)}`;
    const before = this.#open.get(connection);
    const now = { received: number(entry.received), sent: number(entry.sent) };
    const event = {
      kind: 'tcp',
      direction,
      cluster: text(entry.cluster),
      responseFlags: text(entry.response_flags) || '-',
      receivedBytes: now.received - (before?.received ?? 0),
      sentBytes: now.sent - (before?.sent ?? 0),
    } as const;
    if (type !== 'TcpConnectionEnd') {
      if (this.#open.size < MOST_CONNECTIONS) this.#open.set(connection, now);
      return [{ ...event, phase: before === undefined ? 'opened' : 'progress' }];
    }
    this.#open.delete(connection);
    // One that ended before anything was written of it was open nevertheless.
    const opened = before === undefined ? [{ ...event, phase: 'opened', receivedBytes: 0, sentBytes: 0 } as const] : [];
    return [...opened, { ...event, phase: 'closed' }];
  }
}

function http(entry: JsonObject, direction: 'inbound' | 'outbound'): TrafficEvent {
  const grpc = text(entry.content_type).startsWith('application/grpc');
  return {
    kind: 'http',
    direction,
    cluster: text(entry.cluster),
    authority: text(entry.authority),
    protocol: grpc ? 'grpc' : 'http',
    responseCode: number(entry.response_code),
    responseFlags: text(entry.response_flags) || '-',
    grpcStatus: grpc && entry.grpc_status !== null ? String(entry.grpc_status ?? '') : '',
    milliseconds: number(entry.duration),
    requestBytes: number(entry.wire_received),
    responseBytes: number(entry.wire_sent),
  };
}

function parseLine(line: string): JsonObject | undefined {
  try {
    const value = JSON.parse(line) as JsonValue;
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function text(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : '';
}

function number(value: JsonValue | undefined): number {
  const read = Number(value ?? 0);
  return Number.isFinite(read) ? read : 0;
}
