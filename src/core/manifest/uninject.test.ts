import { describe, expect, it } from 'vitest';
import { type BuiltinOptions, builtinConfig, loadInjectionConfig } from '../injection/index.ts';
import { LATEST, type Release } from '../release.ts';
import {
  injectInPlace,
  injectManifest,
  type ManifestSettings,
  renderManifest,
  uninjectInPlace,
  uninjectManifest,
} from './index.ts';

function settings(options: Partial<BuiltinOptions> = {}): ManifestSettings {
  return from(builtinConfig({ tag: '1', ...options }), LATEST);
}

function from(
  texts: { readonly configText: string; readonly valuesText?: string | undefined },
  release: Release,
): ManifestSettings {
  const config = loadInjectionConfig({ ...texts, release });
  if (!config.ok) throw new Error(JSON.stringify(config.problems));
  return {
    config: config.value,
    context: { revision: '', nativeSidecars: 'false', nodes: undefined, platform: '', compliancePolicy: '', host: {} },
    namespaces: new Map(),
  };
}

const OLD_TEMPLATE = `policy: enabled
template: |
  initContainers:
  - name: istio-init
    image: example/init
  containers:
  - name: istio-proxy
    image: example/proxy:[[ index .ObjectMeta.Labels "version" ]]
  volumes:
  - name: istio-envoy
    emptyDir: {}
`;

const APP = `# the shop
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec:
  template:
    metadata:
      labels: {app: shop, version: v2}   # both matter
    spec:
      containers:
      - name: shop
        image: "example/shop:1"
        ports:
        - {name: web, containerPort: 8080}
        readinessProbe:
          httpGet: {path: /ready, port: web}
`;

const SERVICE = `apiVersion: v1
kind: Service   # passes through
metadata: {name: shop}
`;

function injectedText(text: string, by: ManifestSettings): string {
  const result = injectManifest({ name: 'app.yaml', text }, by);
  expect(result.problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  return renderManifest(result);
}

/** The input as kube-inject would print it without injecting: after Go's types. */
function typedText(text: string, by: ManifestSettings): string {
  const { documents } = injectManifest({ name: 'app.yaml', text }, by);
  return renderManifest({
    documents: documents.map((document) =>
      document.kind === 'object' ? { ...document, after: document.before } : document,
    ),
  });
}

function uninjected(text: string, by?: ManifestSettings) {
  const result = uninjectManifest({ name: 'app.yaml', text }, by);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return { ...result.value, problems: result.problems };
}

describe('uninjectManifest', () => {
  const today = settings();
  const old = from({ configText: OLD_TEMPLATE }, { minor: 0, patch: 2 });

  it('gives what was injected, in every document', () => {
    const text = `${APP}---\n${SERVICE}---\n${APP}`;
    for (const by of [today, old]) {
      const back = uninjected(injectedText(text, by), by);
      expect(back.text).toBe(typedText(text, by));
      expect(back.problems).toEqual([]);
      expect(back.workloads.map(({ name, outcome, verified }) => [name, outcome, verified])).toEqual([
        ['shop', 'uninjected', true],
        ['shop', 'uninjected', true],
      ]);
    }
  });

  it('goes into Lists and CronJobs', () => {
    const cron = `apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly}
spec:
  schedule: "0 0 * * *"
  jobTemplate:
    spec:
      template:
        spec:
          containers: [{name: job, image: example/job}]
`;
    const list = `apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: ConfigMap, metadata: {name: c}}
- {apiVersion: v1, kind: Pod, metadata: {name: p, annotations: {note: mine}}, spec: {containers: [{name: a, image: b}]}}
`;
    for (const text of [cron, list]) {
      const back = uninjected(injectedText(text, today), today);
      expect(back.text).toBe(typedText(text, today));
      expect(back.workloads).toHaveLength(1);
    }
    expect(uninjected(injectedText(list, today), today).workloads[0]?.pointer).toBe('/items/1');
  });

  it('needs no configuration for what Istio usually adds', () => {
    for (const by of [today, settings({ values: { pilot: { cni: { enabled: true } } } })]) {
      expect(uninjected(injectedText(APP, by)).text).toBe(typedText(APP, by));
    }
  });

  it('leaves a pod that was not injected as it is, and says so', () => {
    const back = uninjected(APP, today);
    expect(back.text).toBe(typedText(APP, today));
    expect(back.problems).toMatchObject([{ code: 'NOT_INJECTED', severity: 'warning' }]);
    expect(back.workloads).toMatchObject([{ outcome: 'not-injected', verified: false }]);
  });

  it('says when the configuration is another one, and does what it can', () => {
    const other = from({ configText: 'templates: {sidecar: "spec: {containers: [{name: istio-proxy}]}"}' }, LATEST);
    const back = uninjected(injectedText(APP, today), other);
    expect(back.text).toBe(typedText(APP, today));
    expect(back.problems).toMatchObject([{ code: 'UNINJECT_UNVERIFIED', severity: 'warning' }]);
  });

  it('refuses a status that says nothing', () => {
    const broken = injectedText(APP, today).replace(/sidecar.istio.io\/status: .*/, 'sidecar.istio.io/status: "{"');
    const result = uninjectManifest({ name: 'app.yaml', text: broken }, today);
    expect(result.ok).toBe(false);
    expect(result.problems).toMatchObject([{ code: 'STATUS_INVALID', where: { file: 'app.yaml' } }]);
  });

  it("keeps the user's own settings of the sidecar, whatever the sidecar becomes", () => {
    const own = `${APP}      - name: istio-proxy
        image: auto
        resources: {limits: {memory: 2Gi}}
`;
    const native = { ...today, context: { ...today.context, nativeSidecars: 'true' as const } };
    for (const by of [today, native]) {
      expect(uninjected(injectedText(own, by), by).text).toBe(typedText(own, by));
    }
  });
});

describe('uninjectInPlace', () => {
  const today = settings();

  function inPlace(text: string): string {
    const result = injectInPlace({ name: 'app.yaml', text }, today);
    if (!result.ok) throw new Error(JSON.stringify(result.problems));
    return result.value.text;
  }

  function back(text: string) {
    const result = uninjectInPlace({ name: 'app.yaml', text }, today);
    if (!result.ok) throw new Error(JSON.stringify(result.problems));
    return { text: result.value.text, codes: result.problems.map(({ code }) => code) };
  }

  it('gives the text back byte for byte', () => {
    for (const text of [APP, APP.replaceAll('\n', '\r\n'), `${SERVICE}---\n${APP.trimEnd()}`, `\n\n${APP}\n# end`]) {
      expect(inPlace(text)).not.toBe(text);
      expect(back(inPlace(text))).toEqual({ text, codes: [] });
    }
  });

  it('takes out what is in the text, and keeps what was changed since, where the record no longer fits', () => {
    const changed = inPlace(APP).replace('example/shop:1', 'example/shop:2');
    // What injection rewrote within braces was quoted then, and is still.
    const wanted = APP.replace('shop:1', 'shop:2').replace(
      '{path: /ready, port: web}',
      '{path: "/ready", port: "web"}',
    );
    expect(back(changed)).toEqual({ text: wanted, codes: ['UNDO_RECORD_STALE'] });
  });

  it('leaves a text alone that was never injected', () => {
    expect(back(APP)).toEqual({ text: APP, codes: ['NOT_INJECTED'] });
  });
});
