/** Uninject over the inputs of the injection corpus: what kube-inject or the webhook makes of them, taken back again. */
import { type InjectionContext, inject, uninject } from '../../src/core/injection/index.ts';
import { isArray, isObject, type JsonObject, type JsonValue } from '../../src/core/json.ts';
import { diffJson, equal, parseYaml, roundTrip, splitDocuments, workloadKind } from '../../src/core/kube/index.ts';
import {
  injectInPlace,
  injectManifest,
  type ManifestSettings,
  renderManifest,
  uninjectInPlace,
  uninjectManifest,
} from '../../src/core/manifest/index.ts';
import type { Parsed } from '../../src/core/problem.ts';
import { readCorpus } from './corpus.ts';
import { type InjectionCase, readCases } from './injection-cases.ts';
import { configOf } from './webhook.ts';

export type RoundTrip = {
  readonly name: string;
  /** Pods that injection changed. */
  readonly injected: number;
  /** What is different after injection and back, with the typed form of the input; undefined where nothing is. */
  readonly lost: string | undefined;
  /** Whether every pod was verified by injecting the result again. */
  readonly verified: boolean;
  /** Codes of the problems told on the way. */
  readonly told: readonly string[];
  /** The same with `--in-place`: undefined where the original text came back byte for byte. */
  readonly inPlace: string | undefined;
  /** The same where the undo record is gone: what the values then differ in. */
  readonly withoutRecord: string | undefined;
};

/** Every case with a manifest as input that was not injected before, one or two ways. */
export function roundTrips(release: string): readonly RoundTrip[] {
  return readCases(release)
    .filter(({ expectedError, input }) => expectedError === null && input !== null && input.endsWith('.yaml'))
    .filter(({ input }) => !readCorpus('injection', release, input ?? '').includes('sidecar.istio.io/status'))
    .flatMap((testCase) => [
      ...(testCase.params.paths.includes('kube-inject') ? [kubeInjectTrip(release, testCase)] : []),
      ...(testCase.params.paths.some((path) => path.startsWith('webhook')) ? [webhookTrip(release, testCase)] : []),
    ]);
}

/** The same for the pods alone, as the webhook gets them. */
function webhookTrip(release: string, testCase: InjectionCase): RoundTrip {
  const settings = settingsOf(release, testCase);
  const pods = podsOf(readCorpus('injection', release, testCase.input ?? ''));
  const at: InjectionContext = {
    ...settings.context,
    path: 'webhook',
    requestNamespace: testCase.params.requestNamespace ?? '',
    revision: testCase.params.revision?.webhook ?? '',
    proxyEnvs: new Map(),
  };
  const lost: string[] = [];
  const told: string[] = [];
  let injected = 0;
  let verified = true;
  for (const pod of pods) {
    const outcome = inject(pod, at, settings.config);
    told.push(...outcome.problems.map(({ code }) => code));
    if (outcome.kind !== 'injected') continue;
    injected++;
    const back = uninject(outcome.pod, { at, cfg: settings.config });
    told.push(...back.problems.map(({ code }) => code));
    verified &&= back.kind === 'uninjected' && back.verified;
    const difference = firstDifference([typedPod(pod)], [typedPod(back.pod)]);
    if (difference !== undefined) lost.push(difference);
  }
  return {
    name: `${testCase.name}, webhook`,
    injected,
    lost: lost.length === 0 ? undefined : lost.join(''),
    verified,
    told,
    inPlace: undefined,
    withoutRecord: undefined,
  };
}

/** Metadata and spec of every pod in a manifest, also where there are no containers, or only a pod without its kind. */
function podsOf(text: string): readonly JsonObject[] {
  const sources = take(splitDocuments(text, { separators: 'loose' })).value;
  return sources.flatMap(({ text: source }) => {
    const kind = /^kind:\s*(\w+)/m.exec(source)?.[1] ?? 'Pod';
    const schema = workloadKind(kind, 'current')?.type;
    return podsIn(take(parseYaml(source, schema === undefined ? {} : { schema })).value);
  });
}

