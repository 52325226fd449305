import { describe, expect, it } from 'vitest';
import { matchWebhook } from '../injection/index.ts';
import { getKey, isArray, isObject, type JsonObject } from '../json.ts';
import { INSTALL_DEFAULTS, type InstallOptions, tagConfiguration, webhookConfiguration } from './index.ts';

const PLAIN: InstallOptions = { ...INSTALL_DEFAULTS, image: 'example/webhook:1', config: '', values: '{}', mesh: '' };

const INJECTION = 'istio-injection';
const REVISION = 'istio.io/rev';
const INJECT = 'sidecar.istio.io/inject';

type Labels = Readonly<Record<string, string>>;

function namespace(name: string, labels: Labels): JsonObject {
  return { metadata: { name, labels: { ...labels, 'kubernetes.io/metadata.name': name } } };
}

/** Which entries of which configurations are called: `default/namespace`. */
function called(hooks: readonly JsonObject[], where: JsonObject, podLabels: Labels): string {
  return matchWebhook(hooks, where, { metadata: { labels: podLabels } })
    .called.map(({ revision, webhook }) => `${revision}/${webhook.replace('.sidecar-injector.istio.io', '')}`)
    .join();
}

const ofDefault = webhookConfiguration(PLAIN);
const ofCanary = webhookConfiguration({ ...PLAIN, revision: 'canary' });
const both = [ofDefault, ofCanary];
const unlabelledToo = [webhookConfiguration({ ...PLAIN, enableNamespacesByDefault: true }), ofCanary];

function row(
  namespaceLabels: Labels,
  podLabels: Labels,
  wanted: string,
  auto = wanted,
): readonly [Labels, Labels, string, string] {
  return [namespaceLabels, podLabels, wanted, auto];
}

/** The matrix of injection.md 1.3: labels of the namespace, of the pod, and who is called without and with `auto.`. */
const MATRIX = [
  row({ [INJECTION]: 'disabled' }, {}, ''),
  row({ [INJECTION]: 'disabled' }, { [INJECT]: 'true' }, ''),
  row({ [INJECTION]: 'disabled' }, { [REVISION]: 'canary' }, ''),
  row({ [INJECTION]: 'disabled', [REVISION]: 'canary' }, {}, ''),
  row({ [INJECTION]: 'yes' }, { [INJECT]: 'true' }, ''),
  row({ [INJECTION]: '' }, { [REVISION]: 'canary' }, ''),
  row({ [INJECTION]: 'enabled' }, {}, 'default/namespace'),
  row({ [INJECTION]: 'enabled' }, { [REVISION]: 'canary' }, 'default/namespace'),
  row({ [INJECTION]: 'enabled', [REVISION]: 'canary' }, { [REVISION]: 'canary' }, 'default/namespace'),
  row({ [INJECTION]: 'enabled', [REVISION]: 'default' }, { [INJECT]: 'true' }, 'default/namespace'),
  row({ [REVISION]: 'canary' }, {}, 'canary/rev.namespace'),
  row({ [REVISION]: 'canary' }, { [REVISION]: 'default' }, 'canary/rev.namespace'),
  row({ [REVISION]: 'canary' }, { [INJECT]: 'true' }, 'canary/rev.namespace'),
  row({ [REVISION]: 'default' }, { [REVISION]: 'canary' }, 'default/rev.namespace'),
  row({ [REVISION]: 'elsewhere' }, { [REVISION]: 'canary' }, ''),
  row({ [REVISION]: 'elsewhere' }, { [INJECT]: 'true' }, ''),
  row({}, { [REVISION]: 'canary' }, 'canary/rev.object'),
  row({}, { [REVISION]: 'default' }, 'default/rev.object'),
  row({}, { [REVISION]: 'canary', [INJECT]: 'true' }, 'canary/rev.object'),
  row({}, { [REVISION]: 'elsewhere', [INJECT]: 'true' }, ''),
  row({}, { [INJECT]: 'true' }, 'default/object'),
  row({}, {}, '', 'default/auto'),
  row({}, { [INJECT]: 'maybe' }, ''),
];

