import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type CaBundleOptions,
  type CaBundlePatcher,
  patchCaBundles,
} from '../../src/apps/webhook/cluster/ca-bundle.ts';
import type { Leader } from '../../src/apps/webhook/cluster/leader.ts';
import type { JsonObject } from '../../src/core/json.ts';
import type { Problem } from '../../src/core/problem.ts';
import { type FakeApi, FORBIDDEN, fakeApi, until } from './fake-api.ts';

const PATH = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';
const OPTIONS: CaBundleOptions = {
  revision: '',
  serviceName: 'remora-webhook',
  serviceNamespace: 'remora-system',
  fieldManager: 'remora-ca-bundle',
};
const OURS = { name: 'remora-webhook', namespace: 'remora-system' };
const DEFAULT = { 'istio.io/rev': 'default' };

let server: FakeApi;
let over: AbortController;
let running: Promise<void>;
let patcher: CaBundlePatcher;
let leads: boolean;
let changed: (leading: boolean) => void;
let problems: Problem[];
let failures: string[];
let retries: number;

beforeEach(() => {
  server = fakeApi();
  over = new AbortController();
  leads = true;
  problems = [];
  failures = [];
  retries = 0;
});

afterEach(async () => {
  over.abort();
  await running;
});

function start(options: Partial<CaBundleOptions> = {}): void {
  const leader: Leader = {
    isLeader: () => leads,
    onChange: (listener) => {
      changed = listener;
    },
    run: async () => {},
  };
  patcher = patchCaBundles(
    server.api,
    leader,
    { ...OPTIONS, ...options },
    {
      attempt: () => {},
      retry: () => {
        retries += 1;
      },
      failure: (name, reason) => failures.push(`${name} ${reason}`),
      patched: () => {},
      problem: (problem) => problems.push(problem),
    },
  );
  running = patcher.run(over.signal);
}

type Client = { readonly service?: JsonObject; readonly url?: string };

function put(name: string, labels: JsonObject, entries: readonly (readonly [name: string, client: Client])[]): void {
  const webhooks = entries.map(([entry, client]) => ({ name: entry, clientConfig: { ...client } as JsonObject }));
  server.put(`${PATH}/${name}`, { metadata: { name, labels }, webhooks });
}

function bundles(name: string): readonly string[] {
  const webhooks = server.get(`${PATH}/${name}`)?.webhooks as readonly { readonly clientConfig: JsonObject }[];
  return webhooks.map(({ clientConfig }) => Buffer.from(String(clientConfig.caBundle ?? ''), 'base64').toString());
}

const patches = () => server.requests.filter(({ method }) => method === 'PATCH');
const settled = (): Promise<void> => new Promise((next) => setTimeout(next, 150));

