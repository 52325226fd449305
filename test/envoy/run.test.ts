/** A running Envoy with a static bootstrap of ours, and our status server behind it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, get } from 'node:http';
import { type AddressInfo, createServer as createTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { envoyTool } from '../../scripts/envoy-tool.mjs';
import { AgentMetrics, startStatusServer } from '../../src/apps/agent/index.ts';
import { judgeReadiness, LIVE_QUERY, NEVER_READY } from '../../src/core/agent/index.ts';
import { buildStaticBootstrap } from '../../src/core/envoy/index.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { FACTS, STATIC } from './facts.ts';

const tool = envoyTool();
const envoy = 'path' in tool ? tool.path : '';

async function freePort(): Promise<number> {
  const server = createTcp();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

type Answer = { readonly status: number; readonly body: string };

function ask(port: number, path: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, agent: false, timeout: 3000 }, (response) => {
      let body = '';
      response.on('data', (chunk) => {
        body += String(chunk);
      });
      response.once('end', () => resolve({ status: response.statusCode ?? 0, body }));
    }).once('error', reject);
  });
}

describe.skipIf(envoy === '')('an Envoy without control plane', () => {
  const folder = mkdtempSync(join(tmpdir(), 'remora-envoy-'));
  const open: (() => unknown)[] = [];
  const ports = { admin: 0, outbound: 0, inbound: 0, prometheus: 0, health: 0, status: 0 };
  let child: ChildProcess | undefined;
  let said = '';

  beforeAll(async () => {
    for (const name of ['admin', 'outbound', 'inbound', 'prometheus', 'health'] as const)
      ports[name] = await freePort();
    const application = createServer((_request, response) => response.end('app_metric{} 1\n'));
    await new Promise<void>((resolve) => application.listen(0, '127.0.0.1', resolve));
    open.push(() => application.close());
    const target = { port: String((application.address() as AddressInfo).port), path: '/metrics' };
    const server = await startStatusServer({
      port: 0,
      probers: new Map(),
      probes: { instanceIp: '', legacyLocalhost: false, statusPort: 15020, http2: true, keepAlive: false },
      metrics: { envoyPort: ports.prometheus, targets: [target] },
      metricsLocalhostOnly: false,
      counters: new AgentMetrics(),
      readiness: readiness,
      quit: () => {},
      drain: () => {},
    });
    open.push(server.close);
    ports.status = server.port;
    const facts = { ...FACTS, prometheusPort: ports.prometheus, statusPort: ports.health };
    const proxyConfig: JsonObject = { ...FACTS.proxyConfig, proxyAdminPort: ports.admin, statusPort: ports.status };
    const built = buildStaticBootstrap(
      { ...facts, proxyConfig },
      { ...STATIC, outboundPort: ports.outbound, inboundPort: ports.inbound },
    );
    if (!built.ok) throw new Error(built.problems[0]?.message);
    const file = join(folder, 'bootstrap.json');
    writeFileSync(file, JSON.stringify(built.value.config));
    const words = [
      '-c',
      file,
      '-l',
      'warning',
      '--concurrency',
      '1',
      '--disable-hot-restart',
      '--drain-strategy',
      'immediate',
    ];
    child = spawn(envoy, words, { stdio: ['ignore', 'ignore', 'pipe'] });
    child.stderr?.on('data', (chunk) => {
      said += String(chunk);
    });
    for (let i = 0; i < 100 && (await ready().catch(() => false)) !== true; i++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }, 30_000);

  afterAll(async () => {
    child?.kill('SIGKILL');
    for (const close of open) await close();
    rmSync(folder, { recursive: true });
  });

  async function readiness(): Promise<string | undefined> {
    const live = await ask(ports.admin, LIVE_QUERY).then(
      ({ body }) => body,
      (error) => ({ failed: String(error) }),
    );
    const facts = { config: undefined, live, terminating: undefined, others: [], controlPlane: false };
    return judgeReadiness(facts, NEVER_READY).failure;
  }

  async function ready(): Promise<boolean> {
    return (await ask(ports.health, '/healthz/ready')).status === 200;
  }

  it('is ready, asked through its own health port', async () => {
    expect(await readiness(), said).toBeUndefined();
    expect((await ask(ports.health, '/healthz/ready')).status).toBe(200);
    expect((await ask(ports.health, '/other')).status).toBe(404);
  });

  it('has its statistics merged with those of agent and application', async () => {
    const { status, body } = await ask(ports.status, '/stats/prometheus');
    expect(status).toBe(200);
    expect(body).toContain('istio_agent_scrapes_total 1');
    expect(body).toContain('envoy_server_live');
    expect(body.endsWith('app_metric{} 1\n')).toBe(true);
  });

  it('has all its listeners, and cuts off who calls a capture port directly', async () => {
    const { body } = await ask(ports.admin, '/listeners');
    expect(
      body
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => line.split('::')[0]),
    ).toEqual(expect.arrayContaining(['virtualOutbound', 'virtualInbound', `0.0.0.0_${ports.health}`]));
    await expect(ask(ports.outbound, '/')).rejects.toThrow();
    await expect(ask(ports.inbound, '/')).rejects.toThrow();
  });
});
