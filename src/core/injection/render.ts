import { executeTemplate, type GoObject } from '../gotemplate/index.ts';
import { isObject, type JsonObject } from '../json.ts';
import { parseYaml } from '../kube/index.ts';
import { failed, type Parsed, type Problem, parsed } from '../problem.ts';
import type { InjectionContext, SidecarTemplate } from './model.ts';

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
  if (!text.ok) return failed(...text.problems.map((problem) => inTemplate(problem, template.name)));
  const overlay = parseYaml(text.value, { file: `template ${template.name}` });
  if (!overlay.ok) return failed(...overlay.problems.map((problem) => notMergeable(problem.message, problem)));
  if (overlay.value === null) return parsed({});
  if (!isObject(overlay.value)) return failed(notMergeable(`template ${template.name} wrote no mapping`));
  return parsed(overlay.value);
}

function inTemplate(problem: Problem, name: string): Problem {
  // Lines count in the template's text, not in the manifest's.
  return { ...problem, where: { ...problem.where, file: `template ${name}`, pointer: `/templates/${name}` } };
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
