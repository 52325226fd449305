import { describe, expect, it } from 'vitest';
import { readInstallValues } from './install-values.ts';
import { readIstioOperator } from './istio-operator.ts';

describe('readInstallValues', () => {
  it('reads the paths that injection uses, and tolerates the rest', () => {
    const values = readInstallValues({
      global: {
        hub: 'docker.io/istio',
        tag: 1.12,
        variant: 'debug',
        network: 'n1',
        multiCluster: { clusterName: 'c1' },
        proxy: { image: 'p', holdApplicationUntilProxyStarts: true, resources: 5 },
        proxy_init: { image: 'i' },
        unknown: [],
      },
      sidecarInjectorWebhook: { rewriteAppHTTPProbe: true },
    });
    expect(values.ok && values.value).toEqual({
      hub: 'docker.io/istio',
      tag: '1.12',
      variant: 'debug',
      proxyImage: 'p',
      proxyInitImage: 'i',
      clusterName: 'c1',
      network: 'n1',
      holdApplicationUntilProxyStarts: true,
      rewriteAppHTTPProbe: true,
    });
  });

  it('is all zero for null and for the empty object', () => {
    const empty = readInstallValues({});
    expect(empty).toEqual(readInstallValues(null));
    expect(empty.ok && empty.value.rewriteAppHTTPProbe).toBe(false);
  });

  it('refuses a field of a wrong type', () => {
    const values = readInstallValues({ global: { hub: 5, proxy: 'x' } });
    expect(values.problems.map(({ message, where }) => [message, where?.pointer])).toEqual([
      [
        'could not parse configuration values: json: cannot unmarshal number into Go value of type string',
        '/global/hub',
      ],
      [
        'could not parse configuration values: json: cannot unmarshal string into Go value of type map[string]json.RawMessage',
        '/global/proxy',
      ],
    ]);
  });
});

describe('readIstioOperator', () => {
  it('takes values and mesh config', () => {
    const file = 'kind: IstioOperator\nspec:\n  values: {global: {hub: h}}\n  meshConfig: {trustDomain: t}';
    expect(readIstioOperator(file)).toMatchObject({
      ok: true,
      value: { values: '{"global":{"hub":"h"}}', meshConfig: '{"trustDomain":"t"}' },
    });
    expect(readIstioOperator('kind: IstioOperator').ok).toBe(true);
  });

  it('refuses another kind', () => {
    expect(readIstioOperator('kind: Pod').problems[0]?.message).toBe('no IstioOperator: the kind is Pod');
  });
});
