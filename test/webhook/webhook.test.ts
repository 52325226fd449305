import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect as connectH2 } from 'node:http2';
import { Agent } from 'node:https';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signLeaf, validFor } from '../../src/platform/tls-authority.ts';
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

const FILES = ['--offline', '--tlsCertFile=tls.crt', '--tlsKeyFile=tls.key'];

let given: Credentials;
const folders: string[] = [];

beforeAll(async () => {
  given = await credentials();
});

afterAll(() => cleanUp(folders));

function folderWith(files: Readonly<Record<string, string>> = {}): string {
  const folder = workFolder(given.leaf, files);
  folders.push(folder);
  return folder;
}

const ask = (webhook: Webhook, body: string | Buffer, more = {}) =>
  post({ port: webhook.port, ca: given.authority.certificate, body, ...more });

const http = async (webhook: Webhook, path: string): Promise<{ readonly status: number; readonly text: string }> => {
  const answer = await fetch(`http://127.0.0.1:${webhook.httpPort}${path}`);
  return { status: answer.status, text: await answer.text() };
};

/** One template that says which it is. */
const config = (name: string): string =>
  `policy: enabled\ntemplates:\n  sidecar: |\n    metadata: {annotations: {from: ${name}}}\n    spec: {containers: [{name: istio-proxy, image: proxy}]}\n`;

function patchOf(body: string | undefined): string {
  return Buffer.from(body ?? '', 'base64').toString('utf8');
}

describe('requests', () => {
  let webhook: Webhook;
  beforeAll(async () => {
    webhook = await startWebhook(folderWith(), FILES);
  });

  it('a review over HTTP/1.1, with parameters of the URL', async () => {
    const reply = await ask(webhook, reviewOf(POD), { path: '/inject/cluster/c%20one/net/n1' });
    expect(reply.status).toBe(200);
    const response = responseOf(reply);
    expect(response).toMatchObject({ uid: 'u-1', allowed: true, auditAnnotations: { decision: 'injected' } });
    expect(patchOf(response.patch)).toContain('"c one"');
    expect(patchOf(response.patch)).toContain('istio-proxy');
  });

  it('reviews over HTTP/2, many on one connection', async () => {
    const session = connectH2(`https://127.0.0.1:${webhook.port}`, {
      ca: given.authority.certificate,
      servername: 'localhost',
    });
    const one = (uid: string): Promise<string> =>
      new Promise((done, failed) => {
        const stream = session.request({ ':method': 'POST', ':path': '/inject', 'content-type': 'application/json' });
        let text = '';
        stream.setEncoding('utf8');
        stream.on('data', (chunk: string) => (text += chunk));
        stream.on('end', () => done(text));
        stream.on('error', failed);
        stream.end(reviewOf(POD, { uid }));
      });
    const uids = Array.from({ length: 40 }, (_, i) => `u-${i}`);
    const answers = await Promise.all(uids.map(one));
    session.close();
    expect(answers.map((body) => responseOf({ status: 200, body, headers: {} }).uid)).toEqual(uids);
  });

  it('what is no review, in the order of the specification (injection.md 6.1)', async () => {
    const told = async (body: string | Buffer, more = {}) => {
      const { status, body: text } = await ask(webhook, body, more);
      return [status, text.trim()];
    };
    expect(await told('')).toEqual([400, 'no body found']);
    expect(await told('{}', { contentType: 'application/json; charset=utf-8' })).toEqual([
      415,
      'invalid Content-Type, want `application/json`',
    ]);
    expect(await told('{}', { contentType: null })).toEqual([415, 'invalid Content-Type, want `application/json`']);
    const garbage = await ask(webhook, 'a: [');
    expect(garbage.status).toBe(200);
    expect(responseOf(garbage)).toMatchObject({ uid: '', allowed: false });
    const noPod = responseOf(await ask(webhook, reviewOf([1, 2])));
    expect(noPod.allowed).toBe(false);
    expect(noPod.status?.message).toContain('v1.Pod');
    expect((await ask(webhook, reviewOf(POD), { path: '/validate' })).status).toBe(404);
    expect((await ask(webhook, reviewOf(POD), { path: '/inject/%zz' })).status).toBe(400);
  });

  it('a body of 6 MiB is read, a larger one is refused', async () => {
    const limit = 6 * 1024 * 1024;
    const padded = (size: number): string => reviewOf(POD).padEnd(size, ' ');
    expect((await ask(webhook, padded(limit))).status).toBe(200);
    const large = await ask(webhook, padded(limit + 1));
    expect([large.status, large.body.trim()]).toEqual([400, 'http: request body too large']);
  });

  it('TLS 1.1 is refused, and plain HTTP', async () => {
    const old = new Promise((done) => {
      const socket = connectTls({
        port: webhook.port,
        host: '127.0.0.1',
        maxVersion: 'TLSv1.1',
        minVersion: 'TLSv1',
        rejectUnauthorized: false,
      });
      socket.on('error', (error) => done(error.message));
      socket.on('secureConnect', () => done('connected'));
    });
    expect(await old).not.toBe('connected');
    await expect(fetch(`http://127.0.0.1:${webhook.port}/inject`)).rejects.toThrow();
    expect((await ask(webhook, reviewOf(POD))).status).toBe(200);
  });

  it('health and metrics, on both ports', async () => {
    expect(await http(webhook, '/healthz')).toEqual({ status: 200, text: 'ok\n' });
    expect(await http(webhook, '/readyz?verbose')).toEqual({
      status: 200,
      text: 'ok\nconfiguration: ok\ncertificate: ok\n',
    });
    const { text } = await http(webhook, '/metrics');
    const value = (name: string): number => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
    const [requests, success, failure, skip] = ['requests', 'success', 'failure', 'skip'].map((name) =>
      value(`sidecar_injection_${name}_total`),
    );
    expect(requests).toBeGreaterThan(45);
    expect(success).toBeGreaterThan(40);
    expect(failure).toBeGreaterThanOrEqual(5);
    expect(skip).toBe(0);
    expect(text).toMatch(/^remora_injection_duration_seconds_bucket\{le="0.0001"\} \d+$/m);
    expect(text).toMatch(/^remora_injection_decisions_total\{result="injected",rule="policy"\} \d+$/m);
    expect(value('remora_certificate_expiry_timestamp_seconds') * 1000).toBeGreaterThan(Date.now());
    expect(text).toContain('sidecar_injection_time_seconds_bucket{le="60"}');
    expect((await ask(webhook, '', { path: '/readyz', method: 'GET' })).body).toBe('ok\n');
  });
});

