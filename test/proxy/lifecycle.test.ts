/** How a sidecar starts, drains and ends, on both engines. */
import { spawnSync } from 'node:child_process';
import { afterEach, describe, expect, it } from 'vitest';
import { POD } from '../netns/namespaces.ts';
import { ENGINES, tellMissing } from './engines.ts';
import { Pod, type PodOptions } from './harness.ts';

tellMissing();

const open: Pod[] = [];
afterEach(() => {
  for (const pod of open.splice(0)) pod.close();
});

async function readyPod(options: PodOptions): Promise<Pod> {
  const pod = new Pod(options);
  open.push(pod);
  await pod.app.ask('serve', { kind: 'http', port: 8080 });
  return pod.ready();
}

const status = async (pod: Pod, port: number, path: string): Promise<unknown> =>
  (await pod.world.ask<{ status?: number; error?: string }>('request', { host: POD[4], port, path, timeout: 3000 }))
    .status;
const pause = (milliseconds: number): Promise<void> => new Promise((done) => setTimeout(done, milliseconds));

describe.each(ENGINES)('%s', (engine) => {
  it('drains without losing a request, answers probes meanwhile, and ends with 0', async () => {
    const probers = { '/app-health/web/livez': { httpGet: { path: '/probe', port: 8080 }, timeoutSeconds: 1 } };
    const env = {
      PROXY_CONFIG: '{"terminationDrainDuration":"3s"}',
      ISTIO_KUBE_APP_PROBERS: JSON.stringify(probers),
    };
    const pod = await readyPod({ engine, env });
    // The other pod of the Deployment: its clients move there when they are told that this one closes.
    await pod.world.ask('serve', { kind: 'http', port: 8080 });
    const targets = [
      { host: POD[4], port: 8080 },
      { host: '10.77.0.1', port: 8080 },
    ];
    const rolling = pod.world.ask<{ ok: number; lost: object; by: Record<string, number> }>('roll', { targets });
    await pause(700);
    expect(await status(pod, 15020, '/app-health/web/livez')).toBe(200);
    process.kill(pod.agentPid(), 'SIGTERM');
    await pause(300);
    // As the control plane of Kubernetes: the pod is no longer an endpoint.
    await pod.world.ask('leave', { host: POD[4] });
    await pause(700);
    expect(await status(pod, 15020, '/app-health/web/livez')).toBe(200);
    expect(await status(pod, 15020, '/healthz/ready')).toBe(503);
    expect(await pod.ended).toBe(0);
    await pod.world.ask('stop');
    const { ok, lost, by } = await rolling;
    expect(lost).toEqual({});
    expect(ok).toBeGreaterThan(100);
    expect(by[POD[4]]).toBeGreaterThan(20);
    expect(pod.said).toContain('SIGTERM: draining');
  }, 40_000);

  it('ends as soon as no connection is left, where it is told to', async () => {
    const env = {
      EXIT_ON_ZERO_ACTIVE_CONNECTIONS: 'true',
      MINIMUM_DRAIN_DURATION: '500ms',
      PROXY_CONFIG: '{"terminationDrainDuration":"600s"}',
    };
    const pod = await readyPod({ engine, env });
    await pod.world.ask('hold', {
      host: POD[4],
      port: 8080,
      count: 2,
      send: 'GET /?delay=100000 HTTP/1.1\r\nhost: a\r\n\r\n',
    });
    process.kill(pod.agentPid(), 'SIGTERM');
    await pause(2500);
    expect(pod.agent.exitCode).toBeNull();
    expect(pod.said).toContain('connections left: 2');
    await pod.world.ask('release');
    expect(await pod.ended).toBe(0);
  }, 40_000);

  it('ends at once for /quitquitquit, from inside only', async () => {
    const pod = await readyPod({ engine });
    const asked = await pod.app.ask<{ status: number; body: string }>('request', {
      host: '127.0.0.1',
      port: 15020,
      path: '/quitquitquit',
      method: 'POST',
    });
    expect(asked).toMatchObject({ status: 200, body: 'OK' });
    expect(await pod.ended).toBe(0);
  }, 30_000);

  it('goes on after /drain, and ends at once with SIGTERM then', async () => {
    const pod = await readyPod({ engine, env: { PROXY_CONFIG: '{"terminationDrainDuration":"600s"}' } });
    const asked = await pod.app.ask<{ status: number }>('request', {
      host: '127.0.0.1',
      port: 15020,
      path: '/drain',
      method: 'POST',
    });
    expect(asked.status).toBe(200);
    await pause(300);
    const reply = await pod.world.ask<{ status: number; headers: Record<string, string> }>('request', {
      host: POD[4],
      port: 8080,
      path: '/',
    });
    expect(reply.status).toBe(200);
    expect(reply.headers.connection).toContain('close');
    expect(await status(pod, 15021, '/healthz/ready')).toBe(200);
    process.kill(pod.agentPid(), 'SIGTERM');
    expect(await pod.ended).toBe(0);
  }, 30_000);

  it('a proxy that is killed makes the agent say so, and end with its code', async () => {
    const pod = await readyPod({ engine });
    process.kill(pod.proxyPid(), 'SIGKILL');
    expect(await pod.ended).toBe(137);
    expect(pod.said).toContain('the proxy has ended with signal SIGKILL; most likely it used more memory');
  }, 30_000);

  it('a proxy that is killed is started again, where that is wanted', async () => {
    const pod = await readyPod({ engine, env: { REMORA_RESTART_PROXY: '1' } });
    process.kill(pod.proxyPid(), 'SIGKILL');
    await pause(500);
    await pod.ready();
    await expect.poll(() => status(pod, 8080, '/again'), { timeout: 5000 }).toBe(200);
    process.kill(pod.proxyPid(), 'SIGKILL');
    expect(await pod.ended).toBe(137);
  }, 40_000);

  it('a port that is taken is named', async () => {
    const pod = new Pod({ engine, held: true });
    open.push(pod);
    await pod.app.ask('serve', { kind: 'echo', port: 15006 });
    pod.go();
    const code = await pod.ended;
    expect(code).not.toBe(0);
    expect(pod.said).toMatch(/15006/);
  }, 30_000);

  it('the commands of pilot-agent work beside it', async () => {
    const pod = await readyPod({ engine });
    const run = (...words: string[]) =>
      spawnSync('ip', ['netns', 'exec', pod.network.pod, process.execPath, 'bin/remora', 'pilot-agent', ...words], {
        encoding: 'utf8',
      });
    expect(run('wait', '--timeoutSeconds', '5').status).toBe(0);
    const stats = run('request', 'GET', 'stats?filter=server.state');
    expect([stats.status, stats.stdout.trim()]).toEqual([0, 'server.state: 0']);
    expect(run('request', 'GET', 'no/such/path').status).toBe(0);
    expect(run('request', '--debug-port=15020', 'GET', 'quitquitquit').status).toBe(255);
    expect(run('request', '--debug-port=1', 'GET', '/').status).toBe(255);
    expect(run('wait', '--url', 'http://127.0.0.1:1/', '--timeoutSeconds', '1')).toMatchObject({ status: 255 });
  }, 30_000);
});

