/** Injection and back, for pods that nobody thought of: with our own configuration and with one of Istio 1.0. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  builtinConfig,
  type InjectionConfig,
  type InjectionContext,
  inject,
  loadInjectionConfig,
  uninject,
} from '../../src/core/injection/index.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { roundTrip } from '../../src/core/kube/index.ts';
import { LATEST, type Release } from '../../src/core/release.ts';

const RUNS = 60;

type Setting = { readonly name: string; readonly cfg: InjectionConfig; readonly at: InjectionContext };

const AT: InjectionContext = {
  path: 'kube-inject',
  owner: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'owner', namespace: 'shop' },
  requestNamespace: '',
  revision: '',
  proxyEnvs: new Map(),
  nativeSidecars: 'false',
  platform: '',
  compliancePolicy: '',
  host: {},
};

function ours(name: string, values: JsonObject, native: 'true' | 'false' = 'false'): Setting {
  const loaded = loadInjectionConfig({ ...builtinConfig({ tag: '1', values }), release: LATEST });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return { name, cfg: loaded.value, at: { ...AT, nativeSidecars: native } };
}

function old(release: Release): Setting {
  const loaded = loadInjectionConfig({
    configText: readFileSync('examples/istio-1.0/inject-config.yaml', 'utf8'),
    meshConfigText: readFileSync('examples/istio-1.0/mesh-config.yaml', 'utf8'),
    release,
  });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return { name: `Istio 1.${release.minor}`, cfg: loaded.value, at: AT };
}

const TODAY: readonly Setting[] = [
  ours('ours', {}),
  ours('ours, native', {}, 'true'),
  ours('ours, CNI with Multus', { pilot: { cni: { enabled: true, provider: 'multus' } } }),
  ours('ours, in a network, held, with a secret', {
    global: {
      network: 'network1',
      proxy: { holdApplicationUntilProxyStarts: true },
      imagePullSecrets: ['pull'],
    },
  }),
];
const OLD: readonly Setting[] = [old({ minor: 0, patch: 2 }), old({ minor: 3, patch: 0 })];

const port = fc.integer({ min: 1024, max: 14999 });

const probe = (named: fc.Arbitrary<number | string>): fc.Arbitrary<JsonObject> =>
  fc.oneof(
    fc.record({ httpGet: fc.record({ path: fc.constantFrom('/', '/ready'), port: named }), periodSeconds: fc.nat(9) }),
    fc.record({
      httpGet: fc.record({ path: fc.constant('/x'), port: named, scheme: fc.constantFrom('HTTP', 'HTTPS') }),
      timeoutSeconds: fc.constantFrom(1, 5),
    }),
    fc.record({ tcpSocket: fc.record({ port: named }) }),
    fc.record({ grpc: fc.record({ port }) }),
    fc.record({ exec: fc.record({ command: fc.constant(['true']) }) }),
  );

/** Ports either have names, by which all probes ask, or none. */
const container = (name: string): fc.Arbitrary<JsonObject> =>
  fc.boolean().chain((named) => {
    const asked = named ? fc.constant('web') : port;
    return fc
      .record(
        {
          ports: port.map((containerPort) => [named ? { name: 'web', containerPort } : { containerPort }]),
          readinessProbe: probe(asked),
          livenessProbe: probe(asked),
          startupProbe: probe(asked),
          lifecycle: probe(asked)
            .filter((handler) => Object.hasOwn(handler, 'httpGet') || Object.hasOwn(handler, 'exec'))
            .map(({ httpGet, exec }) => ({ preStop: httpGet === undefined ? { exec } : { httpGet } }) as JsonObject),
          env: fc.constant([{ name: 'A', value: 'b' }]),
          resources: fc.constantFrom({}, { limits: { cpu: '1' } }),
        },
        { requiredKeys: named ? ['ports'] : [] },
      )
      .map((rest) => ({ name, image: 'example/app:1', ...rest }) as JsonObject);
  });

const ownSidecar = fc
  .record(
    {
      args: fc.constant(['proxy', 'router']),
      env: fc.constant([{ name: 'MINE', value: '1' }]),
      resources: fc.constantFrom({}, { limits: { memory: '2Gi' } }),
      securityContext: fc.constantFrom({ runAsUser: 0 }, { runAsUser: 2000, runAsGroup: 3000 }),
    },
    { requiredKeys: ['resources'] },
  )
  .map((rest) => ({ name: 'istio-proxy', image: 'auto', ...rest }) as JsonObject);

