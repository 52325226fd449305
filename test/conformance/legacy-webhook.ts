/** The webhook paths of the old generation: exact patches, whole Deployments, and HTTP answers. Rules: the corpus' README. */
import { answerReview, type InjectionConfig, type InjectionOutcome, inject } from '../../src/core/injection/index.ts';
import { getKey, isArray, isObject, type JsonObject, type JsonValue } from '../../src/core/json.ts';
import { applyJsonPatch, type JsonPatch, parseYaml, roundTrip } from '../../src/core/kube/index.ts';
import { type CaseResult, readCorpus } from './corpus.ts';
import { type InjectionCase, readCases } from './injection-cases.ts';
import { firstDifference } from './kube-inject.ts';
import { configOf, difference, metadataOf, objectAt, take, workloads } from './webhook.ts';

/** Asks the engine, or something that stands before it. */
export type LegacyInjector = (
  config: InjectionConfig,
  pod: JsonObject,
  requestNamespace: string,
) => Promise<LegacyAnswer>;

type LegacyAnswer =
  | { readonly kind: 'injected'; readonly patch: JsonPatch }
  | { readonly kind: 'skipped' }
  | { readonly kind: 'failed'; readonly message: string };

const throughEngine: LegacyInjector = async (config, pod, requestNamespace) => {
  const outcome = injectPod(config, pod, requestNamespace);
  return outcome.kind === 'failed' ? { kind: 'failed', message: textOf(outcome) } : outcome;
};

function textOf({ problems }: InjectionOutcome): string {
  return problems.map(({ message }) => message).join('; ');
}

/** Every case of a release that runs one of the three paths. */
export async function runLegacyWebhook(release: string): Promise<readonly CaseResult[]> {
  const http = readCases(release)
    .filter((testCase) => testCase.params.paths.includes('http'))
    .map((testCase) => {
      const why = runHttp(release, testCase);
      return { suite: `injection/${release}`, path: 'http', name: testCase.name, passed: why === undefined, why };
    });
  return [...(await runLegacyPods(release, throughEngine)), ...http];
}

/** Those two whose answers are patches of pods. */
export async function runLegacyPods(release: string, injector: LegacyInjector): Promise<readonly CaseResult[]> {
  const runners = { 'webhook-patch': runPatch, 'webhook-deployment': runDeployment } as const;
  const results: CaseResult[] = [];
  for (const testCase of readCases(release)) {
    for (const [path, run] of Object.entries(runners)) {
      if (!testCase.params.paths.includes(path)) continue;
      const why = await run(release, testCase, injector);
      results.push({ suite: `injection/${release}`, path, name: testCase.name, passed: why === undefined, why });
    }
  }
  return results;
}

export function legacyConfig(release: string, testCase: InjectionCase): InjectionConfig {
  const config = configOf(release, testCase);
  const { statusVersion, policy } = testCase.params;
  return {
    ...config,
    templateVersion: statusVersion ?? config.templateVersion,
    policy: policy ?? config.policy,
  };
}

function injectPod(config: InjectionConfig, pod: JsonObject, requestNamespace: string): InjectionOutcome {
  return inject(
    pod,
    {
      path: 'webhook',
      requestNamespace,
      revision: '',
      proxyEnvs: new Map(),
      nativeSidecars: 'false',
      platform: '',
      compliancePolicy: '',
      host: {},
    },
    config,
  );
}

/** The patch as text, indented by two spaces: the operations, their order and the order of keys count. */
async function runPatch(
  release: string,
  testCase: InjectionCase,
  injector: LegacyInjector,
): Promise<string | undefined> {
  const source = take(parseYaml(readCorpus('injection', release, testCase.input ?? ''), { schema: 'core/v1.Pod' }));
  if (!isObject(source)) return 'input is no object';
  const pod = take(roundTrip('core/v1.Pod', source, { unknown: 'drop', creationTimestampNull: false }));
  const outcome = await injector(legacyConfig(release, testCase), pod, testCase.params.requestNamespace ?? '');
  if (outcome.kind !== 'injected') return `${outcome.kind}: ${outcome.kind === 'failed' ? outcome.message : ''}`;
  const want = JSON.stringify(JSON.parse(readCorpus('injection', release, testCase.expected ?? '')), null, 2);
  const got = JSON.stringify(outcome.patch, null, 2);
  return want === got ? undefined : firstDifference(want, got);
}

async function runDeployment(
  release: string,
  testCase: InjectionCase,
  injector: LegacyInjector,
): Promise<string | undefined> {
  const config = legacyConfig(release, testCase);
  const inputs = workloads(readCorpus('injection', release, testCase.input ?? ''));
  const wants = workloads(readCorpus('injection', release, testCase.expected ?? ''));
  if (inputs.length !== wants.length || inputs.length === 0) return `${inputs.length} inputs, ${wants.length} goldens`;
  for (const [i, source] of inputs.entries()) {
    const pod = templateOf(source);
    const outcome = await injector(config, pod, testCase.params.requestNamespace ?? '');
    if (outcome.kind === 'failed') return `failed: ${outcome.message}`;
    const patched = outcome.kind === 'injected' ? take(applyJsonPatch(pod, outcome.patch)) : pod;
    const golden = templateOf(wants[i] ?? {});
    if (!isObject(patched)) return 'the patched template is no object';
    const why = difference(golden, overwrite(retyped(patched), golden, release), '');
    if (why !== undefined) return why;
  }
  return undefined;
}

