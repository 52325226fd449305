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
