import { describe, expect, it } from 'vitest';
import { getKey, isArray, isObject, type JsonObject } from '../json.ts';
import { INSTALL_DEFAULTS, type InstallOptions, installObjects, namesOf, tagAccess } from './index.ts';

const PLAIN: InstallOptions = { ...INSTALL_DEFAULTS, image: 'example/webhook:1', config: 'c', values: '{}', mesh: 'm' };

/** All options that change what is made, one at a time and together. */
const VARIANTS: readonly (readonly [string, Partial<InstallOptions>])[] = [
  ['the defaults', {}],
  ['a revision', { revision: 'canary' }],
  ['another namespace', { namespace: 'mesh' }],
  ['one replica', { replicas: 1 }],
  ['cert-manager', { certManager: true }],
  ['OpenShift', { platform: 'openshift' }],
  ['native sidecars told', { nativeSidecars: 'false' }],
  ['all together', { revision: 'canary', namespace: 'mesh', certManager: true, platform: 'openshift', compat: '1.20' }],
];

function made(options: Partial<InstallOptions> = {}): readonly JsonObject[] {
  return installObjects({ ...PLAIN, ...options });
}

function of(kind: string, options: Partial<InstallOptions> = {}): JsonObject {
  const found = made(options).filter((object) => object.kind === kind);
  expect(found, kind).toHaveLength(1);
  return found[0] as JsonObject;
}

/** What stands at a path of keys and indexes. */
function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((inner, key) => {
    if (typeof key === 'number') return isArray(inner as never) ? (inner as readonly unknown[])[key] : undefined;
    return isObject(inner as never) ? getKey(inner as JsonObject, key) : undefined;
  }, value);
}

const podOf = (options: Partial<InstallOptions> = {}): unknown => at(of('Deployment', options), 'spec', 'template');
const containerOf = (options: Partial<InstallOptions> = {}): unknown => at(podOf(options), 'spec', 'containers', 0);

describe('what is installed', () => {
  it.each(VARIANTS)('%s: rights and workload first, the webhook configuration last', (_name, options) => {
    const kinds = made(options).map(({ kind }) => kind);
    expect(kinds[0]).toBe('Namespace');
    expect(kinds.at(-1)).toBe('MutatingWebhookConfiguration');
    expect(kinds.indexOf('Deployment')).toBeGreaterThan(kinds.indexOf('ClusterRoleBinding'));
    expect(kinds.indexOf('Deployment')).toBeGreaterThan(kinds.lastIndexOf('ConfigMap'));
    expect(kinds.filter((kind) => kind === 'Certificate')).toHaveLength(options.certManager === true ? 1 : 0);
  });

  it('two revisions, and two namespaces, share no object but the namespace', () => {
    const key = (object: JsonObject): string =>
      [object.kind, at(object, 'metadata', 'namespace') ?? '', at(object, 'metadata', 'name')].join(' ');
    const sets = [made(), made({ revision: 'canary' }), made({ namespace: 'mesh' })].map((objects) => objects.map(key));
    const all = sets.flat();
    expect(all.filter((name, i) => all.indexOf(name) !== i)).toEqual(['Namespace  remora-system']);
  });

  it('the namespace asks no injector and takes only restricted pods', () => {
    expect(at(of('Namespace'), 'metadata', 'labels')).toMatchObject({
      'istio-injection': 'disabled',
      'pod-security.kubernetes.io/enforce': 'restricted',
    });
  });

  it.each([
    ['one that is there already', { createNamespace: false }],
    ['kube-system, whose pods are not restricted', { namespace: 'kube-system' }],
    ['default', { namespace: 'default' }],
  ])('no namespace is made for %s', (_name, options) => {
    expect(made(options).map(({ kind }) => kind)).not.toContain('Namespace');
  });

  it('the config maps carry the texts as they are', () => {
    const maps = made().filter(({ kind }) => kind === 'ConfigMap');
    expect(maps.map((map) => [at(map, 'metadata', 'name'), map.data])).toEqual([
      ['istio-sidecar-injector', { config: 'c', values: '{}' }],
      ['istio', { mesh: 'm' }],
    ]);
  });
});

