import {
  applySplices,
  type DocumentEdit,
  editWithRecord,
  jsonEqual,
  planEdits,
  readUndoRecord,
  type Splice,
} from '../edit/index.ts';
import { annotationOf, behaves, outdatedMetadata, withEditedProbes } from '../injection/index.ts';
import type { JsonObject } from '../json.ts';
import { failed, type Parsed, type Problem, parsed } from '../problem.ts';
import type { Release } from '../release.ts';
import { contextOf, injectManifest } from './inject-manifest.ts';
import type { ManifestFile, ManifestResult, ManifestSettings, WorkloadResult } from './model.ts';
import { readTyped, type Workload } from './workloads.ts';

export type EditedManifest = { readonly text: string; readonly result: ManifestResult };

/**
 * Injects into the text itself: comments, order, quoting, anchors and all that injection does not touch stay to the
 * byte. The last line of the result is a comment with what it takes to give the original back. Injecting the result
 * again gives the same text, from release 1.9 on; an older release would inject twice, and is refused.
 *
 * | the file                                   | is edited from | and has afterwards                    |
 * |--------------------------------------------|----------------|---------------------------------------|
 * | was never injected                         | itself         | a record that leads back to it        |
 * | has a record that fits                     | the original   | a record that leads back to it        |
 * | was injected, but has no record that fits  | itself         | none: there is no original to go to   |
 * | the same, and the engine would go on       | itself         | a record that leads back to it        |
 * | is JSON, which knows no comments           | itself         | none                                  |
 *
 * The last but one is rare: a sidecar of another template generation counts as the user's own the first time and as
 * injected from then on. The record makes every later run start where the first one did.
 */
export function injectInPlace(file: ManifestFile, settings: ManifestSettings): Parsed<EditedManifest> {
  const record = readUndoRecord(file.text);
  const text = record.kind === 'valid' ? record.original : record.kind === 'stale' ? record.text : file.text;
  const result = injectEdited({ ...file, text }, settings, record.kind === 'stale');
  if (result.problems.some((problem) => problem.severity === 'error')) return failed(...result.problems);
  const before = result.workloads.filter((workload) => wasInjected(workload));
  const injectedBefore = before.length > 0 || record.kind === 'valid';
  if (injectedBefore && !behaves(settings.config.release, 'overlay-templates')) {
    return failed(...(before.length > 0 ? before : result.workloads).map((workload) => alreadyInjected(workload)));
  }
  const planned = planEdits(text, editsOf(result, settings.config.release));
  if (!planned.ok) return failed(...planned.problems.map((problem) => inFile(problem, file)));
  const splices = planned.value;
  if (before.length > 0 && record.kind !== 'valid' && splices.length === 0) {
    return parsed({ text: file.text, result }, result.problems);
  }
  const bare = isJson(text) || (before.length > 0 && settles(text, splices, settings));
  return parsed({ text: bare ? applySplices(text, splices) : editWithRecord(text, splices), result }, result.problems);
}

/**
 * A file that is injected is edited by hand, and the probe that someone writes into it is the one that counts. Releases
 * before 1.17 forget all that the agent was told when they inject again, whether edited or not. `stale`: the file is
 * known to have been edited, and what injection derived from it is looked at too.
 */
function injectEdited(file: ManifestFile, settings: ManifestSettings, stale: boolean): ManifestResult {
  const merges = behaves(settings.config.release, 'probers-merged');
  return injectManifest(file, settings, {
    prepare: (pod) => (merges && hasStatus(pod) ? withEditedProbes(pod) : pod),
    warn: (workload: Workload) =>
      stale && hasStatus(workload.pod)
        ? outdatedMetadata(workload.pod, { at: contextOf(workload, settings), cfg: settings.config })
        : [],
  });
}

function hasStatus(pod: JsonObject): boolean {
  return annotationOf(pod, 'sidecar.istio.io/status') !== undefined;
}

/** Whether injecting the edited text once more would change nothing. */
function settles(text: string, splices: readonly Splice[], settings: ManifestSettings): boolean {
  const again = injectEdited({ name: '', text: applySplices(text, splices) }, settings, false);
  return editsOf(again, settings.config.release).length === 0;
}

/** A comment would make a JSON file unreadable for whatever reads JSON only. */
function isJson(text: string): boolean {
  if (!/^\s*\{/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** What changes, by the lines of its document. */
export function editsOf(result: Pick<ManifestResult, 'documents'>, release: Release): readonly DocumentEdit[] {
  const read = (text: string): Parsed<JsonObject> => readTyped(text, release);
  return result.documents.flatMap((document) => {
    if (document.kind !== 'object' || jsonEqual(document.before, document.after)) return [];
    const { source, before, after } = document;
    return [{ line: source.line, lines: source.text.split('\n').length - 1, before, after, read }];
  });
}

function wasInjected({ original }: WorkloadResult): boolean {
  return hasStatus(original);
}

function alreadyInjected(workload: WorkloadResult): Problem {
  return {
    code: 'ALREADY_INJECTED',
    severity: 'error',
    message: `${workload.kind} "${workload.name}" is injected already, and releases before 1.9 would inject it a second time`,
    where: { file: workload.file, line: workload.line, pointer: workload.pointer },
    remedy: 'Take the sidecar out first: remora uninject --in-place -f FILE.',
  };
}

function inFile(problem: Problem, file: ManifestFile): Problem {
  return { ...problem, where: { ...problem.where, file: file.name } };
}
