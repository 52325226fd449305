/** The rows of the status corpus that need an application, Envoy and a scraper: all are real servers on this machine. */
import { createServer, type IncomingMessage, type RequestListener, request } from 'node:http';
import { createServer as createHttp2, createSecureServer } from 'node:http2';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { createServer as createTls } from 'node:tls';
import { AgentMetrics, startStatusServer } from '../../src/apps/agent/index.ts';
import { healthRequest, parseProbers, type ScrapeTarget } from '../../src/core/agent/index.ts';
import { ENCODINGS } from '../../src/platform/compress.ts';
import { type Row, same } from './agent-status.ts';
import { selfSigned } from './self-signed.ts';

type Answered = { readonly status: number; readonly headers: IncomingMessage['headers']; readonly body: Buffer };

async function listening(server: Server): Promise<{ readonly port: number; readonly close: () => void }> {
  await new Promise<void>((resolve) => server.listen({ port: 0, host: '::' }, resolve));
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
}

function ask(port: number, path: string, headers: Record<string, string | string[]> = {}): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const call = request({ host: '127.0.0.1', port, path, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      );
    });
    call.once('error', reject);
    call.end();
  });
}

type AgentSetup = {
  readonly probers?: string;
  readonly row?: Row;
  readonly envoyPort?: number;
  readonly targets?: readonly ScrapeTarget[];
  readonly limit?: number;
};

async function withAgent<T>(setup: AgentSetup, use: (port: number, counters: AgentMetrics) => Promise<T>): Promise<T> {
  const probers = parseProbers(setup.probers ?? '');
  if (!probers.ok) throw new Error(probers.problems[0]?.message);
  const counters = new AgentMetrics();
  const server = await startStatusServer({
    port: 0,
    probers: probers.value,
    probes: {
      instanceIp: setup.row?.podIP ?? '',
      legacyLocalhost: false,
      statusPort: 15020,
      http2: true,
      keepAlive: false,
      ...(setup.row?.ipv6 === true ? { source: '::1' } : {}),
    },
    metrics: { envoyPort: setup.envoyPort, targets: setup.targets ?? [], applicationBodyLimit: setup.limit },
    metricsLocalhostOnly: false,
    counters,
    readiness: async () => undefined,
    quit: () => {},
    drain: () => {},
  });
  try {
    return await use(server.port, counters);
  } finally {
    server.close();
  }
}

/** The application that the corpus' README describes. */
const application: RequestListener = (incoming, response) => {
  const [, first = '', second = ''] = (incoming.url ?? '/').split('/');
  const redirects: Record<string, string> = {
    redirect: '/',
    'redirect-loop': '/redirect-loop',
    'remote-redirect': 'http://example.com/foo',
  };
  if (first === 'header') {
    const good = incoming.headers.host === 'test.com:9999' && incoming.headers['some-header'] === 'some-value';
    response.writeHead(good ? 200 : 400).end();
  } else if (redirects[first] !== undefined) {
    response.writeHead(301, { location: redirects[first] }).end();
  } else if (first === 'status') {
    response.writeHead(Number(second), { location: '/' }).end();
  } else {
    response.end(first === '' ? 'welcome, it works' : '');
  }
};

async function plainProbe(row: Row): Promise<string | undefined> {
  const app = await listening(createServer(application));
  try {
    return await probeRow(row, app.port);
  } finally {
    app.close();
  }
}

async function probeRow(row: Row, appPort: number): Promise<string | undefined> {
  const probers = JSON.stringify(row.probers).replaceAll('"$APP"', String(appPort));
  return withAgent({ probers, row }, async (port) => {
    const { status } = await ask(port, row.request, row.requestHeaders ?? {});
    return same(status, row.status);
  });
}

async function headerProbe(row: Row): Promise<string | undefined> {
  let seen: IncomingMessage | undefined;
  const app = await listening(
    createServer((incoming, response) => {
      seen = incoming;
      response.end();
    }),
  );
  const prober = { httpGet: { port: app.port, path: '/header', host: 'ignored', httpHeaders: row.proberHeaders } };
  try {
    return await withAgent({ probers: JSON.stringify({ '/app-health/header/readyz': prober }) }, async (port) => {
      const { status } = await ask(port, '/app-health/header/readyz', row.requestHeaders);
      if (status !== 200) return `status ${status}`;
      const got: Record<string, string[]> = {};
      const raw = seen?.rawHeaders ?? [];
      for (let i = 0; i + 1 < raw.length; i += 2) {
        const name = raw[i] ?? '';
        if (['host', 'user-agent', 'accept-encoding'].includes(name.toLowerCase())) continue;
        got[name] = [...(got[name] ?? []), raw[i + 1] ?? ''];
      }
      return same(got, row.appSees);
    });
  } finally {
    app.close();
  }
}

