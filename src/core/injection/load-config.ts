import { compileTemplate, type FunctionTable, fromJson, type GoValue, sprigFunctions } from '../gotemplate/index.ts';
import { getKey, isArray, isObject, type JsonObject, type JsonValue } from '../json.ts';
import { parseYaml } from '../kube/index.ts';
import { type ProxyConfigResource, parseMeshConfig } from '../mesh/index.ts';
import { failed, type Parsed, type Problem, parsed } from '../problem.ts';
import { atLeast, formatRelease, type Release } from '../release.ts';
import type { InjectionConfig, SidecarTemplate } from './model.ts';
import { textAt } from './pod.ts';
import { templateFunctions } from './template-functions.ts';

/** The texts that a configuration is made of. Each may also be a whole ConfigMap as kubectl prints it. */
export type InjectionConfigTexts = {
  /** Key `config` of the config map istio-sidecar-injector, or the bare text of a template. */
  readonly configText: string;
  /** Key `values`. Absent: taken from the config map where `configText` is one, else empty. */
  readonly valuesText?: string | undefined;
  /** Key `mesh` of the config map istio. */
  readonly meshConfigText?: string | undefined;
  /** What the mesh config is laid over in place of the release's own defaults. */
  readonly meshDefaultsText?: string | undefined;
  readonly release: Release;
  readonly proxyConfigs?: readonly ProxyConfigResource[] | undefined;
  /** Replaces the SHA-256 of the template as `version` of the status annotation (up to 1.8). */
  readonly templateVersion?: string | undefined;
  /** For problems: the names of the files that the texts were read from. */
  readonly files?: { readonly config?: string; readonly values?: string; readonly mesh?: string } | undefined;
};

/**
 * Reads and compiles a configuration once, for many pods (injection.md 2.1, 2.3, 2.4, 5.3). All problems of all texts
 * are reported together: a broken template fails the whole configuration even where no pod selects it.
 *
 * | keys of the file         | it is                                                            |
 * |--------------------------|------------------------------------------------------------------|
 * | `templates`, not empty   | the overlay generation; a `template` beside it is a decoy        |
 * | `template`               | the list generation; a release from 1.9 on gives way to an older |
 * | neither, or no mapping   | the text of the template `sidecar`                               |
 */
export function loadInjectionConfig(texts: InjectionConfigTexts): Parsed<InjectionConfig> {
  const unpacked = unpackConfigMaps(texts);
  const config = readConfig(unpacked.config, texts);
  const values = readValues(unpacked.values, texts);
  const mesh = parseMeshConfig(unpacked.mesh, {
    release: config.ok ? config.value.release : texts.release,
    defaults: texts.meshDefaultsText,
  });
  if (!config.ok || !values.ok || !mesh.ok) return failed(...[config, values, mesh].flatMap((part) => part.problems));
  return parsed(
    { ...config.value, ...values.value, mesh: mesh.value, proxyConfigs: texts.proxyConfigs ?? [] },
    [config, values, mesh].flatMap((part) => part.problems),
  );
}

type Unpacked = { readonly config: string; readonly values: string; readonly mesh: string };

function unpackConfigMaps(texts: InjectionConfigTexts): Unpacked {
  const config = configMapData(texts.configText);
  const values = texts.valuesText === undefined ? undefined : configMapData(texts.valuesText);
  const mesh = texts.meshConfigText === undefined ? undefined : configMapData(texts.meshConfigText);
  return {
    config: textAt(config ?? {}, 'config') || texts.configText,
    values: values === undefined ? (texts.valuesText ?? textAt(config ?? {}, 'values')) : textAt(values, 'values'),
    mesh: mesh === undefined ? (texts.meshConfigText ?? '') : textAt(mesh, 'mesh'),
  };
}

/** The data of a ConfigMap object; undefined where the text is none. Only a text that says so is parsed for it. */
function configMapData(text: string): JsonObject | undefined {
  if (!/^\s*["']?kind["']?\s*:\s*["']?ConfigMap\b/m.test(text)) return undefined;
  const object = parseYaml(text);
  if (!object.ok || !isObject(object.value) || getKey(object.value, 'kind') !== 'ConfigMap') return undefined;
  const data = getKey(object.value, 'data');
  return isObject(data) ? data : undefined;
}

