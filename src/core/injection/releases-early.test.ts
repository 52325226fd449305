import { describe, expect, it } from 'vitest';
import { type JsonObject, type JsonValue, listAt, textAt } from '../json.ts';
import { parseRelease, type Release } from '../release.ts';
import { decideInjection } from './decide.ts';
import { inject } from './inject.ts';
import { loadInjectionConfig } from './load-config.ts';
import type { InjectionConfig, InjectionContext, InjectionOutcome } from './model.ts';
import { annotationOf, containersOf, sidecarOf, specOf } from './pod.ts';

/** What changed up to 1.20, where both sides of the boundary can be shown by one small template. */

type Setup = {
  /** A partial Pod from 1.9 on, lists before. */
  readonly template?: string;
  readonly values?: JsonValue;
  readonly mesh?: JsonObject;
  readonly config?: JsonObject;
  readonly at?: Partial<InjectionContext>;
};

const APP: JsonObject = { metadata: { name: 'a' }, spec: { containers: [{ name: 'app', image: 'app' }] } };
const LISTS = 'containers:\n- name: istio-proxy\n  image: proxy\n';
const OVERLAY = `spec:\n  ${LISTS.trimEnd().replaceAll('\n', '\n  ')}\n`;
const INJECTED = annotated({ 'sidecar.istio.io/status': '{"containers":["istio-proxy"]}' });

function annotated(annotations: JsonObject, labels: JsonObject = {}): JsonObject {
  return { ...APP, metadata: { name: 'a', annotations, labels } };
}

function releaseOf(text: string): Release {
  const release = parseRelease(text);
  if (!release.ok) throw new Error(`no release ${text}`);
  return release.value;
}

function isOverlay(release: string): boolean {
  return releaseOf(release).minor >= 9;
}

function configOf(release: string, setup: Setup): InjectionConfig {
  const template = setup.template ?? (isOverlay(release) ? OVERLAY : LISTS);
  const source = isOverlay(release) ? { templates: { sidecar: template } } : { template };
  const cfg = loadInjectionConfig({
    configText: JSON.stringify({ policy: 'enabled', ...source, ...setup.config }),
    valuesText: JSON.stringify(setup.values ?? {}),
    meshConfigText: JSON.stringify(setup.mesh ?? {}),
    release: releaseOf(release),
  });
  if (!cfg.ok) throw new Error(messages(cfg.problems));
  return cfg.value;
}

function contextOf(at: Partial<InjectionContext> = {}): InjectionContext {
  return {
    path: 'webhook',
    requestNamespace: '',
    revision: '',
    proxyEnvs: new Map(),
    nativeSidecars: 'false',
    platform: '',
    compliancePolicy: '',
    host: {},
    ...at,
  };
}

function messages(problems: readonly { readonly message: string }[]): string {
  return problems.map((problem) => problem.message).join('; ');
}

function run(release: string, pod: JsonObject, setup: Setup = {}): InjectionOutcome {
  return inject(pod, contextOf(setup.at), configOf(release, setup));
}

function injected(release: string, pod: JsonObject, setup: Setup = {}): JsonObject {
  const outcome = run(release, pod, setup);
  if (outcome.kind !== 'injected') throw new Error(`${release} ${outcome.kind}: ${messages(outcome.problems)}`);
  return outcome.pod;
}

/** What an action of a template gives, or the error. */
function shown(release: string, expression: string, setup: Setup = {}): string {
  const [left, right] = releaseOf(release).minor < 2 ? ['[[', ']]'] : ['{{', '}}'];
  const lists = `containers:\n- name: istio-proxy\n  image: '${left} ${expression} ${right}'\n`;
  const template = isOverlay(release) ? `spec:\n  ${lists.trimEnd().replaceAll('\n', '\n  ')}\n` : lists;
  try {
    return textAt(sidecarOf(injected(release, APP, { ...setup, template })) ?? {}, 'image');
  } catch (error) {
    return error instanceof Error ? error.message : '';
  }
}

function decidedBy(release: string, pod: JsonObject, setup: Setup = {}): string {
  return decideInjection(pod, contextOf(setup.at), configOf(release, setup)).decidedBy;
}

const MANUAL: Partial<InjectionContext> = { path: 'kube-inject' };

