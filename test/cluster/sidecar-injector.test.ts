/** `remora sidecar-injector` as Istio 1.0's chart ran its own: with the rights of that chart, against an API server of today. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Credentials, credentials, startWebhook, type Webhook } from '../webhook/process.ts';
import { type Cluster, pause, startCluster } from './api-server.ts';

const NAME = 'istio-sidecar-injector';
let cluster: Cluster;
let given: Credentials;
let webhook: Webhook;
let folder: string;

beforeAll(async () => {
  cluster = await startCluster();
  given = await credentials();
  cluster.kubectl(['create', 'namespace', 'istio-system']);
  cluster.kubectl(['-n', 'istio-system', 'create', 'serviceaccount', 'istio-sidecar-injector-service-account']);
  for (const object of [ROLE, BINDING, configuration('')])
    cluster.kubectl(['apply', '-f', '-'], JSON.stringify(object));
  const account = 'istio-sidecar-injector-service-account';
  const token = cluster.kubectl(['-n', 'istio-system', 'create', 'token', account]).stdout.trim();
  folder = mkdtempSync(join(cluster.folder, 'sidecar-injector-'));
  const files = {
    'tls.crt': given.leaf.certificate,
    'tls.key': given.leaf.key,
    'ca.crt': given.authority.certificate,
    config: readFileSync(resolve('examples/istio-1.0/inject-config.yaml')),
    mesh: readFileSync(resolve('examples/istio-1.0/mesh-config.yaml')),
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  webhook = await startWebhook(
    folder,
    [
      '--injectConfig=config',
      '--meshConfig=mesh',
      '--tlsCertFile=tls.crt',
      '--tlsKeyFile=tls.key',
      '--caCertFile=ca.crt',
      `--kubeconfig=${cluster.kubeconfigFor('injector', token, 'istio-system')}`,
    ],
    // API servers of today know only v1, which Istio speaks since 1.7.
    { command: ['sidecar-injector', '--port=0', '--compat=1.8'] },
  );
}, 60_000);

afterAll(async () => {
  webhook?.signal('SIGKILL');
  await cluster?.stop();
});

const bundleOf = (entry: string): string => {
  const path = `{.webhooks[?(@.name=="${entry}")].clientConfig.caBundle}`;
  const { stdout } = cluster.kubectl(['get', 'mutatingwebhookconfiguration', NAME, '-o', `jsonpath=${path}`]);
  return Buffer.from(stdout, 'base64').toString('utf8');
};

async function patched(): Promise<void> {
  const ends = Date.now() + 15_000;
  while (bundleOf('sidecar-injector.istio.io') !== given.authority.certificate) {
    if (Date.now() > ends) throw new Error(`the caBundle did not come: ${JSON.stringify(webhook.log())}`);
    await pause(100);
  }
}

it('the caBundle of its entry is written, and of no other', async () => {
  await patched();
  expect(bundleOf('other.example.com')).toBe('');
});

it('pods are injected, and the caBundle comes back when somebody takes it away', async () => {
  cluster.kubectl(['apply', '-f', '-'], JSON.stringify(configuration(`https://localhost:${webhook.port}/inject`)));
  await patched();
  cluster.kubectl(['create', 'namespace', 'demo']);
  cluster.kubectl(['label', 'namespace', 'demo', 'istio-injection=enabled']);
  const run = (name: string): string =>
    cluster.kubectl(['-n', 'demo', 'run', name, '--image=example/hello', '-o', 'jsonpath={.spec.containers[*].name}'])
      .stdout;
  // The API server takes a moment to see a changed configuration.
  const ends = Date.now() + 15_000;
  for (let i = 0; run(`hello-${i}`) !== `hello-${i} istio-proxy`; i++) {
    if (Date.now() > ends) throw new Error('no pod was injected');
    await pause(200);
  }
  const vandalised = JSON.stringify([
    {
      op: 'replace',
      path: '/webhooks/0/clientConfig/caBundle',
      value: Buffer.from(given.leaf.certificate).toString('base64'),
    },
  ]);
  const changed = cluster.kubectl(['patch', 'mutatingwebhookconfiguration', NAME, '--type=json', '-p', vandalised]);
  expect(changed.code).toBe(0);
  await patched();
});

it('an entry that is missing is told', async () => {
  cluster.kubectl(['delete', 'mutatingwebhookconfiguration', NAME]);
  const told = await webhook.logged(`webhook entry "sidecar-injector.istio.io" not found in config "${NAME}"`);
  expect(told).toMatchObject({ level: 'warn', reason: 'webhook_config_not_found' });
});

/** As the chart of 1.0 has it. */
const ROLE = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRole',
  metadata: { name: 'istio-sidecar-injector-istio-system' },
  rules: [
    { apiGroups: ['*'], resources: ['configmaps'], verbs: ['get', 'list', 'watch'] },
    {
      apiGroups: ['admissionregistration.k8s.io'],
      resources: ['mutatingwebhookconfigurations'],
      verbs: ['get', 'list', 'watch', 'patch'],
    },
  ],
};

const BINDING = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRoleBinding',
  metadata: { name: 'istio-sidecar-injector-admin-role-binding-istio-system' },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'istio-sidecar-injector-istio-system' },
  subjects: [{ kind: 'ServiceAccount', name: 'istio-sidecar-injector-service-account', namespace: 'istio-system' }],
};

/** With a service where there is no URL, as installed; an entry beside it is somebody else's. */
function configuration(url: string): object {
  const service = { name: 'istio-sidecar-injector', namespace: 'istio-system', path: '/inject' };
  const entry = (name: string, clientConfig: object, namespaceSelector: object): object => ({
    name,
    clientConfig,
    rules: [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] }],
    namespaceSelector,
    failurePolicy: 'Fail',
    sideEffects: 'None',
    admissionReviewVersions: ['v1'],
  });
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name: NAME, labels: { app: 'istio-sidecar-injector' } },
    webhooks: [
      entry('sidecar-injector.istio.io', url === '' ? { service } : { url }, {
        matchLabels: { 'istio-injection': 'enabled' },
      }),
      entry('other.example.com', { service: { ...service, name: 'other' } }, { matchLabels: { other: 'yes' } }),
    ],
  };
}
