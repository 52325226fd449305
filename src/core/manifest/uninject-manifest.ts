import { type UninjectOutcome, uninject } from '../injection/index.ts';
import { getKey, isObject, type JsonValue } from '../json.ts';
import { failed, type Parsed, type Problem, parsed } from '../problem.ts';
import { LATEST } from '../release.ts';
import { contextOf, placed, splitStream } from './inject-manifest.ts';
import type { DocumentResult, ManifestFile, ManifestSettings } from './model.ts';
import { renderManifest } from './render.ts';
import { mapWorkloads, type Workload } from './workloads.ts';

/** One pod or workload of a manifest, and whether its sidecar was taken out. */
export type UninjectedWorkload = {
  readonly file: string;
  /** 1-based line on which the document starts. */
  readonly line: number;
  /** `''`, or `/items/3` inside a List. */
  readonly pointer: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly outcome: UninjectOutcome['kind'];
  /** Injecting the result again gives what was in the file. */
  readonly verified: boolean;
};

export type UninjectResult = {
  readonly documents: readonly DocumentResult[];
  readonly workloads: readonly UninjectedWorkload[];
  readonly problems: readonly Problem[];
};

/**
 * Takes out of every workload of a stream what injection brought, and prints the result as kube-inject prints. With the
 * settings of the injection the result is verified by injecting it again; without, Istio's usual templates are assumed.
 */
export function uninjectManifest(
  file: ManifestFile,
  settings?: ManifestSettings,
): Parsed<{ readonly text: string; readonly workloads: readonly UninjectedWorkload[] }> {
  const result = uninjectDocuments(file, settings, (workload) => uninjectWorkload(workload, settings));
  if (result.problems.some((problem) => problem.severity === 'error')) return failed(...result.problems);
  return parsed({ text: renderManifest(result), workloads: result.workloads }, result.problems);
}

/** One pod of a manifest, verified where the settings of its injection are known. */
export function uninjectWorkload(workload: Workload, settings: ManifestSettings | undefined): UninjectOutcome {
  if (settings === undefined) return uninject(workload.pod);
  return uninject(workload.pod, { at: contextOf(workload, settings), cfg: settings.config });
}

/** The documents as values, with `takeOut` done to every pod. */
export function uninjectDocuments(
  file: ManifestFile,
  settings: ManifestSettings | undefined,
  takeOut: (workload: Workload) => UninjectOutcome,
): UninjectResult {
  const release = settings?.config.release ?? LATEST;
  const split = splitStream(file, release);
  if (!split.ok) return { documents: [], workloads: [], problems: split.problems };
  const documents: DocumentResult[] = [];
  const workloads: UninjectedWorkload[] = [];
  const problems: Problem[] = [];
  for (const source of split.value) {
    const mapped = mapWorkloads(source, release, (workload) => {
      const outcome = takeOut(workload);
      const metadata = getKey(workload.object, 'metadata');
      workloads.push({
        file: file.name,
        line: source.line,
        pointer: workload.pointer,
        kind: workload.kind.kind,
        namespace: textAt(metadata, 'namespace'),
        name: textAt(metadata, 'name') || textAt(metadata, 'generateName'),
        outcome: outcome.kind,
        verified: outcome.kind === 'uninjected' && outcome.verified,
      });
      return parsed(outcome.pod, outcome.problems);
    });
    problems.push(...placed(mapped.problems, file, source));
    documents.push(mapped.ok ? { ...mapped.value, source } : { kind: 'failed', source });
  }
  return { documents, workloads, problems };
}

function textAt(object: JsonValue | undefined, key: string): string {
  const value = isObject(object) ? getKey(object, key) : undefined;
  return typeof value === 'string' ? value : '';
}
