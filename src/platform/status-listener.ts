/** A plain HTTP server on all addresses of both families, for the sidecar's status. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export type StatusRequest = {
  readonly method: string;
  readonly path: string;
  /** With its question mark, or empty. */
  readonly query: string;
  readonly host: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Address of the connection's other end. */
  readonly remote: string | undefined;
};

export type StatusResponse = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
};

export type StatusListener = { readonly port: number; readonly close: () => Promise<void> };

export function listenStatus(
  port: number,
  handle: (request: StatusRequest) => Promise<StatusResponse>,
): Promise<StatusListener> {
  const server = createServer((request, response) => {
    // What a client sends as a body is not wanted, and must not hold up the connection.
    request.resume();
    handle(describe(request)).then(
      ({ status, headers = {}, body = '' }) => {
        response.writeHead(status, { ...headers, 'content-length': String(Buffer.byteLength(body)) });
        response.end(request.method === 'HEAD' ? undefined : body);
      },
      () => {
        if (!response.headersSent) response.writeHead(500);
        response.end();
      },
    );
  });
  server.headersTimeout = 10_000;
  server.requestTimeout = 30_000;
  server.on('clientError', (_error, socket) => socket.destroy());
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host: '::', ipv6Only: false }, () => {
      resolve({
        port: (server.address() as AddressInfo).port,
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            server.closeIdleConnections();
          }),
      });
    });
  });
}

function describe(request: IncomingMessage): StatusRequest {
  const url = request.url ?? '/';
  const at = url.indexOf('?');
  const headers: [string, string][] = [];
  for (let i = 0; i + 1 < request.rawHeaders.length; i += 2) {
    headers.push([request.rawHeaders[i] ?? '', request.rawHeaders[i + 1] ?? '']);
  }
  return {
    method: request.method ?? 'GET',
    path: at < 0 ? url : url.slice(0, at),
    query: at < 0 ? '' : url.slice(at),
    host: request.headers.host ?? '',
    headers,
    remote: request.socket.remoteAddress,
  };
}
