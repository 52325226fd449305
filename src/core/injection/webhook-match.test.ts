import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../json.ts';
import { matchWebhook } from './webhook-match.ts';

const REVISION = 'istio.io/rev';
const INJECTION = 'istio-injection';
const INJECT = 'sidecar.istio.io/inject';

const exists = (key: string): JsonObject => ({ key, operator: 'DoesNotExist' });
const among = (key: string, ...values: string[]): JsonObject => ({ key, operator: 'In', values });
const notAmong = (key: string, ...values: string[]): JsonObject => ({ key, operator: 'NotIn', values });

function webhook(name: string, namespaceSelector: JsonObject[], objectSelector: JsonObject[]): JsonObject {
  return {
    name: `${name}.sidecar-injector.istio.io`,
    namespaceSelector: { matchExpressions: namespaceSelector },
    objectSelector: { matchExpressions: objectSelector },
    rules: [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] }],
  };
}

/** The chart's configuration of a revision (injection.md 1.3). */
function configuration(name: string, revision: string, isDefault: boolean): JsonObject {
  const webhooks = [
    webhook('rev.namespace', [among(REVISION, revision), exists(INJECTION)], [notAmong(INJECT, 'false')]),
    webhook(
      'rev.object',
      [exists(REVISION), exists(INJECTION)],
      [notAmong(INJECT, 'false'), among(REVISION, revision)],
    ),
    ...(isDefault
      ? [
          webhook('namespace', [among(INJECTION, 'enabled')], [notAmong(INJECT, 'false')]),
          webhook('object', [exists(INJECTION), exists(REVISION)], [among(INJECT, 'true'), exists(REVISION)]),
        ]
      : []),
  ];
  return { metadata: { name, labels: { [REVISION]: revision } }, webhooks };
}

const hooks = [
  configuration('istio-sidecar-injector-canary', 'canary', false),
  configuration('istio-sidecar-injector', 'default', true),
];

function called(namespaceLabels: JsonObject, podLabels: JsonObject): string {
  const match = matchWebhook(hooks, { metadata: { labels: namespaceLabels } }, { metadata: { labels: podLabels } });
  return match.called
    .map((check) => `${check.revision}/${check.webhook.replace('.sidecar-injector.istio.io', '')}`)
    .join();
}