async function httpsProbe(row: Row): Promise<string | undefined> {
  const { key, cert } = selfSigned();
  let protocol = '';
  const seen: RequestListener = (incoming, response) => {
    protocol = incoming.httpVersion === '2.0' ? 'HTTP/2.0' : 'HTTP/1.1';
    application(incoming, response);
  };
  const h2 = row.serverAlpn.includes('h2');
  const unknown = row.serverAlpn.includes('foo');
  const server = unknown
    ? createTls({ key, cert, ALPNProtocols: ['foo'] }, (socket) => socket.destroy())
    : h2
      ? createSecureServer({ key, cert, allowHTTP1: false }, seen as never)
      : createHttps({ key, cert, ...(row.serverAlpn.length > 0 ? { ALPNProtocols: row.serverAlpn } : {}) }, seen);
  const app = await listening(server as Server);
  try {
    return (await probeRow(row, app.port)) ?? same(protocol, row.protocolSeen);
  } finally {
    app.close();
  }
}

async function grpcProbe(row: Row): Promise<string | undefined> {
  const statuses = new Map([
    [Buffer.from(healthRequest('')).toString('hex'), 1],
    [Buffer.from(healthRequest('serving-svc')).toString('hex'), 1],
    [Buffer.from(healthRequest('not-serving-svc')).toString('hex'), 2],
    [Buffer.from(healthRequest('unknown-svc')).toString('hex'), 0],
  ]);
  const server = createHttp2();
  server.on('stream', (stream) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.once('end', () => {
      const status = statuses.get(Buffer.concat(chunks).toString('hex')) ?? 0;
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end(Buffer.from(status === 0 ? [0, 0, 0, 0, 0] : [0, 0, 0, 0, 2, 8, status]));
    });
  });
  const app = await listening(server as unknown as Server);
  try {
    return await probeRow(row, app.port);
  } finally {
    app.close();
  }
}

/** Envoy's or an application's metrics endpoint. */
function metricsServer(answer: (incoming: IncomingMessage) => { status: number; type: string; body: string }): Server {
  return createServer((incoming, response) => {
    const { status, type, body } = answer(incoming);
    response.writeHead(status, { 'content-type': type });
    response.end(body);
  });
}

const SNIFFED = 'text/plain; charset=utf-8';
const fixed = (body: string, status = 200, type = SNIFFED): Server => metricsServer(() => ({ status, type, body }));

async function withMetrics<T>(
  envoy: Server,
  applications: readonly Server[],
  use: (setup: AgentSetup) => Promise<T>,
): Promise<T> {
  const first = await listening(envoy);
  const others = await Promise.all(applications.map(listening));
  try {
    const targets = others.map(({ port }) => ({ port: String(port), path: '/metrics' }));
    return await use({ envoyPort: first.port, targets });
  } finally {
    for (const server of [first, ...others]) server.close();
  }
}

const mergeRow = (row: Row): Promise<string | undefined> =>
  withMetrics(fixed(row.envoy), [fixed(row.app)], (setup) =>
    withAgent(setup, async (port) => {
      const { status, body } = await ask(port, '/stats/prometheus');
      const text = body.toString();
      if (status !== 200) return `status ${status}`;
      if (!text.includes(row.contains)) return `lacks ${row.contains}: ${text}`;
      return same(parsesAsText(text), row.parses);
    }),
  );

/** What a Prometheus text parser refuses here: a family that is declared twice, and lines that are no samples. */
function parsesAsText(text: string): boolean {
  const families = new Set<string>();
  for (const line of text.split('\n')) {
    const type = /^# TYPE (\S+) \w+$/.exec(line);
    if (type?.[1] !== undefined) {
      if (families.has(type[1])) return false;
      families.add(type[1]);
    } else if (line !== '' && !line.startsWith('#') && !/^[a-zA-Z_:][\w:]*(\{[^}]*\})? \S+$/.test(line)) {
      return false;
    }
  }
  return true;
}

