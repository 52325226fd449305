/** The pod and the configuration that the engine is measured with. */
import { readFileSync } from 'node:fs';
import {
  type InjectionConfig,
  type InjectionContext,
  inject,
  loadInjectionConfig,
} from '../src/core/injection/index.ts';
import { getKey, isArray, isObject, type JsonObject } from '../src/core/json.ts';
import { parseYaml, roundTrip } from '../src/core/kube/index.ts';
import { hasCorpus, readCorpus } from '../test/conformance/corpus.ts';
import { readCases } from '../test/conformance/injection-cases.ts';
import { configOf, metadataOf, objectAt, take } from '../test/conformance/webhook.ts';

export type Workload = {
  /** What is injected with what, for the table. */
  readonly name: string;
  readonly config: InjectionConfig;
  readonly context: InjectionContext;
  /** Metadata and spec of a pod, as the API server sends it. */
  readonly pod: JsonObject;
};

/** Upstream's `hello.yaml.injected` with today's templates; without the corpus, the example with the 1.0 template. */
export function helloWorkload(): Workload {
  if (!hasCorpus('injection/head')) return exampleWorkload();
  const testCase = readCases('head').find(({ name }) => name.endsWith('hello.yaml.injected'));
  if (testCase?.input == null) throw new Error('the corpus has no case hello.yaml.injected');
  return {
    name: "head's hello.yaml.injected",
    config: configOf('head', testCase),
    context: context(testCase.params.nativeSidecars?.mode === 'true' ? 'true' : 'false'),
    pod: podOf(readCorpus('injection', 'head', testCase.input)),
  };
}

function exampleWorkload(): Workload {
  const read = (path: string): string => readFileSync(`examples/${path}`, 'utf8');
  const config = loadInjectionConfig({
    configText: read('istio-1.0/inject-config.yaml'),
    meshConfigText: read('istio-1.0/mesh-config.yaml'),
    release: { minor: 0, patch: 2 },
  });
  return {
    name: 'examples/demo-red.yaml with the 1.0 template (no corpus: set REMORA_CORPUS)',
    config: take(config),
    context: context('false'),
    pod: podOf(read('demo-red.yaml')),
  };
}

function context(nativeSidecars: 'true' | 'false'): InjectionContext {
  return {
    path: 'webhook',
    requestNamespace: 'default',
    revision: 'default',
    proxyEnvs: new Map(),
    nativeSidecars,
    platform: '',
    compliancePolicy: '',
    host: {},
  };
}

function podOf(text: string): JsonObject {
  const workload = take(parseYaml(text));
  const template = isObject(workload) ? objectAt(objectAt(workload, 'spec'), 'template') : {};
  return { metadata: metadataOf(template), spec: objectAt(template, 'spec') };
}

/** The pod with `count` environment variables in its first container. */
export function withEnvironment(pod: JsonObject, count: number): JsonObject {
  const spec = objectAt(pod, 'spec');
  const containers = getKey(spec, 'containers');
  const [first, ...others] = isArray(containers) ? containers : [];
  const env = Array.from({ length: count }, (_, i) => ({ name: `VARIABLE_${i}`, value: `value ${i}` }));
  return { ...pod, spec: { ...spec, containers: [{ ...(isObject(first) ? first : {}), env }, ...others] } };
}

/** What a webhook does for one request: the text of a pod in, the text of a JSON patch out. */
export function injectText(podText: string, { config, context }: Workload): string {
  const pod = take(
    roundTrip('core/v1.Pod', JSON.parse(podText) as JsonObject, { unknown: 'keep', creationTimestampNull: false }),
  );
  const outcome = inject(pod, context, config);
  if (outcome.kind !== 'injected') throw new Error(`not injected: ${JSON.stringify(outcome.problems)}`);
  return JSON.stringify(outcome.patch);
}
