/** The Helm chart in a real API server: installed, upgraded while the webhook runs, and taken out again. */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { getKey, isObject, type JsonObject } from '../../src/core/json.ts';
import { getObject } from '../../src/platform/kube-api-calls.ts';
import { cleanUp } from '../webhook/process.ts';
import { type Cluster, startCluster } from './api-server.ts';
import {
  callByUrl,
  createPod,
  entriesOf,
  hasSidecar,
  makeNamespace,
  pod,
  remora,
  SYSTEM,
  startReplica,
  until,
  value,
} from './injector.ts';

let cluster: Cluster;

beforeAll(async () => {
  cluster = await startCluster();
}, 120_000);

afterAll(async () => {
  cleanUp([]);
  await cluster?.stop();
});

function helm(args: readonly string[]): {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
} {
  const ran = spawnSync(process.env.REMORA_HELM ?? 'helm', args, {
    cwd: cluster.folder,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, HOME: cluster.folder, KUBECONFIG: cluster.kubeconfig },
  });
  return { code: ran.status, stdout: ran.stdout, stderr: ran.stderr };
}

const CHART = resolve('deploy/helm/remora');
const CONFIGURATION = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/remora-sidecar-injector';

async function entries(): Promise<readonly JsonObject[]> {
  return entriesOf(value(await getObject(cluster.api, CONFIGURATION)));
}

function bundleOf(entry: JsonObject): unknown {
  const client = getKey(entry, 'clientConfig');
  return isObject(client) ? getKey(client, 'caBundle') : undefined;
}

it('what helm installs injects, and an upgrade leaves the caBundle alone', async () => {
  const installed = helm(['install', 'remora', CHART, '--namespace', SYSTEM, '--create-namespace']);
  expect(installed).toMatchObject({ code: 0, stderr: '' });
  expect(installed.stdout).toContain('kubectl label namespace NAMESPACE istio-injection=enabled');
  const webhook = await startReplica(cluster, 'helm-1');
  await webhook.logged('caBundle written');
  const before = (await entries()).map(bundleOf);
  expect(before).toHaveLength(4);
  for (const bundle of before) expect(bundle).toBeTypeOf('string');

  const upgraded = helm(['upgrade', 'remora', CHART, '--namespace', SYSTEM, '--set', 'timeoutSeconds=5']);
  expect(upgraded).toMatchObject({ code: 0, stderr: '' });
  const after = await entries();
  expect(after.map((entry) => getKey(entry, 'timeoutSeconds'))).toEqual([5, 5, 5, 5]);
  expect(after.map(bundleOf)).toEqual(before);

  // The API server refuses loopback addresses behind a Service.
  await callByUrl(cluster, 'remora-sidecar-injector', webhook.port);
  await makeNamespace(cluster, 'shop', { 'istio-injection': 'enabled' });
  await until('pods are injected', async () => hasSidecar(value(await createPod(cluster, 'shop', pod()))));
  webhook.signal('SIGTERM');
  expect(await webhook.ended).toBe(0);
}, 60_000);

it("remora uninstall leaves a release of Helm's alone, with the certificate that it runs on", () => {
  const ran = remora(cluster, ['uninstall', '--apply']);
  expect([ran.code, ran.stdout]).toEqual([0, 'nothing of revision default is there\n']);
  expect(ran.stderr).toContain(`Deployment ${SYSTEM}/remora-webhook belongs to a release of Helm and stays`);
  expect(cluster.kubectl(['-n', SYSTEM, 'get', 'secret/remora-webhook-ca', 'lease/remora-webhook']).code).toBe(0);
});

it('helm uninstall takes everything that helm made', () => {
  const removed = helm(['uninstall', 'remora', '--namespace', SYSTEM]);
  expect(removed.code).toBe(0);
  const kinds = 'deployment,service,configmap,role,rolebinding,serviceaccount,pdb';
  const left = ['-l', 'app.kubernetes.io/part-of=remora', '-o', 'name'];
  expect(cluster.kubectl(['-n', SYSTEM, 'get', kinds, ...left]).stdout).toBe('');
  const wide = 'clusterrole,clusterrolebinding,mutatingwebhookconfiguration';
  expect(cluster.kubectl(['get', wide, ...left]).stdout).toBe('');
});
