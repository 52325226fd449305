import { behaves, type InjectionContext, type InjectionOutcome, inject } from '../injection/index.ts';
import { getKey, isArray, isObject, type JsonObject } from '../json.ts';
import { locatePointers, type SourceDocument, splitDocuments } from '../kube/index.ts';
import { failed, type Parsed, type Problem, parsed } from '../problem.ts';
import type { Release } from '../release.ts';
import type { DocumentResult, ManifestFile, ManifestResult, ManifestSettings, WorkloadResult } from './model.ts';
import { mapWorkloads, type Workload } from './workloads.ts';

/**
 * Injects every workload of a stream of YAML documents as `istioctl kube-inject` of the configuration's release does
 * (injection.md 5). All documents are looked at and all problems told; where one is an error, nothing may be written.
 *
 * `again` is for what was injected before: `prepare` changes what is injected, and never what is skipped; `warn` looks
 * at what was.
 */
export function injectManifest(file: ManifestFile, settings: ManifestSettings, again: Again = {}): ManifestResult {
  const { release } = settings.config;
  const split = splitStream(file, release);
  if (!split.ok) return { documents: [], workloads: [], problems: split.problems };
  const documents: DocumentResult[] = [];
  const workloads: WorkloadResult[] = [];
  const problems: Problem[] = [];
  for (const source of split.value) {
    const mapped = mapWorkloads(source, release, (workload) => {
      const outcome = injectWorkload(workload, settings, again);
      if (outcome.kind !== 'invalid') workloads.push(resultOf(file, source, workload, outcome.outcome));
      if (outcome.kind === 'invalid') return failed(outcome.problem);
      return podOf(outcome.outcome, workload.pod, again.warn?.(workload) ?? []);
    });
    problems.push(...placed(mapped.problems, file, source));
    if (!mapped.ok) documents.push({ kind: 'failed', source });
    else documents.push({ ...mapped.value, source });
  }
  return { documents, workloads, problems };
}

/** The documents of a file, as the release told them apart. */
export function splitStream(file: ManifestFile, release: Release): Parsed<readonly SourceDocument[]> {
  const separators = behaves(release, 'strict-separators') ? 'strict' : 'loose';
  return splitDocuments(file.text, { separators, file: file.name });
}

type Again = {
  readonly prepare?: (pod: JsonObject) => JsonObject;
  readonly warn?: (workload: Workload) => readonly Problem[];
};

type Injected =
  | { readonly kind: 'invalid'; readonly problem: Problem }
  | { readonly kind: 'asked'; readonly outcome: InjectionOutcome };

function injectWorkload(workload: Workload, settings: ManifestSettings, { prepare = (same) => same }: Again): Injected {
  const { kind, pod } = workload;
  const containers = getKey(objectAt(pod, 'spec'), 'containers');
  if (!isArray(containers) || containers.length === 0) return { kind: 'invalid', problem: noContainers(kind.kind) };
  return { kind: 'asked', outcome: inject(prepare(pod), contextOf(workload, settings), settings.config) };
}

/** The circumstances in which kube-inject injects a workload. */
export function contextOf({ kind, object }: Workload, settings: ManifestSettings): InjectionContext {
  const metadata = objectAt(object, 'metadata');
  const namespace = text(metadata, 'namespace');
  const owner = {
    apiVersion: text(object, 'apiVersion'),
    kind: text(object, 'kind'),
    name: text(metadata, 'name'),
    namespace,
    metadata,
  };
  return {
    ...settings.context,
    path: 'kube-inject',
    // A bare Pod may have been made by a controller, which is then found from the pod itself.
    ...(kind.kind === 'Pod' ? {} : { owner }),
    requestNamespace: '',
    proxyEnvs: new Map(),
    namespaceObject: settings.namespaces.get(namespace),
  };
}

function podOf(outcome: InjectionOutcome, original: JsonObject, warnings: readonly Problem[]): Parsed<JsonObject> {
  if (outcome.kind === 'failed') return failed(...outcome.problems);
  if (outcome.kind === 'skipped') return parsed(original, outcome.problems);
  return parsed(outcome.pod, [...outcome.problems, ...warnings]);
}

function resultOf(
  file: ManifestFile,
  source: SourceDocument,
  { pointer, object, pod }: Workload,
  outcome: InjectionOutcome,
): WorkloadResult {
  const metadata = objectAt(object, 'metadata');
  return {
    file: file.name,
    line: source.line,
    pointer,
    apiVersion: text(object, 'apiVersion'),
    kind: text(object, 'kind'),
    namespace: text(metadata, 'namespace'),
    name: text(metadata, 'name') || text(metadata, 'generateName'),
    original: pod,
    outcome,
  };
}

/** Problems with the place in the file: the line of what the pointer names, where it can be found. */
export function placed(problems: readonly Problem[], file: ManifestFile, source: SourceDocument): readonly Problem[] {
  if (problems.length === 0) return problems;
  const pointers = problems.flatMap(({ where }) => (where?.pointer === undefined ? [] : [where.pointer]));
  const places = locatePointers(source.text, pointers);
  return problems.map((problem) => {
    const { where } = problem;
    // A template's problem stands in the template.
    if (where?.file !== undefined) return problem;
    if (where?.line !== undefined) {
      return { ...problem, where: { ...where, file: file.name, line: where.line + source.line - 1 } };
    }
    const found = where?.pointer === undefined ? undefined : places.get(where.pointer);
    const line = (found?.line ?? 1) + source.line - 1;
    return { ...problem, where: { ...where, file: file.name, line, column: found?.column } };
  });
}

function noContainers(kind: string): Problem {
  return {
    code: 'POD_INVALID',
    severity: 'error',
    message: `the ${kind === 'Pod' ? 'pod' : `pod template of the ${kind}`} has no containers`,
    where: { pointer: '/spec/containers' },
    remedy: 'Give at least one container; the API server refuses a pod without.',
  };
}

function objectAt(object: JsonObject, key: string): JsonObject {
  const value = getKey(object, key);
  return isObject(value) ? value : {};
}

function text(object: JsonObject, key: string): string {
  const value = getKey(object, key);
  return typeof value === 'string' ? value : '';
}
