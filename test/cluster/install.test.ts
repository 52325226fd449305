/** What `remora install` makes of a cluster, and what is left after `remora uninstall`. */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { getKey, isArray, isObject, type JsonObject } from '../../src/core/json.ts';
import { openKubeApi } from '../../src/platform/kube-api.ts';
import { createObject, deleteObject, getObject } from '../../src/platform/kube-api-calls.ts';
import { cleanUp } from '../webhook/process.ts';
import { type Cluster, opened, pause, startCluster } from './api-server.ts';
import {
  callByUrl,
  createPod,
  hasSidecar,
  install,
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

it('what is printed is accepted by kubectl, and what it applies is what stands there: no drift', () => {
  const printed = remora(cluster, ['install', '--revision=printed', '--namespace=printed']);
  expect([printed.code, printed.stderr]).toEqual([0, '']);
  const apply = ['apply', '--server-side', '--field-manager=remora', '-f', '-'];
  const first = cluster.kubectl(apply, printed.stdout);
  expect([first.code, first.stderr]).toEqual([0, '']);
  const diff = cluster.kubectl(['diff', '--server-side', '--field-manager=remora', '-f', '-'], printed.stdout);
  expect([diff.code, diff.stdout]).toEqual([0, '']);
  // Every field of the webhook configuration as the API server has it: nothing was filled in.
  const wanted = webhooksOf(
    JSON.parse(
      remora(cluster, ['install', '--revision=printed', '--namespace=printed', '-o', 'json']).stdout,
    ) as JsonObject,
  );
  const live = JSON.parse(
    cluster.kubectl(['get', 'mutatingwebhookconfiguration', 'remora-sidecar-injector-printed-printed', '-o', 'json'])
      .stdout,
  ) as JsonObject;
  expect(getKey(live, 'webhooks')).toEqual(wanted);
});

function webhooksOf(list: JsonObject): unknown {
  const items = getKey(list, 'items');
  const found = (isArray(items) ? items : [])
    .filter(isObject)
    .find((item) => getKey(item, 'kind') === 'MutatingWebhookConfiguration');
  return found === undefined ? undefined : getKey(found, 'webhooks');
}

it('applied twice it is the same; a dry run changes nothing', () => {
  expect(remora(cluster, ['install', '--apply', '--dryRun']).code).toBe(0);
  expect(cluster.kubectl(['get', 'namespace', SYSTEM]).code).toBe(1);
  install(cluster);
  const version = (): string =>
    cluster.kubectl([
      'get',
      'mutatingwebhookconfiguration',
      'remora-sidecar-injector',
      '-o',
      'jsonpath={.metadata.resourceVersion}',
    ]).stdout;
  const before = version();
  install(cluster);
  expect(version()).toBe(before);
});

it('without a webhook that answers, pods are not sent to it', () => {
  const ran = remora(cluster, ['install', '--apply', '--revision=late', '--wait=1s']);
  expect([ran.code, ran.stderr.split('\n')[0]]).toEqual([
    1,
    'error INSTALL_NOT_READY: Deployment remora-system/remora-webhook-late is not ready after 1 s: no controller has seen it yet',
  ]);
  expect(cluster.kubectl(['get', 'mutatingwebhookconfiguration', 'remora-sidecar-injector-late']).code).toBe(1);
});

it('with --wait, the webhook configuration follows when the Deployment is there, and not before', async () => {
  const child = spawn(
    process.execPath,
    [resolve('bin/remora'), 'install', '--apply', '--revision=late', '--wait=30s'],
    {
      env: { PATH: process.env.PATH, HOME: cluster.folder, KUBECONFIG: cluster.kubeconfig },
      stdio: 'ignore',
    },
  );
  const ended = new Promise<number | null>((done) => child.once('exit', done));
  const path = `/apis/apps/v1/namespaces/${SYSTEM}/deployments/remora-webhook-late`;
  const configuration =
    '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/remora-sidecar-injector-late';
  await until('the Deployment is there', async () => (await getObject(cluster.api, path)).ok);
  // What the controllers say, which do not run here: first of the replicas, then that they answer.
  const say = async (status: JsonObject): Promise<void> => {
    const body = [{ op: 'replace', path: '/status', value: status }];
    const contentType = 'application/json-patch+json';
    value(await cluster.api.request({ method: 'PATCH', path: `${path}/status`, body, contentType }));
  };
  const replicas = { observedGeneration: 1, replicas: 3, updatedReplicas: 3 };
  await say(replicas);
  await pause(1_500);
  expect((await getObject(cluster.api, configuration)).ok).toBe(false);
  await say({ ...replicas, readyReplicas: 3, availableReplicas: 3 });
  expect(await ended).toBe(0);
  expect((await getObject(cluster.api, configuration)).ok).toBe(true);
  expect(remora(cluster, ['uninstall', '--apply', '--revision=late']).code).toBe(0);
}, 60_000);

it('beside another injector of the same role it is refused, and told why', async () => {
  const rival = (name: string, rev: string, namespaceSelector: JsonObject): JsonObject => ({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name, labels: { 'istio.io/rev': rev, app: 'sidecar-injector' } },
    webhooks: [
      {
        name: 'namespace.sidecar-injector.istio.io',
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
        failurePolicy: 'Ignore',
        clientConfig: { service: { name: 'istiod', namespace: 'istio-system', path: '/inject' } },
        namespaceSelector,
        rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
      },
    ],
  });
  const path = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';
  value(
    await createObject(
      cluster.api,
      path,
      rival('istio-sidecar-injector', 'default', {
        matchExpressions: [{ key: 'istio-injection', operator: 'In', values: ['enabled'] }],
      }),
    ),
  );
  const refused = remora(cluster, ['install', '--apply', '--wait=0']);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain(
    'INJECTOR_CONFLICT: MutatingWebhookConfiguration istio-sidecar-injector has the same revision "default", whose control plane writes the caBundle of both',
  );
  expect(refused.stderr).toContain(
    'INJECTOR_CONFLICT: MutatingWebhookConfiguration istio-sidecar-injector injects namespaces labelled istio-injection=enabled too',
  );
  expect(refused.stdout).toBe('');
  expect(remora(cluster, ['install', '--apply', '--wait=0', '--revision=beside']).code).toBe(0);
  const forced = remora(cluster, ['install', '--apply', '--wait=0', '--force']);
  expect([forced.code, forced.stderr.includes('warning INJECTOR_CONFLICT')]).toEqual([0, true]);
  value(await deleteObject(cluster.api, `${path}/istio-sidecar-injector`));
  expect(remora(cluster, ['uninstall', '--apply', '--revision=beside']).code).toBe(0);
});

