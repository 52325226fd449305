/** `remora sidecar-injector`: the process of Istio 1.0 (injection.md 6.8). */
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Credentials,
  cleanUp,
  credentials,
  POD,
  post,
  responseOf,
  reviewOf,
  startWebhook,
  type Webhook,
  workFolder,
} from './process.ts';

let given: Credentials;
let webhook: Webhook;
let folder: string;
const folders: string[] = [];

beforeAll(async () => {
  given = await credentials();
  const example = (name: string): string => readFileSync(resolve('examples/istio-1.0', name), 'utf8');
  folder = workFolder(given.leaf, {
    config: example('inject-config.yaml'),
    mesh: example('mesh-config.yaml'),
    'ca.crt': given.authority.certificate,
  });
  folders.push(folder);
  webhook = await startWebhook(
    folder,
    [
      '--injectConfig=config',
      '--meshConfig=mesh',
      '--tlsCertFile=tls.crt',
      '--tlsKeyFile=tls.key',
      '--caCertFile=ca.crt',
    ],
    {
      command: ['sidecar-injector', '--offline', '--port=0', '--healthCheckInterval=100ms', '--healthCheckFile=health'],
    },
  );
});

afterAll(() => cleanUp(folders));

const ask = (body: string, path = '/inject') =>
  post({ port: webhook.port, ca: given.authority.certificate, body, path });

/** How a probe ends that is a process of its own, as the kubelet starts it. */
function probe(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [resolve('bin/remora'), 'sidecar-injector', 'probe', ...args],
    { cwd: folder, encoding: 'utf8' },
  );
  return { status, stdout, stderr };
}

describe('reviews', () => {
  it('v1beta1 at /inject gets the patch of 1.0', async () => {
    const response = responseOf(await ask(reviewOf(POD, { version: 'v1beta1' })));
    expect(response).toMatchObject({ uid: 'u-1', allowed: true });
    expect(Buffer.from(response.patch ?? '', 'base64').toString('utf8')).toContain('istio-proxy');
  });

  it('v1 is refused, and there is nothing below /inject', async () => {
    expect(responseOf(await ask(reviewOf(POD)))).toMatchObject({ uid: '', allowed: false });
    expect((await ask(reviewOf(POD, { version: 'v1beta1' }), '/inject/cluster/a')).status).toBe(404);
    expect((await ask(reviewOf(POD, { version: 'v1beta1' }), '/inject')).status).toBe(200);
  });
});

describe('the health file', () => {
  it('is written again and again, and the probe says OK', async () => {
    const file = join(folder, 'health');
    expect(readFileSync(file, 'utf8')).toBe('ok');
    const before = statSync(file).mtimeMs;
    await pause(300);
    expect(statSync(file).mtimeMs).toBeGreaterThan(before);
    expect(probe('--probe-path=health', '--interval=5s')).toEqual({ status: 0, stdout: 'OK', stderr: '' });
  });

  it('that is missing or old fails the probe', () => {
    writeFileSync(join(folder, 'old'), 'ok');
    utimesSync(join(folder, 'old'), new Date(), new Date(Date.now() - 60_000));
    const old = probe('--probe-path=old', '--interval=4s');
    expect(old.status).toBe(1);
    expect(old.stderr).toMatch(/^fail on inspecting path old: written 6\d{4} ms ago, and 4000 ms are allowed\n$/);
    expect(probe('--probe-path=none', '--interval=4s')).toEqual({
      status: 1,
      stdout: '',
      stderr: 'fail on inspecting path none: no such file\n',
    });
    expect(probe('--interval=4s').status).toBe(2);
  });
});

describe('changes of its files', () => {
  it('are taken up; a bad one leaves the good one in force', async () => {
    const config = readFileSync(join(folder, 'config'), 'utf8');
    writeFileSync(join(folder, 'config'), 'template: "[[ if ]]"\npolicy: enabled\n');
    await pause(500);
    expect(webhook.log().at(-1)).toMatchObject({ level: 'error', part: 'configuration', code: 'TEMPLATE_PARSE' });
    expect(responseOf(await ask(reviewOf(POD, { version: 'v1beta1' }))).patch).toBeDefined();
    writeFileSync(join(folder, 'config'), config.replace(/policy: enabled/, 'policy: disabled'));
    await webhook.logged('configuration loaded', 2);
    expect(responseOf(await ask(reviewOf(POD, { version: 'v1beta1' }))).patch).toBeUndefined();
    rmSync(join(folder, 'mesh'));
    await pause(500);
    expect(webhook.log().at(-1)).toMatchObject({ level: 'error', code: 'FILE_UNREADABLE' });
    expect(responseOf(await ask(reviewOf(POD, { version: 'v1beta1' }))).allowed).toBe(true);
  });
});
