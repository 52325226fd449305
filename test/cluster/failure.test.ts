/** Two replicas behind one address: what pods go through when one is stopped, killed, reconfigured. failurePolicy is Fail. */

import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cleanUp, type Webhook } from '../webhook/process.ts';
import { type Cluster, pause, startCluster } from './api-server.ts';
import {
  callByUrl,
  createPod,
  hasSidecar,
  install,
  makeNamespace,
  pod,
  SYSTEM,
  startReplica,
  until,
} from './injector.ts';
import { countsText, startLoad } from './load.ts';

let cluster: Cluster;
let balancer: Balancer;
let replicas: Webhook[];

beforeAll(async () => {
  cluster = await startCluster();
  install(cluster);
  replicas = [await replica('a'), await replica('b')];
  balancer = await startBalancer(() => replicas);
  await callByUrl(cluster, 'remora-sidecar-injector', balancer.port);
  await makeNamespace(cluster, 'shop', { 'istio-injection': 'enabled' });
  await until('pods are injected', async () => {
    const made = await createPod(cluster, 'shop', pod());
    return made.ok && hasSidecar(made.value);
  });
}, 120_000);

afterAll(async () => {
  balancer?.close();
  cleanUp([]);
  await cluster?.stop();
});

const replica = (name: string): Promise<Webhook> =>
  startReplica(cluster, name, ['--drainDelay=1s', '--rotationPause=3s']);

type Balancer = { readonly port: number; readonly close: () => void };

/**
 * As a Service: new connections go to replicas whose /readyz said yes within the last half second, each in turn; one that
 * does not take the connection is passed over.
 */
async function startBalancer(backends: () => readonly Webhook[]): Promise<Balancer> {
  const healthy = new Set<number>();
  let turn = 0;
  const look = async (): Promise<void> => {
    for (const { httpPort, port } of backends()) {
      const ok = await fetch(`http://127.0.0.1:${httpPort}/readyz`, { signal: AbortSignal.timeout(400) }).then(
        (answer) => answer.ok,
        () => false,
      );
      if (ok) healthy.add(port);
      else healthy.delete(port);
    }
  };
  await look();
  const timer = setInterval(() => void look(), 200);
  const server: Server = createServer((client) => {
    const ports = backends()
      .map(({ port }) => port)
      .filter((port) => healthy.has(port));
    turn += 1;
    client.on('error', () => client.destroy());
    dial([...ports.slice(turn % Math.max(1, ports.length)), ...ports]);
    function dial([port, ...others]: readonly number[]): void {
      if (port === undefined) {
        client.destroy();
        return;
      }
      const upstream = connect(port, '127.0.0.1');
      upstream.once('error', () =>
        upstream.connecting || upstream.bytesRead + upstream.bytesWritten === 0 ? dial(others) : client.destroy(),
      );
      upstream.once('connect', () => {
        client.pipe(upstream).pipe(client);
        upstream.on('close', () => client.destroy());
        client.on('close', () => upstream.destroy());
      });
    }
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      clearInterval(timer);
      server.close();
    },
  };
}

it('an orderly stop of one and then the other, each started again: no creation fails', async () => {
  const load = startLoad(cluster, 'shop');
  for (const [i, name] of ['a', 'b'].entries()) {
    await pause(1_000);
    replicas[i]?.signal('SIGTERM');
    expect(await replicas[i]?.ended).toBe(0);
    replicas[i] = await replica(name);
  }
  await pause(1_000);
  const counts = await load.stop();
  console.log(`· two replicas stopped in turn: ${countsText(counts)}`);
  expect(counts.messages).toEqual([]);
  expect(counts).toMatchObject({ failed: 0, bare: 0 });
  expect(counts.created).toBeGreaterThan(100);
}, 90_000);

it('the authority rotated, with two replicas: no creation fails', async () => {
  const load = startLoad(cluster, 'shop');
  expect(
    cluster.kubectl([
      '-n',
      SYSTEM,
      'annotate',
      'secret',
      'remora-webhook-ca',
      `remora.dev/rotate=${Date.now()}`,
      '--overwrite',
    ]).code,
  ).toBe(0);
  await Promise.all(replicas.map((each) => each.logged('certificate in use', 2)));
  await pause(4_000);
  const counts = await load.stop();
  console.log(`· authority rotated with two replicas: ${countsText(counts)}`);
  expect(counts.messages).toEqual([]);
  expect(counts).toMatchObject({ failed: 0, bare: 0 });
}, 90_000);

it('the configuration reloaded: no creation fails', async () => {
  const load = startLoad(cluster, 'shop');
  for (let round = 0; round < 3; round++) {
    const patched = cluster.kubectl([
      '-n',
      SYSTEM,
      'patch',
      'configmap',
      'istio',
      '--type=merge',
      '-p',
      JSON.stringify({ data: { mesh: `defaultConfig: {concurrency: ${round + 1}}\n` } }),
    ]);
    expect(patched.code).toBe(0);
    await Promise.all(replicas.map((each) => each.logged('configuration loaded', round + 2)));
    await pause(300);
  }
  const counts = await load.stop();
  console.log(`· configuration reloaded 3 times: ${countsText(counts)}`);
  expect(counts.messages).toEqual([]);
  expect(counts).toMatchObject({ failed: 0, bare: 0 });
}, 60_000);

it('kill -9: no pod without a sidecar, and none fails that is tried once more', async () => {
  const load = startLoad(cluster, 'shop', { retries: 1 });
  for (const [i, name] of ['a', 'b'].entries()) {
    await pause(1_500);
    replicas[i]?.signal('SIGKILL');
    await replicas[i]?.ended;
    await pause(1_500);
    replicas[i] = await replica(name);
  }
  await pause(1_500);
  const counts = await load.stop();
  console.log(`· two replicas killed in turn: ${countsText(counts)}`);
  expect(counts.bare).toBe(0);
  expect(counts.messages).toEqual([]);
  expect(counts.failed).toBe(0);
}, 90_000);
