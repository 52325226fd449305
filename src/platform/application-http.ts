/** One HTTP exchange with an application over a connection that stands: HTTP/1.1, HTTP/2, or a unary gRPC call. */
import { request } from 'node:http';
import { connect, constants } from 'node:http2';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

export type Exchange = { readonly status: number; readonly location: string | undefined; readonly body: Uint8Array };

type Pairs = readonly (readonly [name: string, value: string])[];

/** GET over HTTP/1.1; of the body at most `limit` bytes are read. The connection is closed afterwards. */
export function getHttp1(socket: Socket, path: string, headers: Pairs, limit: number): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    const call = request({
      createConnection: () => socket,
      method: 'GET',
      path,
      setHost: false,
      headers: headers.flat(),
    });
    call.once('error', reject);
    socket.once('close', () => reject(new Error('closed before an answer came')));
    call.once('response', (response) => {
      readBody(response, limit, reject, (body) => {
        socket.destroy();
        resolve({ status: response.statusCode ?? 0, location: response.headers.location, body });
      });
    });
    call.end();
  });
}

/** GET over HTTP/2. */
export function getHttp2(
  socket: Socket,
  origin: string,
  path: string,
  headers: Pairs,
  limit: number,
): Promise<Exchange> {
  const names = ['host', 'connection'];
  const own = Object.fromEntries(grouped(headers.filter(([name]) => !names.includes(name.toLowerCase()))));
  const authority = headers.find(([name]) => name.toLowerCase() === 'host')?.[1];
  const pseudo = { ':method': 'GET', ':path': path, ...(authority === undefined ? {} : { ':authority': authority }) };
  return overHttp2(socket, origin, { ...own, ...pseudo }, undefined, limit);
}

/** A unary gRPC call; the body is the framed answer, and a status other than 0 fails. */
export async function callGrpc(
  socket: Socket,
  origin: string,
  path: string,
  userAgent: string,
  message: Uint8Array,
): Promise<Uint8Array> {
  const headers = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' };
  const agent = userAgent === '' ? {} : { 'user-agent': userAgent };
  const { status, body } = await overHttp2(socket, origin, { ...headers, ...agent }, message, 64 * 1024);
  if (status !== 200) throw new Error(`HTTP status ${status}`);
  return body;
}

function overHttp2(
  socket: Socket,
  origin: string,
  headers: Record<string, string | string[]>,
  message: Uint8Array | undefined,
  limit: number,
): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    const session = connect(origin, { createConnection: () => socket as Duplex });
    session.once('error', reject);
    session.once('close', () => reject(new Error('closed before an answer came')));
    const stream = session.request(headers, { endStream: message === undefined });
    let status = 0;
    let location: string | undefined;
    let grpcStatus = '0';
    stream.once('error', reject);
    stream.once('response', (answer) => {
      status = Number(answer[constants.HTTP2_HEADER_STATUS]);
      location = answer.location;
      grpcStatus = String(answer['grpc-status'] ?? '0');
    });
    stream.once('trailers', (trailers) => {
      grpcStatus = String(trailers['grpc-status'] ?? grpcStatus);
    });
    readBody(stream, limit, reject, (body) => {
      session.destroy();
      socket.destroy();
      if (grpcStatus === '0') resolve({ status, location, body });
      else reject(new Error(`gRPC status ${grpcStatus}`));
    });
    if (message !== undefined) stream.end(message);
  });
}

function readBody(
  stream: NodeJS.ReadableStream,
  limit: number,
  fail: (error: Error) => void,
  done: (body: Uint8Array) => void,
): void {
  const chunks: Buffer[] = [];
  let size = 0;
  let finished = false;
  const finish = (): void => {
    if (finished) return;
    finished = true;
    done(Buffer.concat(chunks).subarray(0, limit));
  };
  stream.on('data', (chunk: Buffer) => {
    if (size < limit) chunks.push(chunk);
    size += chunk.length;
    if (size >= limit) finish();
  });
  stream.once('error', fail);
  stream.once('end', finish);
}

function grouped(headers: Pairs): ReadonlyMap<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const [name, value] of headers)
    groups.set(name.toLowerCase(), [...(groups.get(name.toLowerCase()) ?? []), value]);
  return groups;
}