describe('matchWebhook', () => {
  it.each([
    ['injection disabled on the namespace', { [INJECTION]: 'disabled' }, { [INJECT]: 'true' }, ''],
    [
      'injection enabled beats every revision',
      { [INJECTION]: 'enabled', [REVISION]: 'canary' },
      { [REVISION]: 'canary' },
      'default/namespace',
    ],
    [
      'the namespace revision beats the pod revision',
      { [REVISION]: 'canary' },
      { [REVISION]: 'default' },
      'canary/rev.namespace',
    ],
    ['the pod revision alone', {}, { [REVISION]: 'canary' }, 'canary/rev.object'],
    ['the pod asks for it', {}, { [INJECT]: 'true' }, 'default/object'],
    ['nobody asks', {}, {}, ''],
    ['the pod refuses', { [INJECTION]: 'enabled' }, { [INJECT]: 'false' }, ''],
  ])('%s', (_name, namespaceLabels, podLabels, want) => {
    expect(called(namespaceLabels as JsonObject, podLabels as JsonObject)).toBe(want);
  });

  it('an annotation calls nobody', () => {
    const pod = { metadata: { annotations: { [INJECT]: 'true' } } };
    expect(matchWebhook(hooks, {}, pod).called).toEqual([]);
  });

  it('gives reasons in the words of check-inject', () => {
    const reasons = (namespaceLabels: JsonObject, podLabels: JsonObject): readonly string[] =>
      matchWebhook(
        hooks,
        { metadata: { labels: namespaceLabels } },
        { metadata: { labels: podLabels } },
      ).configurations.map(({ configuration: name, injected, reason }) => `${name} ${injected ? '✔' : '✘'} ${reason}`);
    expect(reasons({ [INJECTION]: 'enabled' }, {})[0]).toBe(
      'istio-sidecar-injector ✔ Namespace label istio-injection=enabled matches',
    );
    expect(reasons({ [REVISION]: 'canary' }, { [INJECT]: 'false' })[1]).toBe(
      'istio-sidecar-injector-canary ✘ Pod has sidecar.istio.io/inject=false label, preventing injection',
    );
    expect(reasons({ [INJECTION]: 'disabled' }, { [REVISION]: 'canary' })[1]).toBe(
      'istio-sidecar-injector-canary ✘ Namespace has istio-injection=disabled label, preventing injection',
    );
    expect(reasons({}, {})[1]).toBe(
      'istio-sidecar-injector-canary ✘ No matching namespace labels (istio.io/rev=canary) or pod labels (istio.io/rev=canary)',
    );
  });

  it.each([
    [{}, { [REVISION]: 'canary' }, 'Pod has istio.io/rev=canary label, preventing injection'],
    [{}, { [INJECT]: 'false' }, 'Pod has sidecar.istio.io/inject=false label, preventing injection'],
    [{ [INJECTION]: 'off' }, {}, 'Namespace has istio-injection=off label, preventing injection'],
    [{}, { [INJECT]: 'yes' }, 'No matching namespace labels (istio.io/rev=default, istio-injection=enabled)'],
  ])('the default revision, namespace %j and pod %j', (namespaceLabels, podLabels, reason) => {
    const match = matchWebhook(hooks, { metadata: { labels: namespaceLabels } }, { metadata: { labels: podLabels } });
    const verdict = match.configurations.find(({ revision }) => revision === 'default');
    expect(verdict?.injected).toBe(false);
    expect(verdict?.reason.startsWith(reason)).toBe(true);
  });

  it('injection in every namespace is told as such', () => {
    const auto = webhook('auto', [exists(INJECTION), notAmong('kubernetes.io/metadata.name', 'kube-system')], []);
    const hook = { metadata: { name: 'i', labels: { [REVISION]: 'default' } }, webhooks: [auto] };
    const match = matchWebhook([hook], { metadata: { labels: { 'kubernetes.io/metadata.name': 'shop' } } }, {});
    expect(match.configurations[0]).toMatchObject({
      injected: true,
      reason:
        'Namespace label kubernetes.io/metadata.name=shop matches (Automatic injection is enabled in all namespaces).',
    });
  });

  it('a webhook of other resources or operations is not called', () => {
    const [first] = configuration('a', 'default', true).webhooks as JsonObject[];
    const rules = (operations: string[], resources: string[]): JsonObject[] => [
      { operations, apiGroups: [''], apiVersions: ['v1'], resources },
    ];
    const verdicts = [rules(['UPDATE'], ['pods']), rules(['CREATE'], ['services']), rules(['*'], ['*'])].map((rule) => {
      const hook = { metadata: { name: 'a' }, webhooks: [{ ...first, rules: rule }] };
      return matchWebhook([hook], { metadata: { labels: { [REVISION]: 'default' } } }, {}).checks[0]?.verdict;
    });
    expect(verdicts).toEqual(['other-resource', 'other-resource', 'match']);
  });

  it('a selector that cannot be read matches nothing, and is told', () => {
    const broken = { key: 'a', operator: 'Among', values: ['b'] };
    const hook = { metadata: { name: 'a' }, webhooks: [webhook('x', [broken], [])] };
    expect(matchWebhook([hook], {}, {}).checks[0]).toMatchObject({ verdict: 'invalid' });
  });

  it("others' configurations are left out", () => {
    const other = { metadata: { name: 'other' }, webhooks: [{ name: 'inject.example.com' }] };
    expect(matchWebhook([other], {}, {})).toMatchObject({ called: [], checks: [], configurations: [] });
  });

  it('a default that a tag took over from never matches', () => {
    const never = { matchLabels: { 'istio.io/deactivated': 'never-match' } };
    const old = {
      metadata: { name: 'istio-sidecar-injector', labels: { [REVISION]: 'default' } },
      webhooks: [{ name: 'namespace.sidecar-injector.istio.io', namespaceSelector: never, objectSelector: never }],
    };
    const match = matchWebhook([old], { metadata: { labels: { [INJECTION]: 'enabled' } } }, {});
    expect(match.configurations[0]).toMatchObject({
      injected: false,
      reason: 'The injection webhook is deactivated, and will never match labels.',
    });
  });

  it('warns where there is no injector, or more than one', () => {
    expect(matchWebhook([], {}, {}).warning).toBe('ERROR: no Istio injection hooks present.');
    const twice = [configuration('a', 'default', true), configuration('b', 'other', true)];
    const match = matchWebhook(twice, { metadata: { labels: { [INJECTION]: 'enabled' } } }, {});
    expect(match.warning).toBe('ERROR: multiple webhooks will inject, which can lead to errors');
  });
});
