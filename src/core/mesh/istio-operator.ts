import { getKey, isObject, type JsonObject, type JsonValue, stringifyGoJson } from '../json.ts';
import { parseYaml } from '../kube/index.ts';
import { failed, type Parsed, type Problem, parsed } from '../problem.ts';

/** What `kube-inject --operatorFileName` takes from an IstioOperator file, before the other files. */
export type OperatorTexts = {
  /** `spec.values` as JSON text; undefined where the file has none. */
  readonly values?: string | undefined;
  /** `spec.meshConfig` as JSON text; undefined where the file has none. */
  readonly meshConfig?: string | undefined;
};

/** Reads an IstioOperator object. Its other settings (profile, components, overlays) do not matter to injection. */
export function readIstioOperator(text: string, file?: string): Parsed<OperatorTexts> {
  const yaml = parseYaml(text, file === undefined ? {} : { file });
  if (!yaml.ok) return failed(...yaml.problems.map((problem) => ({ ...problem, code: 'CONFIG_INVALID' as const })));
  if (!isObject(yaml.value)) return failed(noOperator('the file holds no object', file));
  const kind = getKey(yaml.value, 'kind');
  if (kind !== 'IstioOperator') return failed(noOperator(`the kind is ${String(kind ?? 'missing')}`, file));
  const spec = getKey(yaml.value, 'spec');
  const fields: JsonObject = isObject(spec) ? spec : {};
  return parsed({ values: jsonText(getKey(fields, 'values')), meshConfig: jsonText(getKey(fields, 'meshConfig')) });
}

function jsonText(value: JsonValue | undefined): string | undefined {
  return isObject(value) ? stringifyGoJson(value) : undefined;
}

function noOperator(cause: string, file: string | undefined): Problem {
  return {
    code: 'CONFIG_INVALID',
    severity: 'error',
    message: `no IstioOperator: ${cause}`,
    where: { file, pointer: '/kind' },
    remedy: 'Give a file of kind IstioOperator, or use --meshConfigFile and --valuesFile.',
  };
}
