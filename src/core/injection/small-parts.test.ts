import { describe, expect, it } from 'vitest';
import { LATEST } from '../release.ts';
import { estimatedConcurrency } from './concurrency.ts';
import { imageUrl } from './image.ts';
import { appendMultusNetwork } from './multus.ts';
import { detectNativeSidecars, isNativePod } from './native-sidecar.ts';
import { clearFilledInUser, openshiftIds } from './openshift.ts';
import { orderContainers } from './order.ts';
import { otelResourceAttributes } from './otel.ts';
import { ownerOf } from './owner.ts';
import { parseInjectEnvs } from './url-env.ts';

describe('ownerOf', () => {
  const pod = (kind: string, name: string, labels = {}, apiVersion = 'apps/v1') => ({
    metadata: {
      name: 'p',
      generateName: 'g-',
      labels,
      ownerReferences: [{ apiVersion, kind, name, controller: true }],
    },
  });

  it.each([
    ['ReplicaSet', 'web-abc', { 'pod-template-hash': 'abc' }, 'Deployment', 'web', 'apps/v1'],
    ['ReplicaSet', 'webabc', { 'pod-template-hash': 'abc' }, 'Deployment', 'webabc', 'apps/v1'],
    ['ReplicaSet', 'web-abc', { 'rollouts-pod-template-hash': 'abc' }, 'Rollout', 'web', 'v1alpha1'],
    ['ReplicaSet', 'web', {}, 'ReplicaSet', 'web', 'apps/v1'],
    ['ReplicationController', 'web-1', { deploymentconfig: 'web' }, 'DeploymentConfig', 'web', 'apps/v1'],
    ['Job', 'tidy-12345678', {}, 'CronJob', 'tidy', 'batch/v1'],
    ['Job', 'tidy-1234567', {}, 'Job', 'tidy-1234567', 'apps/v1'],
  ])('%s %s', (kind, name, labels, wantKind, wantName, wantVersion) => {
    expect(ownerOf(pod(kind, name, labels), 'ns', LATEST)).toEqual({
      kind: wantKind,
      name: wantName,
      apiVersion: wantVersion,
      namespace: 'ns',
    });
  });

  it('a pod of its own is its own owner', () => {
    const own = { metadata: { name: 'p', ownerReferences: [{ kind: 'X', name: 'x', controller: true }] } };
    expect(ownerOf(own, 'ns', LATEST)).toEqual({ apiVersion: 'v1', kind: 'Pod', name: 'p', namespace: 'ns' });
  });
});

describe('imageUrl', () => {
  const settings = { hub: 'hub', tag: '1.20-debug', name: '', variant: 'distroless' };

  it('replaces the type in the tag: annotation before ProxyConfig before variant', () => {
    expect(imageUrl(settings, '', {})).toBe('hub/proxyv2:1.20-distroless');
    expect(imageUrl(settings, 'default', {})).toBe('hub/proxyv2:1.20');
    expect(imageUrl(settings, 'x', { 'sidecar.istio.io/proxyImageType': '' })).toBe('hub/proxyv2:1.20-debug');
  });
});

describe('native sidecars', () => {
  it('a known node decides alone; without access to nodes it is no', () => {
    const nodes = new Map([
      ['new', 'v1.34.1'],
      ['old', 'v1.28.0'],
    ]);
    expect(detectNativeSidecars('auto', nodes, 'new')).toBe(true);
    expect(detectNativeSidecars('auto', nodes, 'other')).toBe(false);
    expect(detectNativeSidecars('auto', new Map(), '')).toBe(true);
    expect(detectNativeSidecars('auto', undefined, '')).toBe(false);
  });

  it('only true and false of the annotation count', () => {
    const pod = (value: string) => ({ metadata: { annotations: { 'sidecar.istio.io/nativeSidecar': value } } });
    expect(isNativePod(pod('true'), false)).toBe(true);
    expect(isNativePod(pod('yes'), false)).toBe(false);
    expect(isNativePod(pod('false'), true)).toBe(false);
  });
});

