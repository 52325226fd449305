/** Answers out of the memory are those that would be computed, for whatever pods come in whatever order. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAnswerer } from '../../src/apps/webhook/reviewer.ts';
import {
  builtinConfig,
  cachedAnswers,
  type InjectionConfig,
  loadInjectionConfig,
} from '../../src/core/injection/index.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { LATEST } from '../../src/core/release.ts';
import { hasCorpus } from '../conformance/corpus.ts';
import { readCases } from '../conformance/injection-cases.ts';
import { configOf, take } from '../conformance/webhook.ts';

const OPTIONS = { release: LATEST, revision: '', nativeSidecars: 'false', platform: '', compliancePolicy: '' } as const;

function loaded(template: string): InjectionConfig {
  const config = `policy: enabled\ntemplates:\n  sidecar: |\n    ${template}\n`;
  return take(loadInjectionConfig({ configText: config, release: LATEST }));
}

const SIDECAR = 'spec: {containers: [{name: istio-proxy, image: proxy}]}';

const CONFIGS: Readonly<Record<string, InjectionConfig>> = {
  'built-in': take(loadInjectionConfig({ ...builtinConfig({ tag: 'test' }), release: LATEST })),
  'a clock': loaded(`metadata: {annotations: {at: '{{ now | unixEpoch }}'}}\n    ${SIDECAR}`),
  'random text': loaded(`metadata: {annotations: {at: '{{ randAlphaNum 8 }}'}}\n    ${SIDECAR}`),
  'names of volumes': loaded(
    `metadata: {annotations: {has: '{{ range .Spec.Volumes }}{{ .Name }} {{ end }}'}}\n    ${SIDECAR}`,
  ),
  'a hash of volumes': loaded(
    `metadata: {annotations: {has: '{{ toJson .Spec.Volumes | sha256sum }}'}}\n    ${SIDECAR}`,
  ),
  ...(hasCorpus('injection/head') ? { "Istio's of today": istioToday() } : {}),
};

function istioToday(): InjectionConfig {
  const [first] = readCases('head').filter(({ name }) => name.endsWith('hello.yaml.injected'));
  if (first === undefined) throw new Error('no such case');
  return configOf('head', first);
}

const suffix = fc
  .array(fc.constantFrom(...'bcdfghjklmnpqrstvwxz2456789'), { minLength: 5, maxLength: 5 })
  .map((list) => list.join(''));

/** A pod template, and the pod that is made of it with what differs from pod to pod. */
const template = fc.record({
  app: fc.constantFrom('web', 'shop', 'cart'),
  inject: fc.constantFrom(undefined, undefined, 'true', 'false', 'maybe'),
  hostNetwork: fc.constantFrom(undefined, undefined, true),
  wrong: fc.constantFrom(undefined, undefined, undefined, 'X'),
  probe: fc.boolean(),
  hasToken: fc.boolean(),
  number: fc.constantFrom(undefined, undefined, '9007199254740992', '9007199254740993'),
});

type Template = typeof template extends fc.Arbitrary<infer T> ? T : never;

function podOf(made: Template, end: string, time: string): string {
  const { app, inject, hostNetwork, wrong, probe, hasToken, number } = made;
  const volume = `kube-api-access-${end}`;
  const object: JsonObject = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      generateName: `${app}-`,
      labels: { app, ...(inject === undefined ? {} : { 'sidecar.istio.io/inject': inject }) },
      annotations: wrong === undefined ? {} : { 'sidecar.istio.io/interceptionMode': wrong },
      managedFields: [{ manager: 'kube-controller-manager', time }],
    },
    spec: {
      ...(hostNetwork === undefined ? {} : { hostNetwork }),
      ...(number === undefined ? {} : { activeDeadlineSeconds: 4711 }),
      ...(hasToken ? { volumes: [{ name: volume, projected: { sources: [] } }] } : {}),
      containers: [
        {
          name: app,
          image: 'example/app:1',
          ...(probe ? { readinessProbe: { httpGet: { path: '/', port: 80 } } } : {}),
          ...(hasToken ? { volumeMounts: [{ name: volume, mountPath: '/token' }] } : {}),
        },
      ],
    },
  };
  return JSON.stringify(object).replace('4711', number ?? '');
}

/** Mostly the usual; now and then something else in one place. */
const rarely = <T>(usual: T, ...others: readonly T[]): fc.Arbitrary<T> =>
  fc.constantFrom(...Array.from({ length: 12 }, () => usual), ...others);