describe('whom the API server calls', () => {
  it.each(MATRIX)('namespace %j, pod %j: %s', (namespaceLabels, podLabels, wanted, auto) => {
    const shop = namespace('shop', namespaceLabels);
    expect(called(both, shop, podLabels)).toBe(wanted);
    expect(called(unlabelledToo, shop, podLabels)).toBe(auto);
  });

  it.each(MATRIX)('namespace %j, pod %j and inject=false: nobody', (namespaceLabels, podLabels) => {
    const labels = { ...podLabels, [INJECT]: 'false' };
    expect(called(unlabelledToo, namespace('shop', namespaceLabels), labels)).toBe('');
  });

  it.each(['remora-system', 'kube-system', 'kube-public', 'kube-node-lease', 'local-path-storage'])(
    '%s: nobody, whatever its labels say',
    (name) => {
      for (const [namespaceLabels, podLabels] of MATRIX) {
        expect(called(unlabelledToo, namespace(name, namespaceLabels), podLabels)).toBe('');
      }
      const tags = ['prod', 'default'].map((tag) =>
        tagConfiguration(tag, { ...PLAIN, enableNamespacesByDefault: true }),
      );
      expect(called(tags, namespace(name, { [REVISION]: 'prod' }), {})).toBe('');
      expect(called(tags, namespace(name, {}), {})).toBe('');
    },
  );

  it('the namespace of the installation is another, where it is installed in another', () => {
    const hooks = [webhookConfiguration({ ...PLAIN, namespace: 'mesh', enableNamespacesByDefault: true })];
    expect(called(hooks, namespace('mesh', {}), {})).toBe('');
    expect(called(hooks, namespace('remora-system', {}), {})).toBe('default/auto');
  });

  it('a tag is a name for a revision: its namespaces, and those of the revision not', () => {
    const tag = [tagConfiguration('prod', { ...PLAIN, revision: 'canary' })];
    expect(called(tag, namespace('shop', { [REVISION]: 'prod' }), {})).toBe('canary/rev.namespace');
    expect(called(tag, namespace('shop', {}), { [REVISION]: 'prod' })).toBe('canary/rev.object');
    for (const labels of [{ [REVISION]: 'canary' }, { [INJECTION]: 'enabled' }, {}]) {
      expect(called(tag, namespace('shop', labels), {})).toBe('');
    }
  });

  it('the tag default takes the default role with it', () => {
    const tag = [tagConfiguration('default', { ...PLAIN, revision: 'canary' })];
    expect(called(tag, namespace('shop', { [INJECTION]: 'enabled' }), {})).toBe('canary/namespace');
    expect(called(tag, namespace('shop', { [REVISION]: 'default' }), {})).toBe('canary/rev.namespace');
    expect(called(tag, namespace('shop', {}), { [INJECT]: 'true' })).toBe('canary/object');
    expect(called(tag, namespace('shop', {}), {})).toBe('');
  });
});

function entriesOf(configuration: JsonObject): readonly JsonObject[] {
  const webhooks = getKey(configuration, 'webhooks');
  return isArray(webhooks) ? webhooks.filter(isObject) : [];
}

describe('an entry', () => {
  it('has every field that the API server would fill in, and no caBundle, which is not ours to say', () => {
    for (const entry of [...both, tagConfiguration('prod', PLAIN)].flatMap(entriesOf)) {
      expect(Object.keys(entry).sort()).toEqual([
        'admissionReviewVersions',
        'clientConfig',
        'failurePolicy',
        'matchPolicy',
        'name',
        'namespaceSelector',
        'objectSelector',
        'reinvocationPolicy',
        'rules',
        'sideEffects',
        'timeoutSeconds',
      ]);
      expect(entry).toMatchObject({
        admissionReviewVersions: ['v1', 'v1beta1'],
        matchPolicy: 'Equivalent',
        sideEffects: 'NoneOnDryRun',
        rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'], scope: '*' }],
      });
      expect(Object.keys(entry.clientConfig as JsonObject)).toEqual(['service']);
    }
  });

  it('does as the options say', () => {
    const options = { ...PLAIN, failurePolicy: 'Ignore', reinvocationPolicy: 'Never', timeoutSeconds: 5 } as const;
    for (const configuration of [webhookConfiguration(options), tagConfiguration('default', options)]) {
      for (const entry of entriesOf(configuration)) {
        expect(entry).toMatchObject({ failurePolicy: 'Ignore', reinvocationPolicy: 'Never', timeoutSeconds: 5 });
      }
    }
  });

  it('calls the Service of its revision', () => {
    const service = (configuration: JsonObject): unknown =>
      getKey(entriesOf(configuration)[0]?.clientConfig as JsonObject, 'service');
    const common = { namespace: 'remora-system', path: '/inject', port: 443 };
    expect(service(ofDefault)).toEqual({ name: 'remora-webhook', ...common });
    expect(service(ofCanary)).toEqual({ name: 'remora-webhook-canary', ...common });
    expect(service(tagConfiguration('prod', { ...PLAIN, revision: 'canary' }))).toEqual({
      name: 'remora-webhook-canary',
      ...common,
    });
  });

  it("with cert-manager, its cainjector is told whose authority's bundle to write", () => {
    const configuration = webhookConfiguration({ ...PLAIN, certManager: true, revision: 'canary' });
    expect(getKey(configuration.metadata as JsonObject, 'annotations')).toEqual({
      'cert-manager.io/inject-ca-from': 'remora-system/remora-webhook-tls-canary',
    });
    expect(getKey(ofDefault.metadata as JsonObject, 'annotations')).toBeUndefined();
  });
});
