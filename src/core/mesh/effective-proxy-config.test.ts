import { describe, expect, it } from 'vitest';
import { LATEST, type Release } from '../release.ts';
import { applyProxyConfigAnnotation, type ProxyConfigRequest, resolveProxyConfig } from './effective-proxy-config.ts';
import { parseMeshConfig } from './mesh-config.ts';
import { type MeshConfig, type ProxyConfigResource, parseProxyConfigResource } from './proxy-config.ts';

function mesh(defaultConfig: unknown, release: Release = LATEST): MeshConfig {
  const parsed = parseMeshConfig(JSON.stringify({ defaultConfig }), { release });
  if (!parsed.ok) throw new Error(parsed.problems[0]?.message);
  return parsed.value;
}

function resolve(request: Partial<ProxyConfigRequest> & { readonly annotation?: string }) {
  const result = resolveProxyConfig({
    path: 'webhook',
    release: LATEST,
    mesh: mesh({}),
    annotations: request.annotation === undefined ? {} : { 'proxy.istio.io/config': request.annotation },
    namespace: 'shop',
    ...request,
  });
  if (!result.ok) throw new Error(result.problems[0]?.message);
  return result.value;
}

function resource(
  name: string,
  namespace: string,
  spec: object,
  created = '2026-01-01T00:00:00Z',
): ProxyConfigResource {
  const object = { metadata: { name, namespace, creationTimestamp: created }, spec };
  const parsed = parseProxyConfigResource(JSON.parse(JSON.stringify(object)), LATEST);
  if (!parsed.ok) throw new Error(parsed.problems[0]?.message);
  return parsed.value;
}

describe('kube-inject', () => {
  const tproxy = mesh({ interceptionMode: 'TPROXY' });

  it('lets a zero of the annotation take effect, and changes the mesh config', () => {
    const { proxyConfig, meshConfig } = resolve({
      path: 'kube-inject',
      mesh: tproxy,
      annotation: 'interceptionMode: REDIRECT\nstatusPort: 15099',
    });
    expect(proxyConfig.interceptionMode).toBeUndefined();
    expect(meshConfig.defaultConfig?.statusPort).toBe(15099);
  });

  it('does so in the webhook up to 1.12, and ignores the annotation up to 1.5', () => {
    const annotation = 'interceptionMode: REDIRECT';
    const old = (minor: number) =>
      resolve({
        mesh: mesh({ interceptionMode: 'TPROXY' }, { minor, patch: 0 }),
        release: { minor, patch: 0 },
        annotation,
      });
    expect(old(12).proxyConfig.interceptionMode).toBeUndefined();
    expect(old(5).proxyConfig.interceptionMode).toBe('TPROXY');
  });

  it('merges metadata by key and names the source of each field', () => {
    const { proxyConfig, contributions } = resolve({
      path: 'kube-inject',
      mesh: mesh({ proxyMetadata: { A: '1', B: '2' } }),
      annotation: 'proxyMetadata: {B: "3"}',
    });
    expect(proxyConfig.proxyMetadata).toEqual({ A: '1', B: '3' });
    expect(contributions.at(-1)).toEqual({ source: 'annotation', fields: ['proxyMetadata.B'] });
  });

  it('fails for an annotation that cannot be parsed', () => {
    const result = applyProxyConfigAnnotation(tproxy, 'proxyMetadata: {A: 1}', LATEST);
    expect(result.ok).toBe(false);
    expect(result.problems).toMatchObject([
      {
        code: 'PROXY_CONFIG_INVALID',
        message: 'could not parse proxy config: json: cannot unmarshal number into Go value of type string',
        where: { pointer: '/metadata/annotations/proxy.istio.io~1config' },
      },
    ]);
  });
});

describe('the webhook', () => {
  it('loses zeros of scalars and enums, but not of wrappers', () => {
    const { proxyConfig, meshConfig } = resolve({
      mesh: mesh({ interceptionMode: 'TPROXY', concurrency: 4 }),
      annotation: 'interceptionMode: REDIRECT\nconcurrency: 0\nstatusPort: 15099',
    });
    expect(proxyConfig.interceptionMode).toBe('TPROXY');
    expect(proxyConfig.concurrency).toBe(0);
    expect(meshConfig.defaultConfig?.statusPort).toBe(15020);
  });

  it('ignores an annotation that cannot be parsed', () => {
    expect(resolve({ annotation: 'proxyMetadata: {A: 1}' }).proxyConfig.proxyMetadata).toBeUndefined();
  });

  it('takes four sources, the resource of the workload over the annotation', () => {
    const { proxyConfig, contributions } = resolve({
      mesh: mesh({ concurrency: 1 }),
      annotation: 'concurrency: 4\nproxyMetadata: {ANNOTATION: a, ALL: annotation}',
      labels: { app: 'hello', other: 'x' },
      resources: [
        resource('workload', 'shop', {
          selector: { matchLabels: { app: 'hello' } },
          environmentVariables: { ALL: 'workload' },
        }),
        resource('space', 'shop', { concurrency: 3, environmentVariables: { SPACE: 's', ALL: 'space' } }),
        resource('root', 'istio-system', { concurrency: 2, environmentVariables: { ROOT: 'r', ALL: 'root' } }),
      ],
    });
    expect(proxyConfig.concurrency).toBe(4);
    expect(proxyConfig.proxyMetadata).toEqual({ ROOT: 'r', SPACE: 's', ANNOTATION: 'a', ALL: 'workload' });
    expect(contributions.map(({ source, name }) => [source, name])).toEqual([
      ['built-in', undefined],
      ['mesh', undefined],
      ['root-namespace-resource', 'istio-system/root'],
      ['namespace-resource', 'shop/space'],
      ['annotation', undefined],
      ['workload-resource', 'shop/workload'],
    ]);
  });

  it('takes the oldest of several resources, and none whose selector is empty or does not match', () => {
    const { proxyConfig } = resolve({
      labels: { app: 'hello' },
      resources: [
        resource('young', 'shop', { concurrency: 5 }, '2026-03-01T00:00:00Z'),
        resource('old', 'shop', { concurrency: 6 }, '2026-01-01T00:00:00Z'),
        resource('empty', 'shop', { selector: {}, concurrency: 7 }),
        resource('other', 'shop', { selector: { matchLabels: { app: 'other' } }, concurrency: 8 }),
        resource('elsewhere', 'else', { concurrency: 9 }),
      ],
    });
    expect(proxyConfig.concurrency).toBe(6);
  });
});
