/** A plain HTTP server at given addresses, for the few things that operators and the agent ask of a proxy. */
import { createServer, type Server } from 'node:http';

export type PlainRequest = { readonly method: string; readonly path: string; readonly query: URLSearchParams };
export type PlainAnswer = { readonly status: number; readonly contentType?: string; readonly body?: string };

/** Opens one server for each address. Fails with the system's error, and leaves none open then. */
export async function servePlainHttp(
  addresses: readonly string[],
  port: number,
  handle: (request: PlainRequest) => PlainAnswer | Promise<PlainAnswer>,
): Promise<() => void> {
  const servers: Server[] = [];
  const close = (): void => {
    for (const server of servers) {
      server.close();
      server.closeAllConnections();
    }
  };
  try {
    for (const address of addresses) {
      const server = plainServer(handle);
      servers.push(server);
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen({ host: address, port, ipv6Only: address.includes(':') }, () => {
          server.off('error', reject);
          server.on('error', () => {});
          resolve();
        });
      });
    }
    return close;
  } catch (error) {
    close();
    throw error;
  }
}

function plainServer(handle: (request: PlainRequest) => PlainAnswer | Promise<PlainAnswer>): Server {
  const server = createServer(async (request, response) => {
    request.resume();
    const [path = '/', query = ''] = (request.url ?? '/').split('?');
    const answer = await answered(handle, { method: request.method ?? 'GET', path, query: new URLSearchParams(query) });
    const body = answer.body ?? '';
    response.writeHead(answer.status, {
      'content-type': answer.contentType ?? 'text/plain; charset=utf-8',
      'content-length': Buffer.byteLength(body),
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  });
  server.headersTimeout = 10_000;
  server.requestTimeout = 30_000;
  server.on('clientError', (_error, socket) => socket.destroy());
  return server;
}

/** A question that fails must not end the proxy. */
async function answered(
  handle: (request: PlainRequest) => PlainAnswer | Promise<PlainAnswer>,
  request: PlainRequest,
): Promise<PlainAnswer> {
  try {
    return await handle(request);
  } catch (error) {
    return { status: 503, body: `${error instanceof Error ? error.message : String(error)}\n` };
  }
}
