/** Injected workloads as containers: the images as they are shipped, users and capabilities as the template gives them. */
import { spawn } from 'node:child_process';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { envoyTool } from '../../scripts/envoy-tool.mjs';
import { missingForImages, Store } from '../images/containers.ts';
import { PodmanPod, type PodRequest } from './pod.ts';
import { REWRITES } from './rewrites.ts';

const missing = missingForImages();
const envoy = envoyTool();
const strict = process.env.REMORA_STRICT === '1';
for (const why of [missing, 'missing' in envoy ? envoy.missing : undefined]) {
  if (why === undefined) continue;
  if (strict) it('can run here', () => expect.fail(`not run: ${why}`));
  else it.skip(`not run: ${why}`, () => {});
}

const WEB = `
const http = require('http');
let healthy = true;
http.createServer((request, response) => {
  if (request.url === '/break') healthy = false;
  if (request.url === '/healthz') return response.writeHead(healthy ? 200 : 500).end('status');
  response.end('hello ' + request.socket.remoteAddress);
}).listen(8080);`;

/** Works for a while, then tells the sidecar to end, as a Job without native sidecars must. */
const WORK_AND_QUIT = `
setTimeout(() => require('http').request({ port: 15020, path: '/quitquitquit', method: 'POST' }, (response) => {
  response.resume();
  response.on('end', () => process.exit(0));
}).end(), 1500);`;

const WORK = 'setTimeout(() => process.exit(0), 1500);';

const ENGINES = 'path' in envoy ? (['embedded', 'envoy'] as const) : (['embedded'] as const);