type ConfigPart = Omit<InjectionConfig, 'values' | 'valuesJson' | 'mesh' | 'proxyConfigs'>;

function readConfig(text: string, texts: InjectionConfigTexts): Parsed<ConfigPart> {
  const read = parseYaml(text, { file: texts.files?.config ?? 'config' });
  const value = read.ok && isObject(read.value) ? read.value : undefined;
  const templates = value === undefined ? undefined : getKey(value, 'templates');
  if (value !== undefined && isObject(templates) && Object.keys(templates).length > 0) {
    return overlayConfig(value, templates, texts);
  }
  if (value !== undefined && typeof getKey(value, 'template') === 'string') return listConfig(value, texts);
  if (value !== undefined && isInjectorConfig(value)) return overlayConfig(value, {}, texts);
  if (!read.ok && /^\s*(templates|template)\s*:/m.test(text)) return unreadable(read.problems);
  // A bare template: Istio's own are no YAML before they are rendered.
  return overlayConfig({}, { sidecar: text }, texts);
}

/** A file with keys of the configuration but without a template is an empty configuration, not a template's text. */
function isInjectorConfig(value: JsonObject): boolean {
  return ['policy', 'defaultTemplates', 'aliases', 'templates'].some((key) => Object.hasOwn(value, key));
}

function unreadable(problems: readonly Problem[]): Parsed<never> {
  return failed(
    ...problems.map((problem) => ({
      ...problem,
      message: `failed to unmarshal injection template: ${problem.message}`,
    })),
  );
}

function overlayConfig(config: JsonObject, templates: JsonObject, texts: InjectionConfigTexts): Parsed<ConfigPart> {
  const functions = templateFunctions(texts.release);
  const compiled = compileAll(Object.entries(templates), functions, '{{', '}}', texts);
  if (!compiled.ok) return compiled;
  const problems: Problem[] = compiled.value.size === 0 ? [noTemplates()] : [];
  const names = stringList(getKey(config, 'defaultTemplates'));
  return parsed(
    {
      release: texts.release,
      generation: 'overlay',
      ...policyOf(config),
      templates: compiled.value,
      defaultTemplates: names.length === 0 ? ['sidecar'] : names,
      aliases: new Map(objectEntries(getKey(config, 'aliases')).map(([name, list]) => [name, stringList(list)])),
      injectedAnnotations: stringRecord(getKey(config, 'injectedAnnotations')),
      templateVersion: texts.templateVersion ?? '',
    },
    problems,
  );
}

function noTemplates(): Problem {
  return {
    code: 'CONFIG_INVALID',
    severity: 'warning',
    message:
      'injection templates are empty. This may be caused by using an injection template from an older version of Istio.',
    remedy: 'Give the `config` of the istio-sidecar-injector config map of the release that runs in the cluster.',
  };
}

function listConfig(config: JsonObject, texts: InjectionConfigTexts): Parsed<ConfigPart> {
  const source = textAt(config, 'template');
  const brackets = source.includes('[[');
  const { release, problems } = listRelease(texts.release, source, brackets);
  // 1.0 and 1.1 write [[ ]], and {{ }} in their texts is literal; 1.2 turned to {{ }}.
  const [left, right] = brackets ? ['[[', ']]'] : ['{{', '}}'];
  const compiled = compileAll([['sidecar', source]], templateFunctions(release), left, right, texts);
  if (!compiled.ok) return compiled;
  return parsed(
    {
      release,
      generation: 'list',
      ...policyOf(config),
      templates: compiled.value,
      defaultTemplates: ['sidecar'],
      aliases: new Map(),
      injectedAnnotations: stringRecord(getKey(config, 'injectedAnnotations')),
      templateVersion: texts.templateVersion ?? sha256Hex(source),
    },
    problems,
  );
}

