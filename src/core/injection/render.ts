import { executeTemplate, type GoObject } from '../gotemplate/index.ts';
import { isObject, type JsonObject } from '../json.ts';
import { escapePointer, parseYaml } from '../kube/index.ts';
import { failed, type Parsed, type Problem, parsed } from '../problem.ts';
import { decodeUtf8, encodeUtf8 } from '../utf8.ts';
import type { InjectionConfig, InjectionContext, SidecarTemplate } from './model.ts';

/**
 * Executes a template and reads what it wrote as a partial Pod. Only the first YAML document counts; a text without
 * content changes nothing. What is no mapping fails with upstream's text.
 */
export function renderTemplate(
  template: SidecarTemplate,
  data: GoObject,
  host: InjectionContext['host'],
): Parsed<JsonObject> {
  const text = executeTemplate(template.compiled, data, { host });
  if (!text.ok) return failed(...text.problems.map((problem) => inTemplate(problem, template.name, template.source)));
  const overlay = parseYaml(text.value, { file: `output of template ${template.name}` });
  if (!overlay.ok) return failed(...overlay.problems.map((problem) => notMergeable(problem.message, problem)));
  if (overlay.value === null) return parsed({});
  if (!isObject(overlay.value)) {
    const problem = notMergeable(`template ${template.name} wrote no mapping`);
    return failed({ ...problem, where: { file: `template ${template.name}` } });
  }
  return parsed(overlay.value);
}

/** A problem with its place in the template's text, and not in the manifest's. Go counts columns in bytes. */
export function inTemplate(problem: Problem, name: string, source: string): Problem {
  const { line, column } = problem.where ?? {};
  const place = { ...problem.where, file: `template ${name}`, pointer: `/templates/${escapePointer(name)}` };
  if (line === undefined || column === undefined) return { ...problem, where: place };
  const before = encodeUtf8(source.split('\n')[line - 1] ?? '').subarray(0, column - 1);
  return { ...problem, where: { ...place, column: [...decodeUtf8(before)].length + 1 } };
}

/** Upstream says only this; where and why stand in the rest of the problem. */
function notMergeable(cause: string, problem?: Problem): Problem {
  return {
    code: 'MERGE_FAILED',
    severity: 'error',
    message: 'strategic merge: invalid JSON document',
    where: problem?.where,
    remedy: `Correct the template: what it wrote is no partial Pod (${cause}).`,
  };
}

/** Problems with what a template gave, told as the template's: the pod in which they show has done nothing wrong. */
export function blamed(problems: readonly Problem[], { name }: SidecarTemplate): readonly Problem[] {
  return problems.map((problem) => {
    const pointer = problem.where?.pointer;
    const at = pointer === undefined ? '' : ` at ${pointer}`;
    const cause = problem.code === 'MERGE_FAILED' ? problem.remedy : undefined;
    return {
      ...problem,
      code: 'MERGE_FAILED',
      where: { file: `template ${name}`, pointer: `/templates/${escapePointer(name)}` },
      remedy: `Correct what template ${name} renders${at}${cause === undefined ? ': a Pod has another type there.' : `. ${cause}`}`,
    };
  });
}

/** A template that asks for values and has none: the likely cause of whatever fails. */
export function withValuesHint(
  problems: readonly Problem[],
  { source }: SidecarTemplate,
  { valuesJson }: InjectionConfig,
): readonly Problem[] {
  if (Object.keys(valuesJson).length > 0 || !source.includes('.Values')) return problems;
  const hint = 'No values were given, and the template asks for them: give those of its config map (--valuesFile).';
  return problems.map((problem) => ({
    ...problem,
    remedy: problem.remedy === undefined ? hint : `${problem.remedy} ${hint}`,
  }));
}
