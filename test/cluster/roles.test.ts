/** Who injects what: tags, the default role, other injectors, and objects that others have made. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { getKey, type JsonObject } from '../../src/core/json.ts';
import { createObject, deleteObject, getObject } from '../../src/platform/kube-api-calls.ts';
import { type Cluster, startCluster } from './api-server.ts';
import { entriesOf, install, makeNamespace, remora, SYSTEM, value } from './injector.ts';

let cluster: Cluster;
const PATH = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';

beforeAll(async () => {
  cluster = await startCluster();
}, 120_000);

afterAll(async () => {
  await cluster?.stop();
});

beforeEach(async () => {
  value(await deleteObject(cluster.api, PATH));
});

/** Istio's, of a revision or a tag; `enabled` where it has the default role. */
function istio(name: string, labels: Readonly<Record<string, string>>): JsonObject {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name, labels: { app: 'sidecar-injector', ...labels } },
    webhooks: [
      {
        name: 'namespace.sidecar-injector.istio.io',
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
        failurePolicy: 'Ignore',
        clientConfig: { service: { name: 'istiod', namespace: 'istio-system', path: '/inject' } },
        namespaceSelector: { matchExpressions: [{ key: 'istio-injection', operator: 'In', values: ['enabled'] }] },
        rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
      },
    ],
  };
}

async function deactivated(name: string): Promise<boolean> {
  const found = entriesOf(value(await getObject(cluster.api, `${PATH}/${name}`)));
  const never = { matchLabels: { 'istio.io/deactivated': 'never-match' } };
  const all = found.flatMap((entry) => [getKey(entry, 'namespaceSelector'), getKey(entry, 'objectSelector')]);
  return all.length > 0 && all.every((selector) => JSON.stringify(selector) === JSON.stringify(never));
}

it("the tag default takes the role from Istio's revision and from Istio's own tag", async () => {
  install(cluster, ['--revision=canary', '--failurePolicy=Ignore', '--timeoutSeconds=3']);
  value(await createObject(cluster.api, PATH, istio('istio-sidecar-injector', { 'istio.io/rev': 'default' })));
  const tag = { 'istio.io/rev': '1-30', 'istio.io/tag': 'default' };
  value(await createObject(cluster.api, PATH, istio('istio-revision-tag-default', tag)));
  const exists = remora(cluster, ['tag', 'set', 'default', '--revision=canary']);
  expect([exists.code, exists.stderr.split('\n')[0]]).toEqual([
    1,
    'error TAG_REFUSED: revision tag "default" already exists, and --overwrite is false',
  ]);
  const set = remora(cluster, ['tag', 'set', 'default', '--revision=canary', '--overwrite']);
  expect([set.code, set.stderr]).toEqual([0, '']);
  expect(set.stdout).toContain('MutatingWebhookConfiguration istio-sidecar-injector deactivated\n');
  expect(set.stdout).toContain('MutatingWebhookConfiguration istio-revision-tag-default deactivated\n');
  expect(await deactivated('istio-sidecar-injector')).toBe(true);
  expect(await deactivated('istio-revision-tag-default')).toBe(true);
  // It does as its revision does.
  for (const entry of entriesOf(value(await getObject(cluster.api, `${PATH}/remora-revision-tag-default`)))) {
    expect(entry).toMatchObject({ failurePolicy: 'Ignore', timeoutSeconds: 3 });
  }
  expect(remora(cluster, ['tag', 'list']).stdout).toBe('TAG     REVISION NAMESPACES\ndefault canary\n');
  // Nobody else may take the role now.
  expect(remora(cluster, ['install', '--apply', '--wait=0']).stderr).toContain(
    'MutatingWebhookConfiguration remora-revision-tag-default injects namespaces labelled istio-injection=enabled',
  );
  expect(remora(cluster, ['uninstall', '--apply', '--revision=canary']).code).toBe(0);
});

it('a default revision of our own, deactivated by a tag, is activated by installing it again', async () => {
  install(cluster);
  install(cluster, ['--revision=canary']);
  expect(remora(cluster, ['tag', 'set', 'default', '--revision=canary']).code).toBe(0);
  expect(await deactivated('remora-sidecar-injector')).toBe(true);
  const removed = remora(cluster, ['tag', 'remove', 'default', '-y']).stdout.split('\n');
  expect(removed[0]).toBe('Revision tag default removed');
  expect(removed[1]).toContain('stays deactivated; remora install --apply');
  install(cluster);
  expect(await deactivated('remora-sidecar-injector')).toBe(false);
  for (const args of [[], ['--revision=canary']]) {
    expect(remora(cluster, ['uninstall', '--apply', ...args]).code).toBe(0);
  }
});

it('what tag generate prints is accepted, and has no caBundle', () => {
  install(cluster, ['--revision=canary']);
  const printed = remora(cluster, ['tag', 'generate', 'prod', '--revision=canary', '--webhook-name=mine']);
  expect([printed.code, printed.stderr, printed.stdout.includes('caBundle')]).toEqual([0, '', false]);
  const applied = cluster.kubectl(['apply', '--server-side', '-f', '-'], printed.stdout);
  expect([applied.code, applied.stdout.split('\n').filter(Boolean)]).toEqual([
    0,
    [
      'clusterrole.rbac.authorization.k8s.io/mine serverside-applied',
      'clusterrolebinding.rbac.authorization.k8s.io/mine serverside-applied',
      'mutatingwebhookconfiguration.admissionregistration.k8s.io/mine serverside-applied',
    ],
  ]);
  expect(remora(cluster, ['tag', 'list']).stdout).toContain('prod canary');
  expect(remora(cluster, ['tag', 'remove', 'prod']).code).toBe(0);
  expect(cluster.kubectl(['get', 'clusterrole', 'mine']).code).toBe(1);
  expect(remora(cluster, ['uninstall', '--apply', '--revision=canary']).code).toBe(0);
});

