import { describe, expect, it } from 'vitest';
import { builtinConfig } from '../injection/index.ts';
import { INSTALL_DEFAULTS, installObjects } from '../install/index.ts';
import type { JsonObject } from '../json.ts';
import { type ClusterSnapshot, checkCluster, FINDINGS, type Finding, type FindingId } from './index.ts';

const NOW = Date.parse('2026-06-01T00:00:00Z');
const DAY = 24 * 3_600_000;
const PEM = 'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg==';

const { configText, valuesText, meshConfigText } = builtinConfig({ tag: 'test' });
const objects = installObjects({
  ...INSTALL_DEFAULTS,
  image: 'example/webhook:1',
  config: configText,
  values: valuesText ?? '',
  mesh: meshConfigText ?? '',
});

type Any = Record<string, never> & { [key: string]: unknown };

/** Deep copies, so that a case may change what it likes. */
function ofKind(kind: string): JsonObject[] {
  return JSON.parse(JSON.stringify(objects.filter((object) => object.kind === kind))) as JsonObject[];
}

/** A cluster in order: what `remora install` makes, running. */
function good(): ClusterSnapshot {
  const [configuration] = ofKind('MutatingWebhookConfiguration');
  for (const entry of (configuration as unknown as { webhooks: { clientConfig: Any }[] }).webhooks)
    Object.assign(entry.clientConfig, { caBundle: PEM });
  const [deployment] = ofKind('Deployment');
  return {
    configurations: [configuration ?? {}],
    namespaces: [...ofKind('Namespace'), namespace('shop', { 'istio-injection': 'enabled' }), namespace('plain')],
    pods: [pod('shop', { sidecar: true }), pod('plain')],
    services: ofKind('Service'),
    endpointSlices: [
      {
        metadata: { name: 'x', namespace: 'remora-system', labels: { 'kubernetes.io/service-name': 'remora-webhook' } },
        endpoints: [{ conditions: { ready: true } }],
      },
    ],
    deployments: [{ ...deployment, status: { readyReplicas: 3 } }],
    disruptionBudgets: ofKind('PodDisruptionBudget'),
    configMaps: ofKind('ConfigMap'),
    nodes: [node('n1', 'v1.35.0')],
    serverVersion: 'v1.35.0',
    unread: [],
    served: [{ configuration: 'remora-sidecar-injector', entry: 'e', address: '10.0.0.1:443', result: served() }],
    tries: [{ configuration: 'remora-sidecar-injector', namespace: 'shop', result: { kind: 'injected' } }],
    now: NOW,
  };
}

function served(more: object = {}): ClusterSnapshot['served'][number]['result'] {
  return {
    kind: 'connected',
    validFrom: NOW - DAY,
    validTo: NOW + 6 * DAY,
    names: ['remora-webhook.remora-system.svc'],
    refused: undefined,
    serverName: 'remora-webhook.remora-system.svc',
    ...more,
  };
}

function namespace(name: string, labels: object = {}): JsonObject {
  return { kind: 'Namespace', metadata: { name, labels: { 'kubernetes.io/metadata.name': name, ...labels } } };
}

function node(name: string, kubeletVersion: string): JsonObject {
  return { metadata: { name }, status: { nodeInfo: { kubeletVersion } } };
}

function pod(
  where: string,
  { sidecar = false, labels = {}, annotations = {}, revision = 'default', phase = 'Running' } = {},
): JsonObject {
  return {
    metadata: {
      name: 'web-1',
      namespace: where,
      labels: { app: 'web', 'pod-template-hash': 'abc', ...labels },
      annotations: { ...annotations, ...(sidecar ? { 'istio.io/rev': revision } : {}) },
      ownerReferences: [{ kind: 'ReplicaSet', name: 'web-abc' }],
    },
    spec: { containers: [{ name: 'web' }, ...(sidecar ? [{ name: 'istio-proxy' }] : [])] },
    status: { phase },
  };
}

type Entry = {
  name: string;
  failurePolicy: string;
  reinvocationPolicy: string;
  namespaceSelector: Any;
  objectSelector: Any;
  clientConfig: Any;
};

function changeAll(list: readonly object[], more: object): void {
  for (const each of list) Object.assign(each, more);
}

/** The good cluster with its webhook configuration changed. */
function configured(change: (entries: Entry[], configuration: Any) => void): ClusterSnapshot {
  const cluster = good();
  const [configuration] = cluster.configurations ?? [];
  const open = configuration as unknown as { webhooks: Entry[] } & Any;
  change(open.webhooks, open);
  return cluster;
}

const OTHER: JsonObject = {
  metadata: { name: 'zz-other' },
  webhooks: [{ name: 'other.example.com', rules: [{ operations: ['CREATE'], apiGroups: [''], resources: ['pods'] }] }],
};

