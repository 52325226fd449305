import { describe, expect, it } from 'vitest';
import { type JsonObject, type JsonValue, listAt, objectAt, textAt } from '../json.ts';
import { parseRelease } from '../release.ts';
import { inject } from './inject.ts';
import { loadInjectionConfig } from './load-config.ts';
import type { InjectionContext, InjectionOutcome } from './model.ts';
import { annotationOf, containersOf, findContainer, sidecarOf } from './pod.ts';
import { type Behaviour, behaves } from './releases.ts';

/** What changed from 1.21 on: each row of the timeline by its effect, in the last release without it and the first with it. */

type Setup = {
  readonly template?: string;
  readonly values?: JsonValue;
  readonly mesh?: JsonObject;
  readonly policy?: string;
  readonly at?: Partial<InjectionContext>;
};

const SIDECAR = 'spec:\n  containers:\n  - name: istio-proxy\n    image: proxy\n';

const APP: JsonObject = { metadata: { name: 'a' }, spec: { containers: [{ name: 'app', image: 'app' }] } };

function run(release: string, pod: JsonObject, setup: Setup = {}): InjectionOutcome {
  const parsed = parseRelease(release);
  if (!parsed.ok) throw new Error(`no release ${release}`);
  const templates = { sidecar: setup.template ?? SIDECAR };
  const cfg = loadInjectionConfig({
    configText: JSON.stringify({ policy: setup.policy ?? 'enabled', templates }),
    valuesText: JSON.stringify(setup.values === undefined ? {} : setup.values),
    meshConfigText: JSON.stringify(setup.mesh ?? {}),
    release: parsed.value,
  });
  if (!cfg.ok) throw new Error(cfg.problems.map((problem) => problem.message).join('; '));
  const at: InjectionContext = {
    path: 'webhook',
    requestNamespace: '',
    revision: '',
    proxyEnvs: new Map(),
    nativeSidecars: 'false',
    platform: '',
    compliancePolicy: '',
    host: {},
    ...setup.at,
  };
  return inject(pod, at, cfg.value);
}

function injected(release: string, pod: JsonObject, setup: Setup = {}): JsonObject {
  const outcome = run(release, pod, setup);
  if (outcome.kind !== 'injected') throw new Error(`${release} ${outcome.kind}: ${message(outcome)}`);
  return outcome.pod;
}

function message(outcome: InjectionOutcome): string {
  return outcome.problems.map((problem) => problem.message).join('; ');
}

/** What a template makes of an action: the text, or the error. */
function rendered(release: string, action: string, pod: JsonObject = APP, setup: Setup = {}): string {
  const template = `metadata:\n  annotations:\n    out: '${action}'\n`;
  const outcome = run(release, pod, { ...setup, template });
  return outcome.kind === 'injected' ? (annotationOf(outcome.pod, 'out') ?? '') : message(outcome);
}

function withAnnotation(name: string, value: string): JsonObject {
  return { ...APP, metadata: { name: 'a', annotations: { [name]: value } } };
}

/** Where the sidecar is. */
function place(pod: JsonObject): string {
  return findContainer(containersOf(pod, 'initContainers'), 'istio-proxy') === undefined ? 'container' : 'native';
}

describe('template language', () => {
  const JSON_LIST = '[{"name":"eth"}]';

  it('multus-namespace: a JSON list gets name and namespace apart', () => {
    const action = `{{ appendMultusNetwork ${JSON.stringify(JSON_LIST).replaceAll("'", "''")} "default/cni" }}`;
    const old = '[{"name":"eth"}, {"name": "default/cni"}]';
    const today = '[{"name":"eth"}, {"name": "cni", "namespace": "default"}]';
    for (const release of ['1.22', '1.23.5', '1.24.3']) expect(rendered(release, action)).toBe(old);
    for (const release of ['1.23.6', '1.24.4', '1.25.0']) expect(rendered(release, action)).toBe(today);
  });

  it('omit-nil: a function more', () => {
    const values = { r: { cpu: null, memory: '1Gi' } };
    const template = 'metadata:\n  annotations:\n    out: {{ toJson (omitNil .Values.r) | quote }}\n';
    expect(() => run('1.27', APP, { template, values })).toThrow('function "omitNil" not defined');
    expect(annotationOf(injected('1.28.0', APP, { template, values }), 'out')).toBe('{"memory":"1Gi"}');
  });

  it('otel-resource-attributes: a function more', () => {
    const action =
      '{{ otelResourceAttributes .MeshConfig .ObjectMeta.Annotations .ObjectMeta.Labels "ns" .Spec.Containers }}';
    expect(() => rendered('1.29', action)).toThrow('function "otelResourceAttributes" not defined');
    const mesh = {
      extensionProviders: [
        { name: 'otel', opentelemetry: { serviceAttributeEnrichment: 'OTEL_SEMANTIC_CONVENTIONS' } },
      ],
    };
    expect(rendered('1.30.0', action, APP, { mesh })).toContain('service.namespace=ns');
  });
});

