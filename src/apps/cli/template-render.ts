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
import { type Arguments, flagText, usage } from './arguments.ts';
import type { CommandResult, Surroundings } from './command.ts';
import { failure, usageFailure } from './failure.ts';
import { binaryProblem, readInput, readText, unreadable } from './read-files.ts';
import { writeOutput } from './write-results.ts';

/** `remora template render`: one template over one value. */
export function templateRender(args: Arguments, surroundings: Surroundings): CommandResult {
  const misused = misuse(args);
  if (misused.length > 0) return usageFailure(misused, 'template render', surroundings);
  const file = flagText(args, 'filename') ?? '';
  const source = readTemplate(file);
  const data = readData(flagText(args, 'data'));
  if (!source.ok || !data.ok) return failure([...source.problems, ...data.problems], args, surroundings);

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
    name: file === '-' ? 'stdin' : basename(file),
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
function readData(file: string | undefined): Parsed<GoValue> {
  if (file === undefined) return parsed(undefined);
  const text = readText(file);
  if (!text.ok) return text;
  try {
    return parsed(fromJson(JSON.parse(text.value) as JsonValue));
  } catch {
    const value = parseYaml(text.value, { file });
    return value.ok ? parsed(fromJson(value.value)) : value;
  }
}

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
  return file === '-' && data === '-' ? [usage('standard input can be read only once')] : [];
}
