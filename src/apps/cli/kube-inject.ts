import {
  injectInPlace,
  injectManifest,
  type ManifestFile,
  type ManifestResult,
  type ManifestSettings,
  renderManifest,
  renderManifestJson,
} from '../../core/manifest/index.ts';
import { failed, type Parsed, type Problem, parsed } from '../../core/problem.ts';
import { type Arguments, flagIsOn, flagText, flagTexts, inPlaceProblems, inputProblems } from './arguments.ts';
import { clusterConfig } from './cluster-config.ts';
import type { CommandResult, Surroundings } from './command.ts';
import { failure, hasErrors, usageFailure } from './failure.ts';
import { builtinTemplateProblems, clusterFlagProblems, deprecations } from './istioctl-flags.ts';
import { problemsText, type SourceTexts, sourceTexts } from './problem-text.ts';
import { readManifests } from './read-files.ts';
import { readSettings } from './read-settings.ts';
import { reportJson, reportText } from './report.ts';
import { writeOutput, writeResults } from './write-results.ts';

/** `remora kube-inject`: read manifests and configuration, inject, write. Nothing is written when anything failed. */
export async function kubeInject(args: Arguments, surroundings: Surroundings): Promise<CommandResult> {
  const legacy = builtinTemplateProblems(args);
  if (legacy.length > 0) return { ...failure(legacy, args, surroundings), exitCode: 1 };
  const misused = [...inputProblems(args), ...inPlaceProblems(args), ...clusterFlagProblems(args)];
  if (misused.length > 0) return usageFailure(misused, 'kube-inject', args, surroundings);

  const read = new Map<string, string>();
  const cluster = await clusterConfig(args, surroundings.env);
  if (!cluster.ok) return failure(cluster.problems, args, surroundings);
  const settings = readSettings(args, surroundings, read, cluster.value);
  const files = readManifests(flagTexts(args, 'filename'));
  if (!settings.ok || !files.ok) return failure([...settings.problems, ...files.problems], args, surroundings, read);

  const sources = sourceTexts(files.value, settings.value, read);
  const injected = files.value.map((file) => injectFile(file, settings.value, args));
  const results = injected.map(({ result }) => result);
  const problems = [...settings.problems, ...results.flatMap((result) => result.problems)];
  const written = hasErrors(problems) ? failed() : write(injected, args);
  return {
    exitCode: written.ok ? 0 : 1,
    error: said(results, [...problems, ...written.problems], sources, args, surroundings),
    ...(written.ok && written.value !== '' ? { output: written.value } : {}),
  };
}

type Injected = { readonly file: ManifestFile; readonly result: ManifestResult; readonly text: string };

function injectFile(file: ManifestFile, settings: ManifestSettings, args: Arguments): Injected {
  if (!flagIsOn(args, 'in-place')) return { file, result: injectManifest(file, settings), text: file.text };
  const edited = injectInPlace(file, settings);
  if (edited.ok) return { file, result: edited.value.result, text: edited.value.text };
  return { file, result: { documents: [], workloads: [], problems: edited.problems }, text: file.text };
}

/** Gives what belongs on standard output. */
function write(injected: readonly Injected[], args: Arguments): Parsed<string> {
  if (flagIsOn(args, 'in-place')) {
    const changed = injected.filter(({ file, text }) => text !== file.text);
    const done = writeResults(changed.map(({ file, text }) => ({ path: file.name, data: text })));
    return done.ok ? parsed('') : done;
  }
  const documents = injected.flatMap(({ result }) => result.documents);
  const text = flagText(args, 'format') === 'json' ? renderManifestJson({ documents }) : renderManifest({ documents });
  return writeOutput(text, args);
}

/** Standard error: the report, and problems in words unless the report is JSON, which holds them. */
function said(
  results: readonly ManifestResult[],
  problems: readonly Problem[],
  sources: SourceTexts,
  args: Arguments,
  { paintError }: Surroundings,
): string {
  const workloads = results.flatMap((result) => result.workloads);
  const report = flagText(args, 'report');
  const notes = deprecations(args);
  if (report === 'json') return reportJson(workloads, [...notes, ...problems]);
  const words = `${notes.map(({ message }) => `${message}\n`).join('')}${problemsText(problems, paintError, sources)}`;
  return report === 'text' ? `${reportText(workloads, paintError)}${words}` : words;
}