const ISTIOD: JsonObject = {
  metadata: { name: 'istio-sidecar-injector', labels: { 'istio.io/rev': 'default' } },
  webhooks: [
    {
      name: 'namespace.sidecar-injector.istio.io',
      clientConfig: { caBundle: PEM },
      reinvocationPolicy: 'IfNeeded',
      namespaceSelector: { matchExpressions: [{ key: 'istio-injection', operator: 'In', values: ['enabled'] }] },
    },
  ],
};

/** What is wrong with a cluster, and the one finding that must say so. */
const CASES: readonly (readonly [FindingId, string, () => ClusterSnapshot])[] = [
  [
    'not-readable',
    'no right to list',
    () => ({ ...good(), pods: undefined, unread: [{ what: 'Pods', why: 'pods is forbidden' }] }),
  ],
  ['no-injector', 'no configuration', () => ({ ...good(), configurations: [OTHER] })],
  [
    'deactivated',
    'a tag took over',
    () =>
      configured((entries) =>
        changeAll(entries, { namespaceSelector: { matchLabels: { 'istio.io/deactivated': 'never-match' } } }),
      ),
  ],
  [
    'ca-bundle-missing',
    'an entry without',
    () => configured((entries) => Object.assign(entries[1]?.clientConfig ?? {}, { caBundle: undefined })),
  ],
  [
    'ca-bundle-invalid',
    'no PEM',
    () =>
      configured((entries) =>
        changeAll(
          entries.map((entry) => entry.clientConfig),
          { caBundle: 'Zm9v' },
        ),
      ),
  ],
  [
    'ca-bundle-differs',
    'two authorities',
    () => configured((entries) => Object.assign(entries[0]?.clientConfig ?? {}, { caBundle: `${PEM}${PEM}` })),
  ],
  [
    'ca-bundle-contested',
    'two managers',
    () =>
      configured((_entries, configuration) =>
        Object.assign(configuration.metadata as unknown as Any, {
          managedFields: ['remora-ca-bundle', 'istiod'].map((manager) => ({
            manager,
            fieldsV1: { 'f:webhooks': { k: { 'f:clientConfig': { 'f:caBundle': {} } } } },
          })),
        }),
      ),
  ],
  ['failure-policy-ignore', 'Ignore', () => configured((entries) => changeAll(entries, { failurePolicy: 'Ignore' }))],
  [
    'reinvocation-never',
    'another webhook behind',
    () => ({
      ...configured((entries) => changeAll(entries, { reinvocationPolicy: 'Never' })),
      ...withOther(),
    }),
  ],
  [
    'several-injectors',
    'istiod in the same role',
    () => ({ ...good(), configurations: [...(good().configurations ?? []), ISTIOD] }),
  ],
  ['service-missing', 'no Service', () => ({ ...good(), services: [] })],
  ['no-endpoints', 'no ready pod', () => ({ ...good(), endpointSlices: [] })],
  [
    'unreachable',
    'nobody listens',
    () => ({
      ...good(),
      served: [
        {
          configuration: 'c',
          entry: 'e',
          address: 'https://h',
          result: { kind: 'failed', reason: 'ECONNREFUSED', message: 'connect ECONNREFUSED' },
        },
      ],
    }),
  ],
  ['certificate-refused', 'another authority', () => withServed({ refused: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' })],
  ['certificate-expired', 'too old', () => withServed({ validTo: NOW - DAY })],
  ['certificate-expires', 'soon too old', () => withServed({ validTo: NOW + 2 * DAY })],
  [
    'try-failed',
    'refused',
    () => ({
      ...good(),
      tries: [
        {
          configuration: 'c',
          namespace: 'shop',
          result: { kind: 'refused', message: 'x509: certificate signed by unknown authority' },
        },
      ],
    }),
  ],
  [
    'try-not-injected',
    'bare',
    () => ({ ...good(), tries: [{ configuration: 'c', namespace: 'shop', result: { kind: 'not-injected' } }] }),
  ],
  ['both-labels', 'both labels', () => withNamespace({ 'istio-injection': 'enabled', 'istio.io/rev': 'default' })],
  ['unknown-revision', 'a revision of nobody', () => withNamespace({ 'istio.io/rev': 'canary' })],
  ['odd-value', 'true in place of enabled', () => withNamespace({ 'istio-injection': 'true' })],
  [
    'selects-itself',
    'its own namespace',
    () => configured((entries) => changeAll(entries, { namespaceSelector: {}, objectSelector: {} })),
  ],
  [
    'selects-system',
    'kube-system',
    () => ({
      ...configured((entries) =>
        changeAll(entries, { namespaceSelector: { matchLabels: { all: 'yes' } }, objectSelector: {} }),
      ),
      namespaces: [namespace('kube-system', { all: 'yes' })],
    }),
  ],
  [
    'label-and-annotation',
    'contradiction',
    () =>
      withPod({
        sidecar: true,
        labels: { 'sidecar.istio.io/inject': 'true' },
        annotations: { 'sidecar.istio.io/inject': 'false' },
      }),
  ],
  ['sidecar-missing', 'created too early', () => withPod({})],
  ['sidecar-other-revision', 'an old sidecar', () => withPod({ sidecar: true, revision: 'old' })],
  [
    'config-invalid',
    'a template that does not parse',
    () => ({
      ...good(),
      configMaps: [
        {
          metadata: { name: 'istio-sidecar-injector', namespace: 'x' },
          data: { config: 'templates: {sidecar: "{{ if }}"}' },
        },
      ],
    }),
  ],
  [
    'native-unsupported',
    'old nodes',
    () => ({
      ...good(),
      nodes: [node('n1', 'v1.35.0'), node('n2', 'v1.28.1')],
      configMaps: [
        {
          metadata: { name: 'istio-sidecar-injector', namespace: 'x' },
          data: { config: configText, values: '{"nativeSidecars": true}' },
        },
      ],
    }),
  ],
  ['one-replica', 'one', () => withDeployment({ replicas: 1 }, { readyReplicas: 1 })],
  ['not-ready', 'two of three', () => withDeployment({}, { readyReplicas: 2 })],
  ['no-disruption-budget', 'none', () => ({ ...good(), disruptionBudgets: [] })],
];

function withOther(): Pick<ClusterSnapshot, 'configurations'> {
  const changed = configured((entries) => changeAll(entries, { reinvocationPolicy: 'Never' }));
  return { configurations: [...(changed.configurations ?? []), OTHER] };
}

function withServed(more: object): ClusterSnapshot {
  return { ...good(), served: [{ configuration: 'c', entry: 'e', address: 'a', result: served(more) }] };
}

function withNamespace(labels: object): ClusterSnapshot {
  return { ...good(), namespaces: [...(good().namespaces ?? []), namespace('odd', labels)] };
}

function withPod(parts: Parameters<typeof pod>[1]): ClusterSnapshot {
  return { ...good(), pods: [pod('shop', parts)] };
}

function withDeployment(spec: object, status: object): ClusterSnapshot {
  const [deployment] = good().deployments ?? [];
  return {
    ...good(),
    deployments: [{ ...deployment, spec: { ...(deployment?.spec as JsonObject), ...spec }, status: { ...status } }],
  };
}

const troubles = (findings: readonly Finding[]): readonly FindingId[] => [
  ...new Set(findings.filter(({ severity }) => severity !== 'ok').map(({ id }) => id)),
];

describe('checkCluster', () => {
  it('says of a cluster in order that it is, with each reason', () => {
    const findings = checkCluster(good());
    expect(troubles(findings)).toEqual([]);
    expect(findings.map(({ id }) => id)).toEqual([
      'injector-present',
      'certificate-good',
      'try-injected',
      'namespaces-injected',
      'pods-in-order',
      'config-good',
      'replicas-ready',
    ]);
  });

  for (const [id, title, cluster] of CASES) {
    it(`${id}: ${title}`, () => {
      const findings = checkCluster(cluster());
      const [found] = findings.filter((finding) => finding.id === id);
      expect(found, JSON.stringify(troubles(findings))).toBeDefined();
      if (id !== 'deactivated') {
        expect(troubles(findings)).toContain(id);
        expect(found?.remedy).toMatch(/[.)]$/);
      }
      expect(found?.message.length).toBeGreaterThan(10);
    });
  }

  it('every finding there is has a case', () => {
    const fine = checkCluster(good()).map(({ id }) => id);
    expect(
      Object.keys(FINDINGS).filter((id) => !fine.includes(id as FindingId) && !CASES.some(([each]) => each === id)),
    ).toEqual([]);
  });

  it('a finished pod needs no sidecar, nor one that says so itself', () => {
    expect(troubles(checkCluster(withPod({ phase: 'Succeeded' })))).toEqual([]);
    expect(troubles(checkCluster(withPod({ annotations: { 'sidecar.istio.io/inject': 'false' } })))).toEqual([]);
    expect(troubles(checkCluster(withPod({ labels: { 'sidecar.istio.io/inject': 'false' } })))).toEqual([]);
  });

  it('the policy of the config map counts', () => {
    const configMaps = [
      {
        metadata: { name: 'istio-sidecar-injector', namespace: 'x' },
        data: { config: configText.replace('policy: enabled', 'policy: disabled') },
      },
    ];
    expect(troubles(checkCluster({ ...withPod({}), configMaps }))).toEqual([]);
  });

  it('many pods of one kind of trouble are one finding', () => {
    const pods = Array.from({ length: 10 }, () => pod('shop'));
    const found = checkCluster({ ...good(), pods }).filter(({ id }) => id === 'sidecar-missing');
    expect(found).toHaveLength(3);
    expect(found.at(-1)?.message).toContain('So it is with 7 more pods.');
  });

  it('goes on without what could not be read', () => {
    const nothing = {
      configurations: undefined,
      namespaces: undefined,
      pods: undefined,
      services: undefined,
      endpointSlices: undefined,
      deployments: undefined,
      disruptionBudgets: undefined,
      configMaps: undefined,
      nodes: undefined,
    };
    expect(checkCluster({ ...good(), ...nothing, served: [], tries: [] })).toEqual([]);
  });
});