const labels = fc.record(
  {
    app: fc.constantFrom('shop', 'cart'),
    version: fc.constantFrom('v1', 'v2'),
    'app.kubernetes.io/name': fc.constantFrom('shop', 'store'),
    'service.istio.io/canonical-name': fc.constant('of-the-user'),
    'service.istio.io/canonical-revision': fc.constant('r9'),
    'security.istio.io/tlsMode': fc.constant('disabled'),
    'topology.istio.io/network': fc.constant('network9'),
    'istio.io/rev': fc.constant('canary'),
  },
  { requiredKeys: [] },
);

const annotations = fc.record(
  {
    note: fc.string(),
    'prometheus.io/scrape': fc.constantFrom('true', 'false'),
    'prometheus.io/port': port.map(String),
    'prometheus.io/path': fc.constantFrom('/m', '/metrics'),
    'prometheus.istio.io/merge-metrics': fc.constantFrom('true', 'false'),
    'sidecar.istio.io/interceptionMode': fc.constant('TPROXY'),
    'sidecar.istio.io/rewriteAppHTTPProbers': fc.constantFrom('true', 'false'),
    'traffic.sidecar.istio.io/excludeInboundPorts': fc.constantFrom('8080', '8080,9090'),
    'traffic.sidecar.istio.io/includeOutboundIPRanges': fc.constant('10.0.0.0/8'),
    'status.sidecar.istio.io/port': fc.constant('15099'),
    'proxy.istio.io/config': fc.constantFrom('holdApplicationUntilProxyStarts: true', 'concurrency: 3'),
    'kubectl.kubernetes.io/default-container': fc.constant('other'),
    'k8s.v1.cni.cncf.io/networks': fc.constantFrom('mine', '[{"name": "mine"}]'),
  },
  { requiredKeys: [] },
);

const volumes = fc.subarray<JsonObject>([
  { name: 'data', emptyDir: {} },
  { name: 'conf', configMap: { name: 'c' } },
]);

function pods(sidecar: fc.Arbitrary<JsonObject | undefined>): fc.Arbitrary<JsonObject> {
  const spec = fc
    .record({
      app: container('app'),
      more: fc.option(container('more'), { nil: undefined }),
      sidecar,
      init: fc.option(container('setup'), { nil: undefined }),
      volumes,
      securityContext: fc.constantFrom(undefined, { runAsUser: 5 }, { fsGroup: 7 }),
      imagePullSecrets: fc.constantFrom(undefined, [{ name: 'mine' }]),
    })
    .map(({ app, more, sidecar: own, init, volumes: used, ...rest }) =>
      defined({
        ...rest,
        containers: [app, more, own].filter((item) => item !== undefined),
        initContainers: init === undefined ? undefined : [init],
        volumes: used.length === 0 ? undefined : used,
      }),
    );
  return fc.record({ metadata: fc.record({ labels, annotations }), spec }).map((pod) => typed(pod as JsonObject));
}

function defined(object: { readonly [key: string]: unknown }): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as JsonObject;
}

function typed(pod: JsonObject): JsonObject {
  const result = roundTrip('core/v1.Pod', pod, { unknown: 'keep', creationTimestampNull: false });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  const { status: _status, ...rest } = result.value;
  return rest;
}

function thereAndBack(pod: JsonObject, { cfg, at }: Setting): void {
  const injected = inject(pod, at, cfg);
  if (injected.kind !== 'injected') throw new Error(JSON.stringify(injected.problems));
  const back = uninject(typed(injected.pod), { at, cfg });
  expect(back.kind).toBe('uninjected');
  expect(typed(back.pod)).toEqual(pod);
  expect(back.kind === 'uninjected' && back.verified).toBe(true);
}

describe('uninject ∘ inject is the identity', () => {
  it.each(TODAY.map((setting) => [setting.name, setting] as const))('%s', (_name, setting) => {
    fc.assert(
      fc.property(pods(fc.option(ownSidecar, { nil: undefined })), (pod) => thereAndBack(pod, setting)),
      { numRuns: RUNS },
    );
  });

  // A template of lists knows no user's settings of its containers: an own sidecar is a second one, or goes.
  it.each(OLD.map((setting) => [setting.name, setting] as const))('%s', (_name, setting) => {
    fc.assert(
      fc.property(pods(fc.constant(undefined)), (pod) => thereAndBack(pod, setting)),
      { numRuns: RUNS },
    );
  });
});