function podsIn(value: JsonValue): readonly JsonObject[] {
  if (!isObject(value)) return [];
  if (value.kind === 'List' && isArray(value.items)) return value.items.flatMap(podsIn);
  const kind = workloadKind(String(value.kind ?? 'Pod'), 'current');
  const at = (path: readonly string[]): JsonValue =>
    path.reduce<JsonValue>((inner, key) => (isObject(inner) ? (inner[key] ?? {}) : {}), value);
  return kind === undefined ? [] : [typedPod({ metadata: at(kind.metadataPath), spec: at(kind.specPath) })];
}

function typedPod(pod: JsonObject): JsonObject {
  const { metadata = {}, spec = {} } = pod;
  const typed = roundTrip('core/v1.Pod', { metadata, spec }, { unknown: 'keep', creationTimestampNull: false });
  if (!typed.ok) throw new Error(JSON.stringify(typed.problems));
  return typed.value;
}

function kubeInjectTrip(release: string, testCase: InjectionCase): RoundTrip {
  const settings = settingsOf(release, testCase);
  const file = { name: testCase.input ?? '', text: readCorpus('injection', release, testCase.input ?? '') };
  const injected = injectManifest(file, settings);
  const typed = injected.documents.map((document) => (document.kind === 'object' ? document.before : undefined));
  const back = take(uninjectManifest({ name: 'injected.yaml', text: renderManifest(injected) }, settings));
  const again = typedDocuments({ name: 'back.yaml', text: back.value.text }, settings);
  const done = back.value.workloads.filter(({ outcome }) => outcome === 'uninjected');
  return {
    name: testCase.name,
    injected: injected.workloads.filter(({ outcome }) => outcome.kind === 'injected').length,
    lost: firstDifference(typed, again),
    verified: done.every(({ verified }) => verified),
    told: [...injected.problems, ...back.problems].map(({ code }) => code),
    ...inPlace(file, typed, settings),
  };
}

function firstDifference(
  want: readonly (JsonObject | undefined)[],
  got: readonly (JsonObject | undefined)[],
): string | undefined {
  if (want.length !== got.length) return `${want.length} documents before, ${got.length} after`;
  for (const [i, before] of want.entries()) {
    const after = got[i];
    if (before === undefined || after === undefined ? before !== after : !equal(before, after)) {
      return JSON.stringify(diffJson(before ?? {}, after ?? {}, { type: 'core/v1.Pod' }));
    }
  }
  return undefined;
}

function inPlace(
  file: { readonly name: string; readonly text: string },
  typed: readonly (JsonObject | undefined)[],
  settings: ManifestSettings,
): Pick<RoundTrip, 'inPlace' | 'withoutRecord'> {
  const edited = take(injectInPlace(file, settings)).value.text;
  const back = take(uninjectInPlace({ ...file, text: edited }, settings)).value.text;
  const bare = edited.replace(/^# remora-undo\/1 .*\n$/m, '');
  const again = take(uninjectInPlace({ ...file, text: bare }, settings)).value.text;
  return {
    inPlace: back === file.text ? undefined : `${file.text.length} characters before, ${back.length} after`,
    withoutRecord: firstDifference(typed, typedDocuments({ ...file, text: again }, settings)),
  };
}

function typedDocuments(
  file: { readonly name: string; readonly text: string },
  settings: ManifestSettings,
): readonly (JsonObject | undefined)[] {
  return injectManifest(file, settings).documents.map((document) =>
    document.kind === 'object' ? document.before : undefined,
  );
}

function settingsOf(release: string, testCase: InjectionCase): ManifestSettings {
  const { params } = testCase;
  const config = configOf(release, testCase);
  const native = params.nativeSidecars;
  const mode = native?.mode;
  return {
    config: { ...config, policy: params.policy ?? config.policy },
    context: {
      revision: params.revision?.kubeInject ?? '',
      nativeSidecars: mode === 'true' || mode === 'auto' ? mode : 'false',
      nodes:
        native?.nodeKubeletVersions === undefined
          ? undefined
          : new Map(native.nodeKubeletVersions.map((version, i) => [`node-${i}`, version])),
      platform: params.platform ?? '',
      compliancePolicy: params.compliancePolicy ?? '',
      host: { env: (name) => params.env?.[name] },
    },
    namespaces: new Map(),
  };
}

function take<T>(result: Parsed<T>): Parsed<T> & { ok: true } {
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result;
}