describe('OpenShift', () => {
  it('takes the last id of the range', () => {
    const namespace = (annotations: Record<string, string>) => ({ metadata: { annotations } });
    const range = 'openshift.io/sa.scc.uid-range';
    const groups = 'openshift.io/sa.scc.supplemental-groups';
    expect(openshiftIds(namespace({ [range]: '1000620000/10000' }))).toEqual({ uid: 1000629999n, gid: 1000629999n });
    expect(openshiftIds(namespace({ [range]: '10-20', [groups]: '5/5,100/1' }))).toEqual({ uid: 20n, gid: 9n });
    expect(openshiftIds(namespace({ [range]: 'x' }))).toEqual({ uid: 1337n, gid: 1337n });
    expect(openshiftIds(undefined)).toEqual({ uid: 1337n, gid: 1337n });
  });

  it('clears the user that admission filled in', () => {
    const user = (runAsUser: number) => ({ securityContext: { runAsUser, runAsGroup: 5, privileged: false } });
    const pod = (own: number) => ({
      spec: {
        containers: [
          { name: 'app', ...user(7) },
          { name: 'istio-proxy', ...user(own) },
        ],
      },
    });
    expect(clearFilledInUser(pod(7))).toEqual({
      spec: {
        containers: [
          { name: 'app', ...user(7) },
          { name: 'istio-proxy', securityContext: { privileged: false } },
        ],
      },
    });
    const chosen = pod(8);
    expect(clearFilledInUser(chosen)).toBe(chosen);
  });
});

describe('orderContainers', () => {
  const named = (names: string) => names.split(' ').map((name) => ({ name }));
  const order = (init: string, containers: string, hold: boolean): string => {
    const pod = { spec: { initContainers: named(init), containers: named(containers) } };
    const { spec } = orderContainers(pod, hold) as typeof pod;
    const names = (list: readonly { name: string }[]): string => list.map(({ name }) => name).join(' ');
    return `${names(spec.initContainers)} | ${names(spec.containers)}`;
  };

  it('classic: check first, redirection last; the proxy last, or first when the application waits for it', () => {
    expect(order('istio-init enable-core-dump a istio-validation', 'istio-proxy app', false)).toBe(
      'istio-validation a istio-init enable-core-dump | app istio-proxy',
    );
    expect(order('a', 'app istio-proxy', true)).toBe('a | istio-proxy app');
  });

  it('native: redirection, proxy, then the rest', () => {
    expect(order('a istio-proxy enable-core-dump istio-init', 'app', false)).toBe(
      'istio-init istio-proxy enable-core-dump a | app',
    );
  });

  it('of two containers of one name the last survives', () => {
    const pod = {
      spec: {
        containers: [
          { name: 'istio-proxy', image: '1' },
          { name: 'istio-proxy', image: '2' },
        ],
      },
    };
    expect(orderContainers(pod, false).spec).toEqual({ containers: [{ name: 'istio-proxy', image: '2' }] });
  });
});

describe('otelResourceAttributes', () => {
  it('derives what annotations do not say', () => {
    const container = (image: string) => ({ name: 'app', image });
    expect(otelResourceAttributes({}, {}, 'ns', [container('r:5000/app:v1@sha256:ab')])).toBe(
      'service.namespace=ns,service.version=v1@sha256:ab,service.instance.id=ns.$(POD_NAME).app',
    );
    expect(otelResourceAttributes({}, { 'app.kubernetes.io/version': '2' }, '', [container('r:5000/app')])).toBe(
      'service.version=2,service.instance.id=.$(POD_NAME).app',
    );
    expect(otelResourceAttributes({ 'resource.opentelemetry.io/service.namespace': 'x' }, {}, 'ns', [])).toBe(
      'service.namespace=x',
    );
  });
});

describe('estimatedConcurrency', () => {
  const cpu = 'sidecar.istio.io/proxyCPU';
  const values = { global: { proxy: { resources: { limits: { cpu: '2500m' }, requests: { cpu: 1 } } } } };

  it.each([
    [undefined, { [cpu]: '8' }, 2],
    [4, { [cpu]: '8' }, 4],
    [0, { [cpu]: '8' }, 8],
    [0, { [cpu]: '8', 'sidecar.istio.io/proxyCPULimit': '1500m' }, 2],
    [0, { [cpu]: 'many' }, 2],
    [0, {}, 3],
  ])('concurrency %s', (given, annotations, want) => {
    expect(estimatedConcurrency(given, annotations as Record<string, string>, values)).toBe(want);
  });
});

describe('small texts', () => {
  it('multus: a namespace only in the JSON form', () => {
    expect(appendMultusNetwork('a', 'default/istio-cni')).toBe('a, default/istio-cni');
    expect(appendMultusNetwork('[{"name":"a"}]', 'default/istio-cni')).toBe(
      '[{"name":"a"}, {"name": "istio-cni", "namespace": "default"}]',
    );
    expect(appendMultusNetwork('[{"name":"a"}]', 'x/y', false)).toBe('[{"name":"a"}, {"name": "x/y"}]');
  });

  it('URL: a key that is named like a built-in of objects is just a key', () => {
    expect([...parseInjectEnvs('/inject/__proto__/x/net/n')]).toEqual([
      ['__PROTO__', 'x'],
      ['ISTIO_META_NETWORK', 'n'],
    ]);
  });
});
