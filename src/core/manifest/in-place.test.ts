import { describe, expect, it } from 'vitest';
import { loadInjectionConfig } from '../injection/index.ts';
import { LATEST, type Release } from '../release.ts';
import { injectInPlace, injectManifest, type ManifestSettings, renderManifest, uninjectInPlace } from './index.ts';

const SIDECAR = `templates:
  sidecar: |
    spec: {containers: [{name: istio-proxy, image: "proxy:1"}]}
`;
const NATIVE = `templates:
  sidecar: |
    spec: {initContainers: [{name: istio-proxy, image: "proxy:1", restartPolicy: Always}]}
`;
const OLD = 'policy: enabled\ntemplate: |\n  containers:\n  - name: istio-proxy\n    image: proxy:1\n';

function settings(configText = SIDECAR, release: Release = LATEST): ManifestSettings {
  const config = loadInjectionConfig({ configText, valuesText: '{}', release });
  if (!config.ok) throw new Error(JSON.stringify(config.problems));
  return {
    config: config.value,
    context: { revision: '', nativeSidecars: 'true', nodes: undefined, platform: '', compliancePolicy: '', host: {} },
    namespaces: new Map(),
  };
}

/** Rewrites probes, and writes what Istio's templates derive from the pod. */
const DERIVING = `templates:
  sidecar: |
    metadata:
      labels:
        service.istio.io/canonical-name: {{ index .ObjectMeta.Labels "service.istio.io/canonical-name" | default (index .ObjectMeta.Labels "app") }}
    spec:
      containers: [{name: istio-proxy, image: "proxy:1"}]
`;

function deriving(): ManifestSettings {
  const valuesText = '{"sidecarInjectorWebhook":{"rewriteAppHTTPProbe":true}}';
  const config = loadInjectionConfig({ configText: DERIVING, valuesText, release: LATEST });
  if (!config.ok) throw new Error(JSON.stringify(config.problems));
  return { ...settings(), config: config.value };
}

function edited(text: string, by = settings()): string {
  const result = injectInPlace({ name: 'app.yaml', text }, by);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.value.text;
}

function restored(text: string, by = settings()): string {
  const result = uninjectInPlace({ name: 'app.yaml', text }, by);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.value.text;
}

const POD = 'apiVersion: v1\nkind: Pod # c\nmetadata: {name: x}\nspec:\n  containers:\n  - {name: app, image: a}\n';
const RECORD = /^# remora-undo\/1 .*\n/m;

describe('injectInPlace', () => {
  it('leaves a record that leads back, also when the configuration has changed since', () => {
    const once = edited(POD);
    const later = edited(once, settings(SIDECAR.replace('proxy:1', 'proxy:2')));
    expect(later).toContain('proxy:2');
    expect(later).not.toContain('proxy:1');
    expect(restored(later)).toBe(POD);
  });

  it('takes the sidecar out where the configuration no longer injects', () => {
    const off = POD.replace('{name: x}', '{name: x, labels: {sidecar.istio.io/inject: "false"}}');
    expect(edited(off)).toBe(off);
  });

  it('of a file that someone changed since: edits what is there, and then stays', () => {
    const changed = edited(POD).replace('image: a', 'image: b');
    expect(edited(changed)).toBe(changed);
    const rolled = edited(changed, settings(SIDECAR.replace('proxy:1', 'proxy:2')));
    expect(rolled).toMatch(/image: b[\s\S]*proxy:2/);
    expect(rolled).not.toMatch(RECORD);
    expect(edited(rolled, settings(SIDECAR.replace('proxy:1', 'proxy:2')))).toBe(rolled);
  });

  it('loses nothing that was written below the record, nor of two files that were joined', () => {
    const two = `${edited(POD)}---\n${POD.replace('name: x', 'name: y')}`;
    const both = edited(two);
    expect(both.match(/name: istio-proxy/g)).toHaveLength(2);
    expect(both).toContain('name: y');
    expect(edited(both)).toBe(both);
    const joined = `${edited(POD)}---\n${edited(POD.replace('name: x', 'name: y'))}`;
    expect(edited(joined)).toBe(joined);
    expect(restored(joined).match(/istio-proxy/g)).toBeNull();
    expect(restored(joined)).toContain('name: y');
  });

  it('of a file that kube-inject wrote: no record, and nothing to change', () => {
    const written = renderManifest(injectManifest({ name: '-', text: POD }, settings()));
    expect(edited(written)).toBe(written);
  });

  it('of a sidecar of another template generation: the second run starts where the first did', () => {
    const args = POD.replace('containers:', 'containers:\n  - {name: istio-proxy, image: mine, args: [old]}');
    const plain = args.replace(
      '{name: x}',
      `{name: x, annotations: {sidecar.istio.io/status: '{"containers":["istio-proxy"]}'}}`,
    );
    const native = settings(NATIVE);
    const once = edited(plain, native);
    expect(once).toMatch(RECORD);
    expect(edited(once, native)).toBe(once);
    const back = restored(once, native);
    expect(back).not.toContain('istio-proxy');
    expect(back).toContain('{name: app, image: a}');
  });

  it('is refused for a release before 1.9 where the sidecar is there already, in any document', () => {
    const old = settings(OLD, { minor: 0, patch: 2 });
    const once = edited(POD, old);
    const again = injectInPlace({ name: 'app.yaml', text: `${once.replace(RECORD, '')}---\n${POD}` }, old);
    expect(again).toMatchObject({
      ok: false,
      problems: [
        {
          code: 'ALREADY_INJECTED',
          severity: 'error',
          where: { file: 'app.yaml', line: 1 },
          remedy: expect.stringContaining('uninject'),
        },
      ],
    });
    expect(injectInPlace({ name: 'app.yaml', text: once }, old)).toMatchObject({
      ok: false,
      problems: [{ code: 'ALREADY_INJECTED' }],
    });
    expect(restored(once, old)).toBe(POD);
  });

  it('fails with the problems of every document where one is an error', () => {
    const result = injectInPlace({ name: 'app.yaml', text: `${POD}---\nkind: Pod\n---\nkind: Job\n` }, settings());
    expect(result.ok).toBe(false);
    expect(result.problems.map(({ where }) => where?.line)).toEqual([8, 10]);
  });

  it('writes no comment into JSON', () => {
    const json = JSON.stringify({ kind: 'Pod', spec: { containers: [{ name: 'app' }] } }, null, 2);
    const once = edited(json);
    expect(JSON.parse(once)).toMatchObject({ spec: { containers: [{ name: 'app' }, { name: 'istio-proxy' }] } });
    expect(edited(once)).toBe(once);
  });

  it('keeps a byte order mark and a missing newline at the end', () => {
    const text = `\ufeff${POD.trimEnd()}`;
    const once = edited(text);
    expect(once.startsWith('\ufeffapiVersion')).toBe(true);
    expect(edited(once)).toBe(once);
    expect(restored(once)).toBe(text);
  });
});

