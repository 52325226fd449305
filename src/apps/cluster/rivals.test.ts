import { describe, expect, it } from 'vitest';
import {
  INSTALL_DEFAULTS,
  type InstallOptions,
  tagConfiguration,
  webhookConfiguration,
} from '../../core/install/index.ts';
import type { JsonObject } from '../../core/json.ts';
import { entriesOf, nameOf, rivals } from './rivals.ts';

const PLAIN: InstallOptions = { ...INSTALL_DEFAULTS, image: 'x', config: '', values: '{}', mesh: '' };

/** What an istiod of a revision has: our entries without our marks. */
function istio(name: string, options: Partial<InstallOptions>, tag?: string): JsonObject {
  const all = { ...PLAIN, namespace: 'istio-system', ...options };
  const like = tag === undefined ? webhookConfiguration(all) : tagConfiguration(tag, all);
  const { 'app.kubernetes.io/managed-by': _ours, ...labels } = (like.metadata as { labels: JsonObject }).labels;
  return { ...like, metadata: { name, labels } };
}

/** Istio 1.0's: one entry, no revision. */
function first(namespaceSelector: JsonObject): JsonObject {
  return {
    metadata: { name: 'istio-sidecar-injector', labels: { app: 'sidecarInjectorWebhook' } },
    webhooks: [
      {
        name: 'sidecar-injector.istio.io',
        namespaceSelector,
        rules: [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] }],
      },
    ],
  };
}

const never = { matchLabels: { 'istio.io/deactivated': 'never-match' } };
const deactivated = (object: JsonObject): JsonObject => ({
  ...object,
  webhooks: entriesOf(object).map((entry) => ({ ...entry, namespaceSelector: never, objectSelector: never })),
});

const ofDefault = webhookConfiguration(PLAIN);
const ofCanary = webhookConfiguration({ ...PLAIN, revision: 'canary' });

const REVISION = 'has the same revision "default", whose control plane writes the caBundle of both';
const ENABLED = 'namespaces labelled istio-injection=enabled';
const DEFAULT = 'namespaces labelled istio.io/rev=default';

describe('other injectors that are in the way', () => {
  it.each<[string, JsonObject, JsonObject, readonly string[]]>([
    [
      'istiod of the default revision',
      ofDefault,
      istio('istio-sidecar-injector', {}),
      [REVISION, `injects ${ENABLED}, ${DEFAULT} too`],
    ],
    ['the same, deactivated', ofDefault, deactivated(istio('istio-sidecar-injector', {})), []],
    [
      "istioctl's tag of the default role",
      ofDefault,
      istio('istio-revision-tag-default', { revision: '1-30' }, 'default'),
      [`injects ${ENABLED}, ${DEFAULT} too`],
    ],
    ['istiod of another revision', ofDefault, istio('istio-sidecar-injector-1-30', { revision: '1-30' }), []],
    [
      'istiod of the same revision',
      ofCanary,
      istio('istio-sidecar-injector-canary', { revision: 'canary' }),
      [REVISION.replace('default', 'canary'), 'injects namespaces labelled istio.io/rev=canary too'],
    ],
    ['istiod of the default revision beside a revision of ours', ofCanary, istio('istio-sidecar-injector', {}), []],
    [
      "a tag that has our revision's name",
      ofCanary,
      istio('istio-revision-tag-canary', { revision: '1-30' }, 'canary'),
      ['injects namespaces labelled istio.io/rev=canary too'],
    ],
    [
      '1.0, which takes labelled namespaces',
      ofDefault,
      first({ matchLabels: { 'istio-injection': 'enabled' } }),
      [`injects ${ENABLED} too`],
    ],
    [
      '1.0, which takes all that do not refuse, beside a revision',
      ofCanary,
      first({ matchExpressions: [{ key: 'istio-injection', operator: 'NotIn', values: ['disabled'] }] }),
      ['injects namespaces labelled istio.io/rev=canary too'],
    ],
    [
      'our own tag of the default role',
      ofDefault,
      tagConfiguration('default', { ...PLAIN, revision: 'canary' }),
      [`injects ${ENABLED}, ${DEFAULT} too`],
    ],
    ['our own tag of our own revision', ofCanary, tagConfiguration('prod', { ...PLAIN, revision: 'canary' }), []],
    ['our own other revision', ofDefault, ofCanary, []],
    ['ourselves, of an earlier installation', ofDefault, ofDefault, []],
    [
      'somebody who injects nothing of ours',
      ofDefault,
      { metadata: { name: 'x' }, webhooks: [{ name: 'vault.hashicorp.com' }] },
      [],
    ],
  ])('%s', (_name, ours, other, wanted) => {
    expect(rivals([ours], [other]).map(({ message }) => message)).toEqual(
      wanted.map((reason) => `MutatingWebhookConfiguration ${nameOf(other)} ${reason}`),
    );
  });
});
