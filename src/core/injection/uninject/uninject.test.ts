import { describe, expect, it } from 'vitest';
import { isObject, type JsonObject } from '../../json.ts';
import { parseYaml, roundTrip } from '../../kube/index.ts';
import { LATEST, type Release } from '../../release.ts';
import { builtinConfig } from '../builtin/index.ts';
import { inject } from '../inject.ts';
import { loadInjectionConfig } from '../load-config.ts';
import type { InjectionConfig, InjectionContext } from '../model.ts';
import { shorterNetworks } from './known-metadata.ts';
import { uninject } from './uninject.ts';

const AT: InjectionContext = {
  path: 'webhook',
  owner: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'shop', namespace: '' },
  requestNamespace: '',
  revision: '',
  proxyEnvs: new Map(),
  nativeSidecars: 'false',
  platform: '',
  compliancePolicy: '',
  host: {},
};

function configured(configText: string, release: Release = LATEST): InjectionConfig {
  const loaded = loadInjectionConfig({ configText, release });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.value;
}

function ours(values: JsonObject = {}): InjectionConfig {
  const loaded = loadInjectionConfig({ ...builtinConfig({ tag: '1', values }), release: LATEST });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.value;
}

function podOf(yaml: string): JsonObject {
  const value = parseYaml(yaml, { schema: 'core/v1.Pod' });
  return value.ok && isObject(value.value) ? typed(value.value) : expect.fail(JSON.stringify(value));
}

function typed(pod: JsonObject): JsonObject {
  const result = roundTrip('core/v1.Pod', pod, { unknown: 'keep', creationTimestampNull: false });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.value;
}

function back(pod: JsonObject, cfg: InjectionConfig, at: InjectionContext = AT) {
  const injected = inject(pod, at, cfg);
  if (injected.kind !== 'injected') throw new Error(JSON.stringify(injected.problems));
  const outcome = uninject(injected.pod, { at, cfg });
  return { pod: typed(outcome.pod), verified: outcome.kind === 'uninjected' && outcome.verified };
}

