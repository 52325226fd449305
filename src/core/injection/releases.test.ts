import { describe, expect, it } from 'vitest';
import { type JsonObject, type JsonValue, listAt, textAt } from '../json.ts';
import { type ProxyConfigResource, parseProxyConfigResource } from '../mesh/index.ts';
import { parseRelease, type Release } from '../release.ts';
import { inject } from './inject.ts';
import { loadInjectionConfig } from './load-config.ts';
import type { InjectionContext, InjectionOutcome } from './model.ts';
import { annotationOf, annotationsOf, containersOf, sidecarOf } from './pod.ts';

/** What Istio's own code of the releases 1.9 to 1.20 shows, beyond releases-early: mesh, metrics, probes, merging. */

type Setup = {
  readonly template?: string;
  readonly values?: JsonValue;
  readonly mesh?: JsonObject;
  readonly resources?: readonly JsonObject[];
  readonly at?: Partial<InjectionContext>;
};

const OVERLAY = 'spec:\n  containers:\n  - name: istio-proxy\n    image: proxy\n';
const MANUAL: Partial<InjectionContext> = { path: 'kube-inject' };
const REWRITES = { sidecarInjectorWebhook: { rewriteAppHTTPProbe: true } };

function app(annotations: JsonObject = {}, container: JsonObject = {}): JsonObject {
  return { metadata: { name: 'a', annotations }, spec: { containers: [{ name: 'app', image: 'app', ...container }] } };
}

function releaseOf(text: string): Release {
  const release = parseRelease(text);
  if (!release.ok) throw new Error(`no release ${text}`);
  return release.value;
}

function messages(problems: readonly { readonly message: string }[]): string {
  return problems.map((problem) => problem.message).join('; ');
}

function resourceOf(object: JsonObject, release: Release): ProxyConfigResource {
  const resource = parseProxyConfigResource(object, release);
  if (!resource.ok) throw new Error(messages(resource.problems));
  return resource.value;
}