describe('template data', () => {
  const fields: readonly (readonly [Behaviour, string, string, string, string, Setup])[] = [
    [
      'compliance-policy',
      'CompliancePolicy',
      '1.20',
      '1.21.0',
      'fips-140-2',
      { at: { compliancePolicy: 'fips-140-2' } },
    ],
    [
      'inbound-traffic-policy-mode',
      'InboundTrafficPolicyMode',
      '1.21',
      '1.22.0',
      'localhost',
      { mesh: { inboundTrafficPolicy: { mode: 'LOCALHOST' } } },
    ],
    ['native-sidecars-field', 'NativeSidecars', '1.26', '1.27.0', 'true', { at: { nativeSidecars: 'true' } }],
    [
      'proxy-init-image',
      'ProxyInitImage',
      '1.30',
      '1.31.0',
      'h/init:t',
      { values: { global: { hub: 'h', tag: 't', proxy_init: { image: 'init' } } } },
    ],
  ];

  it.each(fields)('%s: .%s is an error in %s', (_id, field, before, after, value, setup) => {
    expect(rendered(before, `{{ .${field} }}`, APP, setup)).toContain(`can't evaluate field ${field} in type`);
    expect(rendered(after, `{{ .${field} }}`, APP, setup)).toBe(value);
  });

  it('native-sidecars-field: before, the environment tells templates the mode', () => {
    const action = '{{ env "ENABLE_NATIVE_SIDECARS" "unset" }}';
    const setup: Setup = { at: { nativeSidecars: 'true' } };
    expect(rendered('1.26', action, APP, setup)).toBe('true');
    expect(rendered('1.27.0', action, APP, setup)).toBe('unset');
    const told: Setup = { at: { nativeSidecars: 'auto', host: { env: () => 'true' } } };
    expect(rendered('1.26', action, APP, told)).toBe('true');
  });

  it('null-values-refused: values that are null', () => {
    const action = '{{ .Values.global.hub }}';
    expect(rendered('1.24', action, APP, { values: null })).toBe('<no value>');
    expect(rendered('1.25.0', action, APP, { values: null })).toContain('failed to parse values.yaml');
  });

  it('owner-of-bare-pod: kube-inject looks at owner references of a Pod', () => {
    const pod: JsonObject = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        generateName: 'web-',
        ownerReferences: [{ apiVersion: 'x/v1', kind: 'Custom', name: 'web', controller: true }],
      },
      spec: APP.spec ?? null,
    };
    const action = '{{ .TypeMeta.Kind }}/{{ .DeploymentMeta.Name }}';
    const setup: Setup = { at: { path: 'kube-inject' } };
    expect(rendered('1.20', action, pod, setup)).toBe('Pod/');
    expect(rendered('1.21.0', action, pod, setup)).toBe('Custom/web');
    expect(rendered('1.20', action, pod)).toBe('Custom/web');
  });
});

describe('the decision', () => {
  it('inject-values-strict: yes and typos', () => {
    const says = (release: string, value: string, policy: string): string =>
      run(release, withAnnotation('sidecar.istio.io/inject', value), { policy }).kind;
    expect(says('1.26', 'Yes', 'disabled')).toBe('injected');
    expect(says('1.27.0', 'Yes', 'disabled')).toBe('skipped');
    expect(says('1.26', 'ture', 'enabled')).toBe('skipped');
    expect(says('1.27.0', 'ture', 'enabled')).toBe('injected');
  });
});

describe('annotations', () => {
  const verdict = (release: string, name: string, value: string): string =>
    run(release, withAnnotation(name, value)).kind;

  it('core-dump-annotation-validated: up to 1.24', () => {
    expect(verdict('1.24', 'sidecar.istio.io/enableCoreDump', 'perhaps')).toBe('failed');
    expect(verdict('1.25.0', 'sidecar.istio.io/enableCoreDump', 'perhaps')).toBe('injected');
  });

  it('resource-annotations-validated: line breaks in proxyCPU', () => {
    for (const release of ['1.27', '1.28.3']) {
      expect(verdict(release, 'sidecar.istio.io/proxyCPU', '1\nname: evil')).toBe('injected');
    }
    for (const release of ['1.28.4', '1.28', '1.29.0']) {
      expect(verdict(release, 'sidecar.istio.io/proxyCPU', '1\nname: evil')).toBe('failed');
    }
  });

  it.each([
    'traffic.sidecar.istio.io/excludeInterfaces',
    'traffic.sidecar.istio.io/kubevirtInterfaces',
    'istio.io/reroute-virtual-interfaces',
  ])('interface-annotations-validated: %s', (name) => {
    expect(verdict('1.29', name, 'eth0 -j ACCEPT')).toBe('injected');
    expect(verdict('1.30.0', name, 'eth0 -j ACCEPT')).toBe('failed');
    expect(verdict('1.30.0', name, 'eth0, net1')).toBe('injected');
  });
});