const ask = fc.record({
  which: fc.nat(2),
  suffix,
  time: fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-01T00:00:01Z'),
  uid: fc.constantFrom('u-1', 'u-"2"', 'ü'),
  namespace: rarely('a', 'b', 'kube-system'),
  version: rarely('v1', 'v1beta1'),
  dryRun: fc.boolean(),
  path: rarely('/inject', '/inject/cluster/c1'),
  odd: rarely('', 'no kind', 'empty', 'no json'),
});

const asks = fc.record({
  templates: fc.array(template, { minLength: 3, maxLength: 3 }),
  asked: fc.array(ask, { minLength: 40, maxLength: 80 }),
});

type Review = (typeof ask extends fc.Arbitrary<infer T> ? T : never) & { readonly pod: string };

function bodyOf({ pod: object, uid, namespace, version, dryRun, odd }: Review): string {
  if (odd === 'empty') return '';
  const kind = odd === 'no kind' ? '' : `"kind":"AdmissionReview",`;
  const text = `{${kind}"apiVersion":"admission.k8s.io/${version}","request":{"uid":${JSON.stringify(uid)},"namespace":"${namespace}","dryRun":${dryRun},"object":${object}}}`;
  return odd === 'no json' ? text.slice(0, -1) : text;
}

describe('remembered answers', () => {
  for (const [name, config] of Object.entries(CONFIGS)) {
    it(`equal computed ones: ${name}`, () => {
      let asked = 0;
      let computed = 0;
      let clock = 0;
      const changing = name === 'a clock' || name === 'random text';
      fc.assert(
        fc.property(asks, ({ templates, asked: list }) => {
          const tick = (): number => {
            clock += 1_000_000;
            return clock;
          };
          const host = {
            now: tick,
            random: (length: number) =>
              Uint8Array.from({ length }, (_, i) => ((tick() / 1_000_000) * 7 + i * 13) % 251),
          };
          const compute = createAnswerer({ config, nodes: undefined, namespaces: new Map() }, OPTIONS, host);
          const cached = cachedAnswers(
            (...words) => {
              computed += 1;
              return compute(...words);
            },
            { entries: 12, characters: 400_000, largestBody: 128_000 },
          );
          for (const each of list) {
            const made = templates[each.which];
            if (made === undefined) throw new Error('three templates are made');
            const one = { ...each, pod: podOf(made, each.suffix, each.time) };
            asked += 1;
            const body = bodyOf(one);
            const got = cached(body, 'application/json', one.path).answer;
            const want = compute(body, 'application/json', one.path).answer;
            expect(got.status).toBe(want.status);
            expect(got.contentType).toBe(want.contentType);
            // What a clock has made differs from one call to the next: it must have been computed anew.
            if (!changing || want.outcome?.kind !== 'injected') expect(got.body).toBe(want.body);
            else expect(got.body).not.toBe(want.body);
            expect(got.outcome?.kind).toBe(want.outcome?.kind);
            expect(got.outcome?.decision).toEqual(want.outcome?.decision);
            expect(got.request?.dryRun).toBe(want.request?.dryRun);
          }
        }),
        { numRuns: 40 },
      );
      const share = Math.round((100 * (asked - computed)) / asked);
      console.log(`· answer cache, ${name}: ${asked} asked, ${share} % out of the memory`);
      // The comparison must have compared something; pods that are skipped are remembered in any case.
      expect(asked - computed).toBeGreaterThan(0);
    }, 60_000);
  }

  it('keep no more than their bounds', () => {
    const config = CONFIGS['built-in'];
    if (config === undefined) throw new Error('no configuration');
    const compute = createAnswerer({ config, nodes: undefined, namespaces: new Map() }, OPTIONS, {});
    let computed = 0;
    const cached = cachedAnswers(
      (...words) => {
        computed += 1;
        return compute(...words);
      },
      { entries: 3, characters: 1_000_000, largestBody: 5_000 },
    );
    const ask = (app: string, padding = 0): void => {
      const object = {
        metadata: { labels: { app }, annotations: { padding: 'x'.repeat(padding) } },
        spec: { containers: [{ name: app }] },
      };
      cached(
        JSON.stringify({ kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1', request: { uid: 'u', object } }),
        'application/json',
        '/inject',
      );
    };
    for (const app of ['a', 'b', 'c', 'a', 'd', 'a', 'b']) ask(app);
    // b was the one asked for the longest ago when d came.
    expect(computed).toBe(5);
    ask('large', 6_000);
    ask('large', 6_000);
    expect(computed).toBe(7);
  });
});
