import { encodeUtf8 } from '../utf8.ts';

/** Messages of grpc.health.v1.Health/Check, framed for gRPC: the two small ones that a probe needs, by hand. */

export const HEALTH_CHECK_PATH = '/grpc.health.v1.Health/Check';
const SERVING = 1;

/** HealthCheckRequest with its five bytes of framing: field 1 is the service's name, left out when empty. */
export function healthRequest(service: string): Uint8Array {
  const name = encodeUtf8(service);
  const message = name.length === 0 ? [] : [0x0a, ...varint(name.length), ...name];
  const { length } = message;
  return Uint8Array.from([
    0,
    (length >>> 24) & 255,
    (length >>> 16) & 255,
    (length >>> 8) & 255,
    length & 255,
    ...message,
  ]);
}

/** Whether a framed HealthCheckResponse says SERVING. Anything else, broken bytes too, does not. */
export function isServing(frame: Uint8Array): boolean {
  const length = (((frame[1] ?? 0) << 24) | ((frame[2] ?? 0) << 16) | ((frame[3] ?? 0) << 8) | (frame[4] ?? 0)) >>> 0;
  if (frame.length < 5 || frame[0] !== 0 || frame.length < 5 + length) return false;
  const message = frame.subarray(5, 5 + length);
  let status = 0;
  let at = 0;
  while (at < message.length) {
    const tag = readVarint(message, at);
    if (tag === undefined) return false;
    const value = readVarint(message, tag.next);
    if (value === undefined) return false;
    const wire = tag.value & 7;
    if (wire !== 0 && wire !== 2) return false;
    if (tag.value === 8) status = value.value;
    at = wire === 2 ? value.next + value.value : value.next;
  }
  return at === message.length && status === SERVING;
}

function varint(value: number): readonly number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)];
}

function readVarint(bytes: Uint8Array, from: number): { readonly value: number; readonly next: number } | undefined {
  let value = 0;
  for (let i = 0; i < 5; i++) {
    const byte = bytes[from + i];
    if (byte === undefined) return undefined;
    value += (byte & 127) * 2 ** (7 * i);
    if (byte < 128) return { value, next: from + i + 1 };
  }
  return undefined;
}
