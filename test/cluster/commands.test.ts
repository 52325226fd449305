/** Commands that read a cluster: kube-inject, diff, uninject, check. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonPatchObject } from '../../src/platform/kube-api-calls.ts';
import { cleanUp, type Webhook } from '../webhook/process.ts';
import { type Cluster, startCluster } from './api-server.ts';
import { createPod, makeNamespace, pod, remora, until, value, withInjector } from './injector.ts';

let cluster: Cluster;
let webhook: Webhook;

const APP = `apiVersion: apps/v1
kind: Deployment
metadata: {name: app}
spec:
  selector: {matchLabels: {app: app}}
  template:
    metadata: {labels: {app: app}}
    spec:
      containers:
      - {name: app, image: "example/app:1"}
`;

beforeAll(async () => {
  cluster = await startCluster();
  webhook = await withInjector(cluster);
  writeFileSync(join(cluster.folder, 'app.yaml'), APP);
}, 120_000);

afterAll(async () => {
  cleanUp([]);
  await cluster?.stop();
});

describe('kube-inject, diff and uninject', () => {
  const own = ['-i', 'remora-system', '-f', 'app.yaml'];

  it('take the configuration of the cluster, and say which in nothing but the report', () => {
    const patched = cluster.kubectl([
      '-n',
      'remora-system',
      'patch',
      'configmap',
      'istio',
      '--type=merge',
      '-p',
      '{"data":{"mesh":"defaultConfig: {concurrency: 7}\\n"}}',
    ]);
    expect(patched.code).toBe(0);
    const fromCluster = remora(cluster, ['kube-inject', ...own]);
    expect([fromCluster.code, fromCluster.stderr]).toEqual([0, '']);
    expect(fromCluster.stdout).toContain('"concurrency":7');
    const builtIn = remora(cluster, ['kube-inject', '--offline', '-f', 'app.yaml']);
    expect(builtIn.stdout).toContain('name: istio-proxy');
    expect(builtIn.stdout).not.toContain('"concurrency":7');
    const mesh = join(cluster.folder, 'mesh.yaml');
    writeFileSync(mesh, 'defaultConfig: {concurrency: 3}\n');
    expect(remora(cluster, ['kube-inject', ...own, '--meshConfigFile', mesh]).stdout).toContain('"concurrency":3');
    const diff = remora(cluster, ['diff', ...own]);
    expect([diff.code, diff.stdout.includes('concurrency')]).toEqual([1, true]);
    writeFileSync(join(cluster.folder, 'injected.yaml'), fromCluster.stdout);
    const back = remora(cluster, ['uninject', '-i', 'remora-system', '-f', 'injected.yaml']);
    expect([back.code, back.stdout.includes('istio-proxy')]).toEqual([0, false]);
  });

  it('a map that is not there is an error in the words of istioctl, and nothing is taken in its place', () => {
    const missing = remora(cluster, ['kube-inject', '-f', 'app.yaml']);
    expect([missing.code, missing.stdout]).toEqual([1, '']);
    expect(missing.stderr).toContain(
      'could not find valid configmap "istio-sidecar-injector" from namespace  "istio-system": configmaps "istio-sidecar-injector" not found',
    );
    expect(missing.stderr).toContain('--offline');
    const revision = remora(cluster, ['kube-inject', ...own, '--revision', 'canary']);
    expect(revision.stderr).toContain('"istio-sidecar-injector-canary"');
    const context = remora(cluster, ['kube-inject', ...own, '--context', 'nowhere']);
    expect([context.code, context.stderr.split('\n')[0]]).toEqual([
      1,
      'error CLUSTER_CONFIG: there is no context "nowhere"; there are test',
    ]);
  });
});

describe('check', () => {
  const findings = (): readonly { readonly id: string; readonly severity: string; readonly where: string }[] =>
    (JSON.parse(remora(cluster, ['check', '-o', 'json']).stdout) as { readonly findings: never[] }).findings;
  const bad = (): readonly string[] =>
    findings()
      .filter(({ severity }) => severity !== 'ok')
      .map(({ id }) => id);
  const CONFIGURATION = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/remora-sidecar-injector';

  it('finds all in order, with a try of its own', () => {
    const ran = remora(cluster, ['check']);
    expect([ran.code, ran.stderr]).toEqual([0, '']);
    expect(ran.stdout).toContain('Injection is in order.');
    expect(findings().map(({ id }) => id)).toEqual(
      expect.arrayContaining(['try-injected', 'certificate-good', 'config-good']),
    );
  });

  it('finds namespaces that ask for nobody, and with two labels', async () => {
    await makeNamespace(cluster, 'lost', { 'istio.io/rev': 'nobody' });
    await makeNamespace(cluster, 'both', { 'istio-injection': 'enabled', 'istio.io/rev': 'default' });
    await makeNamespace(cluster, 'odd', { 'istio-injection': 'true' });
    expect([...bad()].sort()).toEqual(['both-labels', 'odd-value', 'unknown-revision']);
    expect(remora(cluster, ['check']).code).toBe(1);
    for (const name of ['lost', 'both', 'odd'])
      cluster.kubectl(['label', 'namespace', name, 'istio.io/rev-', 'istio-injection-']);
  });

  it('finds a pod that was created before its namespace was labelled', async () => {
    await makeNamespace(cluster, 'later');
    value(await createPod(cluster, 'later', pod({ metadata: { name: 'early' } }), false));
    cluster.kubectl(['label', 'namespace', 'later', 'istio-injection=enabled']);
    expect(bad()).toEqual(['sidecar-missing']);
    expect(remora(cluster, ['check', '-n', 'shop']).code).toBe(0);
    cluster.kubectl(['-n', 'later', 'delete', 'pod', 'early', '--grace-period=0', '--force']);
  });

  it('finds a configuration that does not load', () => {
    const patched = cluster.kubectl([
      '-n',
      'remora-system',
      'create',
      'configmap',
      'istio-sidecar-injector-broken',
      '--from-literal=config=templates: {sidecar: "{{ if }}"}',
    ]);
    expect(patched.code).toBe(0);
    expect(bad()).toEqual(['config-invalid']);
    cluster.kubectl(['-n', 'remora-system', 'delete', 'configmap', 'istio-sidecar-injector-broken']);
  });

  it('finds a webhook that is gone: nobody answers, and pods are refused', async () => {
    webhook.signal('SIGTERM');
    await webhook.ended;
    expect(bad()).toEqual(expect.arrayContaining(['unreachable', 'try-failed']));
    const text = remora(cluster, ['check']).stdout;
    expect(text).toContain("Look at the injector's pods");
  });

  it('finds a caBundle that is missing, and one that vouches for nobody', async () => {
    value(
      await jsonPatchObject(
        cluster.api,
        CONFIGURATION,
        [{ op: 'remove', path: '/webhooks/0/clientConfig/caBundle' }],
        'test',
      ),
    );
    await until('it is found', () => bad().includes('ca-bundle-missing'));
  });

  it('is told by a cluster that does not answer', () => {
    const file = cluster.kubeconfigFor('nobody', 'x');
    writeFileSync(
      file,
      JSON.stringify({
        clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1' } }],
        contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
        users: [{ name: 'u', user: { token: 't' } }],
        'current-context': 'x',
      }),
    );
    const ran = remora(cluster, ['check', '--kubeconfig', file]);
    expect([ran.code, ran.stderr.split(':')[0]]).toEqual([1, 'error CLUSTER_UNREACHABLE']);
  });

  it('goes on where something may not be read, and says what', () => {
    const token = cluster.kubectl(['-n', 'remora-system', 'create', 'token', 'remora-webhook']).stdout.trim();
    const ran = remora(cluster, ['check', '--kubeconfig', cluster.kubeconfigFor('limited', token), '-o', 'json']);
    const ids = (
      JSON.parse(ran.stdout) as { readonly findings: readonly { readonly id: string; readonly where: string }[] }
    ).findings;
    expect(ids.filter(({ id }) => id === 'not-readable').map(({ where }) => where)).toEqual(
      expect.arrayContaining(['Namespaces', 'Pods']),
    );
  });
});
