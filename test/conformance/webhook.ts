/** The webhook paths of the injection corpus (overlay generation), through the engine. Rules: the corpus' README. */

import {
  type InjectionConfig,
  type InjectionContext,
  inject,
  loadInjectionConfig,
} from '../../src/core/injection/index.ts';
import { getKey, isArray, isObject, type JsonObject, type JsonValue } from '../../src/core/json.ts';
import { applyJsonPatch, parseYaml, roundTrip } from '../../src/core/kube/index.ts';
import type { Parsed } from '../../src/core/problem.ts';
import { parseRelease } from '../../src/core/release.ts';
import { type CaseResult, hasCorpus, readCorpus } from './corpus.ts';
import { compatOf, type InjectionCase, readCases } from './injection-cases.ts';

const WORKLOADS = new Set([
  'Deployment',
  'DeploymentConfig',
  'DaemonSet',
  'StatefulSet',
  'Job',
  'ReplicaSet',
  'ReplicationController',
  'CronJob',
  'Pod',
]);

export function runWebhook(release: string): readonly CaseResult[] {
  return readCases(release)
    .filter((testCase) => testCase.params.paths.includes('webhook'))
    .map((testCase) => {
      const why = runCase(release, testCase);
      return { suite: `injection/${release}`, path: 'webhook', name: testCase.name, passed: why === undefined, why };
    });
}

/** Loads the configuration of a case; throws with all problems, since every case's configuration is a good one. */
export function configOf(release: string, testCase: InjectionCase): InjectionConfig {
  const read = (path: string | null): string | undefined =>
    path === null ? undefined : readCorpus('injection', release, path);
  const defaults = `injection/${release}/mesh-defaults.yaml`;
  return take(
    loadInjectionConfig({
      configText: read(testCase.injectConfig) ?? '',
      valuesText: read(testCase.values),
      meshConfigText: read(testCase.meshConfig),
      meshDefaultsText: hasCorpus(defaults) ? readCorpus(defaults) : undefined,
      release: take(parseRelease(compatOf(release))),
    }),
  );
}

/** Asks the engine, or something that stands before it: gives the patched pod, or why there is none. */
type Injector = (call: WebhookCall) => JsonObject | string;

export type WebhookCall = {
  readonly config: InjectionConfig;
  /** The pod as a controller creates it, and as Go's types read it. */
  readonly raw: JsonObject;
  readonly typed: JsonObject;
  readonly namespace: string;
  readonly context: Omit<InjectionContext, 'path' | 'requestNamespace' | 'proxyEnvs' | 'owner'>;
};

const throughEngine: Injector = ({ config, typed, namespace, context }) => {
  const at = { ...context, path: 'webhook', requestNamespace: namespace, proxyEnvs: new Map() } as const;
  const outcome = inject(typed, at, config);
  if (outcome.kind === 'failed') return `failed: ${outcome.problems.map((p) => p.message).join('; ')}`;
  const patched = outcome.kind === 'injected' ? take(applyJsonPatch(typed, outcome.patch)) : typed;
  return isObject(patched) ? patched : 'the patched pod is no object';
};

/** The calls that a case makes, each with what is wrong with an answer to it. */
export function callsOf(
  release: string,
  testCase: InjectionCase,
): readonly { readonly call: WebhookCall; readonly judge: (patched: JsonObject) => string | undefined }[] {
  const config = configOf(release, testCase);
  const inputs = workloads(readCorpus('injection', release, testCase.input ?? ''));
  const wants = workloads(readCorpus('injection', release, testCase.expected ?? ''));
  if (inputs.length !== wants.length || inputs.length === 0) {
    throw new Error(`${testCase.name}: ${inputs.length} inputs, ${wants.length} goldens`);
  }
  return inputs.map((source, i) => ({
    call: callOf(config, testCase, source),
    judge: (patched) => compareWith(wants[i] ?? {}, patched),
  }));
}

/** What is wrong, or undefined where the case passes. */
function runCase(release: string, testCase: InjectionCase): string | undefined {
  const calls = callsOf(release, testCase);
  for (const [i, { call, judge }] of calls.entries()) {
    const patched = throughEngine(call);
    const why = typeof patched === 'string' ? patched : judge(patched);
    if (why !== undefined) return calls.length > 1 ? `document ${i + 1}: ${why}` : why;
  }
  return undefined;
}

function callOf(config: InjectionConfig, testCase: InjectionCase, source: JsonObject): WebhookCall {
  const { params } = testCase;
  const namespace = text(metadataOf(source), 'namespace');
  const raw = asPod(source);
  const received = typedPod(raw);
  const own = text(metadataOf(received), 'namespace');
  const namespaceEntry = (params.namespaces ?? []).find((n) => n.name === namespace);
  return {
    config,
    raw,
    typed: own === '' && namespace !== '' ? withMetadata(received, { namespace }) : received,
    namespace,
    context: {
      revision: params.revision?.webhook ?? '',
      nativeSidecars: nativeMode(params.nativeSidecars?.mode),
      nodes:
        params.nativeSidecars?.nodeKubeletVersions === undefined
          ? undefined
          : new Map(params.nativeSidecars.nodeKubeletVersions.map((v, i) => [`node-${i}`, v])),
      platform: params.platform ?? '',
      namespaceObject:
        namespaceEntry === undefined
          ? undefined
          : { metadata: { name: namespaceEntry.name, annotations: { ...namespaceEntry.annotations } } },
      compliancePolicy: params.compliancePolicy ?? '',
      host: { env: (name) => params.env?.[name] },
    },
  };
}