describe('the configuration', () => {
  it('is taken up when its file changes; a bad one leaves the good one in force, and is told', async () => {
    const folder = folderWith({ 'config.yaml': config('one') });
    const webhook = await startWebhook(folder, [...FILES, '--injectConfigFile=config.yaml']);
    const from = async (): Promise<string | undefined> =>
      /"from","value":"(\w+)"|"from":"(\w+)"/
        .exec(patchOf(responseOf(await ask(webhook, reviewOf(POD))).patch))
        ?.slice(1)
        .find((name) => name !== undefined);
    expect(await from()).toBe('one');
    writeFileSync(join(folder, 'config.yaml'), config('two'));
    await webhook.logged('configuration loaded', 2);
    expect(await from()).toBe('two');
    writeFileSync(join(folder, 'config.yaml'), 'templates: {sidecar: "{{ if }}"}');
    await until(async () => (await http(webhook, '/readyz?verbose')).text.includes('last good one in force'));
    expect(await from()).toBe('two');
    const ready = await http(webhook, '/readyz?verbose');
    expect(ready.status).toBe(200);
    expect(ready.text).toContain('TEMPLATE_PARSE');
    expect((await http(webhook, '/metrics')).text).toMatch(/^remora_config_last_load_failed 1$/m);
    // An editor writes aside and renames.
    writeFileSync(join(folder, 'aside'), config('three'));
    renameSync(join(folder, 'aside'), join(folder, 'config.yaml'));
    await webhook.logged('configuration loaded', 3);
    expect(await from()).toBe('three');
    expect((await http(webhook, '/metrics')).text).toMatch(/^remora_config_last_load_failed 0$/m);
    rmSync(join(folder, 'config.yaml'));
    await until(async () => (await http(webhook, '/readyz?verbose')).text.includes('FILE_UNREADABLE'));
    expect(await from()).toBe('three');
  });

  it('is taken up when a kubelet swaps the symlink of a mounted config map', async () => {
    const folder = folderWith();
    const mount = join(folder, 'mount');
    const version = (name: string): void => {
      mkdirSync(join(mount, `..${name}`), { recursive: true });
      writeFileSync(join(mount, `..${name}`, 'config'), config(name));
      writeFileSync(join(mount, `..${name}`, 'values'), '{}');
      symlinkSync(`..${name}`, join(mount, '..data_tmp'));
      renameSync(join(mount, '..data_tmp'), join(mount, '..data'));
    };
    version('one');
    for (const name of ['config', 'values']) symlinkSync(join('..data', name), join(mount, name));
    const webhook = await startWebhook(folder, [...FILES, '--injectDir=mount']);
    version('two');
    await webhook.logged('configuration loaded', 2);
    expect(patchOf(responseOf(await ask(webhook, reviewOf(POD))).patch)).toContain('two');
  });

  it('without any there is no start as ready', async () => {
    const folder = folderWith({ 'config.yaml': 'templates: [' });
    await expect(startWebhook(folder, [...FILES, '--injectConfigFile=config.yaml'])).rejects.toThrow('was not logged');
  }, 30_000);
});

