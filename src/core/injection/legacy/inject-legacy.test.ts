import { describe, expect, test } from 'vitest';
import { type JsonObject, listAt, objectAt, textAt } from '../../json.ts';
import type { JsonPatch } from '../../kube/index.ts';
import { parseRelease } from '../../release.ts';
import { inject } from '../inject.ts';
import { loadInjectionConfig } from '../load-config.ts';
import type { InjectionContext, InjectionOutcome } from '../model.ts';

type Setup = {
  readonly release: string;
  readonly template?: string;
  readonly values?: JsonObject;
  readonly mesh?: JsonObject;
  readonly at?: Partial<InjectionContext>;
  readonly config?: JsonObject;
};

const SIDECAR = 'containers:\n- name: istio-proxy\n  image: proxy:1\n';

/** Injects with a small template, through the same door as everybody. */
function run(pod: JsonObject, setup: Setup): InjectionOutcome {
  const release = parseRelease(setup.release);
  if (!release.ok) throw new Error('no release');
  const config = { policy: 'enabled', template: setup.template ?? SIDECAR, ...setup.config };
  const cfg = loadInjectionConfig({
    configText: JSON.stringify(config),
    valuesText: JSON.stringify(setup.values ?? {}),
    meshConfigText: JSON.stringify(setup.mesh ?? {}),
    release: release.value,
    templateVersion: 'v',
  });
  if (!cfg.ok) throw new Error(cfg.problems.map((problem) => problem.message).join('; '));
  return inject(
    pod,
    {
      path: 'webhook',
      requestNamespace: '',
      revision: '',
      proxyEnvs: new Map(),
      nativeSidecars: 'false',
      platform: '',
      compliancePolicy: '',
      host: {},
      ...setup.at,
    },
    cfg.value,
  );
}

function injected(pod: JsonObject, setup: Setup): { readonly pod: JsonObject; readonly patch: JsonPatch } {
  const outcome = run(pod, setup);
  if (outcome.kind !== 'injected') {
    throw new Error(`${outcome.kind}: ${outcome.problems.map((problem) => problem.message).join('; ')}`);
  }
  return outcome;
}

/** `op path` of each operation, in order. */
function steps(patch: JsonPatch): readonly string[] {
  return patch.map(({ op, path }) => `${op} ${path}`);
}

function sidecar(pod: JsonObject): JsonObject {
  return listAt(objectAt(pod, 'spec'), 'containers').find((item) => item.name === 'istio-proxy') ?? {};
}

function envOf(pod: JsonObject, name: string): string | undefined {
  const found = listAt(sidecar(pod), 'env').find((item) => item.name === name);
  return found === undefined ? undefined : textAt(found, 'value');
}

const KUBE_INJECT: Partial<InjectionContext> = { path: 'kube-inject' };
const app = (extra: JsonObject = {}): JsonObject => ({ name: 'app', image: 'app:1', resources: {}, ...extra });
const podOf = (spec: JsonObject = {}, metadata: JsonObject = {}): JsonObject => ({
  metadata: { name: 'p', ...metadata },
  spec: { containers: [app()], ...spec },
});