it('the checks of istioctl, in its words', () => {
  install(cluster, ['--revision=canary']);
  const said = (...args: readonly string[]): string | undefined =>
    remora(cluster, ['tag', ...args]).stderr.split('\n')[0];
  expect(said('set', 'canary', '-r', 'canary')).toBe(
    'error TAG_REFUSED: cannot create revision tag "canary": found existing control plane revision with same name',
  );
  expect(said('set', 'prod', '-r', 'nowhere')).toBe(
    'error TAG_REFUSED: cannot modify tag: cannot find MutatingWebhookConfiguration or Service with revision "nowhere"',
  );
  expect(said('remove', 'prod')).toBe(
    'error TAG_REFUSED: cannot remove tag "prod": cannot find MutatingWebhookConfiguration or Service for tag',
  );
  expect(remora(cluster, ['tag', 'list']).stdout).toBe('No Istio revision tags found.\n');
  expect(remora(cluster, ['uninstall', '--apply', '--revision=canary']).code).toBe(0);
});

it('a namespace that somebody else has made keeps its labels', async () => {
  await makeNamespace(cluster, 'mesh', { team: 'platform' });
  const ran = remora(cluster, ['install', '--apply', '--wait=0', '--namespace=mesh', '--revision=mine']);
  expect([ran.code, ran.stderr, ran.stdout.includes('Namespace')]).toEqual([0, '', false]);
  const found = value(await getObject(cluster.api, '/api/v1/namespaces/mesh'));
  expect(getKey(getKey(found, 'metadata') as JsonObject, 'labels')).toEqual({
    team: 'platform',
    'kubernetes.io/metadata.name': 'mesh',
  });
  expect(remora(cluster, ['uninstall', '--apply', '--namespace=mesh', '--revision=mine']).code).toBe(0);
});

it('a field that somebody else has is a conflict: told before anything is written, and taken by force', async () => {
  await makeNamespace(cluster, 'istio-here');
  const map = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'istio-sidecar-injector' },
    data: { config: 'theirs', values: '{}' },
  };
  value(await createObject(cluster.api, '/api/v1/namespaces/istio-here/configmaps', map));
  const args = ['install', '--apply', '--wait=0', '--namespace=istio-here'];
  const refused = remora(cluster, args);
  expect([refused.code, refused.stdout]).toEqual([1, '']);
  expect(refused.stderr).toContain('cannot apply ConfigMap istio-here/istio-sidecar-injector: ');
  expect(refused.stderr).toContain('--forceConflicts');
  expect(cluster.kubectl(['-n', 'istio-here', 'get', 'serviceaccount', 'remora-webhook']).code).toBe(1);
  expect(cluster.kubectl(['get', 'clusterrole', 'remora-webhook-istio-here']).code).toBe(1);
  expect(remora(cluster, [...args, '--forceConflicts']).code).toBe(0);
  expect(remora(cluster, ['uninstall', '--apply', '--namespace=istio-here']).code).toBe(0);
});

it('uninstall names namespaces that ask by a tag, too', async () => {
  install(cluster, ['--revision=canary']);
  expect(remora(cluster, ['tag', 'set', 'prod', '--revision=canary']).code).toBe(0);
  await makeNamespace(cluster, 'by-tag', { 'istio.io/rev': 'prod' });
  await makeNamespace(cluster, 'by-revision', { 'istio.io/rev': 'canary' });
  await makeNamespace(cluster, 'refusing', { 'istio.io/rev': 'canary', 'istio-injection': 'disabled' });
  // A second installation has a revision of the same name, and no part in that tag.
  install(cluster, ['--revision=canary', '--namespace=elsewhere', '--force']);
  const other = remora(cluster, ['uninstall', '--apply', '--revision=canary', '--namespace=elsewhere']);
  expect([other.code, other.stdout.includes('remora-revision-tag-prod')]).toEqual([0, false]);
  const told = remora(cluster, ['uninstall', '--revision=canary']);
  expect(told.stderr).toContain('namespaces still ask for this injector: by-revision, by-tag; ');
  expect(told.stdout.split('\n').slice(0, 3)).toEqual([
    'MutatingWebhookConfiguration remora-revision-tag-prod would be removed',
    'ClusterRoleBinding remora-revision-tag-prod would be removed',
    'ClusterRole remora-revision-tag-prod would be removed',
  ]);
  expect(remora(cluster, ['uninstall', '--apply', '--revision=canary']).code).toBe(0);
  const left = cluster.kubectl(['get', 'clusterrole,clusterrolebinding', '-o', 'name']).stdout;
  expect(left).not.toContain('remora');
  expect(cluster.kubectl(['get', 'namespace', SYSTEM]).code).toBe(0);
});