describe.runIf(ENGINES.length > 0)('an agent that cannot start', () => {
  it.each([
    ['a wrong PROXY_CONFIG', { env: { PROXY_CONFIG: 'concurrency: many' } }, 'variable PROXY_CONFIG'],
    ['a wrong prober', { env: { ISTIO_KUBE_APP_PROBERS: '{"/x":{}}' } }, 'ISTIO_KUBE_APP_PROBERS'],
    ['no Envoy', { engine: 'envoy', args: ['--proxyBinary', '/nowhere/envoy'] }, '--proxyBinary names /nowhere/envoy'],
    [
      'an Envoy that is none',
      { engine: 'envoy', args: ['--proxyBinary', '/bin/false'] },
      'the proxy has ended with exit code 1',
    ],
    [
      'a folder that cannot be made',
      { env: { PROXY_CONFIG: '{"configPath":"/proc/no/such"}' } },
      'cannot be written to /proc/no/such',
    ],
    ['an unknown engine', { args: ['--engine', 'nginx'] }, 'there is no engine "nginx"'],
  ] as const)(
    '%s: says so',
    async (_name, options, message) => {
      const pod = new Pod({ engine: 'embedded', ...options });
      open.push(pod);
      const code = await pod.ended;
      expect(pod.said).toContain(message);
      expect(code).toBe(message.startsWith('the proxy') ? 1 : 255);
    },
    20_000,
  );

  it('a folder that cannot be written: says which volume is missing', async () => {
    const pod = new Pod({ engine: 'embedded', env: { PROXY_CONFIG: '{"configPath":"/nowhere/proxy"}' } });
    open.push(pod);
    expect(await pod.ended).toBe(255);
    expect(pod.said).toContain('cannot be written to /nowhere/proxy');
    expect(pod.said).toContain('emptyDir istio-envoy');
  }, 20_000);
});