describe('certificates', () => {
  it('are taken up when their files change; a pair that does not fit leaves the old one in use', async () => {
    const folder = folderWith();
    const webhook = await startWebhook(folder, FILES);
    const other = await signLeaf(given.authority, ['localhost', '127.0.0.1', 'renewed'], validFor(Date.now(), 600_000));
    const names = (): Promise<string> =>
      new Promise((done, failed) => {
        const socket = connectTls(
          { port: webhook.port, host: '127.0.0.1', ca: given.authority.certificate, servername: 'localhost' },
          () => {
            done(socket.getPeerCertificate().subjectaltname ?? '');
            socket.end();
          },
        );
        socket.on('error', failed);
      });
    expect(await names()).not.toContain('renewed');
    writeFileSync(join(folder, 'tls.crt'), other.certificate);
    await until(async () => (await http(webhook, '/readyz?verbose')).text.includes('CERTIFICATE_INVALID'));
    expect(await names()).not.toContain('renewed');
    writeFileSync(join(folder, 'tls.key'), other.key);
    await webhook.logged('certificate in use', 2);
    expect(await names()).toContain('renewed');
    expect((await http(webhook, '/readyz?verbose')).text).toBe('ok\nconfiguration: ok\ncertificate: ok\n');
  });

  it('clients need one of the authority given, with one of the names', async () => {
    const clients = await credentials();
    const signed = (name: string) => signLeaf(clients.authority, [name], validFor(Date.now(), 600_000), 'client');
    const folder = folderWith({ 'client-ca.crt': clients.authority.certificate });
    const webhook = await startWebhook(folder, [
      ...FILES,
      '--clientCAFile=client-ca.crt',
      '--clientName=kube-apiserver',
    ]);
    const status = async (more = {}) => (await ask(webhook, reviewOf(POD), more)).status;
    expect(await status()).toBe(401);
    expect(await status({ client: given.leaf })).toBe(401);
    expect(await status({ client: await signed('somebody') })).toBe(403);
    expect(await status({ client: await signed('kube-apiserver') })).toBe(200);
    expect((await ask(webhook, '', { path: '/readyz', method: 'GET' })).status).toBe(200);
  });
});