describe('whose caBundle is written', () => {
  it('that of entries of our revision which call our service; all others stay as they are', async () => {
    put('ours', DEFAULT, [
      ['namespace.sidecar-injector.istio.io', { service: OURS }],
      ['object.sidecar-injector.istio.io', { service: OURS }],
      ['something.else', { service: OURS }],
    ]);
    put('istiod', DEFAULT, [
      ['namespace.sidecar-injector.istio.io', { service: { name: 'istiod', namespace: 'istio-system' } }],
    ]);
    put('canary', { 'istio.io/rev': 'canary' }, [['namespace.sidecar-injector.istio.io', { service: OURS }]]);
    put('unlabelled', {}, [['namespace.sidecar-injector.istio.io', { service: OURS }]]);
    put('url', DEFAULT, [['namespace.sidecar-injector.istio.io', { url: 'https://elsewhere' }]]);
    put('our-url', { ...DEFAULT, 'app.kubernetes.io/managed-by': 'remora' }, [
      ['namespace.sidecar-injector.istio.io', { url: 'https://us' }],
    ]);
    start();
    patcher.set('CA');
    await until('ours', () => bundles('ours')[1] === 'CA' && bundles('our-url')[0] === 'CA');
    await settled();
    expect(bundles('ours')).toEqual(['CA', 'CA', '']);
    for (const name of ['istiod', 'canary', 'unlabelled', 'url']) expect(bundles(name)).toEqual(['']);
    expect(patches().map(({ query }) => query)).toEqual(
      Array(2).fill({ fieldManager: 'remora-ca-bundle', force: 'true' }),
    );
  });

  it('the one entry that is named, whatever it calls, where one is (1.0)', async () => {
    put('istio-sidecar-injector', {}, [
      ['sidecar-injector.istio.io', { service: { name: 'istio-sidecar-injector', namespace: 'istio-system' } }],
      ['namespace.sidecar-injector.istio.io', { service: OURS }],
    ]);
    put('ours', DEFAULT, [['sidecar-injector.istio.io', { service: OURS }]]);
    start({ target: { configuration: 'istio-sidecar-injector', entry: 'sidecar-injector.istio.io' } });
    patcher.set('CA');
    await until('the entry', () => bundles('istio-sidecar-injector')[0] === 'CA');
    await settled();
    expect([bundles('istio-sidecar-injector'), bundles('ours')]).toEqual([['CA', ''], ['']]);
    server.put(`${PATH}/istio-sidecar-injector`, { metadata: { name: 'istio-sidecar-injector' }, webhooks: [] });
    await until('a miss', () => failures.includes('istio-sidecar-injector webhook_entry_not_found'));
    server.remove(`${PATH}/istio-sidecar-injector`);
    await until('a miss of all', () => failures.includes('istio-sidecar-injector webhook_config_not_found'));
  });
});

describe('when it is written', () => {
  it('by the leader only, and as soon as one becomes it', async () => {
    leads = false;
    put('ours', DEFAULT, [['sidecar-injector.istio.io', { service: OURS }]]);
    start();
    patcher.set('CA');
    await settled();
    expect(bundles('ours')).toEqual(['']);
    leads = true;
    changed(true);
    await until('the bundle', () => bundles('ours')[0] === 'CA');
  });

  it('not where it is right already; with each new bundle; into a configuration that comes later', async () => {
    put('ours', DEFAULT, [['sidecar-injector.istio.io', { service: OURS }]]);
    start();
    patcher.set('CA');
    await until('the bundle', () => bundles('ours')[0] === 'CA');
    await settled();
    expect(patches().length).toBe(1);
    patcher.set('CA and next');
    await until('the next', () => bundles('ours')[0] === 'CA and next');
    put('tag', DEFAULT, [['sidecar-injector.istio.io', { service: OURS }]]);
    await until('the other', () => bundles('tag')[0] === 'CA and next');
    await settled();
    expect([patches().length, problems]).toEqual([3, []]);
  });

  it('again after a refusal, which is told', async () => {
    server.failNext(1, FORBIDDEN, ({ method }) => method === 'PATCH');
    put('ours', DEFAULT, [['sidecar-injector.istio.io', { service: OURS }]]);
    start();
    patcher.set('CA');
    await until('the bundle', () => bundles('ours')[0] === 'CA');
    expect([failures, retries]).toEqual([['ours webhook_update_failure'], 1]);
    expect(problems.map(({ code }) => code)).toEqual(['CLUSTER_REFUSED']);
  });

  it('back, when somebody has changed it; one who does so again and again is told of and left alone for a while', async () => {
    const spoil = (): void => {
      const metadata = {
        name: 'ours',
        labels: DEFAULT,
        managedFields: [{ manager: 'gitops' }, { manager: 'remora-ca-bundle' }],
      };
      const webhooks = [{ name: 'sidecar-injector.istio.io', clientConfig: { service: OURS, caBundle: 'AAAA' } }];
      server.put(`${PATH}/ours`, { metadata, webhooks });
    };
    spoil();
    start();
    patcher.set('CA');
    for (let i = 0; i <= 5; i++) {
      await until(`correction ${i}`, () => bundles('ours')[0] === 'CA');
      await settled();
      spoil();
    }
    await settled();
    expect(bundles('ours')[0]).not.toBe('CA');
    expect(problems.map(({ code, message }) => [code, message.split('; ')[1]])).toEqual([
      ['CA_BUNDLE_CONTESTED', 'its field managers are gitops'],
    ]);
  });
});