/** client_golang's handler: OpenMetrics when its media type is asked for first among what it knows. */
function negotiated(incoming: IncomingMessage): { status: number; type: string; body: string } {
  const open = (incoming.headers.accept ?? '')
    .split(',')
    .map((part) =>
      part
        .trim()
        .split(';')
        .map((piece) => piece.trim()),
    )
    .map(([type = '', ...parameters]) => ({
      type,
      q: Number(parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? '1'),
    }))
    .sort((a, b) => b.q - a.q)
    .find(({ type }) => type === 'application/openmetrics-text' || type.startsWith('text/'));
  const isOpen = open?.type === 'application/openmetrics-text';
  return {
    status: 200,
    type: isOpen ? 'application/openmetrics-text; version=1.0.0; charset=utf-8' : 'text/plain; version=0.0.4',
    body: isOpen ? '# EOF\n' : '',
  };
}

const acceptRow = (row: Row): Promise<string | undefined> =>
  withMetrics(metricsServer(negotiated), [metricsServer(negotiated)], (setup) =>
    withAgent(setup, async (port) => {
      const { headers } = await ask(port, '/stats/prometheus', { accept: row.accept });
      return same((headers['content-type'] ?? '').split(';')[0], row.mediaType);
    }),
  );

const errorsRow = (row: Row): Promise<string | undefined> =>
  withMetrics(fixed('', row.envoyStatus), [fixed('', row.appStatus)], (setup) =>
    withAgent(setup, async (port) => same((await ask(port, '/stats/prometheus')).status, row.status)),
  );

const targetsRow = (row: Row): Promise<string | undefined> =>
  withMetrics(
    fixed(row.envoy ?? ''),
    row.targets.map((target: Row) => fixed(target.body, target.fail ? 500 : 200, target.contentType ?? SNIFFED)),
    (setup) =>
      withAgent({ ...setup, limit: row.maxAppBodyBytes }, async (port, counters) => {
        const { headers, body } = await ask(port, '/stats/prometheus');
        return checkTargets(row.want, body.toString(), headers['content-type'] ?? '', counters);
      }),
  );

function checkTargets(want: Row, text: string, type: string, counters: AgentMetrics): string | undefined {
  let at = -1;
  for (const piece of want.ordered ?? []) {
    const next = text.indexOf(piece, at + 1);
    if (next < 0) return `${piece} is missing or out of order in ${text}`;
    at = next;
  }
  for (const piece of want.contains ?? []) if (!text.includes(piece)) return `lacks ${piece}`;
  for (const piece of want.notContains ?? []) if (text.includes(piece)) return `has ${piece}`;
  const ends = text.split('# EOF').length - 1;
  if (want.eofCount === 1 && !text.endsWith('# EOF\n')) return `does not end in # EOF: ${text.slice(-40)}`;
  return (
    (want.eofCount === undefined ? undefined : same(ends, want.eofCount)) ??
    (want.parseText === undefined ? undefined : same(parsesAsText(text), want.parseText)) ??
    same(counters.failures('application'), want.appScrapeErrors ?? 0) ??
    (want.contentType === undefined ? undefined : same(type, want.contentType))
  );
}

/** A Node without zstd (before 22.15) answers gzip where zstd is wanted and gzip is welcome. */
const compressionRow = (row: Row): Promise<string | undefined> =>
  withMetrics(fixed('a_metric{} 1\n'.repeat(160_000)), [fixed('')], (setup) =>
    withAgent(setup, async (port) => {
      const wanted = row.contentEncoding === 'zstd' && !ENCODINGS.includes('zstd') ? 'gzip' : row.contentEncoding;
      const accept = row.acceptEncoding === '' ? {} : { 'accept-encoding': row.acceptEncoding };
      const { headers } = await ask(port, '/stats/prometheus', accept);
      return same(headers['content-encoding'] ?? '', wanted);
    }),
  );

export const SOCKET_TABLES: Readonly<Record<string, (row: Row) => Promise<string | undefined>>> = {
  'app-probe-http-tcp': plainProbe,
  'app-probe-headers': headerProbe,
  'app-probe-https': httpsProbe,
  'app-probe-grpc': grpcProbe,
  merge: mergeRow,
  'merge-targets': targetsRow,
  accept: acceptRow,
  'scrape-errors': errorsRow,
  compression: compressionRow,
};