describe('template language', () => {
  it('template-delimiters-braces: text in braces is literal up to 1.1', () => {
    const lists = (text: string): string => `containers:\n- name: istio-proxy\n  image: '${text}'\n`;
    const image = (release: string, text: string): string =>
      textAt(sidecarOf(injected(release, APP, { template: lists(text) })) ?? {}, 'image');
    expect(image('1.1', '{{ x }}/[[ .ObjectMeta.Name ]]')).toBe('{{ x }}/a');
    expect(image('1.2', '{{ .ObjectMeta.Name }}/]]')).toBe('a/]]');
  });

  // A function that the release lacks fails when the template is compiled.
  it.each([
    ['template-functions-annotation', '1.0.2', '1.0.3', 'annotation .ObjectMeta "x" "d"', 'd'],
    ['template-functions-values', '1.0.9', '1.1.0', 'valueOrDefault "" "d"', 'd'],
    ['template-function-render', '1.1.9', '1.2.0', 'render "d"', 'd'],
    ['sprig-functions', '1.7', '1.8.0', 'upper "d"', 'D'],
  ])('%s: %s has no function of %s', (_row, before, after, expression, result) => {
    expect(shown(before, expression)).toMatch(/function "\w+" not defined/);
    expect(shown(after, expression)).toBe(result);
  });

  it('template-function-render: gone with 1.14', () => {
    for (const release of ['1.8', '1.13']) expect(shown(release, 'render "d"')).toBe('d');
    expect(shown('1.14.0', 'render "d"')).toMatch(/function "render" not defined/);
  });

  it('nil-duration-is-zero: formatDuration of what the mesh does not say', () => {
    const action = 'formatDuration .ProxyConfig.DiscoveryRefreshDelay';
    expect(shown('1.13', action)).toBe('1s');
    expect(shown('1.14.0', action)).toBe('0s');
  });

  it("sprig-to-json: Istio's own toJson knows maps only", () => {
    expect(shown('1.18', 'toJson (list 1)')).toContain('wrong type for value; expected map[string]string');
    expect(shown('1.19.0', 'toJson (list 1)')).toBe('[1]');
  });

  it('overlay-templates: lists are appended up to 1.8, a partial Pod is merged from 1.9 on', () => {
    const pod: JsonObject = { metadata: { name: 'a' }, spec: { containers: [{ name: 'app' }], nodeName: 'n' } };
    const names = (release: string, template: string): readonly string[] =>
      containersOf(injected(release, pod, { template }), 'containers').map((container) => textAt(container, 'name'));
    expect(names('1.8', LISTS)).toEqual(['app', 'istio-proxy']);
    expect(names('1.9.0', OVERLAY)).toContain('istio-proxy');
    const changed = { template: 'spec:\n  nodeName: other\n' };
    expect(specOf(injected('1.9.0', pod, changed))).toMatchObject({ nodeName: 'other' });
  });
});