describe('stopping', () => {
  for (const workers of [1, 2]) {
    it(`loses no request of HTTP/1.1 and HTTP/2 clients (${workers} ${workers === 1 ? 'process' : 'workers'})`, async () => {
      const webhook = await startWebhook(folderWith(), [...FILES, `--workers=${workers}`]);
      const stats = { answered: 0, told: 0, lost: [] as string[] };
      let stopped = false;
      const agent = new Agent({ keepAlive: true, maxSockets: 4 });
      // A client that is told to go turns to another replica, which is not part of this test.
      const http1 = async (): Promise<void> => {
        while (!stopped) {
          try {
            const { status, headers } = await ask(webhook, reviewOf(POD), { agent });
            if (status === 200) stats.answered += 1;
            else stats.lost.push(`status ${status}`);
            if (headers.connection === 'close') {
              stats.told += 1;
              return;
            }
          } catch (error) {
            stats.lost.push(String(error));
          }
        }
      };
      const http2 = async (): Promise<void> => {
        const ca = given.authority.certificate;
        const session = connectH2(`https://127.0.0.1:${webhook.port}`, { ca, servername: 'localhost' });
        session.on('error', (error) => stats.lost.push(String(error)));
        let told = false;
        session.on('goaway', () => {
          told = true;
        });
        while (!stopped && !told) {
          const outcome = await new Promise<string>((done) => {
            const stream = session.request({
              ':method': 'POST',
              ':path': '/inject',
              'content-type': 'application/json',
            });
            stream.resume();
            stream.on('response', (headers) => done(String(headers[':status'])));
            stream.on('error', (error: NodeJS.ErrnoException) => done(`${error.code} ${error.message}`));
            stream.on('close', () => done('closed without an answer'));
            stream.end(reviewOf(POD));
          });
          if (outcome === '200') stats.answered += 1;
          // Told while the request was being made: by the protocol it was not begun, and Go's client sends it elsewhere.
          else if (outcome.includes('NGHTTP2_REFUSED_STREAM')) told = true;
          else stats.lost.push(outcome);
        }
        if (told) stats.told += 1;
        session.close();
      };
      const load = Promise.all([http1(), http1(), http1(), http2(), http2()]);
      await pause(500);
      webhook.signal('SIGTERM');
      const code = await webhook.ended;
      await pause(100);
      stopped = true;
      await load;
      agent.destroy();
      console.log(
        `· stop, ${workers} process(es): ${stats.answered} answered, ${stats.told} of 5 clients told to go, ${stats.lost.length} lost`,
      );
      expect(stats.lost).toEqual([]);
      expect(stats.told).toBe(5);
      expect(stats.answered).toBeGreaterThan(50);
      expect(code).toBe(0);
    });
  }

  it('a second signal ends it at once', async () => {
    const webhook = await startWebhook(folderWith(), [...FILES, '--drainDelay=10s', '--gracePeriod=20s']);
    webhook.signal('SIGTERM');
    await webhook.logged('stopping');
    expect((await http(webhook, '/readyz')).status).toBe(503);
    const started = Date.now();
    webhook.signal('SIGINT');
    expect(await webhook.ended).toBe(1);
    expect(Date.now() - started).toBeLessThan(5_000);
  });
});

describe('workers', () => {
  it.each([1, 2])('a port that is taken is told, and ends it (%i)', async (workers) => {
    const taken = createServer();
    await new Promise<void>((done) => taken.listen(0, '127.0.0.1', done));
    const { port } = taken.address() as { readonly port: number };
    for (const ports of [
      [`--port=${port}`, '--httpPort=off'],
      ['--port=0', `--httpPort=${port}`],
    ]) {
      const start = startWebhook(folderWith(), [...FILES, `--workers=${workers}`, ...ports]);
      await expect(start).rejects.toThrow('WEBHOOK_PORT: the webhook cannot listen at 127.0.0.1');
      await expect(start).rejects.toThrow('it ended before');
    }
    taken.close();
  });

  it('share the port, are counted together, and one that dies is replaced', async () => {
    const webhook = await startWebhook(folderWith(), [...FILES, '--workers=2']);
    for (let i = 0; i < 30; i++) expect((await ask(webhook, reviewOf(POD))).status).toBe(200);
    const requests = async (): Promise<number> =>
      Number(/^sidecar_injection_requests_total (\d+)$/m.exec((await http(webhook, '/metrics')).text)?.[1]);
    expect(await requests()).toBe(30);
    const { spawnSync } = await import('node:child_process');
    const children = spawnSync('sh', ['-c', `cat /proc/${webhook.pid}/task/*/children`], { encoding: 'utf8' })
      .stdout.trim()
      .split(/\s+/);
    expect(children.length).toBe(2);
    process.kill(Number(children[0]), 'SIGKILL');
    await webhook.logged('a worker ended and is started again');
    await webhook.logged('certificate in use', 3);
    for (let i = 0; i < 10; i++) expect((await ask(webhook, reviewOf(POD))).status).toBe(200);
    webhook.signal('SIGTERM');
    expect(await webhook.ended).toBe(0);
  });
});

async function until(holds: () => Promise<boolean>): Promise<void> {
  const ends = Date.now() + 15_000;
  while (!(await holds())) {
    if (Date.now() > ends) throw new Error('it did not come to that');
    await pause(50);
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((done) => setTimeout(done, milliseconds));
}
