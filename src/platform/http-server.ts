/** A small HTTP server for probes and metrics: no TLS, nothing but GET. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Answer } from './https-server.ts';

export type HttpServer = { readonly port: number; readonly close: () => void };

export function serveHttp(
  address: string | undefined,
  port: number,
  handle: (url: string) => Answer | Promise<Answer>,
): Promise<HttpServer> {
  const server = createServer(async (request, response) => {
    const isGet = request.method === 'GET' || request.method === 'HEAD';
    const answer = isGet ? await answered(handle, request.url ?? '/') : plain(405, 'only GET');
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
    server.listen({ port, ...(address === undefined ? {} : { host: address }) }, () => {
      server.off('error', reject);
      server.on('error', () => {});
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

/** A probe or a scrape that fails, for a worker that does not answer for example, must not end the process. */
async function answered(handle: (url: string) => Answer | Promise<Answer>, url: string): Promise<Answer> {
  try {
    return await handle(url);
  } catch (error) {
    return plain(503, error instanceof Error ? error.message : String(error));
  }
}

function plain(status: number, text: string): Answer {
  return { status, contentType: 'text/plain; charset=utf-8', body: `${text}\n` };
}
