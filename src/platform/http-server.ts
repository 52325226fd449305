/** A small HTTP server for probes and metrics: no TLS, nothing but GET. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Answer } from './https-server.ts';

export type HttpServer = { readonly port: number; readonly close: () => void };

export function serveHttp(
  address: string,
  port: number,
  handle: (url: string) => Answer | Promise<Answer>,
): Promise<HttpServer> {
  const server = createServer(async (request, response) => {
    const answer: Answer =
      request.method === 'GET' || request.method === 'HEAD'
        ? await handle(request.url ?? '/')
        : { status: 405, contentType: 'text/plain; charset=utf-8', body: 'only GET\n' };
    response.writeHead(answer.status, {
      'content-type': answer.contentType,
      'content-length': Buffer.byteLength(answer.body),
    });
    response.end(request.method === 'HEAD' ? '' : answer.body);
  });
  server.headersTimeout = 10_000;
  server.requestTimeout = 10_000;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, () => {
      resolve({
        port: (server.address() as AddressInfo).port,
        close: () => {
          server.close();
          server.closeAllConnections();
        },
      });
    });
  });
}