function compareWith(golden: JsonObject, patched: JsonObject): string | undefined {
  const got = comparable(typedPod(patched), true);
  const want = comparable(typedPod(asPod(golden)), false);
  // The namespace that the webhook fills in is no part of the patch, so the golden may lack it.
  if (text(metadataOf(want), 'namespace') === '') delete (metadataOf(got) as { namespace?: JsonValue }).namespace;
  return difference(want, got, '');
}

function nativeMode(mode: string | undefined): 'true' | 'false' | 'auto' {
  return mode === 'true' || mode === 'auto' ? mode : 'false';
}

/** README step 5: without the status annotation; fieldRef.apiVersion cleared in the result. */
function comparable(pod: JsonObject, isResult: boolean): JsonObject {
  const copy = JSON.parse(JSON.stringify(pod)) as JsonObject;
  const annotations = getKey(metadataOf(copy), 'annotations');
  if (isObject(annotations)) delete (annotations as { [key: string]: JsonValue })['sidecar.istio.io/status'];
  if (isResult) clearFieldRefVersions(copy);
  return copy;
}

function clearFieldRefVersions(pod: JsonObject): void {
  const spec = getKey(pod, 'spec');
  const containers = isObject(spec) ? getKey(spec, 'containers') : undefined;
  for (const container of isArray(containers) ? containers : []) {
    const env = isObject(container) ? getKey(container, 'env') : undefined;
    for (const item of isArray(env) ? env : []) {
      if (!isObject(item)) continue;
      const name = text(item, 'name');
      if (name.startsWith('ISTIO_METAJSON_')) JSON.parse(text(item, 'value'));
      const from = getKey(item, 'valueFrom');
      const ref = isObject(from) ? getKey(from, 'fieldRef') : undefined;
      if (isObject(ref)) delete (ref as { apiVersion?: JsonValue }).apiVersion;
    }
  }
}

/** README step 1: the workloads of a text, Lists unfolded. */
export function workloads(source: string): readonly JsonObject[] {
  return source.split('\n---').flatMap((document) => {
    const value = take(parseYaml(document));
    return isObject(value) ? unfold(value) : [];
  });
}

function unfold(object: JsonObject): readonly JsonObject[] {
  const kind = text(object, 'kind');
  const items = getKey(object, 'items');
  if (kind === 'List' && isArray(items)) return items.filter(isObject).flatMap(unfold);
  return WORKLOADS.has(kind) ? [object] : [];
}

/** README step 2: the Pod that the controller of a workload would create. */
function asPod(object: JsonObject): JsonObject {
  const kind = text(object, 'kind');
  if (kind === 'Pod') return object;
  const spec = objectAt(object, 'spec');
  const template =
    kind === 'CronJob'
      ? objectAt(objectAt(objectAt(spec, 'jobTemplate'), 'spec'), 'template')
      : objectAt(spec, 'template');
  const metadata = metadataOf(template);
  const isDeployment = kind === 'Deployment';
  const name = text(metadataOf(object), 'name');
  const owner = isDeployment
    ? { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: `${name}-fake` }
    : { apiVersion: text(object, 'apiVersion'), kind, name };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...metadata,
      ...(isDeployment ? { labels: { ...objectAt(metadata, 'labels'), 'pod-template-hash': 'fake' } } : {}),
      generateName: isDeployment ? `${name}-fake-` : name,
      ownerReferences: [{ ...owner, uid: '', controller: true }],
    },
    spec: objectAt(template, 'spec'),
  };
}

function typedPod(pod: JsonObject): JsonObject {
  return take(roundTrip('core/v1.Pod', pod, { unknown: 'drop', creationTimestampNull: false }));
}

/** The first place where two JSON values differ, as a JSON pointer with both values; undefined where they are equal. */
export function difference(want: JsonValue | undefined, got: JsonValue | undefined, at: string): string | undefined {
  if (isObject(want) && isObject(got)) {
    for (const key of new Set([...Object.keys(want), ...Object.keys(got)])) {
      const found = difference(getKey(want, key), getKey(got, key), `${at}/${key}`);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (isArray(want) && isArray(got)) {
    for (let i = 0; i < Math.max(want.length, got.length); i++) {
      const found = difference(want[i], got[i], `${at}/${i}`);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (want === got || JSON.stringify(want) === JSON.stringify(got)) return undefined;
  return `${at}: want ${JSON.stringify(want)?.slice(0, 300)}, got ${JSON.stringify(got)?.slice(0, 300)}`;
}

export function take<T>(result: Parsed<T>): T {
  if (!result.ok) throw new Error(result.problems.map((p) => `${p.code}: ${p.message}`).join('\n'));
  return result.value;
}

export function metadataOf(object: JsonObject): JsonObject {
  return objectAt(object, 'metadata');
}

export function objectAt(object: JsonObject, key: string): JsonObject {
  const value = getKey(object, key);
  return isObject(value) ? value : {};
}

function withMetadata(pod: JsonObject, extra: JsonObject): JsonObject {
  return { ...pod, metadata: { ...metadataOf(pod), ...extra } };
}

function text(object: JsonObject, key: string): string {
  const value = getKey(object, key);
  return typeof value === 'string' ? value : '';
}
