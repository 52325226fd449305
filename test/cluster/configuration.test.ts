/** Configuration and certificates that change while pods are created all the time. */
import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { getKey, isObject, type JsonObject } from '../../src/core/json.ts';
import {
  createObject,
  deleteObject,
  getObject,
  jsonPatchObject,
  replaceObject,
} from '../../src/platform/kube-api-calls.ts';
import { cleanUp, type Webhook } from '../webhook/process.ts';
import { type Cluster, pause, startCluster } from './api-server.ts';
import {
  callByUrl,
  createPod,
  entriesOf,
  hasSidecar,
  install,
  makeNamespace,
  pod,
  SYSTEM,
  startReplica,
  until,
  value,
} from './injector.ts';
import { countsText, startLoad } from './load.ts';

let cluster: Cluster;
let webhook: Webhook;

const CONFIGURATION = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/remora-sidecar-injector';
const SECRET = `/api/v1/namespaces/${SYSTEM}/secrets/remora-webhook-ca`;
const CONFIG_MAP = `/api/v1/namespaces/${SYSTEM}/configmaps/istio-sidecar-injector`;

beforeAll(async () => {
  cluster = await startCluster();
  install(cluster);
  webhook = await startReplica(cluster, 'replica-1', ['--rotationPause=3s']);
  await webhook.logged('caBundle written');
  await callByUrl(cluster, 'remora-sidecar-injector', webhook.port);
  await makeNamespace(cluster, 'shop', { 'istio-injection': 'enabled' });
  await until('pods are injected', async () => hasSidecar(value(await createPod(cluster, 'shop', pod()))));
}, 120_000);

afterAll(async () => {
  cleanUp([]);
  await cluster?.stop();
});

async function ready(): Promise<string> {
  return (await fetch(`http://127.0.0.1:${webhook.httpPort}/readyz?verbose`)).text();
}

async function setConfig(change: (config: string) => string): Promise<void> {
  const map = value(await getObject(cluster.api, CONFIG_MAP));
  const data = getKey(map, 'data');
  if (!isObject(data)) throw new Error('no data');
  value(
    await replaceObject(cluster.api, CONFIG_MAP, {
      ...map,
      data: { ...data, config: change(String(getKey(data, 'config'))) },
    }),
  );
}

it('a bad configuration leaves the good one in force, and is told; a good one is taken up; no pod fails', async () => {
  const load = startLoad(cluster, 'shop');
  const original = String(
    getKey(getKey(value(await getObject(cluster.api, CONFIG_MAP)), 'data') as JsonObject, 'config'),
  );
  await setConfig((config) =>
    config.replace('policy:', 'templates: {broken: "{{ if }}"}\npolicy:').replace(/^templates:\n/m, 'others:\n'),
  );
  await until('it is told', async () => (await ready()).includes('last good one in force'));
  expect(await ready()).toContain('TEMPLATE_PARSE');
  const metrics = await (await fetch(`http://127.0.0.1:${webhook.httpPort}/metrics`)).text();
  expect(metrics).toMatch(/^remora_config_last_load_failed 1$/m);
  expect(hasSidecar(value(await createPod(cluster, 'shop', pod())))).toBe(true);
  const map = value(await getObject(cluster.api, CONFIG_MAP));
  value(await deleteObject(cluster.api, CONFIG_MAP));
  await until('it is told', async () => (await ready()).includes('no ConfigMap found'));
  expect(hasSidecar(value(await createPod(cluster, 'shop', pod())))).toBe(true);
  const data = { ...(getKey(map, 'data') as JsonObject), config: original };
  const metadata = { name: 'istio-sidecar-injector' };
  value(
    await createObject(cluster.api, `/api/v1/namespaces/${SYSTEM}/configmaps`, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata,
      data,
    }),
  );
  await until('it is good again', async () => (await ready()) === 'ok\nconfiguration: ok\ncertificate: ok\n');
  await setConfig(() => original.replace('policy: enabled', 'policy: disabled'));
  await until('the new one counts', async () => !hasSidecar(value(await createPod(cluster, 'shop', pod()))));
  await setConfig(() => original);
  await until('the old one counts again', async () => hasSidecar(value(await createPod(cluster, 'shop', pod()))));
  const counts = await load.stop();
  console.log(`· configuration changed under load: ${countsText(counts)}`);
  expect(counts.messages).toEqual([]);
  expect(counts.created).toBeGreaterThan(50);
}, 90_000);