/** The pod template of a document, decoded as a Deployment whatever its kind. */
function templateOf(source: JsonObject): JsonObject {
  return retyped(objectAt(objectAt(source, 'spec'), 'template'));
}

function retyped(template: JsonObject): JsonObject {
  return take(roundTrip('core/v1.PodTemplateSpec', template, { unknown: 'drop', creationTimestampNull: false }));
}

/** README: these fields of the result are overwritten with the golden's before comparing. */
function overwrite(result: JsonObject, golden: JsonObject, release: string): JsonObject {
  const copy = JSON.parse(JSON.stringify(result)) as JsonObject;
  const status = getKey(objectAt(metadataOf(golden), 'annotations'), 'sidecar.istio.io/status');
  if (status !== undefined) set(objectAt(metadataOf(copy), 'annotations'), 'sidecar.istio.io/status', status);
  const spec = objectAt(copy, 'spec');
  const goldenSpec = objectAt(golden, 'spec');
  for (const list of ['initContainers', 'containers']) {
    for (const container of objects(spec, list)) {
      const name = getKey(container, 'name');
      if (name !== 'istio-init' && name !== 'istio-proxy') continue;
      const other = objects(goldenSpec, list).find((c) => getKey(c, 'name') === name) ?? {};
      for (const key of ['image', 'terminationMessagePath', 'terminationMessagePolicy']) {
        set(container, key, getKey(other, key));
      }
      if (name === 'istio-init') {
        set(
          objectAt(container, 'securityContext'),
          'privileged',
          getKey(objectAt(other, 'securityContext'), 'privileged'),
        );
      } else {
        clearEnv(container);
        clearEnv(other);
      }
    }
  }
  if (Number(release.split('.')[1]) <= 4) {
    for (const volume of objects(spec, 'volumes').filter((v) => getKey(v, 'name') === 'istio-certs')) {
      const other = objects(goldenSpec, 'volumes').find((v) => getKey(v, 'name') === 'istio-certs') ?? {};
      set(objectAt(volume, 'secret'), 'defaultMode', getKey(objectAt(other, 'secret'), 'defaultMode'));
    }
  }
  return copy;
}

/** fieldRef.apiVersion is cleared; ISTIO_METAJSON_* must be JSON maps and are dropped. */
function clearEnv(container: JsonObject): void {
  const env = objects(container, 'env');
  for (const item of env) set(objectAt(objectAt(item, 'valueFrom'), 'fieldRef'), 'apiVersion', undefined);
  const isMeta = (item: JsonObject): boolean => String(getKey(item, 'name')).startsWith('ISTIO_METAJSON_');
  for (const item of env.filter(isMeta)) JSON.parse(String(getKey(item, 'value') ?? '{}'));
  if (env.some(isMeta))
    set(
      container,
      'env',
      env.filter((item) => !isMeta(item)),
    );
}

function objects(object: JsonObject, key: string): readonly JsonObject[] {
  const value = getKey(object, key);
  return isArray(value) ? value.filter(isObject) : [];
}

function set(object: JsonObject, key: string, value: JsonValue | undefined): void {
  const target = object as { [key: string]: JsonValue };
  if (value === undefined) delete target[key];
  else target[key] = value;
}

function runHttp(release: string, testCase: InjectionCase): string | undefined {
  const http = testCase.params.http;
  if (http === undefined) return 'no http parameters';
  const config = legacyConfig(release, testCase);
  const body =
    testCase.input === null
      ? String.fromCharCode(...(http.bodyBytes ?? []))
      : readCorpus('injection', release, testCase.input);
  const answer = answerReview(body, http.contentType, config.release, (request) =>
    injectPod(config, request.pod, request.namespace),
  );
  if (answer.status !== http.wantStatus) return `status ${answer.status}, want ${http.wantStatus}`;
  if (http.wantAllowed === undefined) return undefined;
  const response = (JSON.parse(answer.body) as { response: { allowed: boolean; patch?: string } }).response;
  if (response.allowed !== http.wantAllowed) return `allowed ${response.allowed}, want ${http.wantAllowed}`;
  const patch = response.patch === undefined ? '' : Buffer.from(response.patch, 'base64').toString('utf8');
  // README: the patch is compared as compact JSON; the golden file is indented for people.
  const golden = testCase.expected === null ? undefined : readCorpus('injection', release, testCase.expected);
  const want = golden === undefined ? '' : JSON.stringify(JSON.parse(golden));
  return patch === want ? undefined : `patch: want ${want}, got ${patch}`;
}