describe('the patch of the webhook', () => {
  test('1.0: removes by the status, then adds, and makes lists and annotations that are not there', () => {
    const pod = podOf(
      { containers: [app(), { name: 'old' }], volumes: [{ name: 'a' }, { name: 'v1' }, { name: 'v2' }] },
      { annotations: { 'sidecar.istio.io/status': '{"containers":["old"],"volumes":["v1","v2"]}' } },
    );
    const template = `${SIDECAR}initContainers:\n- name: i\n- name: j\nvolumes:\n- name: n\nimagePullSecrets:\n- name: s\n`;
    const { patch } = injected(pod, { release: '1.0.2', template });
    expect(steps(patch)).toEqual([
      'remove /spec/containers/1',
      'remove /spec/volumes/2',
      'remove /spec/volumes/1',
      'add /spec/initContainers',
      'add /spec/initContainers/-',
      'add /spec/containers/-',
      'add /spec/volumes/-',
      'add /spec/imagePullSecrets',
      'replace /metadata/annotations/sidecar.istio.io~1status',
    ]);
  });

  test('1.0: without a usable status the containers of the time before it go, a user own istio-proxy too', () => {
    const pod = podOf({ containers: [{ name: 'istio-proxy' }] }, { annotations: { 'sidecar.istio.io/status': '{}' } });
    const { patch } = injected(pod, { release: '1.0.2' });
    expect(steps(patch).slice(0, 2)).toEqual(['remove /spec/containers/0', 'add /spec/containers/-']);
  });

  test('1.0: injected items carry the defaults of Kubernetes 1.10, in the order of the struct; 1.1 adds none (kubernetes-defaults)', () => {
    const template = [
      'containers:',
      '- name: istio-proxy',
      '  image: r.io:5000/proxy',
      '  ports: [{containerPort: 1}]',
      '  resources: {limits: {cpu: 1500u}}',
      '  env: [{name: A, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]',
      '  readinessProbe: {httpGet: {port: 1}}',
      'volumes:',
      '- name: n',
      '- name: s',
      '  secret: {secretName: x}',
    ].join('\n');
    const [container, , volume] = injected(podOf(), { release: '1.0.2', template }).patch.map((operation) =>
      'value' in operation ? operation.value : null,
    );
    expect(JSON.stringify(container)).toBe(
      '{"name":"istio-proxy","image":"r.io:5000/proxy","ports":[{"containerPort":1,"protocol":"TCP"}],' +
        '"env":[{"name":"A","valueFrom":{"fieldRef":{"apiVersion":"v1","fieldPath":"metadata.name"}}}],' +
        '"resources":{"limits":{"cpu":"2m"},"requests":{"cpu":"2m"}},' +
        '"readinessProbe":{"httpGet":{"path":"/","port":1,"scheme":"HTTP"},"timeoutSeconds":1,"periodSeconds":10,' +
        '"successThreshold":1,"failureThreshold":3},"terminationMessagePath":"/dev/termination-log",' +
        '"terminationMessagePolicy":"File","imagePullPolicy":"Always"}',
    );
    expect(volume).toEqual({ name: 's', secret: { secretName: 'x', defaultMode: 420 } });
    expect(sidecar(injected(podOf(), { release: '1.1' }).pod)).not.toHaveProperty('imagePullPolicy');
  });

  test.each([
    ['proxy', 'Always'],
    ['proxy:latest', 'Always'],
    ['proxy:1', 'IfNotPresent'],
    ['host:1/proxy', 'Always'],
    [`proxy@sha256:${'a'.repeat(64)}`, 'IfNotPresent'],
    ['PROXY', 'IfNotPresent'],
    ['""', 'IfNotPresent'],
  ])('1.0: the pull policy of %s is %s', (image, policy) => {
    const template = `containers:\n- name: istio-proxy\n  image: ${image}\n`;
    expect(sidecar(injected(podOf(), { release: '1.0', template }).pod).imagePullPolicy).toBe(policy);
  });

  test('1.1: dnsConfig, and a securityContext that the pod has anyway (dns-config, security-context-patched)', () => {
    const template = `${SIDECAR}dnsConfig: {searches: [a.b]}\n`;
    const { patch } = injected(podOf({ securityContext: { runAsUser: 1 } }), { release: '1.1', template });
    expect(steps(patch)).toEqual([
      'add /spec/containers/-',
      'add /spec/dnsConfig',
      'add /spec/securityContext',
      'add /metadata/annotations',
    ]);
    expect(steps(injected(podOf({ securityContext: {} }), { release: '1.0', template }).patch)).toHaveLength(2);
  });

  test('1.1: the token of the application is mounted into the sidecar, the last mount of that path (service-account-mount)', () => {
    const mount = (name: string): JsonObject => ({
      name,
      mountPath: '/var/run/secrets/kubernetes.io/serviceaccount',
    });
    const pod = podOf({ containers: [app({ volumeMounts: [mount('a')] }), app({ volumeMounts: [mount('b')] })] });
    expect(sidecar(injected(pod, { release: '1.1' }).pod).volumeMounts).toEqual([mount('b')]);
    expect(sidecar(injected(pod, { release: '1.0' }).pod)).not.toHaveProperty('volumeMounts');
  });

  test('1.5: canonical labels; 1.6 adds the revision, and a label that has a value stays (canonical-labels-in-go, revision-label-in-go)', () => {
    const pod = podOf({}, { labels: { app: 'a', version: 'v2', 'security.istio.io/tlsMode': 'disabled' } });
    const labels = (release: string): JsonObject =>
      objectAt(objectAt(injected(pod, { release, at: { revision: 'r' } }).pod, 'metadata'), 'labels');
    const common = { ...objectAt(objectAt(pod, 'metadata'), 'labels') };
    expect(labels('1.4')).toEqual(common);
    const five = { ...common, 'service.istio.io/canonical-name': 'a', 'service.istio.io/canonical-revision': 'v2' };
    expect(labels('1.5')).toEqual(five);
    expect(labels('1.6')).toEqual({ ...five, 'istio.io/rev': 'r' });
  });

  test('1.6: a pod without labels gets the map by the first of them, an empty revision too', () => {
    const { patch } = injected(podOf(), { release: '1.6' });
    expect(patch.slice(-4)).toEqual([
      { op: 'add', path: '/metadata/labels', value: { 'istio.io/rev': '' } },
      { op: 'add', path: '/metadata/labels/security.istio.io~1tlsMode', value: 'istio' },
      { op: 'add', path: '/metadata/labels/service.istio.io~1canonical-name', value: 'p' },
      { op: 'add', path: '/metadata/labels/service.istio.io~1canonical-revision', value: 'latest' },
    ]);
  });

  test('1.8: the network of the sidecar becomes a label (network-label-from-env, values-set-cluster)', () => {
    const values = { global: { network: 'n1', multiCluster: { clusterName: 'c1' } } };
    const { pod } = injected(podOf(), { release: '1.8', values });
    expect(objectAt(objectAt(pod, 'metadata'), 'labels')).toHaveProperty(['topology.istio.io/network'], 'n1');
    expect(envOf(pod, 'ISTIO_META_CLUSTER_ID')).toBe('c1');
    expect(envOf(injected(podOf(), { release: '1.7', values }).pod, 'ISTIO_META_CLUSTER_ID')).toBeUndefined();
  });

  test('1.7: a sidecar that holds the application, and istio-validation, go to the front (hold-application, hold-by-mesh, validation-container-first)', () => {
    const template = `${SIDECAR}holdApplicationUntilProxyStarts: true\ninitContainers:\n- name: istio-validation\n`;
    const pod = podOf({ initContainers: [{ name: 'own' }] });
    const adds = (release: string): readonly string[] =>
      steps(injected(pod, { release, template }).patch).filter((step) => /ontainers\//.test(step));
    expect(adds('1.6')).toEqual(['add /spec/initContainers/-', 'add /spec/containers/-']);
    expect(adds('1.7')).toEqual(['add /spec/initContainers/0', 'add /spec/containers/0']);
    // 1.8 asks mesh and values, no longer the rendered text.
    expect(adds('1.8')).toEqual(['add /spec/initContainers/0', 'add /spec/containers/-']);
    const values = { global: { proxy: { holdApplicationUntilProxyStarts: true } } };
    expect(steps(injected(pod, { release: '1.8', values }).patch)).toContain('add /spec/containers/0');
  });

  test('configured annotations are written, the status among them, sorted', () => {
    const { patch } = injected(podOf({}, { annotations: { a: '1' } }), {
      release: '1.5',
      config: { injectedAnnotations: { z: '9', b: '' } },
    });
    expect(steps(patch).filter((step) => step.includes('annotations'))).toEqual([
      'add /metadata/annotations/b',
      'add /metadata/annotations/sidecar.istio.io~1status',
      'add /metadata/annotations/z',
    ]);
  });
});

describe('fsGroup', () => {
  const mesh = { sdsUdsPath: 'unix:/x', enableSdsTokenMount: true };
  const own = { runAsUser: 7 };
  const context = (release: string, setup: Partial<Setup> = {}): unknown =>
    objectAt(injected(podOf({ securityContext: own }), { release, mesh, ...setup }).pod, 'spec').securityContext;

  test('replaces up to 1.4, and joins from 1.5 on (fs-group-by-sds, fs-group-replaces)', () => {
    expect(context('1.2')).toEqual({ fsGroup: 1337 });
    expect(context('1.4')).toEqual({ fsGroup: 1337 });
    expect(context('1.5')).toEqual({ runAsUser: 7, fsGroup: 1337 });
  });

  test('needs enableSdsTokenMount up to 1.2 only (fs-group-needs-token-mount)', () => {
    expect(context('1.2', { mesh: { sdsUdsPath: 'unix:/x' } })).toEqual(own);
    expect(context('1.3', { mesh: { sdsUdsPath: 'unix:/x' } })).toEqual({ fsGroup: 1337 });
  });

  test('1.8: always, unless the environment of the injector says no (fs-group-by-env)', () => {
    expect(context('1.8', { mesh: {} })).toEqual({ runAsUser: 7, fsGroup: 1337 });
    expect(context('1.8', { mesh: {}, at: { host: { env: () => 'false' } } })).toEqual(own);
  });
});

describe('probes', () => {
  const template = `containers:\n- name: istio-proxy\n  args: ["--statusPort", "15020"]\nrewriteAppHTTPProbe: true\n`;
  const httpGet = { path: '/ready', port: 'http', scheme: 'HTTPS' };
  const probed = (metadata: JsonObject = {}): JsonObject =>
    podOf(
      {
        containers: [
          app({
            ports: [{ name: 'http', containerPort: 80 }],
            readinessProbe: { httpGet, timeoutSeconds: 3 },
            startupProbe: { httpGet: { port: 81 } },
          }),
        ],
      },
      metadata,
    );
  const PROBERS = 'ISTIO_KUBE_APP_PROBERS';

  test('1.1: the action alone is replaced, after everything else; HTTPS stays', () => {
    const { pod, patch } = injected(probed(), { release: '1.1', template });
    expect(patch.at(-1)).toEqual({
      op: 'replace',
      path: '/spec/containers/0/readinessProbe/httpGet',
      value: { path: '/app-health/app/readyz', port: 15020, scheme: 'HTTPS' },
    });
    expect(envOf(pod, PROBERS)).toBe('{"/app-health/app/readyz":{"path":"/ready","port":80,"scheme":"HTTPS"}}');
  });

  test('1.2: HTTPS becomes HTTP, and the annotation switches off (https-probes-over-http, probe-annotation)', () => {
    const value = injected(probed(), { release: '1.2', template }).patch.at(-1);
    expect(value).toHaveProperty('value.scheme', 'HTTP');
    const off = probed({ annotations: { 'sidecar.istio.io/rewriteAppHTTPProbers': 'false' } });
    expect(envOf(injected(off, { release: '1.2', template }).pod, PROBERS)).toBeUndefined();
    expect(envOf(injected(off, { release: '1.1', template }).pod, PROBERS)).toBeDefined();
  });

  test('up to 1.5 a sidecar without --statusPort leaves the probes, and the webhook tells the agent all the same (probes-at-mesh-status-port)', () => {
    const bare = `${SIDECAR}rewriteAppHTTPProbe: true\n`;
    const { pod, patch } = injected(probed(), { release: '1.4', template: bare });
    expect(steps(patch).some((step) => step.startsWith('replace'))).toBe(false);
    expect(envOf(pod, PROBERS)).toContain('/ready');
    expect(envOf(injected(probed(), { release: '1.4', template: bare, at: KUBE_INJECT }).pod, PROBERS)).toBeUndefined();
  });

  test('1.6: whole probes at the port of the mesh or the annotation, with timeouts for the agent (probe-timeouts)', () => {
    const pod = probed({ annotations: { 'status.sidecar.istio.io/port': '99' } });
    const result = injected(pod, { release: '1.6', template, mesh: { defaultConfig: { statusPort: 15099 } } });
    expect(result.patch.at(-1)).toEqual({
      op: 'replace',
      path: '/spec/containers/0/readinessProbe',
      value: { httpGet: { path: '/app-health/app/readyz', port: 99, scheme: 'HTTP' }, timeoutSeconds: 3 },
    });
    expect(envOf(result.pod, PROBERS)).toBe(
      '{"/app-health/app/readyz":{"httpGet":{"path":"/ready","port":80,"scheme":"HTTPS"},"timeoutSeconds":3}}',
    );
  });

  test('1.7 rewrites first; 1.8 startup probes too (probes-patched-first, startup-probes)', () => {
    expect(steps(injected(probed(), { release: '1.7', template }).patch)[0]).toBe(
      'replace /spec/containers/0/readinessProbe',
    );
    expect(steps(injected(probed(), { release: '1.8', template }).patch)[1]).toBe(
      'replace /spec/containers/0/startupProbe',
    );
  });

  test('a pod without probes gets the empty list', () => {
    expect(envOf(injected(podOf(), { release: '1.6', template }).pod, PROBERS)).toBe('{}');
  });

  test('kube-inject rewrites in place, also where the sidecar stands first', () => {
    const hold = `${template}holdApplicationUntilProxyStarts: true\n`;
    const { pod } = injected(probed(), { release: '1.7', template: hold, at: KUBE_INJECT });
    const containers = listAt(objectAt(pod, 'spec'), 'containers');
    expect(containers.map((item) => item.name)).toEqual(['istio-proxy', 'app']);
    expect(objectAt(objectAt(containers[1] ?? {}, 'readinessProbe'), 'httpGet').path).toBe('/app-health/app/readyz');
    expect(envOf(pod, PROBERS)).toContain('/ready');
  });
});

describe('Prometheus', () => {
  const pod = podOf({}, { annotations: { 'prometheus.io/scrape': 'false', 'prometheus.io/port': '80' } });

  test('1.6: even where the application is not to be scraped; kube-inject leaves it out up to 1.7', () => {
    const { patch, pod: result } = injected(pod, { release: '1.6', mesh: { defaultConfig: { statusPort: 15020 } } });
    expect(steps(patch).filter((step) => step.includes('annotations'))).toEqual([
      'add /metadata/annotations/prometheus.io~1path',
      'replace /metadata/annotations/prometheus.io~1port',
      'replace /metadata/annotations/prometheus.io~1scrape',
      'add /metadata/annotations/sidecar.istio.io~1status',
    ]);
    expect(envOf(result, 'ISTIO_PROMETHEUS_ANNOTATIONS')).toBe('{"scrape":"false","path":"","port":"80"}');
    const manual = injected(pod, { release: '1.7', at: KUBE_INJECT }).pod;
    expect(objectAt(objectAt(manual, 'metadata'), 'annotations')).toHaveProperty(['prometheus.io/port'], '80');
  });

  test('1.5 and a mesh that does not want it: nothing (prometheus-merge)', () => {
    expect(envOf(injected(pod, { release: '1.5' }).pod, 'ISTIO_PROMETHEUS_ANNOTATIONS')).toBeUndefined();
    const off = injected(pod, { release: '1.6', mesh: { enablePrometheusMerge: false } });
    expect(envOf(off.pod, 'ISTIO_PROMETHEUS_ANNOTATIONS')).toBeUndefined();
  });
});

describe('--concurrency (concurrency-argument)', () => {
  const args = (release: string, resources: string, given = '[]'): unknown =>
    sidecar(
      injected(podOf(), {
        release,
        template: `containers:\n- name: istio-proxy\n  args: ${given}\n  resources: ${resources}\n`,
      }).pod,
    ).args;

  test.each([
    ['1.1', '{limits: {cpu: 1500m}, requests: {cpu: 5}}', '[]', ['--concurrency', '2']],
    ['1.8', '{requests: {cpu: 10m}}', '[]', ['--concurrency', '1']],
    ['1.1', '{}', '[]', undefined],
    ['1.1', '{limits: {cpu: 3}}', '["--concurrency=1"]', ['--concurrency=1']],
    ['1.1', '{limits: {cpu: 3}}', '["--concurrency", "0"]', ['--concurrency', '0', '--concurrency', '3']],
    ['1.0', '{limits: {cpu: 3}}', '[]', undefined],
  ])('%s with %s and %s', (release, resources, given, want) => {
    expect(args(release, resources, given)).toEqual(want);
  });
});

describe('kube-inject', () => {
  test('1.0: appends without policy, removal, defaults and imagePullSecrets', () => {
    const pod = podOf({ volumes: [{ name: 'v' }] }, { annotations: { 'sidecar.istio.io/inject': 'false' } });
    const template = `${SIDECAR}volumes:\n- name: w\nimagePullSecrets:\n- name: s\ndnsConfig: {searches: [a]}\n`;
    const once = injected(pod, { release: '1.0', template, at: KUBE_INJECT }).pod;
    const spec = objectAt(once, 'spec');
    expect(listAt(spec, 'containers').map((item) => item.name)).toEqual(['app', 'istio-proxy']);
    expect(listAt(spec, 'volumes').map((item) => item.name)).toEqual(['v', 'w']);
    expect(spec).not.toHaveProperty('imagePullSecrets');
    expect(spec).not.toHaveProperty('dnsConfig');
    const twice = injected(once, { release: '1.0', template, at: KUBE_INJECT }).pod;
    expect(listAt(objectAt(twice, 'spec'), 'containers')).toHaveLength(3);
  });

  test('imagePullSecrets from 1.6 on (kube-inject-image-pull-secrets)', () => {
    const template = `${SIDECAR}imagePullSecrets:\n- name: s\n`;
    const secrets = (release: string): unknown =>
      objectAt(injected(podOf(), { release, template, at: KUBE_INJECT }).pod, 'spec').imagePullSecrets;
    expect(secrets('1.5')).toBeUndefined();
    expect(secrets('1.6')).toEqual([{ name: 's' }]);
  });

  test('1.1 to 1.7 lose a dnsConfig of the pod; 1.8 keeps it', () => {
    const pod = podOf({ dnsConfig: { searches: ['own'] } });
    const config = (release: string): unknown =>
      objectAt(injected(pod, { release, at: KUBE_INJECT }).pod, 'spec').dnsConfig;
    expect(config('1.7')).toBeUndefined();
    expect(config('1.8')).toEqual({ searches: ['own'] });
  });

  test('1.3 leaves alone what is injected already, and says so', () => {
    const outcome = run(podOf({ containers: [app(), { name: 'istio-proxy' }] }), { release: '1.3', at: KUBE_INJECT });
    expect(outcome).toMatchObject({ kind: 'skipped', decision: { decidedBy: 'already-injected' } });
    expect(outcome.problems[0]?.message).toBe(
      'Skipping injection because "p" has injected "istio-proxy" sidecar already',
    );
    expect(run(podOf({ containers: [{ name: 'istio-proxy' }] }), { release: '1.3', at: KUBE_INJECT }).kind).toBe(
      'injected',
    );
  });

  test('1.3 to 1.7 set the annotations for the CNI plug-in, the webhook and 1.8 do not (pod-redirect-annotations)', () => {
    const template = `${SIDECAR}podRedirectAnnot:\n  traffic.sidecar.istio.io/includeInboundPorts: 80\n  b: ""\n`;
    const names = (release: string, at: Partial<InjectionContext>): readonly string[] =>
      Object.keys(objectAt(objectAt(injected(podOf(), { release, template, at }).pod, 'metadata'), 'annotations'));
    expect(names('1.3', KUBE_INJECT)).toContain('traffic.sidecar.istio.io/includeInboundPorts');
    expect(names('1.3', KUBE_INJECT)).not.toContain('b');
    expect(names('1.7', {})).not.toContain('traffic.sidecar.istio.io/includeInboundPorts');
    expect(names('1.8', KUBE_INJECT)).not.toContain('traffic.sidecar.istio.io/includeInboundPorts');
  });

  test('1.7 sets two labels, 1.8 applies the patch of the webhook with all of them (kube-inject-by-patch)', () => {
    const labels = (release: string): readonly string[] =>
      Object.keys(objectAt(objectAt(injected(podOf(), { release, at: KUBE_INJECT }).pod, 'metadata'), 'labels'));
    expect(labels('1.7')).toEqual(['istio.io/rev', 'security.istio.io/tlsMode']);
    expect(labels('1.8')).toContain('service.istio.io/canonical-name');
  });

  test('1.8 honours sidecar.istio.io/inject: false (kube-inject-asks-policy)', () => {
    const pod = podOf({}, { annotations: { 'sidecar.istio.io/inject': 'false' } });
    expect(run(pod, { release: '1.7', at: KUBE_INJECT }).kind).toBe('injected');
    expect(run(pod, { release: '1.8', at: KUBE_INJECT }).kind).toBe('skipped');
  });

  test('a pod on the network of its node is told by name, from 1.3 on by that of the workload (skip-names-workload)', () => {
    const pod = { metadata: {}, spec: { hostNetwork: true, containers: [app()] } };
    const owner = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd', namespace: 'n' };
    const told = (release: string): string | undefined =>
      run(pod, { release, at: { ...KUBE_INJECT, owner } }).problems[0]?.message;
    expect(told('1.0')).toBe('Skipping injection because "" has host networking enabled');
    expect(told('1.3')).toBe('Skipping injection because "d" has host networking enabled');
  });
});

describe('what templates see', () => {
  const shown = (
    release: string,
    expression: string,
    setup: Partial<Setup> = {},
    pod: JsonObject = podOf(),
  ): string => {
    const [left, right] = Number(release.split('.')[1]) < 2 ? ['[[', ']]'] : ['{{', '}}'];
    const template = `containers:\n- name: istio-proxy\n  args: ["${left} ${expression} ${right}"]\n`;
    return String(listAt({ l: [sidecar(injected(pod, { release, template, ...setup }).pod)] }, 'l')[0]?.args);
  };

  test.each([
    ['1.0', '.DeploymentMeta.Name'],
    ['1.1', '.Values.a'],
    ['1.2', '.TypeMeta.Kind'],
    ['1.8', '.Revision'],
  ])('%s has no %s', (release, expression) => {
    expect(() => shown(release, expression)).toThrow(/can't evaluate field/);
  });

  test('the request fills an empty namespace from 1.1 on (decision-namespace-from-request)', () => {
    const at = { requestNamespace: 'r' };
    expect(shown('1.0', '.ObjectMeta.Namespace', { at })).toBe('');
    expect(shown('1.1', '.ObjectMeta.Namespace', { at })).toBe('r');
  });

  test('render executes a text of the values, and gives nothing where it fails or never ends', () => {
    const values = { a: '{{ .ObjectMeta.Name }}.x', b: '{{ nope }}', c: '{{ render .Values.c }}!' };
    expect(shown('1.2', 'render .Values.a', { values })).toBe('p.x');
    expect(shown('1.8', 'render .Values.b', { values })).toBe('');
    expect(shown('1.8', 'render .Values.c', { values })).toMatch(/^!+$/);
  });

  test('includeInboundPorts counts UDP up to 1.2, and formatDuration gives 1s for nothing (inbound-ports-tcp-only)', () => {
    const ports = podOf({
      containers: [app({ ports: [{ containerPort: 53, protocol: 'UDP' }, { containerPort: 80 }] })],
    });
    expect(shown('1.2', 'includeInboundPorts .Spec.Containers', {}, ports)).toBe('53,80');
    expect(shown('1.3', 'includeInboundPorts .Spec.Containers', {}, ports)).toBe('80');
    expect(shown('1.5', 'formatDuration .ProxyConfig.DrainDuration', { mesh: { defaultConfig: {} } })).toMatch(/s$/);
  });

  test('the pod of a ReplicaSet: itself up to 1.2, its Deployment from 1.3 on (owner-heuristics)', () => {
    const owned = podOf(
      {},
      {
        generateName: 'd-h1-',
        labels: { 'pod-template-hash': 'h1' },
        ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'd-h1', uid: 'u', controller: true }],
      },
    );
    expect(shown('1.2', '.DeploymentMeta.Name', {}, owned)).toBe('p');
    expect(shown('1.3', '.TypeMeta.Kind', {}, owned)).toBe('Deployment');
    expect(shown('1.3', '.DeploymentMeta.Name', {}, owned)).toBe('d');
  });

  test('proxy.istio.io/config counts from 1.6 on, and moves no probe (proxy-config-annotation)', () => {
    const pod = podOf({}, { annotations: { 'proxy.istio.io/config': 'statusPort: 1\nserviceCluster: own\n' } });
    expect(shown('1.6', '.ProxyConfig.ServiceCluster', {}, pod)).toBe('own');
    expect(shown('1.5', '.ProxyConfig.ServiceCluster', {}, pod)).not.toBe('own');
    const { patch } = injected(pod, { release: '1.6', mesh: { defaultConfig: { statusPort: 15020 } } });
    expect(patch).toContainEqual({ op: 'add', path: '/metadata/annotations/prometheus.io~1port', value: '15020' });
  });
});

