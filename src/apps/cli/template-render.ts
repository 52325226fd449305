import { basename } from 'node:path';
import {
  compileTemplate,
  executeTemplate,
  fromJson,
  type GoValue,
  type MissingKey,
  sprigFunctions,
} from '../../core/gotemplate/index.ts';
import type { JsonValue } from '../../core/json.ts';
import { parseYaml } from '../../core/kube/index.ts';
import { failed, type Parsed, type Problem, parsed } from '../../core/problem.ts';
import { decodeUtf8, encodeUtf8 } from '../../core/utf8.ts';
import { templateHost } from '../../platform/template-host.ts';
import { type Arguments, flagText, flagTexts, usage } from './arguments.ts';
import type { CommandResult, Surroundings } from './command.ts';
import { failure, usageFailure } from './failure.ts';
import { binaryProblem, readInput, readText, unreadable } from './read-files.ts';
import { writeOutput } from './write-results.ts';

/** `remora template render`: one template over one value. */
export function templateRender(args: Arguments, surroundings: Surroundings): CommandResult {
  const misused = misuse(args);
  if (misused.length > 0) return usageFailure(misused, 'template render', args, surroundings);
  const file = flagText(args, 'filename') ?? '';
  const source = readTemplate(file);
  const data = readData(flagText(args, 'data'));
  if (!source.ok || !data.ok) {
    const texts = data.ok ? undefined : new Map([[flagText(args, 'data') ?? '', data.text]]);
    return failure([...source.problems, ...(data.ok ? [] : data.problems)], args, surroundings, texts);
  }

  const rendered = render(source.value, data.value, file, args, surroundings);
  const written = rendered.ok ? writeOutput(encodeUtf8(rendered.value), args) : rendered;
  if (!written.ok) {
    const problems = written.problems.map((problem) => placed(problem, file, source.value));
    return failure(problems, args, surroundings, new Map([[file, source.value]]));
  }
  return { exitCode: 0, output: written.value };
}

/** Go names a template that is read from a file by the file's last name. */
function render(source: string, data: GoValue, file: string, args: Arguments, { env }: Surroundings): Parsed<string> {
  const compiled = compileTemplate(source, {
    name: file === '-' ? 'standard input' : basename(file),
    left: flagText(args, 'left'),
    right: flagText(args, 'right'),
    missingKey: missingKey(flagText(args, 'option')),
    functions: sprigFunctions,
  });
  return compiled.ok ? executeTemplate(compiled.value, data, { host: templateHost(env) }) : compiled;
}

/** `invalid` is Go's other word for its default. */
function missingKey(option: string | undefined): MissingKey {
  const word = option?.slice('missingkey='.length);
  return word === 'zero' || word === 'error' ? word : 'default';
}

/** A template may hold bytes that are no UTF-8, as in Go; NUL bytes say that it is no text at all. */
function readTemplate(file: string): Parsed<string> {
  const bytes = readInput(file);
  if (!bytes.ok) return failed(unreadable(file, bytes.failure.message));
  const nul = bytes.value.indexOf(0);
  return nul === -1 ? parsed(decodeUtf8(bytes.value)) : failed(binaryProblem(file, bytes.value, nul, 'a NUL byte'));
}

/** JSON has escapes (surrogate pairs) that YAML does not know, so JSON is tried first. */
function readData(file: string | undefined): ReadData {
  if (file === undefined) return { ok: true, value: undefined };
  const text = readText(file);
  if (!text.ok) return { ...text, text: '' };
  try {
    return { ok: true, value: fromJson(JSON.parse(text.value) as JsonValue) };
  } catch {
    const value = parseYaml(text.value, { file });
    return value.ok ? { ok: true, value: fromJson(value.value) } : { ...value, text: text.value };
  }
}

/** Broken data comes with its text, so that the line concerned can be shown. */
type ReadData =
  | { readonly ok: true; readonly value: GoValue }
  | { readonly ok: false; readonly problems: readonly Problem[]; readonly text: string };

/** Go counts columns in bytes, a person in characters. */
function placed(problem: Problem, file: string, source: string): Problem {
  const { where } = problem;
  if (where?.line === undefined || where.column === undefined) return { ...problem, where: { ...where, file } };
  const line = source.split('\n')[where.line - 1] ?? '';
  const before = decodeUtf8(encodeUtf8(line).subarray(0, where.column - 1));
  return { ...problem, where: { ...where, file, column: [...before].length + 1 } };
}

function misuse(args: Arguments): readonly Problem[] {
  const [file, data] = [flagText(args, 'filename'), flagText(args, 'data')];
  if (file === undefined) return [usage('filename not specified (see --filename or -f)')];
  if (flagTexts(args, 'filename').length > 1) {
    return [usage('one template is rendered, and -f is given more than once', 'Run the command once for each.')];
  }
  return file === '-' && data === '-' ? [usage('standard input can be read only once')] : [];
}
