const LF = 10;
const HEADER = 'connection: close\r\n';

/**
 * A response that begins with these bytes, with `connection: close` behind its status line: how a draining server tells
 * a client to go elsewhere for its next request. undefined where the status line is not all there; then nothing is
 * changed, and the client learns it with its next response.
 */
export function withConnectionClose(bytes: Uint8Array): Uint8Array | undefined {
  const end = bytes.indexOf(LF);
  if (end < 0 || !startsLikeResponse(bytes)) return undefined;
  const changed = new Uint8Array(bytes.length + HEADER.length);
  changed.set(bytes.subarray(0, end + 1));
  for (let i = 0; i < HEADER.length; i++) changed[end + 1 + i] = HEADER.charCodeAt(i);
  changed.set(bytes.subarray(end + 1), end + 1 + HEADER.length);
  return changed;
}

/** `HTTP/1.1 2…` and higher: a 1xx is no end, and what follows it gets the header. */
function startsLikeResponse(bytes: Uint8Array): boolean {
  const wanted = 'HTTP/1.';
  for (let i = 0; i < wanted.length; i++) if (bytes[i] !== wanted.charCodeAt(i)) return false;
  return (bytes[9] ?? 0) >= 50 && (bytes[9] ?? 0) <= 57;
}