describe('uninject', () => {
  it.each([
    [
      'a volume that the template has too, from another source',
      'spec: {containers: [{name: app, image: a}], volumes: [{name: istio-envoy, hostPath: {path: /x}}]}',
    ],
    [
      'a volume of the template with a limit of its own',
      'spec: {containers: [{name: app, image: a}], volumes: [{name: istio-data, emptyDir: {sizeLimit: 1Gi}}]}',
    ],
    ['an empty securityContext', 'spec: {securityContext: {}, containers: [{name: app, image: a}]}'],
    [
      'a port of two protocols',
      'spec: {containers: [{name: app, image: a, ports: [{name: dns, containerPort: 53, protocol: UDP}, ' +
        '{name: dns-tcp, containerPort: 53}], readinessProbe: {tcpSocket: {port: dns-tcp}}}]}',
    ],
    [
      'lifecycle hooks',
      'spec: {containers: [{name: app, image: a, lifecycle: {preStop: {httpGet: {path: /bye, port: 80}}, ' +
        'postStart: {tcpSocket: {port: 81}}}}]}',
    ],
    [
      'init containers with probes',
      'spec: {initContainers: [{name: s, image: i, restartPolicy: Always, startupProbe: {httpGet: {port: 80}}}], ' +
        'containers: [{name: app, image: a}]}',
    ],
    [
      'an istio-init of its own',
      'spec: {initContainers: [{name: x, image: i}, {name: istio-init, image: mine, args: [a]}], ' +
        'containers: [{name: app, image: a}]}',
    ],
    [
      'a sidecar of its own that is native',
      'spec: {initContainers: [{name: istio-proxy, image: auto, restartPolicy: Always}], ' +
        'containers: [{name: app, image: a}]}',
    ],
  ])('%s', (_name, yaml) => {
    const pod = podOf(yaml);
    expect(back(pod, ours())).toEqual({ pod, verified: true });
  });

  it("a label that the template brings is the user's where the sidecar was told so", () => {
    const template = `
      metadata: {labels: {team: a}}
      spec:
        containers:
        - name: istio-proxy
          env:
          - {name: ISTIO_METAJSON_LABELS, value: {{ toJSON .ObjectMeta.Labels | quote }}}
          - {name: ISTIO_METAJSON_ANNOTATIONS, value: {{ toJSON .ObjectMeta.Annotations | quote }}}`;
    const cfg = configured(JSON.stringify({ policy: 'enabled', templates: { sidecar: template } }), {
      minor: 9,
      patch: 0,
    });
    for (const labels of ['{app: x, team: a}', '{app: x}']) {
      const pod = podOf(
        `{metadata: {labels: ${labels}, annotations: {prometheus_io_port: "8080"}}, spec: {containers: [{name: app, image: a}]}}`,
      );
      expect(back(pod, cfg)).toEqual({ pod, verified: true });
    }
  });

  it("annotations that 1.3 to 1.8 write for the CNI plugin go, where they are not the pod's own", () => {
    const template = `
      containers: [{name: istio-proxy}]
      podRedirectAnnot:
        sidecar.istio.io/interceptionMode: "[[ annotation .ObjectMeta "sidecar.istio.io/interceptionMode" "REDIRECT" ]]"
        traffic.sidecar.istio.io/includeInboundPorts: "*"`;
    const cfg = configured(JSON.stringify({ policy: 'enabled', template }), { minor: 3, patch: 0 });
    const own = { 'sidecar.istio.io/interceptionMode': 'TPROXY' };
    for (const annotations of [{}, own]) {
      const pod = podOf(
        JSON.stringify({ metadata: { annotations }, spec: { containers: [{ name: 'app', image: 'a' }] } }),
      );
      for (const path of ['kube-inject', 'webhook'] as const) {
        expect(back(pod, cfg, { ...AT, path })).toEqual({ pod, verified: true });
      }
    }
  });

  it('annotations that the configuration injects go', () => {
    const cfg = { ...ours(), injectedAnnotations: { 'example/injected': 'yes' } };
    const pod = podOf('{metadata: {annotations: {note: mine}}, spec: {containers: [{name: app, image: a}]}}');
    expect(back(pod, cfg)).toEqual({ pod, verified: true });
  });

  it("the network of the webhook's address goes, the pod's own stays", () => {
    const at = { ...AT, proxyEnvs: new Map([['ISTIO_META_NETWORK', 'net1']]) };
    for (const labels of ['{app: x}', '{topology.istio.io/network: net2}']) {
      const pod = podOf(`{metadata: {labels: ${labels}}, spec: {containers: [{name: app, image: a}]}}`);
      expect(back(pod, ours(), at)).toEqual({ pod, verified: true });
    }
  });

  it('the revision of the pod counts where the caller names another', () => {
    const pod = podOf('spec: {containers: [{name: app, image: a}]}');
    const injected = inject(pod, { ...AT, revision: 'canary' }, ours());
    if (injected.kind !== 'injected') return expect.fail('not injected');
    const outcome = uninject(injected.pod, { at: AT, cfg: ours() });
    expect(outcome).toMatchObject({ kind: 'uninjected', verified: true, problems: [] });
  });

  it('says which probes are lost', () => {
    const pod = podOf(
      'spec: {containers: [{name: app, image: a, readinessProbe: {httpGet: {path: /x, port: nowhere}}}]}',
    );
    const injected = inject(pod, AT, ours());
    if (injected.kind !== 'injected') return expect.fail('not injected');
    const { problems } = uninject(injected.pod, { at: AT, cfg: ours() });
    expect(problems).toMatchObject([
      { code: 'UNINJECT_UNVERIFIED', where: { pointer: '/spec/containers/0/readinessProbe' } },
    ]);
  });
});

describe('shorterNetworks', () => {
  it.each([
    ['default/istio-cni', undefined],
    ['mine, default/istio-cni', 'mine'],
    ['mine', 'mine'],
    ['[{"name": "mine"}, {"name": "istio-cni", "namespace": "default"}]', '[{"name": "mine"}]'],
    ['[{"name": "mine"}, {"name": "default/istio-cni"}]', '[{"name": "mine"}]'],
    ['[{"name": "mine"}]', '[{"name": "mine"}]'],
  ])('%s', (networks, want) => expect(shorterNetworks(networks)).toBe(want));
});