describe('native sidecars', () => {
  const NATIVE = 'spec:\n  initContainers:\n  - name: istio-proxy\n    image: proxy\n';
  const own = (annotation: JsonObject = {}): JsonObject => ({
    metadata: { name: 'a', annotations: annotation },
    spec: { containers: [{ name: 'app' }, { name: 'istio-proxy', image: 'auto' }] },
  });

  it("native-sidecar-annotation: a user's own istio-proxy follows it", () => {
    const pod = own({ 'sidecar.istio.io/nativeSidecar': 'true' });
    const both = (release: string): number => {
      const result = injected(release, pod, { template: NATIVE });
      return [...containersOf(result, 'containers'), ...containersOf(result, 'initContainers')].filter(
        (container) => textAt(container, 'name') === 'istio-proxy',
      ).length;
    };
    expect(both('1.23')).toBe(2);
    expect(both('1.24.0')).toBe(1);
  });

  it('native-sidecars-automatic: where every kubelet is new enough', () => {
    const template =
      'spec:\n{{ if eq (env "ENABLE_NATIVE_SIDECARS" "false") "true" }}  initContainers:{{ else }}  containers:{{ end }}\n  - name: istio-proxy\n';
    const field = template.replace(/eq \(env .*\) "true"/, '.NativeSidecars');
    const at: Partial<InjectionContext> = { nativeSidecars: 'auto', nodes: new Map([['n', 'v1.33.1']]) };
    expect(place(injected('1.26', APP, { template, at }))).toBe('container');
    expect(place(injected('1.27.0', APP, { template: field, at }))).toBe('native');
    const mixed = { ...at, nodes: new Map([...(at.nodes ?? []), ['old', 'v1.32.9']]) };
    expect(place(injected('1.27.0', APP, { template: field, at: mixed }))).toBe('container');
  });
});

describe('users and groups', () => {
  const TEMPLATE = [
    'spec:',
    '  initContainers:',
    '  - {name: istio-validation, args: ["-u", "1337"], securityContext: {runAsUser: 1337, runAsGroup: 1337}}',
    '  containers:',
    '  - {name: istio-proxy, image: proxy, securityContext: {runAsUser: {{ .ProxyUID }}, runAsGroup: {{ .ProxyGID }}}}',
  ].join('\n');
  const customised = (user: number, app = 5): JsonObject => ({
    metadata: { name: 'a' },
    spec: {
      containers: [
        { name: 'app', securityContext: { runAsUser: app } },
        { name: 'istio-proxy', image: 'auto', securityContext: { runAsUser: user } },
      ],
    },
  });
  const sidecarUser = (pod: JsonObject): unknown => objectAt(sidecarOf(pod) ?? {}, 'securityContext').runAsUser;
  const openshift: Partial<InjectionContext> = { platform: 'openshift' };

  it("init-user-adjusted: istio-validation runs as the user's istio-proxy", () => {
    const validation = (release: string): JsonObject =>
      containersOf(injected(release, customised(77), { template: TEMPLATE }), 'initContainers')[0] ?? {};
    for (const release of ['1.20.6', '1.21.2', '1.22.0']) {
      expect(validation(release)).toMatchObject({ args: ['-u', '1337'], securityContext: { runAsUser: 1337 } });
    }
    for (const release of ['1.20.7', '1.21.3', '1.22.1', '1.23.0']) {
      expect(validation(release)).toMatchObject({ args: ['-u', '77'], securityContext: { runAsUser: 77 } });
    }
  });

  it('openshift-template-user-wins: until init-user-adjusted', () => {
    const annotations = { 'openshift.io/sa.scc.uid-range': '1000/50' };
    const at: Partial<InjectionContext> = { ...openshift, namespaceObject: { metadata: { annotations } } };
    const pod = (release: string, context = at): JsonObject =>
      injected(release, customised(77), { template: TEMPLATE, at: context });
    expect(sidecarUser(pod('1.20.0'))).toBe(77);
    for (const release of ['1.20.1', '1.21.0', '1.22.0']) {
      expect(sidecarUser(pod(release))).toBe(1049);
      expect(annotationOf(pod(release), 'proxy.istio.io/overrides')).not.toContain('runAsUser');
    }
    for (const release of ['1.20.7', '1.21.3', '1.22.1', '1.23.0']) expect(sidecarUser(pod(release))).toBe(77);
    // The usual user of a template gives way.
    expect(sidecarUser(pod('1.21.0', {}))).toBe(77);
  });

  it("openshift-filled-user-cleared: the application's user was not chosen", () => {
    const user = (release: string, pod: JsonObject): unknown =>
      sidecarUser(injected(release, pod, { template: TEMPLATE, at: openshift }));
    expect(user('1.23', customised(5, 5))).toBe(5);
    expect(user('1.24.0', customised(5, 5))).toBe(1337);
    expect(user('1.24.0', customised(77, 5))).toBe(77);
  });
});

