/**
 * The ways in which a template takes something from a pod for good: injection says so, and uninject, which has only the
 * injected pod, names where. Everything else comes back (test/conformance/uninject.test.ts, test/property).
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type InjectionContext, inject, loadInjectionConfig, uninject } from '../../src/core/injection/index.ts';
import { isObject, type JsonObject } from '../../src/core/json.ts';
import { mergeStrategic, parseYaml } from '../../src/core/kube/index.ts';
import type { Problem } from '../../src/core/problem.ts';
import { LATEST } from '../../src/core/release.ts';

type OwnCase = {
  readonly name: string;
  /** Laid over a pod with one container. */
  readonly pod: string;
  readonly template: string;
  /** What injection says was erased. */
  readonly erased: readonly string[];
  /** Where uninject says that something may have been. */
  readonly named: readonly string[];
  readonly reason: string;
};

const { own } = JSON.parse(readFileSync('test/golden/uninject-inexact.json', 'utf8')) as {
  readonly own: readonly OwnCase[];
};

const AT: InjectionContext = {
  path: 'kube-inject',
  requestNamespace: '',
  revision: '',
  proxyEnvs: new Map(),
  nativeSidecars: 'false',
  platform: '',
  compliancePolicy: '',
  host: {},
};

function podOf(text: string): JsonObject {
  const patch = parseYaml(text);
  const base = { metadata: {}, spec: { containers: [{ name: 'app', image: 'example/app:1', resources: {} }] } };
  const pod = patch.ok && isObject(patch.value) ? mergeStrategic(base, patch.value, 'core/v1.Pod') : patch;
  if (!pod.ok) throw new Error(JSON.stringify(pod.problems));
  return pod.value as JsonObject;
}

function erasedIn(problems: readonly Problem[]): readonly string[] {
  return problems
    .filter(({ code }) => code === 'TEMPLATE_ERASED_FIELDS')
    .flatMap(({ message }) => message.match(/\/(?:spec|metadata)[^\s,:]*/g) ?? []);
}

describe('what cannot come back', () => {
  it('there are cases', () => expect(own.length).toBeGreaterThan(5));

  it.each(own)('$name', ({ pod, template, erased, named }) => {
    const cfg = loadInjectionConfig({ configText: JSON.stringify({ templates: { sidecar: template } }), release: LATEST });
    if (!cfg.ok) throw new Error(JSON.stringify(cfg.problems));
    const original = podOf(pod);
    const injected = inject(original, AT, { ...cfg.value, policy: 'enabled' });
    if (injected.kind !== 'injected') throw new Error(JSON.stringify(injected));
    expect(erasedIn(injected.problems)).toEqual(erased);

    const back = uninject(injected.pod, { at: AT, cfg: cfg.value });
    if (back.kind !== 'uninjected') throw new Error(back.kind);
    expect(back.pod).not.toEqual(original);
    expect(erasedIn(back.problems)).toEqual(named);

    expect(back.verified).toBe(true);
    const again = inject(back.pod, AT, cfg.value);
    expect(again.kind === 'injected' && again.pod).toEqual(injected.pod);
  });
});
