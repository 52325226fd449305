import { createServer, type RequestListener, request } from 'node:http';
import { type AddressInfo, connect, createServer as createTcp, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { parseProbers } from '../../core/agent/index.ts';
import { AgentMetrics } from './agent-metrics.ts';
import { type StatusOptions, startStatusServer } from './status-server.ts';

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

async function serve(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1' }, resolve));
  open.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

const http = (listener: RequestListener): Promise<number> => serve(createServer(listener));

async function agent(prober: object, more: Partial<StatusOptions> = {}): Promise<number> {
  const probers = parseProbers(JSON.stringify({ '/app-health/a/livez': prober }));
  if (!probers.ok) throw new Error(probers.problems[0]?.message);
  const server = await startStatusServer({
    port: 0,
    probers: probers.value,
    probes: { instanceIp: '127.0.0.1', legacyLocalhost: false, statusPort: 15020, http2: true, keepAlive: false },
    metrics: { envoyPort: undefined, targets: [] },
    metricsLocalhostOnly: false,
    counters: new AgentMetrics(),
    readiness: async () => undefined,
    quit: () => {},
    drain: () => {},
    ...more,
  });
  open.push(server.close);
  return server.port;
}

type Answer = { readonly status: number; readonly body: string };

function ask(port: number, path = '/app-health/a/livez', method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = request({ host: '127.0.0.1', port, path, method, agent: false }, (response) => {
      let body = '';
      response.on('data', (chunk) => {
        body += String(chunk);
      });
      response.once('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    call.once('error', reject);
    call.end();
  });
}

describe('probes of applications that misbehave', () => {
  it('give up on one that never answers', async () => {
    const app = await http(() => {});
    const started = Date.now();
    expect((await ask(await agent({ httpGet: { port: app }, timeoutSeconds: 1 }))).status).toBe(500);
    expect(Date.now() - started).toBeLessThan(3000);
  });

  it('give up on one that sends a byte now and then', async () => {
    const app = await http((_request, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write('.'), 50);
      response.once('close', () => clearInterval(timer));
    });
    const started = Date.now();
    expect((await ask(await agent({ httpGet: { port: app }, timeoutSeconds: 1 }))).status).toBe(500);
    expect(Date.now() - started).toBeLessThan(3000);
  });

  it('pass at most 10240 bytes of an endless body on', async () => {
    const app = await http((_request, response) => {
      const more = (): void => {
        while (response.write('x'.repeat(4096)));
      };
      response.on('drain', more);
      more();
    });
    const { status, body } = await ask(await agent({ httpGet: { port: app }, timeoutSeconds: 5 }));
    expect([status, body.length]).toEqual([200, 10240]);
  });

  it('fail where nothing listens', async () => {
    for (const action of ['httpGet', 'tcpSocket', 'grpc']) {
      expect((await ask(await agent({ [action]: { port: 1 }, timeoutSeconds: 1 }))).status).toBe(500);
    }
  });

  it('fail where the other side is no HTTP, or hangs up', async () => {
    const noise = await serve(createTcp((socket) => socket.end('220 smtp ready\r\n')));
    const silent = await serve(createTcp((socket) => socket.destroy()));
    for (const port of [noise, silent]) {
      expect((await ask(await agent({ httpGet: { port }, timeoutSeconds: 2 }))).status).toBe(500);
      expect((await ask(await agent({ httpGet: { port, scheme: 'HTTPS' }, timeoutSeconds: 2 }))).status).toBe(500);
      expect((await ask(await agent({ grpc: { port }, timeoutSeconds: 2 }))).status).toBe(500);
    }
  });

  it('pass the status and text of one that says no', async () => {
    const app = await http((_request, response) => response.writeHead(503).end('not yet'));
    expect(await ask(await agent({ httpGet: { port: app } }))).toEqual({ status: 503, body: 'not yet' });
  });
});

describe('the status server', () => {
  it('says whether the pod is ready', async () => {
    let failure: string | undefined = 'workers have not yet started';
    const port = await agent({ tcpSocket: { port: 1 } }, { readiness: async () => failure });
    expect((await ask(port, '/healthz/ready')).status).toBe(503);
    failure = undefined;
    expect((await ask(port, '/healthz/ready')).status).toBe(200);
  });

  it('quits for a POST only', async () => {
    let quits = 0;
    const port = await agent({ tcpSocket: { port: 1 } }, { quit: () => quits++ });
    expect((await ask(port, '/quitquitquit')).status).toBe(405);
    expect(quits).toBe(0);
    expect(await ask(port, '/quitquitquit', 'POST')).toEqual({ status: 200, body: 'OK' });
    expect(quits).toBe(1);
  });

  it('knows no other paths', async () => {
    const port = await agent({ tcpSocket: { port: 1 } });
    expect((await ask(port, '/')).status).toBe(404);
    expect((await ask(port, '/app-health/b/livez')).status).toBe(400);
  });

  it('outlives what is no HTTP', async () => {
    const port = await agent({ tcpSocket: { port: 1 } });
    await new Promise<void>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => socket.write('\u0000\u0001 nonsense\r\n\r\n'));
      socket.once('close', () => resolve());
      socket.once('error', () => {});
      socket.resume();
    });
    expect((await ask(port, '/healthz/ready')).status).toBe(200);
  });

  it('answers metrics also where every source is slow, refused or broken', async () => {
    const slow = await http(() => {});
    const counters = new AgentMetrics();
    const targets = [
      { port: String(slow), path: '/metrics' },
      { port: '1', path: '/metrics' },
    ];
    const port = await agent({ tcpSocket: { port: 1 } }, { counters, metrics: { envoyPort: 1, targets } });
    const body = await new Promise<string>((resolve, reject) => {
      const headers = { 'X-Prometheus-Scrape-Timeout-Seconds': '0.3' };
      request({ host: '127.0.0.1', port, path: '/metrics', headers, agent: false }, (response) => {
        let text = '';
        response.on('data', (chunk) => {
          text += String(chunk);
        });
        response.once('end', () => resolve(text));
      })
        .once('error', reject)
        .end();
    });
    expect(body).toContain('istio_agent_scrapes_total 1');
    expect([counters.failures('application'), counters.failures('envoy')]).toEqual([2, 1]);
  });
});
