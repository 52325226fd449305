import { uninjectInPlace, uninjectManifest } from '../../core/manifest/index.ts';
import { failed, type Parsed, parsed } from '../../core/problem.ts';
import { type Arguments, flagIsOn, flagTexts, inPlaceProblems, inputProblems } from './arguments.ts';
import type { CommandResult, Surroundings } from './command.ts';
import { failure, hasErrors, usageFailure } from './failure.ts';
import { problemsText, sourceTexts } from './problem-text.ts';
import { readManifests } from './read-files.ts';
import { readSettings } from './read-settings.ts';
import { writeOutput, writeResults } from './write-results.ts';

/** `remora uninject`: the way back. Nothing is written when anything failed. */
export function uninject(args: Arguments, surroundings: Surroundings): CommandResult {
  const misused = [...inputProblems(args), ...inPlaceProblems(args)];
  if (misused.length > 0) return usageFailure(misused, 'uninject', surroundings);
  const settings = readSettings(args, surroundings);
  const files = readManifests(flagTexts(args, 'filename'));
  if (!settings.ok || !files.ok) return failure([...settings.problems, ...files.problems], args, surroundings);

  const inPlace = flagIsOn(args, 'in-place');
  const results = files.value.map((file) => ({
    file,
    restored: inPlace ? uninjectInPlace(file, settings.value) : uninjectManifest(file, settings.value),
  }));
  const problems = [...settings.problems, ...results.flatMap(({ restored }) => restored.problems)];
  const texts = results.flatMap(({ file, restored }) => (restored.ok ? [{ file, text: restored.value.text }] : []));
  const written = hasErrors(problems) ? failed() : write(texts, args);
  const sources = sourceTexts(files.value, settings.value);
  return {
    exitCode: written.ok ? 0 : 1,
    error: problemsText([...problems, ...written.problems], surroundings.paintError, sources),
    ...(written.ok && written.value !== '' ? { output: written.value } : {}),
  };
}

type Restored = { readonly file: { readonly name: string; readonly text: string }; readonly text: string };

function write(restored: readonly Restored[], args: Arguments): Parsed<string> {
  if (!flagIsOn(args, 'in-place')) return writeOutput(restored.map(({ text }) => text).join(''), args);
  const changed = restored.filter(({ file, text }) => text !== file.text);
  const done = writeResults(changed.map(({ file, text }) => ({ path: file.name, data: text })));
  return done.ok ? parsed('') : done;
}