describe('injectInPlace of a file that was injected, and edited then', () => {
  const APP = `kind: Pod
metadata:
  labels: {app: one}
spec:
  containers:
  - name: app
    image: a
    livenessProbe:
      httpGet:
        path: /old
        port: 80
    readinessProbe:
      httpGet:
        path: /ready
        port: 80
`;
  const by = deriving();
  const once = edited(APP, by);
  const AGENT = /path: \/app-health\/app\/livez\n +port: \d+/;

  it('a changed probe counts, and the file stays as it then is', () => {
    const changed = once.replace(AGENT, 'path: /new\n        port: 81');
    expect(changed).not.toBe(once);
    const again = edited(changed, by);
    expect(again).toContain('"/app-health/app/livez":{"httpGet":{"path":"/new","port":81}}');
    expect(again).toMatch(AGENT);
    expect(again).not.toContain('/old');
    expect(edited(again, by)).toBe(again);
    expect(restored(again, by)).toBe(APP.replace('/old\n        port: 80', '/new\n        port: 81'));
  });

  it('kube-inject keeps what the agent was told, as Istio does, and warns', () => {
    const changed = once.replace(AGENT, 'path: /new\n        port: 81');
    const result = injectManifest({ name: 'app.yaml', text: changed }, by);
    expect(renderManifest(result)).toContain('"/app-health/app/livez":{"httpGet":{"path":"/old","port":80}}');
    expect(result.problems).toMatchObject([
      {
        code: 'PROBE_NOT_UPDATED',
        severity: 'warning',
        message: expect.stringMatching(/livenessProbe of container "app".*\/new.*\/old/),
        where: { pointer: '/spec/containers/0/livenessProbe' },
      },
    ]);
    expect(injectManifest({ name: 'app.yaml', text: once }, by).problems).toEqual([]);
    expect(injectInPlace({ name: 'app.yaml', text: changed }, by).problems).toEqual([]);
  });

  it('the probes of a renamed container go with it', () => {
    const again = edited(once.replace('- name: app', '- name: web'), by);
    expect(again).toContain('/app-health/web/livez":{"httpGet":{"path":"/old","port":80}}');
    expect(again).not.toContain('/app-health/app');
    expect(edited(again, by)).toBe(again);
    expect(restored(again, by)).toBe(APP.replace('- name: app', '- name: web'));
  });

  it('the agent forgets a probe that is gone, and all where none is left', () => {
    const gone = once.replace(/ +livenessProbe:\n +httpGet:\n.*\n.*\n/, '');
    const again = edited(gone, by);
    expect(again).not.toMatch(/livez|\/old/);
    expect(again).toContain('"/app-health/app/readyz"');
    const none = edited(gone.replace(/ +readinessProbe:\n +httpGet:\n.*\n.*\n/, ''), by);
    expect(none).not.toContain('ISTIO_KUBE_APP_PROBERS');
    expect(edited(none, by)).toBe(none);
  });

  it('a label that was derived before the edit is warned of', () => {
    const result = injectInPlace({ name: 'app.yaml', text: once.replace('app: one', 'app: two') }, by);
    expect(result.problems).toMatchObject([
      { code: 'METADATA_NOT_UPDATED', severity: 'warning', message: expect.stringMatching(/"one".*"two"/) },
    ]);
    expect(injectInPlace({ name: 'app.yaml', text: once }, by).problems).toEqual([]);
  });

  it('the record ends as the lines of the file do', () => {
    for (const text of [APP.replaceAll('\n', '\r\n'), APP.replaceAll('\n', '\r\n').trimEnd()]) {
      const windows = edited(text, by);
      expect(windows.replaceAll('\r\n', '')).not.toContain('\n');
      expect(restored(windows, by)).toBe(text);
      expect(edited(windows, by)).toBe(windows);
    }
  });
});
