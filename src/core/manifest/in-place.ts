import { applySplices, type DocumentEdit, editWithRecord, planEdits, readUndoRecord } from '../edit/index.ts';
import { annotationOf, behaves } from '../injection/index.ts';
import { failed, type Parsed, type Problem, parsed } from '../problem.ts';
import { injectManifest } from './inject-manifest.ts';
import type { ManifestFile, ManifestResult, ManifestSettings, WorkloadResult } from './model.ts';

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
 */
export function injectInPlace(file: ManifestFile, settings: ManifestSettings): Parsed<EditedManifest> {
  const record = readUndoRecord(file.text);
  const text = record.kind === 'valid' ? record.original : record.kind === 'stale' ? record.text : file.text;
  const result = injectManifest({ ...file, text }, settings);
  if (result.problems.some((problem) => problem.severity === 'error')) return failed(...result.problems);
  const before = result.workloads.filter((workload) => wasInjected(workload));
  const injectedBefore = before.length > 0 || record.kind === 'valid';
  if (injectedBefore && !behaves(settings.config.release, 'overlay-templates')) {
    return failed(...(before.length > 0 ? before : result.workloads).map((workload) => alreadyInjected(workload)));
  }
  const splices = planEdits(text, editsOf(result));
  if (!splices.ok) return failed(...splices.problems.map((problem) => inFile(problem, file)));
  const edited = before.length > 0 ? applySplices(text, splices.value) : editWithRecord(text, splices.value);
  return parsed(
    { text: before.length > 0 && splices.value.length === 0 ? file.text : edited, result },
    result.problems,
  );
}

/** What changes, by the line on which its document starts. */
export function editsOf(result: Pick<ManifestResult, 'documents'>): readonly DocumentEdit[] {
  return result.documents.flatMap((document) =>
    document.kind === 'object' && document.before !== document.after
      ? [{ line: document.source.line, before: document.before, after: document.after }]
      : [],
  );
}

function wasInjected({ original }: WorkloadResult): boolean {
  return annotationOf(original, 'sidecar.istio.io/status') !== undefined;
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
