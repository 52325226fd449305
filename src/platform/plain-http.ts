/** Small plain HTTP servers: health, metrics, the admin port, the sidecar's status. No TLS, and no bodies of requests. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export type PlainRequest = {
  readonly method: string;
  readonly path: string;
  /** With its question mark, or empty. */
  readonly query: string;
  readonly host: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Address of the connection's other end. */
  readonly remote: string | undefined;
};

export type PlainAnswer = {
  readonly status: number;
  /** text/plain where it is not given, and there is a body. */
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
};

export type PlainHandler = (request: PlainRequest) => PlainAnswer | Promise<PlainAnswer>;

export type PlainServer = { readonly port: number; readonly close: () => void };

/** undefined: all addresses of the families that the machine has. */
type Address = string | undefined;

/**
 * Opens a server on each address, on a free port (the first address decides) where `port` is 0. Fails with the system's
 * error, and leaves none open then. Later errors, of descriptors that ran out for example, do not end it.
 */
export async function servePlainHttp(
  addresses: readonly Address[],
  port: number,
  handle: PlainHandler,
): Promise<PlainServer> {
  const servers: Server[] = [];
  const close = (): void => {
    for (const server of servers) {
      server.close();
      server.closeAllConnections();
    }
  };
  try {
    let opened = port;
    for (const address of addresses) {
      const server = plainServer(handle);
      servers.push(server);
      opened = await listen(server, address, opened);
    }
    return { port: opened, close };
  } catch (error) {
    close();
    throw error;
  }
}

function listen(server: Server, address: Address, port: number): Promise<number> {
  const at = address === undefined ? {} : { host: address, ipv6Only: address.includes(':') };
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, ...at }, () => {
      server.off('error', reject);
      server.on('error', () => {});
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function plainServer(handle: PlainHandler): Server {
  const server = createServer(async (request, response) => {
    // What a client sends as a body is not wanted, and must not hold up the connection.
    request.resume();
    const { status, contentType, headers = {}, body = '' } = await answered(handle, describe(request));
    const type = contentType ?? (body.length > 0 ? 'text/plain; charset=utf-8' : undefined);
    response.writeHead(status, {
      ...(type === undefined ? {} : { 'content-type': type }),
      ...headers,
      'content-length': String(Buffer.byteLength(body)),
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  });
  server.headersTimeout = 10_000;
  server.requestTimeout = 30_000;
  server.on('clientError', (_error, socket) => socket.destroy());
  return server;
}

/** A question that fails must not end the program. */
async function answered(handle: PlainHandler, request: PlainRequest): Promise<PlainAnswer> {
  try {
    return await handle(request);
  } catch (error) {
    return { status: 503, body: `${error instanceof Error ? error.message : String(error)}\n` };
  }
}

function describe(request: IncomingMessage): PlainRequest {
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
