import { applySplices, planEdits, readUndoRecord } from '../edit/index.ts';
import { uninject } from '../injection/index.ts';
import { failed, type Parsed, type Problem, parsed } from '../problem.ts';
import { LATEST } from '../release.ts';
import { editsOf } from './in-place.ts';
import type { ManifestFile, ManifestSettings } from './model.ts';
import { type UninjectedWorkload, uninjectDocuments, uninjectWorkload } from './uninject-manifest.ts';

/**
 * Takes out of the text itself what injection brought, and keeps all else to the byte.
 *
 * | the file ends with      | the result is                                                      |
 * |-------------------------|--------------------------------------------------------------------|
 * | a record that fits      | the original text, byte for byte                                   |
 * | the same, of a text     | that text, edited likewise: it was injected before the record was  |
 * | that was injected       | written (see injectInPlace)                                        |
 * | a record that is stale  | the text without the record, edited to what `uninject` gives; said |
 * | no record               | the text, edited likewise                                          |
 */
export function uninjectInPlace(
  file: ManifestFile,
  settings?: ManifestSettings,
): Parsed<{ readonly text: string; readonly workloads: readonly UninjectedWorkload[] }> {
  const record = readUndoRecord(file.text);
  const text = record.kind === 'stale' ? record.text : file.text;
  if (record.kind === 'valid' && isInjected({ ...file, text: record.original }, settings)) {
    return uninjectInPlace({ ...file, text: record.original }, settings);
  }
  if (record.kind === 'valid') {
    // Nothing needs to be found out, so nothing is searched for; the pods are only counted.
    const { workloads } = uninjectDocuments(file, settings, ({ pod }) => uninject(pod));
    const verified = workloads.map((workload) => ({ ...workload, verified: workload.outcome === 'uninjected' }));
    return parsed({ text: record.original, workloads: verified });
  }
  const result = uninjectDocuments({ ...file, text }, settings, (workload) => uninjectWorkload(workload, settings));
  if (result.problems.some((problem) => problem.severity === 'error')) return failed(...result.problems);
  const splices = planEdits(text, editsOf(result, settings?.config.release ?? LATEST));
  if (!splices.ok) return failed(...splices.problems.map((problem) => inFile(problem, file)));
  const warnings = record.kind === 'stale' ? [stale(file), ...result.problems] : result.problems;
  return parsed({ text: applySplices(text, splices.value), workloads: result.workloads }, warnings);
}

/** Looks closely only where the text has a sign of it. */
function isInjected(file: ManifestFile, settings: ManifestSettings | undefined): boolean {
  if (!file.text.includes('sidecar.istio.io/status')) return false;
  const { workloads } = uninjectDocuments(file, settings, ({ pod }) => uninject(pod));
  return workloads.some(({ outcome }) => outcome === 'uninjected');
}

function stale(file: ManifestFile): Problem {
  return {
    code: 'UNDO_RECORD_STALE',
    severity: 'warning',
    message: 'the file was changed after it was injected, so its undo record no longer fits and is not used',
    where: { file: file.name },
    remedy: 'Compare the result with the original: what injection changed besides values may stay changed.',
  };
}

function inFile(problem: Problem, file: ManifestFile): Problem {
  return { ...problem, where: { ...problem.where, file: file.name } };
}