function bundleOf(configuration: JsonObject): readonly string[] {
  return entriesOf(configuration).map((entry) => {
    const client = getKey(entry, 'clientConfig');
    return isObject(client) ? String(getKey(client, 'caBundle')) : '';
  });
}

it('the authority is rotated under load, and no creation fails', async () => {
  const certificates = (): Promise<number> => bundle().then((text) => text.split('BEGIN CERTIFICATE').length - 1);
  const bundle = async (): Promise<string> =>
    Buffer.from(bundleOf(value(await getObject(cluster.api, CONFIGURATION)))[0] ?? '', 'base64').toString('utf8');
  const before = await bundle();
  expect(await certificates()).toBe(1);
  const load = startLoad(cluster, 'shop');
  const patched = cluster.kubectl([
    '-n',
    SYSTEM,
    'annotate',
    'secret',
    'remora-webhook-ca',
    'remora.dev/rotate=now',
    '--overwrite',
  ]);
  expect(patched.code).toBe(0);
  const started = Date.now();
  await until('both are trusted', async () => (await certificates()) === 2);
  await webhook.logged('certificate in use', 2);
  await until('only the new one is trusted', async () => (await certificates()) === 1, 30_000);
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  await pause(1_000);
  const counts = await load.stop();
  console.log(`· authority rotated under load in ${seconds} s: ${countsText(counts)}`);
  expect(await bundle()).not.toBe(before);
  const secret = value(await getObject(cluster.api, SECRET));
  const data = getKey(secret, 'data');
  const authority = Buffer.from(String(isObject(data) ? getKey(data, 'ca.crt') : ''), 'base64').toString('utf8');
  expect(new X509Certificate(await bundle()).fingerprint256).toBe(new X509Certificate(authority).fingerprint256);
  expect(counts).toMatchObject({ failed: 0, bare: 0 });
  expect(counts.created).toBeGreaterThan(50);
}, 90_000);

it('a Secret that is deleted is put back, and nobody notices', async () => {
  const load = startLoad(cluster, 'shop');
  value(await deleteObject(cluster.api, SECRET));
  await until('it is back', async () => (await getObject(cluster.api, SECRET)).ok);
  await pause(1_000);
  const counts = await load.stop();
  expect(counts).toMatchObject({ failed: 0, bare: 0 });
}, 60_000);

it('a caBundle that somebody spoils is put right at once; only calls in between fail', async () => {
  const load = startLoad(cluster, 'shop');
  const good = bundleOf(value(await getObject(cluster.api, CONFIGURATION)));
  const times: number[] = [];
  for (let round = 0; round < 4; round++) {
    const spoil = good.map((_bundle, i) => ({
      op: 'replace',
      path: `/webhooks/${i}/clientConfig/caBundle`,
      value: OTHER_CA,
    }));
    value(await jsonPatchObject(cluster.api, CONFIGURATION, spoil, 'vandal'));
    times.push(
      await until(
        'it is right again',
        async () =>
          JSON.stringify(bundleOf(value(await getObject(cluster.api, CONFIGURATION)))) === JSON.stringify(good),
      ),
    );
    await until('pods are injected', async () => {
      const made = await createPod(cluster, 'shop', pod());
      return made.ok && hasSidecar(made.value);
    });
  }
  const counts = await load.stop();
  console.log(`· caBundle spoilt 4 times under load, right again after ${times.join(', ')} ms: ${countsText(counts)}`);
  expect(counts.bare).toBe(0);
  expect(counts.messages.filter((message) => !/x509|certificate/.test(message))).toEqual([]);
  expect(Math.max(...times)).toBeLessThan(3_000);
}, 60_000);

const OTHER_CA = Buffer.from('-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n').toString('base64');