/** A template of lists cannot be of a release from 1.9 on: the newest release with its delimiters and data is assumed. */
function listRelease(
  release: Release,
  source: string,
  brackets: boolean,
): { readonly release: Release; readonly problems: readonly Problem[] } {
  if (!atLeast(release, 9)) return { release, problems: [] };
  const minor = !brackets ? 8 : source.includes('.DeploymentMeta') ? 1 : 0;
  const assumed = { minor, patch: 999 };
  const problem: Problem = {
    code: 'RELEASE_ASSUMED',
    severity: 'warning',
    message: `the configuration has \`template\` and no \`templates\`: it is older than Istio ${formatRelease(release)}, and ${formatRelease(assumed)} is assumed`,
    remedy: 'Give the release that the configuration was made for with --compat.',
  };
  return { release: assumed, problems: [problem] };
}

function sha256Hex(text: string): string {
  const sum = sprigFunctions.get('sha256sum');
  const none = (): void => {};
  const result = sum?.call([text], { host: {}, step: none, checkSize: none });
  return typeof result === 'string' ? result : '';
}

function policyOf(config: JsonObject): Pick<ConfigPart, 'policy' | 'neverInjectSelector' | 'alwaysInjectSelector'> {
  return {
    policy: scalarText(getKey(config, 'policy')),
    neverInjectSelector: selectorList(getKey(config, 'neverInjectSelector')),
    alwaysInjectSelector: selectorList(getKey(config, 'alwaysInjectSelector')),
  };
}

function compileAll(
  entries: readonly (readonly [string, JsonValue])[],
  functions: FunctionTable,
  left: string,
  right: string,
  texts: InjectionConfigTexts,
): Parsed<ReadonlyMap<string, SidecarTemplate>> {
  const templates = new Map<string, SidecarTemplate>();
  const problems: Problem[] = [];
  for (const [name, value] of entries) {
    const source = scalarText(value);
    const compiled = compileTemplate(source, { name: 'inject', left, right, functions });
    if (compiled.ok) templates.set(name, { name, source, compiled: compiled.value });
    else problems.push(...compiled.problems.map((problem) => inTemplate(problem, name, texts)));
  }
  return problems.length === 0 ? parsed(templates) : failed(...problems);
}

function inTemplate(problem: Problem, name: string, texts: InjectionConfigTexts): Problem {
  // Without the line: the message has it, and it counts in the template's text, not in the file.
  return { ...problem, where: { file: texts.files?.config, pointer: `/templates/${name}` } };
}

type ValuesPart = { readonly values: GoValue; readonly valuesJson: JsonObject };

function readValues(text: string, texts: InjectionConfigTexts): Parsed<ValuesPart> {
  const none: ValuesPart = { values: fromJson({}), valuesJson: {} };
  if (text.trim() === '') return parsed(none);
  const read = parseYaml(text, { file: texts.files?.values ?? 'values' });
  if (!read.ok) return failed(...read.problems.map((problem) => valuesProblem(problem.message, problem)));
  // The YAML `null` is a nil map: every template then fails, as upstream.
  if (read.value === null) return parsed({ values: null, valuesJson: {} });
  if (!isObject(read.value)) return failed(valuesProblem('the values are no mapping'));
  return parsed({ values: fromJson(read.value), valuesJson: read.value });
}

function valuesProblem(cause: string, problem?: Problem): Problem {
  return {
    code: 'VALUES_INVALID',
    severity: 'error',
    message: `could not parse configuration values: ${cause}`,
    where: problem?.where,
    remedy: 'Give the `values` of the istio-sidecar-injector config map, which are JSON.',
  };
}

function scalarText(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : value === undefined || value === null ? '' : String(value);
}

function stringList(value: JsonValue | undefined): readonly string[] {
  return isArray(value) ? value.map(scalarText) : [];
}

function selectorList(value: JsonValue | undefined): readonly JsonObject[] {
  return isArray(value) ? value.filter(isObject) : [];
}

function objectEntries(value: JsonValue | undefined): readonly (readonly [string, JsonValue])[] {
  return isObject(value) ? Object.entries(value) : [];
}

function stringRecord(value: JsonValue | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries(objectEntries(value).map(([key, item]) => [key, scalarText(item)]));
}
