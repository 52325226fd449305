import { type ManifestSettings, uninjectInPlace, uninjectManifest } from '../../core/manifest/index.ts';
import { failed, type Parsed, type Problem, parsed } from '../../core/problem.ts';
import { formatRelease, parseRelease, type Release } from '../../core/release.ts';
import type { ClusterTexts } from '../cluster/index.ts';
import { type Arguments, flagIsOn, flagText, flagTexts, inPlaceProblems, inputProblems } from './arguments.ts';
import { clusterConfig } from './cluster-config.ts';
import type { CommandResult, Surroundings } from './command.ts';
import { failure, hasErrors, usageFailure } from './failure.ts';
import { problemsText, sourceTexts } from './problem-text.ts';
import { readManifests } from './read-files.ts';
import { fitsBuiltin, readSettings } from './read-settings.ts';
import { writeOutput, writeResults } from './write-results.ts';

/** `remora uninject`: the way back. Nothing is written when anything failed. */
export async function uninject(args: Arguments, surroundings: Surroundings): Promise<CommandResult> {
  const misused = [...inputProblems(args), ...inPlaceProblems(args)];
  if (misused.length > 0) return usageFailure(misused, 'uninject', args, surroundings);
  const read = new Map<string, string>();
  const cluster = await clusterConfig(args, surroundings.env);
  if (!cluster.ok) return failure(cluster.problems, args, surroundings);
  const settings = readSettingsIfKnown(args, surroundings, read, cluster.value);
  const files = readManifests(flagTexts(args, 'filename'));
  if (!settings.ok || !files.ok) return failure([...settings.problems, ...files.problems], args, surroundings, read);

  const inPlace = flagIsOn(args, 'in-place');
  const results = files.value.map((file) => ({
    file,
    restored: inPlace ? uninjectInPlace(file, settings.value) : uninjectManifest(file, settings.value),
  }));
  const problems = [...settings.problems, ...results.flatMap(({ restored }) => restored.problems)];
  const texts = results.flatMap(({ file, restored }) => (restored.ok ? [{ file, text: restored.value.text }] : []));
  const written = hasErrors(problems) ? failed() : write(texts, args);
  const sources = sourceTexts(files.value, settings.value, read);
  return {
    exitCode: written.ok ? 0 : 1,
    error: problemsText([...problems, ...written.problems], surroundings.paintError, sources),
    ...(written.ok && written.value !== '' ? { output: written.value } : {}),
  };
}

/**
 * An old release says nothing without its configuration, and ours is not for it: then what is known of Istio's templates
 * decides, without verification.
 */
function readSettingsIfKnown(
  args: Arguments,
  surroundings: Surroundings,
  read: Map<string, string>,
  cluster: ClusterTexts | undefined,
): Parsed<ManifestSettings | undefined> {
  const release = parseRelease(flagText(args, 'compat') ?? 'latest');
  const given = flagText(args, 'injectConfigFile') !== undefined || cluster !== undefined;
  if (given || !release.ok || fitsBuiltin(release.value)) {
    return readSettings(args, surroundings, read, cluster);
  }
  return parsed(undefined, [unverified(release.value)]);
}

function unverified(release: Release): Problem {
  return {
    code: 'UNINJECT_UNVERIFIED',
    severity: 'warning',
    message: `without a configuration of Istio ${formatRelease(release)} nothing is verified: what Istio usually adds was taken out`,
    remedy: 'Give the configuration that the pod was injected with, and compare the result with the original.',
  };
}

type Restored = { readonly file: { readonly name: string; readonly text: string }; readonly text: string };

function write(restored: readonly Restored[], args: Arguments): Parsed<string> {
  if (!flagIsOn(args, 'in-place')) return writeOutput(restored.map(({ text }) => text).join(''), args);
  const changed = restored.filter(({ file, text }) => text !== file.text);
  const done = writeResults(changed.map(({ file, text }) => ({ path: file.name, data: text })));
  return done.ok ? parsed('') : done;
}