it('the webhook runs with the rights of its service account, and has no others', async () => {
  const webhook = await startReplica(cluster, 'replica-1');
  await webhook.logged('caBundle written');
  await callByUrl(cluster, 'remora-sidecar-injector', webhook.port);
  await makeNamespace(cluster, 'shop', { 'istio-injection': 'enabled' });
  await until('pods are injected', async () => hasSidecar(value(await createPod(cluster, 'shop', pod()))));
  const token = cluster.kubectl(['-n', SYSTEM, 'create', 'token', 'remora-webhook']).stdout.trim();
  const api = opened(openKubeApi({ kubeconfig: cluster.kubeconfigFor('probe', token) }));
  const allowed = [
    `/api/v1/namespaces/${SYSTEM}/configmaps/istio`,
    '/api/v1/nodes',
    '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations',
  ];
  for (const path of allowed) expect((await getObject(api, path)).ok, path).toBe(true);
  const forbidden = [
    `/api/v1/namespaces/${SYSTEM}/secrets`,
    `/api/v1/namespaces/${SYSTEM}/configmaps`,
    '/api/v1/namespaces/kube-system/secrets/x',
    '/api/v1/pods',
    '/api/v1/namespaces',
  ];
  for (const path of forbidden) {
    const found = await getObject(api, path);
    expect(found.ok ? 'allowed' : found.failure.status, path).toBe(403);
  }
  const other = await api.request({
    method: 'PATCH',
    path: `${allowed[2]}/somebody-elses`,
    body: [],
    contentType: 'application/json-patch+json',
  });
  expect(other.ok ? 'allowed' : other.failure.status).toBe(403);
  api.close();
  webhook.signal('SIGTERM');
  expect(await webhook.ended).toBe(0);
}, 60_000);

it('an upgrade that has fewer entries than before goes through, though the caBundle has another owner', () => {
  const names = (): string =>
    cluster.kubectl([
      'get',
      'mutatingwebhookconfiguration',
      'remora-sidecar-injector',
      '-o',
      'jsonpath={.webhooks[*].name}',
    ]).stdout;
  // Another test has put a URL in place of the Service.
  cluster.kubectl(['delete', 'mutatingwebhookconfiguration', 'remora-sidecar-injector']);
  install(cluster, ['--enableNamespacesByDefault']);
  expect(names()).toContain('auto.sidecar-injector.istio.io');
  const patch = {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name: 'remora-sidecar-injector' },
    webhooks: names()
      .split(' ')
      .map((name) => ({ name, clientConfig: { caBundle: 'Zm9v' } })),
  };
  const file = join(cluster.folder, 'bundles.json');
  writeFileSync(file, JSON.stringify(patch));
  const written = cluster.kubectl([
    'apply',
    '--server-side',
    '--force-conflicts',
    '--field-manager=remora-ca-bundle',
    '-f',
    file,
  ]);
  expect([written.code, written.stderr]).toEqual([0, '']);
  install(cluster);
  expect(names()).not.toContain('auto.');
  expect(names().split(' ')).toHaveLength(4);
});

it('uninstall says what would go, removes it, and leaves what is not ours', async () => {
  value(
    await createObject(cluster.api, `/api/v1/namespaces/${SYSTEM}/configmaps`, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'mine' },
    }),
  );
  const told = remora(cluster, ['uninstall']);
  expect(told.code).toBe(0);
  expect(told.stdout.split('\n')[0]).toBe('MutatingWebhookConfiguration remora-sidecar-injector would be removed');
  expect(told.stderr).toContain('namespaces still ask for this injector: shop');
  const removed = remora(cluster, ['uninstall', '--apply']);
  expect(removed.code).toBe(0);
  for (const [kind, name] of [
    ['mutatingwebhookconfiguration', 'remora-sidecar-injector'],
    ['clusterrole', 'remora-webhook'],
    ['clusterrolebinding', 'remora-webhook'],
  ]) {
    expect(cluster.kubectl(['get', kind ?? '', name ?? '']).code, `${kind} ${name}`).toBe(1);
  }
  const left = cluster.kubectl([
    '-n',
    SYSTEM,
    'get',
    'deployment,service,secret,configmap,lease,role,rolebinding,serviceaccount,pdb',
    '-o',
    'name',
    '-l',
    'istio.io/rev=default',
  ]).stdout;
  expect(left).toBe('');
  expect(cluster.kubectl(['-n', SYSTEM, 'get', 'secret', 'remora-webhook-ca']).code).toBe(1);
  expect(cluster.kubectl(['-n', SYSTEM, 'get', 'configmap', 'mine']).code).toBe(0);
  expect(remora(cluster, ['uninstall', '--apply']).stdout).toBe('nothing of revision default is there\n');
  expect(hasSidecar(value(await createPod(cluster, 'shop', pod())))).toBe(false);
});