describe('failures', () => {
  test('annotations are refused with the text of the release', () => {
    const pod = podOf({}, { annotations: { 'traffic.sidecar.istio.io/includeInboundPorts': 'bad' } });
    const told = (release: string): string | undefined => run(pod, { release }).problems[0]?.message;
    expect(told('1.0')).toBe(
      'injection failed. Invalid value for annotation traffic.sidecar.istio.io/includeInboundPorts: bad. Error: includeInboundPorts invalid: failed parsing port \'bad\': strconv.ParseInt: parsing "bad": invalid syntax',
    );
    expect(told('1.2')).toContain("invalid value 'bad' for annotation");
  });

  test('a template that renders no mapping fails with the text of the release', () => {
    const told = (release: string): string | undefined =>
      run(podOf(), { release, template: 'containers: {a: 1}\n' }).problems[0]?.message;
    expect(told('1.2')).toMatch(
      /^failed parsing generated injected YAML \(check Istio sidecar injector configuration\): /,
    );
    expect(told('1.1')).not.toMatch(/^failed parsing/);
  });

  test('fields that the Kubernetes of the release lacked vanish', () => {
    const template = `containers:\n- name: istio-proxy\n  restartPolicy: Always\n  nonsense: 1\n  securityContext: {fsGroup: 1}\n`;
    const container = sidecar(injected(podOf(), { release: '1.8', template }).pod);
    expect(container).toEqual({ name: 'istio-proxy', resources: {}, securityContext: {} });
  });
});
