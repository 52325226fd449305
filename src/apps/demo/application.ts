/**
 * The application of a pod: it answers HTTP requests with what it saw of them, and sends requests that it is told to on
 * standard input, a JSON line each. It ends with its standard input, so that it never outlives the demo.
 */
import { createServer, request } from 'node:http';
import { createInterface } from 'node:readline';

/** What it is asked to send. */
export type Call = { readonly url: string; readonly headers: Readonly<Record<string, string>> };

/** A call on its way: answers come in the order in which they are there, so each bears the number of its call. */
export type Numbered<T> = { readonly id: number } & T;

/** What came of it. `from` is the socket of the caller. */
export type CallResult = {
  readonly status: number;
  readonly body: string;
  readonly from: string;
  readonly milliseconds: number;
  readonly error?: string;
};

/** What the application answers with. */
export type Seen = { readonly application: string; readonly peer: string; readonly path: string };

/** Longer than any answer of the demo takes. */
const TIMEOUT = 5_000;

export function runApplication(name: string, address: string, port: number): Promise<number> {
  const server = createServer((asked, response) => {
    const seen: Seen = {
      application: name,
      peer: `${asked.socket.remoteAddress}:${asked.socket.remotePort}`,
      path: asked.url ?? '',
    };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(seen));
  });
  return new Promise((resolve) => {
    server.once('error', (error) => {
      process.stdout.write(`${JSON.stringify({ error: error.message })}\n`);
      resolve(1);
    });
    server.listen(port, address, () => {
      process.stdout.write(`${JSON.stringify({ listening: port })}\n`);
      const lines = createInterface({ input: process.stdin });
      lines.on('line', async (line) => {
        const { id, ...call } = JSON.parse(line) as Numbered<Call>;
        process.stdout.write(`${JSON.stringify({ id, ...(await send(call)) })}\n`);
      });
      lines.once('close', () => {
        server.closeAllConnections();
        server.close(() => resolve(0));
      });
    });
  });
}

/** A connection for each, as a client that does not keep them. */
function send({ url, headers }: Call): Promise<CallResult> {
  const started = performance.now();
  let from = '';
  const result = (status: number, body: string, error?: string): CallResult => ({
    status,
    body,
    from,
    milliseconds: Math.round((performance.now() - started) * 10) / 10,
    ...(error === undefined ? {} : { error }),
  });
  return new Promise((resolve) => {
    const call = request(url, { headers, agent: false, timeout: TIMEOUT }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => {
        body += text;
      });
      response.once('end', () => resolve(result(response.statusCode ?? 0, body)));
      response.once('error', (error) => resolve(result(0, body, error.message)));
    });
    call.once('socket', (socket) => {
      socket.once('connect', () => {
        from = `${socket.localAddress}:${socket.localPort}`;
      });
    });
    call.once('timeout', () => call.destroy(new Error(`no answer within ${TIMEOUT} ms`)));
    call.once('error', (error) => resolve(result(0, '', error.message)));
    call.end();
  });
}
