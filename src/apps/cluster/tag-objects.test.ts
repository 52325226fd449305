import { expect, it } from 'vitest';
import { INSTALL_DEFAULTS, type InstallOptions, webhookConfiguration } from '../../core/install/index.ts';
import type { JsonObject } from '../../core/json.ts';
import { entriesOf, nameOf } from './rivals.ts';
import { tagObjects } from './tag-objects.ts';

const PLAIN: InstallOptions = { ...INSTALL_DEFAULTS, image: 'x', config: '', values: '{}', mesh: '' };
const CANARY: InstallOptions = {
  ...PLAIN,
  revision: 'canary',
  namespace: 'mesh',
  failurePolicy: 'Ignore',
  timeoutSeconds: 3,
  certManager: true,
};

function withBundle(object: JsonObject): JsonObject {
  return {
    ...object,
    webhooks: entriesOf(object).map((entry) => ({
      ...entry,
      clientConfig: { ...(entry.clientConfig as JsonObject), caBundle: 'Zm9v' },
    })),
  };
}

const canonical = withBundle(webhookConfiguration(CANARY));
const request = {
  tag: 'prod',
  // As the command line gives it: where and how the revision was installed is known from the cluster.
  options: { ...PLAIN, revision: 'canary' },
  webhookName: undefined,
  connection: { kubeconfig: undefined, context: undefined },
  overwrite: false,
};

it('a tag does as its revision does, wherever that is installed', () => {
  const objects = tagObjects(request, [canonical], 'with');
  expect(objects.map(({ kind }) => kind)).toEqual([
    'ClusterRole',
    'ClusterRoleBinding',
    'MutatingWebhookConfiguration',
  ]);
  const configuration = objects[2] as JsonObject;
  expect(configuration.metadata).toMatchObject({
    name: 'remora-revision-tag-prod-mesh',
    labels: { 'istio.io/tag': 'prod', 'istio.io/rev': 'canary', app: 'sidecar-injector' },
    annotations: { 'cert-manager.io/inject-ca-from': 'mesh/remora-webhook-tls-canary' },
  });
  expect(entriesOf(configuration)).toHaveLength(2);
  for (const entry of entriesOf(configuration)) {
    expect(entry).toMatchObject({ failurePolicy: 'Ignore', timeoutSeconds: 3, reinvocationPolicy: 'IfNeeded' });
    expect(entry.clientConfig).toEqual(entriesOf(canonical)[0]?.clientConfig);
  }
  expect(objects[1]).toMatchObject({ subjects: [{ name: 'remora-webhook-canary', namespace: 'mesh' }] });
});

it('a manifest to keep has no caBundle', () => {
  const configuration = tagObjects(request, [canonical], 'without').at(-1) as JsonObject;
  expect(JSON.stringify(configuration)).not.toContain('caBundle');
  expect(JSON.stringify(configuration)).toContain('"remora-webhook-canary"');
});

it("a tag for an istiod calls istiod, and gives nobody's account a right", () => {
  const istiod = {
    metadata: { name: 'istio-sidecar-injector-1-30', labels: { 'istio.io/rev': '1-30' } },
    webhooks: [
      {
        name: 'rev.namespace.sidecar-injector.istio.io',
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
        clientConfig: { service: { name: 'istiod-1-30', namespace: 'istio-system', path: '/inject', port: 443 } },
      },
    ],
  };
  const objects = tagObjects({ ...request, options: { ...PLAIN, revision: '1-30' } }, [istiod], 'with');
  expect(objects.map(nameOf)).toEqual(['remora-revision-tag-prod']);
  expect(entriesOf(objects[0] as JsonObject)[0]).toMatchObject({
    admissionReviewVersions: ['v1'],
    sideEffects: 'None',
    clientConfig: { service: { name: 'istiod-1-30', namespace: 'istio-system' } },
  });
});

it('the name of the configuration can be given', () => {
  const objects = tagObjects({ ...request, webhookName: 'mine' }, [canonical], 'with');
  expect(objects.map(nameOf)).toEqual(['mine', 'mine', 'mine']);
  expect(objects[0]).toMatchObject({ rules: [{ resourceNames: ['mine'] }] });
});