describe('template data', () => {
  const FIELDS: readonly (readonly [row: string, before: string, after: string, field: string, value: RegExp])[] = [
    ['deployment-meta', '1.0.9', '1.1.0', '.DeploymentMeta.Name', /^a$/],
    ['template-values', '1.1.9', '1.2.0', '.Values.v', /^w$/],
    ['type-meta', '1.2', '1.3.0', '.TypeMeta.Kind', /^Pod$/],
    ['template-revision', '1.8', '1.9.0', '.Revision', /^r$/],
    ['estimated-concurrency', '1.10', '1.11.0', '.EstimatedConcurrency', /^\d+$/],
    ['proxy-image', '1.12', '1.13.0', '.ProxyImage', /^h\/proxyv2:1$/],
    ['proxy-uid', '1.19', '1.20.0', '.ProxyUID', /^1337$/],
  ];
  const setup: Setup = {
    values: { v: 'w', global: { hub: 'h', tag: '1', proxy: { image: 'proxyv2' } } },
    at: { revision: 'r' },
  };

  it.each(FIELDS)('%s: %s has no field of %s', (_row, before, after, field, value) => {
    expect(shown(before, field, setup)).toMatch(/can't evaluate field/);
    expect(shown(after, field, setup)).toMatch(value);
  });

  it('estimated-concurrency: gone with 1.18', () => {
    expect(shown('1.17', '.EstimatedConcurrency')).toMatch(/^\d+$/);
    expect(shown('1.18.0', '.EstimatedConcurrency')).toMatch(/can't evaluate field/);
  });
});

describe('the decision', () => {
  it('inject-selectors', () => {
    const config = { neverInjectSelector: [{ matchLabels: { batch: 'yes' } }] };
    const pod = annotated({}, { batch: 'yes' });
    expect(decidedBy('1.0', pod, { config })).toBe('policy');
    expect(decidedBy('1.1.0', pod, { config })).toBe('never-inject-selector');
  });

  it('kube-inject-skips-injected, skips-injected-by-status', () => {
    const containers = [{ name: 'app' }, { name: 'istio-proxy' }];
    const own: JsonObject = { metadata: { name: 'a' }, spec: { containers } };
    const marked: JsonObject = { ...INJECTED, spec: { containers } };
    expect(decidedBy('1.2', own, { at: MANUAL })).not.toBe('already-injected');
    for (const release of ['1.3.0', '1.8']) expect(decidedBy(release, own, { at: MANUAL })).toBe('already-injected');
    expect(decidedBy('1.9.0', own, { at: MANUAL })).toBe('policy');
    expect(decidedBy('1.16', marked, { at: MANUAL })).toBe('already-injected');
    expect(decidedBy('1.17.0', marked, { at: MANUAL })).toBe('policy');
    expect(decidedBy('1.9.0', marked)).toBe('policy');
  });

  it('skip-names-kind: from 1.11 on', () => {
    const owner = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd', namespace: 'n' };
    const pod: JsonObject = { spec: { hostNetwork: true, containers: [{ name: 'app' }] } };
    const warning = (release: string): string => messages(run(release, pod, { at: { ...MANUAL, owner } }).problems);
    expect(warning('1.10')).toBe('Skipping injection because "d" has host networking enabled');
    expect(warning('1.11.0')).toBe('Skipping injection because Deployment "n/d" has host networking enabled');
  });

  it('ignored-namespaces-four', () => {
    const at = { requestNamespace: 'kube-node-lease' };
    expect(decidedBy('1.8', APP, { at })).toBe('policy');
    expect(decidedBy('1.9.0', APP, { at })).toBe('ignored-namespace');
    expect(decidedBy('1.8', APP, { at: { requestNamespace: 'kube-public' } })).toBe('ignored-namespace');
  });

  it('inject-label: wins over the annotation', () => {
    const pod = annotated({ 'sidecar.istio.io/inject': 'true' }, { 'sidecar.istio.io/inject': 'false' });
    expect(run('1.11', pod).kind).toBe('injected');
    expect(run('1.12.0', pod).kind).toBe('skipped');
  });
});

describe('probes', () => {
  const values = { sidecarInjectorWebhook: { rewriteAppHTTPProbe: true } };
  const LISTENING = `${LISTS}  args: [proxy, --statusPort, "15020"]\n`;
  const HTTP = { httpGet: { path: '/live', port: 80 } };

  const probed = (probe: JsonObject, list = 'containers'): JsonObject => ({
    metadata: { name: 'a' },
    spec: { containers: [{ name: 'app' }], [list]: [{ name: 'app', livenessProbe: probe }] },
  });
  const probeOf = (release: string, probe: JsonObject, list: 'containers' | 'initContainers' = 'containers'): unknown =>
    containersOf(injected(release, probed(probe, list), { values }), list)[0]?.livenessProbe;

  it('probe-rewriting: asked for by the template from 1.1 on', () => {
    const template = `rewriteAppHTTPProbe: true\n${LISTENING}`;
    const path = (release: string): unknown =>
      containersOf(injected(release, probed(HTTP), { template }), 'containers')[0]?.livenessProbe;
    expect(path('1.0')).toEqual(HTTP);
    expect(path('1.1.0')).toMatchObject({ httpGet: { path: '/app-health/app/livez', port: 15020 } });
  });

  it.each([
    ['tcp-probes', '1.11', '1.12.0', { tcpSocket: { port: 80 } }],
    ['grpc-probes', '1.12', '1.13.0', { grpc: { port: 80 } }],
  ])('%s: %s leaves alone what %s points at the agent', (_row, before, after, probe) => {
    expect(probeOf(before, probe)).toMatchObject(probe);
    expect(probeOf(after, probe)).toMatchObject({ httpGet: { path: '/app-health/app/livez' } });
  });

  it('probes-of-init-containers', () => {
    expect(probeOf('1.18', HTTP, 'initContainers')).toMatchObject(HTTP);
    expect(probeOf('1.19.0', HTTP, 'initContainers')).toMatchObject({ httpGet: { path: '/app-health/app/livez' } });
  });

  it('probers-merged: a second injection keeps what the first told the agent', () => {
    const env = (pod: JsonObject): readonly unknown[] =>
      listAt(sidecarOf(pod) ?? {}, 'env')
        .filter((item) => item.name === 'ISTIO_KUBE_APP_PROBERS')
        .map(({ value }) => value);
    const twice = (release: string): readonly unknown[] => {
      const once = injected(release, probed(HTTP), { values });
      const readinessProbe = { httpGet: { path: '/ready', port: 80 } };
      const containers = containersOf(once, 'containers').map((item) =>
        item.name === 'app' ? { ...item, readinessProbe } : item,
      );
      return env(injected(release, { ...once, spec: { ...specOf(once), containers } }, { values }));
    };
    // Before 1.17 the agent is told a second time, in an environment variable of the same name.
    expect(twice('1.16')).toHaveLength(2);
    expect(twice('1.17.0')).toEqual([expect.stringMatching(/"path":"\/live".*"path":"\/ready"/)]);
  });
});

describe('the pod', () => {
  it('native-sidecars: a native istio-proxy is customised by the container istio-proxy, from 1.19 on', () => {
    const template = 'spec:\n  initContainers:\n  - name: istio-proxy\n    restartPolicy: Always\n';
    const pod: JsonObject = { metadata: { name: 'a' }, spec: { containers: [{ name: 'istio-proxy', image: 'mine' }] } };
    const native = (release: string): JsonObject | undefined =>
      containersOf(injected(release, pod, { template }), 'initContainers')[0];
    expect(native('1.18')).not.toMatchObject({ image: 'mine' });
    expect(native('1.19.0')).toMatchObject({ name: 'istio-proxy', image: 'mine' });
  });

  it("openshift-ids: the proxy runs as the last user of the namespace's range", () => {
    const namespaceObject: JsonObject = {
      metadata: { name: 'n', annotations: { 'openshift.io/sa.scc.uid-range': '1000650000/10000' } },
    };
    const at: Partial<InjectionContext> = { platform: 'openshift', namespaceObject };
    const template = `${OVERLAY}    securityContext: {runAsUser: {{ .ProxyUID }}}\n`;
    const ids = (path: InjectionContext['path']): unknown =>
      sidecarOf(injected('1.20.0', APP, { template, at: { ...at, path } }))?.securityContext;
    expect(ids('webhook')).toEqual({ runAsUser: 1000659999 });
    expect(ids('kube-inject')).toEqual({ runAsUser: 1337 });
  });
});

describe('the status', () => {
  const status = (release: string, setup: Setup = {}): unknown =>
    JSON.parse(annotationOf(injected(release, APP, setup), 'sidecar.istio.io/status') ?? '{}');

  it('status-version: the hash of the template, up to 1.8', () => {
    expect(status('1.8')).toMatchObject({ version: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(status('1.9.0')).not.toHaveProperty('version');
  });

  it('status-revision: from 1.11 on', () => {
    expect(status('1.10', { at: { revision: 'r' } })).not.toHaveProperty('revision');
    expect(status('1.11.0', { at: { revision: 'r' } })).toMatchObject({ revision: 'r' });
    expect(status('1.11.0')).toMatchObject({ revision: 'default' });
  });

  it('overrides-skip-injected: what an injection left is not what the user wants', () => {
    const template = (image: string): Setup => ({ template: OVERLAY.replace('image: proxy', `image: ${image}`) });
    const image = (release: string): unknown =>
      sidecarOf(injected(release, injected(release, APP, template('old')), template('new')))?.image;
    expect(image('1.16')).toBe('old');
    expect(image('1.17.0')).toBe('new');
  });
});
