/** The webhook's image as it is shipped, with what its Deployment allows it: nobody's user, no capability, a read-only root. */
import { chmodSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { INSTALL_DEFAULTS, installObjects } from '../../src/core/install/index.ts';
import { type Credentials, credentials, post, responseOf, reviewOf, workFolder } from '../webhook/process.ts';
import { missingForImages, Store } from './containers.ts';

const missing = missingForImages();
const strict = process.env.REMORA_STRICT === '1';

if (missing !== undefined) {
  describe('images', () => {
    if (strict) it('can run here', () => expect.fail(`not run: ${missing}`));
    else it.skip(`not run: ${missing}`, () => {});
  });
}

/** The container of the Deployment, as `remora install` makes it. */
function container(): {
  readonly args: readonly string[];
  readonly securityContext: Readonly<Record<string, unknown>>;
} {
  const objects = installObjects({ ...INSTALL_DEFAULTS, image: 'x', config: '', values: '{}', mesh: '' });
  const deployment = objects.find(({ kind }) => kind === 'Deployment') as unknown as {
    readonly spec: {
      readonly template: { readonly spec: { readonly containers: readonly ReturnType<typeof container>[] } };
    };
  };
  const [found] = deployment.spec.template.spec.containers;
  if (found === undefined) throw new Error('the Deployment has no container');
  return found;
}

const ALLOWED = ['--read-only', '--read-only-tmpfs=false', '--cap-drop=all', '--security-opt=no-new-privileges'];

describe.runIf(missing === undefined)('the webhook image', () => {
  let store: Store;
  let image = '';
  let identity: Credentials;
  let folder = '';
  beforeAll(async () => {
    store = new Store();
    image = store.build('deploy/images/webhook/Dockerfile', 'webhook');
    identity = await credentials();
    folder = workFolder(identity.leaf);
    chmodSync(folder, 0o755);
  }, 300_000);
  afterAll(() => {
    store?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('serves as the Deployment runs it, and stops at the signal', async () => {
    const { args, securityContext } = container();
    const user = `${securityContext.runAsUser}:${securityContext.runAsGroup}`;
    const files = ['--offline', '--tlsCertFile=/etc/remora/tls/tls.crt', '--tlsKeyFile=/etc/remora/tls/tls.key'];
    const child = store.start(
      image,
      [...ALLOWED, '--user', user, '--network=host', '-v', `${folder}:/etc/remora/tls:ro`],
      [...args, ...files, '--address=127.0.0.1', '--port=0', '--httpPort=0', '--drainDelay=0s'],
    );
    const ended = new Promise<number | null>((done) => child.once('exit', (code) => done(code)));
    try {
      const { port, httpPort } = await ready(child.stdout, ended);
      for (const path of ['/healthz', '/readyz', '/metrics']) {
        const answer = await fetch(`http://127.0.0.1:${httpPort}${path}`);
        expect([path, answer.status]).toEqual([path, 200]);
      }
      const pod = { metadata: { name: 'app' }, spec: { containers: [{ name: 'app', image: 'example/app:1' }] } };
      const reply = await post({ port, ca: identity.authority.certificate, body: reviewOf(pod) });
      expect(reply.status).toBe(200);
      const { allowed, patch = '' } = responseOf(reply);
      expect([allowed, Buffer.from(patch, 'base64').toString('utf8').includes('istio-proxy')]).toEqual([true, true]);
    } finally {
      child.kill('SIGTERM');
    }
    expect(await ended).toBe(0);
  }, 60_000);

  it('is of a user by number, who is not root, so that runAsNonRoot lets it start', () => {
    const script = 'console.log(process.getuid(), process.getgid())';
    const said = store.run(image, [...ALLOWED, '--entrypoint', 'node'], ['-e', script]);
    expect(said).toMatchObject({ code: 0, stdout: '65532 65532\n' });
  });

  it('has every command, and needs no shell', () => {
    const said = store.run(image, [...ALLOWED, '--tmpfs', '/usr/bin:notmpcopyup'], ['version']);
    const shell = store.run(
      image,
      [...ALLOWED, '--tmpfs', '/usr/bin:notmpcopyup', '--entrypoint', 'sh'],
      ['-c', 'true'],
    );
    expect([said.code, shell.code]).toEqual([0, 127]);
    expect(said.stdout).toMatch(/^remora \d+\.\d+\.\d+\n/);
  });
});

/** The ports of the line that says that it is ready. */
async function ready(
  stdout: NodeJS.ReadableStream | null,
  ended: Promise<number | null>,
): Promise<{ readonly port: number; readonly httpPort: number }> {
  let text = '';
  const found = new Promise<{ readonly port: number; readonly httpPort: number }>((done) => {
    stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8');
      const line = text.split('\n').find((each) => each.includes('"msg":"ready"') && each.endsWith('}'));
      if (line !== undefined) done(JSON.parse(line) as { readonly port: number; readonly httpPort: number });
    });
  });
  return Promise.race([
    found,
    ended.then((code) => Promise.reject(new Error(`it ended with ${code} before it was ready:\n${text}`))),
  ]);
}