describe.runIf(missing === undefined)('a pod', () => {
  let store: Store;
  let images: Readonly<Record<'embedded' | 'envoy', PodRequest['images']>>;
  const open: PodmanPod[] = [];
  beforeAll(() => {
    store = new Store();
    const init = store.build('deploy/images/init/Dockerfile', 'init');
    const embedded = store.build('deploy/images/proxy/Dockerfile', 'proxy-embedded');
    const proxy =
      'path' in envoy
        ? store.build('deploy/images/proxy/Dockerfile', 'proxy', {
            ENVOY: store.imageOf('localhost/remora-envoy:test', envoy.path, 'usr/local/bin/envoy'),
          })
        : '';
    images = { embedded: { init, proxy: embedded }, envoy: { init, proxy } };
  }, 300_000);
  afterEach(() => {
    for (const pod of open.splice(0)) pod.close();
  });
  afterAll(() => store?.close());

  function start(engine: 'embedded' | 'envoy', more: Partial<PodRequest> = {}): PodmanPod {
    const pod = new PodmanPod({ store, images: images[engine], name: 'web', program: WEB, ...more });
    open.push(pod);
    return pod;
  }

  async function ended(pod: PodmanPod, container: string): Promise<string> {
    for (let i = 0; i < 100; i++) {
      if (pod.inspect(container, '{{.State.Status}}') === 'exited')
        return pod.inspect(container, '{{.State.ExitCode}}');
      await new Promise((done) => setTimeout(done, 200));
    }
    throw new Error(`${container} does not end: ${pod.log(container)}`);
  }

  it('is changed for podman in ways that are all listed', () => {
    expect(REWRITES.every(({ why }) => why.length > 10)).toBe(true);
  });

  describe.each(ENGINES)('with %s', (engine) => {
    it('runs init and proxy as injected: captured, probed, counted, without rights', async () => {
      const pod = await start(engine, { probe: { httpGet: { path: '/healthz', port: 8080 } } }).ready();
      // Podman takes an init container away when it has ended; what it did is there.
      expect(pod.network.inPod(['iptables-nft', '-t', 'nat', '-S'])).toContain('--to-ports 15006');
      expect(pod.ask(8080, '/')).toEqual({ status: 200, body: expect.stringContaining('hello ::ffff:127.0.0.6') });
      const status = pod.status('istio-proxy');
      expect(status).toMatch(/^Uid:\t1337\t1337\t1337\t1337$/m);
      expect(status).toMatch(/^CapEff:\t0000000000000000$/m);
      expect(status).toMatch(/^CapBnd:\t0000000000000000$/m);
      expect(pod.inspect('istio-proxy', '{{.HostConfig.ReadonlyRootfs}}')).toBe('true');
      // As the kubelet asks, where the injection has sent it.
      expect(pod.ask(15020, '/app-health/web/livez').status).toBe(200);
      pod.ask(8080, '/break');
      expect(pod.ask(15020, '/app-health/web/livez').status).toBe(500);
      await expect
        .poll(() => pod.ask(15020, '/stats/prometheus').body, { timeout: 5000 })
        .toMatch(/istio_requests_total\{reporter="destination".*destination_app="web".*\} [2-9]/);
      expect(pod.log('istio-proxy')).toContain('shop.svc.cluster.local');
    }, 60_000);

    it('a Job ends when its application tells the sidecar to', async () => {
      const pod = start(engine, { kind: 'Job', name: 'job', program: WORK_AND_QUIT });
      expect([await ended(pod, 'job'), await ended(pod, 'istio-proxy')]).toEqual(['0', '0']);
      expect(pod.log('istio-proxy')).toContain('/quitquitquit was called');
    }, 60_000);

    it('a rolling stop loses no request', async () => {
      const pod = await start(engine, { proxyEnv: { PROXY_CONFIG: '{"terminationDrainDuration":"3s"}' } }).ready();
      // Eight clients that keep their connections, until they are told to go.
      const client = spawn('ip', ['netns', 'exec', pod.network.world, process.execPath, '-e', CLIENTS], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      let said = '';
      client.stdout.on('data', (chunk) => {
        said += String(chunk);
      });
      await new Promise((done) => setTimeout(done, 1000));
      const stopping = spawn('kill', ['-TERM', String(pod.pid('istio-proxy'))]);
      await new Promise((done) => stopping.once('exit', done));
      await new Promise((done) => client.once('exit', done));
      const { ok, lost } = JSON.parse(said) as { ok: number; lost: readonly string[] };
      expect(lost).toEqual([]);
      expect(ok).toBeGreaterThan(100);
      expect(await ended(pod, 'istio-proxy')).toBe('0');
    }, 60_000);
  });

  it('a Job ends with its application, where the pod shares its processes', async () => {
    const pod = start('embedded', {
      kind: 'Job',
      name: 'job',
      program: WORK,
      shareProcesses: true,
      proxyEnv: { REMORA_QUIT_WITH_APPLICATION: 'true' },
    });
    expect([await ended(pod, 'job'), await ended(pod, 'istio-proxy')]).toEqual(['0', '0']);
    expect(pod.log('istio-proxy')).toContain('the processes of the application have ended');
  }, 60_000);

  it('the commands of pilot-agent are in the image', () => {
    const run = (...words: string[]) => store.run(images.embedded.proxy, ['--read-only', '--cap-drop=all'], words);
    expect(run('version')).toMatchObject({ code: 0, stdout: expect.stringContaining('remora ') });
    expect(run('wait', '--timeoutSeconds', '1').code).toBe(255);
    expect(run('request', 'GET', 'stats').stderr).toContain('ECONNREFUSED');
    expect(run('istio-iptables', '--dry-run', '-p', '15001', '-z', '15006', '-i', '*', '-b', '*').stdout).toContain(
      '15001',
    );
    const broken = run('proxy', 'sidecar');
    expect([broken.code, broken.stdout]).toEqual([255, expect.stringContaining('cannot be written to')]);
  }, 60_000);
});

/** Asks until it is told to go: a client of a Service, whose endpoint goes away. Prints what came of it. */
const CLIENTS = `
const http = require('http');
const result = { ok: 0, lost: [] };
const one = (agent) => new Promise((resolve) => {
  const call = http.get({ host: '10.77.0.2', port: 8080, agent }, (response) => {
    response.resume();
    response.on('end', () => {
      if (response.statusCode === 200) result.ok++;
      else result.lost.push(String(response.statusCode));
      resolve(/close/.test(response.headers.connection ?? ''));
    });
  });
  call.on('error', (error) => {
    result.lost.push(error.code);
    resolve(true);
  });
});
Promise.all(Array.from({ length: 8 }, async () => {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  while (!(await one(agent))) await new Promise((r) => setTimeout(r, 2));
})).then(() => console.log(JSON.stringify(result)));`;
