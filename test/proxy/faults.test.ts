/** What goes wrong around a sidecar must not break it, on both engines. */
import { afterEach, describe, expect, it } from 'vitest';
import { POD } from '../netns/namespaces.ts';
import { DIFFERENCES } from './differences.ts';
import { ENGINES, tellMissing } from './engines.ts';
import { Pod, type PodOptions } from './harness.ts';

tellMissing();

const MEGABYTE = 1 << 20;
/** Each connection of a client is two descriptors of the proxy; a machine may not allow twice 10,000. */
const IDLE = 9_000;

const open: Pod[] = [];
afterEach(() => {
  for (const pod of open.splice(0)) pod.close();
});

async function readyPod(options: PodOptions): Promise<Pod> {
  const pod = new Pod(options);
  open.push(pod);
  await pod.app.ask('serve', { kind: 'http', port: 8080 });
  await pod.app.ask('serve', { kind: 'source', port: 9093 });
  await pod.app.ask('serve', { kind: 'echo', port: 9090 });
  await pod.app.ask('serve', { kind: 'reset', port: 9095 });
  return pod.ready();
}

const asks = async (pod: Pod): Promise<unknown> =>
  (await pod.world.ask<{ status?: number }>('request', { host: POD[4], port: 8080, path: '/still' })).status;

describe.each(ENGINES)('%s', (engine) => {
  it(`carries ${IDLE} idle connections in bounded memory, and others beside them`, async () => {
    const pod = await readyPod({ engine });
    const pid = pod.proxyPid();
    const before = pod.residentBytes(pid);
    const held = await pod.world.ask<{ open: number; errors: object }>('hold', {
      host: POD[4],
      port: 9090,
      count: IDLE,
      send: '\u0001',
    });
    expect(held).toEqual({ open: IDLE, errors: {} });
    await expect.poll(() => asks(pod), { timeout: 10_000 }).toBe(200);
    const more = pod.residentBytes(pid) - before;
    console.log(`· ${engine}: ${IDLE} idle connections take ${Math.round(more / MEGABYTE)} MB`);
    expect(more).toBeLessThan(600 * MEGABYTE);
    expect(await pod.world.ask<number>('alive')).toBe(IDLE);
    await pod.world.ask('release');
    await expect.poll(() => asks(pod), { timeout: 10_000 }).toBe(200);
  }, 90_000);

  it('holds what a client does not read, and no more', async () => {
    const pod = await readyPod({ engine });
    const pid = pod.proxyPid();
    const before = pod.residentBytes(pid);
    const held = await pod.world.ask<{ open: number }>('hold', {
      host: POD[4],
      port: 9093,
      count: 20,
      send: `${1 << 30}\n`,
      mute: true,
    });
    expect(held.open).toBe(20);
    await new Promise((done) => setTimeout(done, 3000));
    expect(pod.residentBytes(pid) - before).toBeLessThan(150 * MEGABYTE);
    expect(await asks(pod)).toBe(200);
    expect(await pod.world.ask<number>('alive')).toBe(20);
  }, 60_000);

  it('is not held up by clients that send a byte now and then', async () => {
    const pod = await readyPod({ engine });
    await pod.world.ask('hold', { host: POD[4], port: 8080, count: 200, send: 'GET / HTTP/1.1\r\nho' });
    const many = await pod.world.ask<{ ok: number }>('many', { host: POD[4], port: 8080, count: 100, parallel: 4 });
    expect(many.ok).toBe(100);
  }, 60_000);

  it('passes resets on, from either side, and lives', async () => {
    const pod = await readyPod({ engine });
    for (let i = 0; i < 20; i++) {
      const talk = await pod.world.ask<{ error?: string; ended?: boolean; text: string }>('talk', {
        host: POD[4],
        port: 9095,
        send: ['\u0001hello'],
        end: false,
        timeout: 5000,
      });
      expect([talk.error ?? 'closed', talk.text]).toEqual([talk.error === undefined ? 'closed' : 'ECONNRESET', '']);
      await pod.world.ask('talk', { host: POD[4], port: 9090, send: ['\u0001x'], reset: true, timeout: 300 });
    }
    expect(await asks(pod)).toBe(200);
    const active = await pod.app.ask<{ body: string }>('request', {
      host: '127.0.0.1',
      port: 15000,
      path: '/stats?filter=InboundPassthroughCluster.*upstream_cx_active',
    });
    // Nothing of them is left: what Envoy keeps is its pool for HTTP.
    expect(Number(active.body.split(': ')[1] ?? 0)).toBeLessThan(5);
  }, 60_000);

  it('takes as many connections as it is told to, and no more', async () => {
    const limit = '{"connectionSettings":{"globalDownstreamConnectionLimit":10}}';
    const pod = await readyPod({ engine, env: { PROXY_CONFIG: limit } });
    await pod.world.ask('hold', { host: POD[4], port: 9090, count: 30, send: '\u0001' });
    await expect.poll(() => pod.world.ask<number>('alive'), { timeout: 5000 }).toBe(10);
    await pod.world.ask('release');
    await expect.poll(() => asks(pod), { timeout: 10_000 }).toBe(200);
  }, 60_000);

  it('ends connections that say nothing, when it is told to', async () => {
    const pod = await readyPod({ engine, env: { ISTIO_META_IDLE_TIMEOUT: '1s' } });
    await pod.world.ask('hold', { host: POD[4], port: 9090, count: 3, send: '\u0001' });
    expect(await pod.world.ask<number>('alive')).toBe(3);
    await expect.poll(() => pod.world.ask<number>('alive'), { timeout: 8000 }).toBe(0);
  }, 60_000);

  it("lives on where the agent's descriptors run out", async () => {
    const pod = await readyPod({ engine, descriptors: 256 });
    await pod.world.ask('hold', { host: POD[4], port: 15020, count: 400, send: 'GET / HTTP/1.1\r\n' });
    await new Promise((done) => setTimeout(done, 500));
    await pod.world.ask('release');
    const ready = async (): Promise<unknown> =>
      (await pod.world.ask<{ status?: number }>('request', { host: POD[4], port: 15020, path: '/healthz/ready' }))
        .status;
    await expect.poll(ready, { timeout: 20_000, interval: 500 }).toBe(200);
    expect(await asks(pod)).toBe(200);
    expect(pod.agent.exitCode).toBeNull();
  }, 60_000);

  it(`where descriptors run out: ${DIFFERENCES.descriptors.of[engine]}`, async () => {
    const pod = await readyPod({ engine, descriptors: 256 });
    await pod.world.ask('hold', { host: POD[4], port: 9090, count: 400, send: '\u0001' });
    await new Promise((done) => setTimeout(done, 500));
    if (engine === 'envoy' && pod.agent.exitCode !== null) {
      // Its own doing; the agent must not hide it.
      expect(pod.agent.exitCode).toBe(139);
      expect(pod.said).toContain('the proxy has ended with signal SIGSEGV');
      return;
    }
    await pod.world.ask('release');
    await expect.poll(() => asks(pod), { timeout: 20_000, interval: 500 }).toBe(200);
    expect(pod.agent.exitCode).toBeNull();
  }, 60_000);
});