describe('the workload', () => {
  it.each(VARIANTS)('%s: its pods meet the restricted Pod Security Standard', (_name, options) => {
    const pod = podOf(options);
    expect(at(pod, 'spec', 'securityContext')).toEqual({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(at(containerOf(options), 'securityContext')).toMatchObject({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      privileged: false,
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
    });
    for (const key of ['hostNetwork', 'hostPID', 'hostIPC']) expect(at(pod, 'spec', key), key).toBeUndefined();
    const volumes = at(pod, 'spec', 'volumes') ?? [];
    expect((volumes as readonly JsonObject[]).flatMap(Object.keys).filter((key) => key !== 'name')).toEqual(
      options.certManager === true ? ['secret'] : [],
    );
  });

  it('runs as a user of its own, except where OpenShift chooses it', () => {
    const user = (options: Partial<InstallOptions>): unknown =>
      at(containerOf(options), 'securityContext', 'runAsUser');
    expect(user({})).toBe(65532);
    expect(user({ platform: 'openshift' })).toBeUndefined();
  });

  it('is never without a replica: spread, budget, and a rollout that waits for the new one', () => {
    const deployment = of('Deployment');
    expect(at(deployment, 'spec', 'replicas')).toBe(3);
    expect(at(deployment, 'spec', 'strategy')).toEqual({
      type: 'RollingUpdate',
      rollingUpdate: { maxSurge: 1, maxUnavailable: 0 },
    });
    const selector = at(deployment, 'spec', 'selector', 'matchLabels');
    const labels = at(podOf(), 'metadata', 'labels');
    expect(labels).toMatchObject(selector as object);
    expect(at(of('PodDisruptionBudget'), 'spec')).toEqual({
      maxUnavailable: 1,
      selector: { matchLabels: selector },
    });
    expect(at(of('Service'), 'spec', 'selector')).toEqual(selector);
    const affinity = at(podOf(), 'spec', 'affinity', 'podAntiAffinity');
    const term = at(affinity, 'preferredDuringSchedulingIgnoredDuringExecution', 0, 'podAffinityTerm');
    expect(term).toEqual({ labelSelector: { matchLabels: selector }, topologyKey: 'kubernetes.io/hostname' });
    expect(at(podOf(), 'spec', 'topologySpreadConstraints', 0)).toMatchObject({
      labelSelector: { matchLabels: selector },
      topologyKey: 'topology.kubernetes.io/zone',
      whenUnsatisfiable: 'ScheduleAnyway',
    });
    expect(at(podOf(), 'spec', 'priorityClassName')).toBe('system-cluster-critical');
    expect(at(podOf({ priorityClassName: '' }), 'spec', 'priorityClassName')).toBeUndefined();
  });

  it('a single replica has no budget, which would block every drain', () => {
    expect(made({ replicas: 1 }).some(({ kind }) => kind === 'PodDisruptionBudget')).toBe(false);
  });

  it('a revision selects none of the pods of another', () => {
    const selectors = ['', 'canary'].map((revision) =>
      at(of('Deployment', { revision }), 'spec', 'selector', 'matchLabels'),
    );
    expect(selectors).toEqual([
      { app: 'remora-webhook', 'istio.io/rev': 'default' },
      { app: 'remora-webhook', 'istio.io/rev': 'canary' },
    ]);
  });

  it('is probed at ports that it has, and is given longer to stop than it takes', () => {
    const container = containerOf();
    const ports = at(container, 'ports') as readonly JsonObject[];
    expect(ports.map(({ name, containerPort }) => [name, containerPort])).toEqual([
      ['https', 15017],
      ['http', 8080],
    ]);
    for (const [probe, path] of [
      ['startupProbe', '/healthz'],
      ['livenessProbe', '/healthz'],
      ['readinessProbe', '/readyz'],
    ] as const) {
      expect(at(container, probe, 'httpGet'), probe).toEqual({ path, port: 'http', scheme: 'HTTP' });
    }
    const flag = (at(container, 'args') as readonly string[]).find((arg) => arg.startsWith('--gracePeriod='));
    const grace = Number(/=(\d+)s$/.exec(flag ?? '')?.[1]);
    expect(at(podOf(), 'spec', 'terminationGracePeriodSeconds')).toBeGreaterThan(grace);
    expect(at(of('Service'), 'spec', 'ports', 0)).toEqual({
      name: 'https',
      port: 443,
      protocol: 'TCP',
      targetPort: 'https',
    });
  });

  it('knows its pod and namespace, and is never injected itself', () => {
    const names = (at(containerOf(), 'env') as readonly JsonObject[]).map((env) => [
      env.name,
      at(env, 'valueFrom', 'fieldRef', 'fieldPath'),
    ]);
    expect(names).toEqual([
      ['POD_NAME', 'metadata.name'],
      ['POD_NAMESPACE', 'metadata.namespace'],
    ]);
    expect(at(podOf(), 'metadata', 'labels', 'sidecar.istio.io/inject')).toBe('false');
  });

  it.each([
    ['a revision', { revision: 'canary' }, ['--revision=canary']],
    ['native sidecars', { nativeSidecars: 'true' }, ['--nativeSidecars=true']],
    ['a platform', { platform: 'openshift' }, ['--platform=openshift']],
    ['a release', { compat: '1.20' }, ['--compat=1.20']],
    [
      'cert-manager',
      { certManager: true },
      ['--tlsCertFile=/etc/remora/tls/tls.crt', '--tlsKeyFile=/etc/remora/tls/tls.key'],
    ],
  ] as const)('%s is an argument, and nothing else is', (_name, options, wanted) => {
    expect(at(containerOf(options), 'args')).toEqual(['webhook', '--gracePeriod=20s', ...wanted]);
  });
});

describe('rights', () => {
  type Rule = {
    readonly resources: readonly string[];
    readonly verbs: readonly string[];
    readonly resourceNames?: readonly string[];
  };
  const rulesOf = (object: JsonObject | undefined): readonly Rule[] => (at(object, 'rules') ?? []) as readonly Rule[];

  it.each(VARIANTS)('%s: no wildcard, no pods, and what can be limited to a name is', (_name, options) => {
    const names = namesOf({ ...PLAIN, ...options });
    for (const rule of [...rulesOf(of('Role', options)), ...rulesOf(of('ClusterRole', options))]) {
      expect(JSON.stringify(rule)).not.toContain('*');
      expect(rule.resources).not.toContain('pods');
      const changes = rule.verbs.filter((verb) => ['update', 'patch', 'delete', 'deletecollection'].includes(verb));
      if (changes.length > 0) expect(rule.resourceNames, JSON.stringify(rule)).toHaveLength(1);
    }
    for (const rule of rulesOf(of('Role', options)).filter(({ verbs }) => !verbs.includes('create'))) {
      expect(rule.resourceNames, JSON.stringify(rule)).not.toBeUndefined();
    }
    // Secrets and Leases: never of the whole cluster.
    const clusterWide = rulesOf(of('ClusterRole', options)).flatMap(({ resources }) => resources);
    for (const resource of ['secrets', 'leases', 'configmaps']) expect(clusterWide).not.toContain(resource);
    const patched = rulesOf(of('ClusterRole', options)).filter(({ verbs }) => verbs.includes('patch'));
    expect(patched.flatMap(({ resourceNames }) => resourceNames ?? [])).toEqual(
      options.certManager === true ? [] : [names.configuration],
    );
  });

  it('nodes, namespaces, Secrets and webhook configurations are asked for only where an option needs them', () => {
    const clusterWide = (options: Partial<InstallOptions>): readonly string[] =>
      [...new Set(rulesOf(of('ClusterRole', options)).flatMap(({ resources }) => resources))].sort();
    expect(clusterWide({})).toEqual(['events', 'mutatingwebhookconfigurations', 'nodes', 'proxyconfigs']);
    expect(clusterWide({ nativeSidecars: 'true' })).not.toContain('nodes');
    expect(clusterWide({ platform: 'openshift' })).toContain('namespaces');
    expect(clusterWide({ certManager: true })).not.toContain('mutatingwebhookconfigurations');
    const within = (options: Partial<InstallOptions>): readonly string[] =>
      rulesOf(of('Role', options)).flatMap(({ resources }) => resources);
    expect(within({ certManager: true })).toEqual(['configmaps']);
    expect(within({})).toEqual(['configmaps', 'leases', 'leases', 'secrets', 'secrets']);
  });

  it("a tag adds the right to patch the tag's configuration, and no other", () => {
    const [role, binding] = tagAccess('remora-revision-tag-prod', PLAIN);
    expect(rulesOf(role)).toEqual([
      {
        apiGroups: ['admissionregistration.k8s.io'],
        resourceNames: ['remora-revision-tag-prod'],
        resources: ['mutatingwebhookconfigurations'],
        verbs: ['patch'],
      },
    ]);
    expect(at(binding, 'subjects')).toEqual([
      { kind: 'ServiceAccount', name: 'remora-webhook', namespace: 'remora-system' },
    ]);
  });
});