function run(release: string, pod: JsonObject, setup: Setup = {}): InjectionOutcome {
  const parsed = releaseOf(release);
  const cfg = loadInjectionConfig({
    configText: JSON.stringify({ policy: 'enabled', templates: { sidecar: setup.template ?? OVERLAY } }),
    valuesText: JSON.stringify(setup.values ?? {}),
    meshConfigText: JSON.stringify(setup.mesh ?? {}),
    proxyConfigs: (setup.resources ?? []).map((object) => resourceOf(object, parsed)),
    release: parsed,
  });
  if (!cfg.ok) throw new Error(messages(cfg.problems));
  const at: InjectionContext = {
    path: 'webhook',
    requestNamespace: 'shop',
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
  if (outcome.kind !== 'injected') throw new Error(`${release} ${outcome.kind}: ${messages(outcome.problems)}`);
  return outcome.pod;
}

function failure(release: string, pod: JsonObject, setup: Setup = {}): string {
  const outcome = run(release, pod, setup);
  return outcome.kind === 'failed' ? messages(outcome.problems) : outcome.kind;
}

/** What an action of a template gives. */
function shown(release: string, expression: string, pod: JsonObject = app(), setup: Setup = {}): string {
  const template = `metadata:\n  annotations:\n    out: '{{ ${expression} }}'\nspec: {}\n`;
  return annotationOf(injected(release, pod, { ...setup, template }), 'out') ?? '';
}

function envOf(pod: JsonObject, name: string): unknown {
  return listAt(sidecarOf(pod) ?? {}, 'env').find((item) => item.name === name)?.value;
}

describe('the mesh of a pod', () => {
  const annotated = app({ 'proxy.istio.io/config': 'statusPort: 15777' });

  it('proxy-config-resources: a ProxyConfig resource counts from 1.13 on', () => {
    const object = {
      metadata: { name: 'p', namespace: 'shop' },
      spec: { environmentVariables: { FROM: 'resource' } },
    };
    const from = (release: string): string =>
      shown(release, 'index .ProxyConfig.ProxyMetadata "FROM"', app(), { resources: [object] });
    expect(from('1.12')).toBe('');
    expect(from('1.13.0')).toBe('resource');
  });

  it('proxy-config-resources: an explicit zero of the annotation is lost in the webhook', () => {
    const mode = (release: string, at: Partial<InjectionContext>): string =>
      shown(release, '.ProxyConfig.InterceptionMode', app({ 'proxy.istio.io/config': 'interceptionMode: REDIRECT' }), {
        mesh: { defaultConfig: { interceptionMode: 'TPROXY' } },
        at,
      });
    for (const release of ['1.9', '1.11', '1.12']) expect(mode(release, {})).toBe('REDIRECT');
    expect(mode('1.13.0', {})).toBe('TPROXY');
    expect(mode('1.13.0', MANUAL)).toBe('REDIRECT');
  });

  it("proxy-config-resources: kube-inject follows the annotation's status port from then on", () => {
    const port = (release: string, at: Partial<InjectionContext>): unknown =>
      annotationsOf(injected(release, annotated, { at }))['prometheus.io/port'];
    for (const at of [{}, MANUAL]) for (const release of ['1.9', '1.12']) expect(port(release, at)).toBe('15020');
    expect(port('1.13.0', {})).toBe('15020');
    expect(port('1.13.0', MANUAL)).toBe('15777');
  });

  it('proxy-config-resources: what the template sees of the mesh config before', () => {
    const seen = (release: string, at: Partial<InjectionContext>): string =>
      shown(release, '.MeshConfig.DefaultConfig.StatusPort', annotated, { at });
    expect(seen('1.12', {})).toBe('15777');
    expect(seen('1.13.0', {})).toBe('15020');
    expect(seen('1.13.0', MANUAL)).toBe('15777');
  });

  it('proxy-config-resources: an annotation that cannot be read fails where it is applied', () => {
    const pod = app({ 'proxy.istio.io/config': 'concurrency: many' });
    for (const at of [{}, MANUAL]) {
      expect(failure('1.12', pod, { at })).toMatch(/^failed to run injection template: 1 error occurred:/);
    }
    expect(failure('1.13.0', pod)).toMatch(/^failed to run injection template: 1 error occurred:/);
    expect(failure('1.13.0', pod, { at: MANUAL })).toMatch(/^could not parse proxy config: /);
  });
});

describe('prometheus-annotations-respected', () => {
  const prometheus = (release: string, annotations: JsonObject): JsonObject => {
    const pod = injected(release, app(annotations));
    const { 'sidecar.istio.io/status': _status, ...others } = annotationsOf(pod);
    return { ...others, env: (envOf(pod, 'ISTIO_PROMETHEUS_ANNOTATIONS') ?? null) as JsonValue };
  };

  it('a scrape annotation of false is overwritten up to 1.12', () => {
    expect(prometheus('1.12', { 'prometheus.io/scrape': 'false' })).toEqual({
      'prometheus.io/scrape': 'true',
      'prometheus.io/port': '15020',
      'prometheus.io/path': '/stats/prometheus',
      env: '{"scrape":"false","path":"","port":""}',
    });
    const own = { 'prometheus.io/scrape': 'false' };
    expect(prometheus('1.13.0', own)).toEqual({ ...own, env: null });
  });

  it('another spelling is none of its business up to 1.12', () => {
    const own = { 'prometheus.io.port': '9090' };
    const merged = {
      'prometheus.io/scrape': 'true',
      'prometheus.io/port': '15020',
      'prometheus.io/path': '/stats/prometheus',
    };
    expect(prometheus('1.12', own)).toEqual({ ...own, ...merged, env: null });
    expect(prometheus('1.13.0', own)).toEqual({ ...merged, env: '{"scrape":"","path":"","port":"9090"}' });
  });

  it('templates see the annotations of an earlier injection no more, in the usual spelling', () => {
    const again = app({
      'sidecar.istio.io/status': '{}',
      'prometheus.io/port': '15020',
      'prometheus_io/path': '/own',
    });
    const seen = 'len .ObjectMeta.Annotations';
    expect(shown('1.12', seen, again)).toBe('1');
    expect(shown('1.13.0', seen, again)).toBe('0');
  });
});

describe('tcp-probes-switch', () => {
  const pod = app({}, { livenessProbe: { tcpSocket: { port: 80 } } });
  const probe = (release: string, setting?: string): JsonObject => {
    const env = (name: string): string | undefined => (name === 'REWRITE_TCP_PROBES' ? setting : undefined);
    const result = injected(release, pod, { values: REWRITES, at: { host: { env } } });
    return containersOf(result, 'containers').find(({ name }) => name === 'app')?.livenessProbe as JsonObject;
  };

  it('is there from 1.12 to 1.17, and on', () => {
    for (const release of ['1.11', '1.12.0', '1.17']) expect(probe(release, 'false')).toHaveProperty('tcpSocket');
    expect(probe('1.18.0', 'false')).toHaveProperty('httpGet');
    for (const setting of [undefined, 'true', 'no']) expect(probe('1.12.0', setting)).toHaveProperty('httpGet');
  });
});

describe('merging', () => {
  it('overlay-tried-alone-first: the text of an overlay that cannot be merged', () => {
    const text = (release: string, template: string): string => failure(release, app(), { template });
    const NOT_APPLICABLE =
      /^failed to run injection template: failed parsing generated injected YAML \(check Istio sidecar injector configuration\): /;
    // Alone, a container without a name is merged with nothing.
    const keyless = 'spec:\n  containers:\n  - image: x\n';
    for (const release of ['1.18', '1.19.0']) expect(text(release, keyless)).toMatch(NOT_APPLICABLE);
    const mistyped = 'spec:\n  containers:\n  - name: x\n    image: 1\n';
    expect(text('1.18', mistyped)).toMatch(NOT_APPLICABLE);
    expect(text('1.19.0', mistyped)).toContain('overlay: unmarshal patched pod: json: cannot unmarshal number');
  });

  it('image-variant: the values name the kind of image', () => {
    const values = { global: { hub: 'h', tag: 't', variant: 'distroless' } };
    const image = (release: string, mesh: JsonObject = {}): string =>
      shown(release, '.ProxyImage', app(), { values, mesh });
    expect(image('1.21')).toBe('h/proxyv2:t');
    expect(image('1.22.0')).toBe('h/proxyv2:t-distroless');
    expect(image('1.21', { defaultConfig: { image: { imageType: 'debug' } } })).toBe('h/proxyv2:t-debug');
  });

  it("template-functions-maps: before 1.18 omit is Sprig's", () => {
    const values = { m: { a: '1', b: '2' } };
    expect(shown('1.17', 'len (omit .Values.m "a")', app(), { values })).toBe('1');
    const own = app({ a: '1', b: '2' });
    expect(failure('1.17', own, { template: '{{ omit .ObjectMeta.Annotations "a" }}' })).toContain('wrong type');
    expect(shown('1.18.0', 'toJsonMap (omit .ObjectMeta.Annotations "a")', own)).toBe('{"b":"2"}');
    expect(() => shown('1.17', 'strdict "a" "b"')).toThrow('function "strdict" not defined');
  });

  it('template-function-render: a text of the values with the data of the pod', () => {
    const values = { search: '{{ .ObjectMeta.Name }}.{{ upper "x" }}' };
    expect(shown('1.9.0', 'render .Values.search', app(), { values })).toBe('a.X');
    expect(shown('1.9.0', 'render "{{ .Nope }}"')).toBe('');
  });
});

describe('a container that the template knows too', () => {
  it('keeps fields that Go writes as null', () => {
    const pod = app({}, { resources: {}, startupProbe: { grpc: { port: 5, service: null } } });
    const template = 'spec:\n  containers:\n  - name: app\n    env: [{name: A, value: b}]\n';
    const first = run('1.20', pod, { template });
    if (first.kind !== 'injected') throw new Error(first.kind);
    expect(first.patch.map(({ path }) => path)).not.toContain('/spec/containers/0/startupProbe/grpc/service');
    const again = run('1.20', first.pod, { template });
    expect(again.kind === 'injected' && again.patch).toEqual([]);
  });
});

describe('the owner', () => {
  it('deployment-meta-whole: a template sees more of a workload than its name', () => {
    const metadata = { name: 'shop', labels: { team: 'blue' } };
    const owner = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'shop', namespace: 'n', metadata };
    const seen = 'index .DeploymentMeta.Labels "team" }} {{ .DeploymentMeta.Name';
    for (const [release, team] of [
      ['1.9', 'blue'],
      ['1.22', 'blue'],
      ['1.23.0', ''],
    ]) {
      expect(shown(release ?? '', seen, app(), { at: { ...MANUAL, owner } })).toBe(`${team} shop`);
    }
    const labelled: JsonObject = { ...app(), metadata: { name: 'a', labels: { team: 'red' } } };
    expect(shown('1.20', seen, labelled)).toBe('red a');
  });

  it('owner-cron-job-v1: the API version of a CronJob behind a Job', () => {
    const pod: JsonObject = {
      metadata: {
        generateName: 'tidy-',
        ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: 'tidy-12345678', controller: true }],
      },
      spec: { containers: [{ name: 'app' }] },
    };
    const seen = '.TypeMeta.APIVersion }} {{ .DeploymentMeta.Name';
    expect(shown('1.20', seen, pod)).toBe('batch/v1beta1 tidy');
    expect(shown('1.21.0', seen, pod)).toBe('batch/v1 tidy');
  });
});

describe('fields of a younger Kubernetes', () => {
  it('vanish where a template of an older release brings them', () => {
    const template = [
      'spec:',
      '  initContainers:',
      '  - {name: istio-init, image: i, restartPolicy: Always}',
      '  securityContext: {fsGroup: 1337, seccompProfile: {type: RuntimeDefault}}',
      '  containers:',
      '  - {name: istio-proxy, image: proxy, securityContext: {fsGroup: 1, runAsUser: 1337, restartPolicy: Always}}',
    ].join('\n');
    const brought = (release: string): JsonObject => injected(release, app(), { template }).spec as JsonObject;
    for (const release of ['1.9', '1.17', '1.18']) {
      expect(containersOf({ spec: brought(release) }, 'initContainers')[0]).not.toHaveProperty('restartPolicy');
      expect(sidecarOf({ spec: brought(release) })?.securityContext).toEqual({ runAsUser: 1337 });
    }
    expect(textAt(containersOf({ spec: brought('1.19') }, 'initContainers')[0] ?? {}, 'restartPolicy')).toBe('Always');
  });
});