describe('what Go adds', () => {
  const VALUES = { sidecarInjectorWebhook: { rewriteAppHTTPProbe: true } };
  const env = (pod: JsonObject, name: string): unknown =>
    listAt(sidecarOf(pod) ?? {}, 'env').find((item) => item.name === name)?.value;

  it('lifecycle-handlers: a preStop hook over HTTP', () => {
    const hook = { preStop: { httpGet: { path: '/bye', port: 80 } } };
    const pod: JsonObject = { metadata: { name: 'a' }, spec: { containers: [{ name: 'app', lifecycle: hook }] } };
    const before = injected('1.24', pod, { values: VALUES });
    expect(containersOf(before, 'containers')[0]).toMatchObject({ lifecycle: hook });
    const after = injected('1.25.0', pod, { values: VALUES });
    expect(containersOf(after, 'containers')[0]).toMatchObject({
      lifecycle: { preStop: { httpGet: { path: '/app-lifecycle/app/prestopz', port: 15020 } } },
    });
    expect(env(after, 'ISTIO_KUBE_APP_PROBERS')).toContain('/bye');
  });

  it('probers-appended-when-missing: a second injection finds the first probe', () => {
    const status = '{"initContainers":null,"containers":["istio-proxy"],"volumes":null,"imagePullSecrets":null}';
    const pod: JsonObject = {
      metadata: { name: 'a', annotations: { 'sidecar.istio.io/status': status } },
      spec: {
        containers: [
          { name: 'late', livenessProbe: { httpGet: { path: '/', port: 80 } } },
          { name: 'istio-proxy', image: 'proxy' },
        ],
      },
    };
    expect(env(injected('1.26', pod, { values: VALUES }), 'ISTIO_KUBE_APP_PROBERS')).toBeUndefined();
    expect(env(injected('1.27.0', pod, { values: VALUES }), 'ISTIO_KUBE_APP_PROBERS')).toContain('late/livez');
  });

  it('prometheus-targets: several targets, and ports of the sidecar itself', () => {
    const targets = withAnnotation('prometheus.istio.io/scrape-targets', '8080, 9100:/node');
    expect(env(injected('1.30', targets), 'ISTIO_PROMETHEUS_ANNOTATIONS')).toBeUndefined();
    expect(env(injected('1.31.0', targets), 'ISTIO_PROMETHEUS_ANNOTATIONS')).toBe(
      '{"scrape":"","path":"/metrics","port":"8080","targets":[{"port":"8080","path":"/metrics"},{"port":"9100","path":"/node"}]}',
    );
    const reserved = withAnnotation('prometheus.io/port', '15090');
    expect(run('1.30', reserved).kind).toBe('injected');
    expect(message(run('1.31.0', reserved))).toContain('port 15090 is reserved for Istio');
  });

  it('prometheus-targets: the secure port', () => {
    const template = `${SIDECAR}    env: [{name: ENVOY_SECURE_MERGED_METRICS_PORT, value: "15091"}]\n`;
    const port = (release: string): string | undefined =>
      annotationOf(injected(release, APP, { template }), 'prometheus.istio.io/secure-port');
    expect(port('1.30')).toBeUndefined();
    expect(port('1.31.0')).toBe('15091');
  });
});

describe('backports', () => {
  it('hold for the rest of their minor, and in no other', () => {
    const has = (minor: number, patch: number): boolean => behaves({ minor, patch }, 'init-user-adjusted');
    expect([has(20, 6), has(20, 7), has(20, 99), has(21, 0), has(21, 3), has(22, 0), has(22, 1), has(23, 0)]).toEqual([
      false,
      true,
      true,
      false,
      true,
      false,
      true,
      true,
    ]);
  });
});
