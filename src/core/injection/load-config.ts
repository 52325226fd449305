import { compileTemplate, type FunctionTable, fromJson, type GoValue, sprigFunctions } from '../gotemplate/index.ts';
import { getKey, isArray, isObject, type JsonObject, type JsonValue, textAt } from '../json.ts';
import { escapePointer, parseYaml } from '../kube/index.ts';
import { type MeshConfig, type ProxyConfigResource, parseMeshConfig } from '../mesh/index.ts';
import { failed, type Parsed, type Problem, parsed } from '../problem.ts';
import { atLeast, formatRelease, type Release } from '../release.ts';
import { fileReader, type KeyText, keyText, placeInFile, pointerInFile } from './config-map-text.ts';
import type { InjectionConfig, SidecarTemplate } from './model.ts';
import { inTemplate } from './render.ts';
import { templateFunctions } from './template-functions.ts';

/** The texts that a configuration is made of. Each may also be a whole ConfigMap, or a List of them, as kubectl prints it. */
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
  readonly files?: ConfigFiles | undefined;
};

export type ConfigFiles = {
  readonly config?: string | undefined;
  readonly values?: string | undefined;
  readonly mesh?: string | undefined;
  readonly meshDefaults?: string | undefined;
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
  const unpacked = unpack(texts);
  if (!unpacked.ok) return unpacked;
  const config = readConfig(unpacked.value.config, texts);
  const values = readValues(unpacked.value.values, texts);
  const mesh = readMesh(unpacked.value, config.ok ? config.value.release : texts.release, texts);
  if (!config.ok || !values.ok || !mesh.ok) return failed(...[config, values, mesh].flatMap((part) => part.problems));
  return parsed(
    { ...config.value, ...values.value, mesh: mesh.value, proxyConfigs: texts.proxyConfigs ?? [] },
    [config, values, mesh].flatMap((part) => part.problems),
  );
}

/** The texts of the templates by name, for showing a line of one that does not parse. Empty where there are none. */
export function templateTexts(configText: string): ReadonlyMap<string, string> {
  const found = keyText(configText, 'config');
  if (!found.ok) return new Map();
  const { text, read = parseYaml(text) } = found.value;
  const value = read.ok && isObject(read.value) ? read.value : {};
  const templates = objectEntries(getKey(value, 'templates')).map(
    ([name, source]) => [name, scalarText(source)] as const,
  );
  return new Map(templates.length > 0 ? templates : [['sidecar', textAt(value, 'template') || text]]);
}

type Unpacked = {
  readonly config: KeyText;
  readonly values: KeyText & { readonly fileText: string; readonly file: string | undefined };
  readonly mesh: KeyText;
  readonly meshDefaults: KeyText | undefined;
};

const NOTHING: KeyText = { text: '', pointer: '', data: {} };

function unpack(texts: InjectionConfigTexts): Parsed<Unpacked> {
  const { files } = texts;
  const reader = fileReader(files?.config ?? 'config');
  const find = (text: string | undefined, key: 'values' | 'mesh', file: string | undefined) =>
    text === undefined ? parsed(NOTHING) : keyText(text, key, file, text === texts.configText ? reader : undefined);
  const config = keyText(texts.configText, 'config', files?.config, reader);
  const values = find(texts.valuesText, 'values', files?.values);
  const mesh = find(texts.meshConfigText, 'mesh', files?.mesh);
  const meshDefaults = find(texts.meshDefaultsText, 'mesh', files?.meshDefaults);
  if (!config.ok || !values.ok || !mesh.ok || !meshDefaults.ok) {
    return failed(...[config, values, mesh, meshDefaults].flatMap((part) => part.problems));
  }
  if (isEmpty(config.value)) return failed(emptyConfig(config.value, files?.config));
  const beside: KeyText = {
    text: textAt(config.value.data, 'values'),
    pointer: config.value.pointer.replace(/config$/, 'values'),
    data: {},
  };
  return parsed({
    config: config.value,
    values:
      texts.valuesText === undefined
        ? { ...beside, fileText: texts.configText, file: files?.config }
        : { ...values.value, fileText: texts.valuesText, file: files?.values },
    mesh: mesh.value,
    meshDefaults: texts.meshDefaultsText === undefined ? undefined : meshDefaults.value,
  });
}

/** Without any text, or with nothing but comments. */
function isEmpty({ text, read }: KeyText): boolean {
  if (text.trim() === '') return true;
  return read === undefined ? !/^\s*[^\s#]/m.test(text) : read.ok && read.value === null;
}

function emptyConfig({ pointer }: KeyText, file: string | undefined): Problem {
  return {
    code: 'CONFIG_INVALID',
    severity: 'error',
    message: 'the injector configuration is empty',
    where: { file, ...(pointer === '' ? {} : { pointer }) },
    remedy: 'Give the config map istio-sidecar-injector, the bare text of its key `config`, or a template.',
  };
}

function readMesh(unpacked: Unpacked, release: Release, texts: InjectionConfigTexts): Parsed<MeshConfig> {
  const { files } = texts;
  const { mesh, meshDefaults } = unpacked;
  const defaultsFile = files?.meshDefaults ?? 'mesh-defaults';
  const options = { release, defaults: meshDefaults?.text, file: files?.mesh, defaultsFile };
  const result = parseMeshConfig(mesh.text, options);
  if (result.problems.length === 0) return result;
  const sources = [
    { file: files?.mesh, fileText: texts.meshConfigText ?? '', key: mesh },
    ...(meshDefaults === undefined
      ? []
      : [{ file: defaultsFile, fileText: texts.meshDefaultsText ?? '', key: meshDefaults }]),
  ];
  const problems = result.problems.map((problem) => inMesh(problem, sources));
  return result.ok ? parsed(result.value, problems) : failed(...problems);
}

type Source = { readonly file: string | undefined; readonly fileText: string; readonly key: KeyText };

/** A check is made of the mesh config and its defaults together: the file is the first that has the field. */
function inMesh(problem: Problem, sources: readonly Source[]): Problem {
  const where = problem.where ?? {};
  const named = where.file === undefined ? sources : sources.filter(({ file }) => file === where.file);
  if (where.line !== undefined && named[0] !== undefined) {
    const { file, fileText, key } = named[0];
    const at = placeInFile(fileText, key, { line: where.line, column: where.column ?? 1 });
    return { ...problem, where: { ...where, file, line: at?.line, column: at?.column } };
  }
  for (const { file, fileText, key } of named) {
    const at = pointerInFile(fileText, key, where.pointer ?? '');
    if (at !== undefined) return { ...problem, where: { ...where, file, ...at } };
  }
  return {
    ...problem,
    where: { ...where, file: where.file ?? sources.findLast(({ file }) => file !== undefined)?.file },
  };
}

type ConfigPart = Omit<InjectionConfig, 'values' | 'valuesJson' | 'mesh' | 'proxyConfigs'>;

function readConfig(key: KeyText, texts: InjectionConfigTexts): Parsed<ConfigPart> {
  const { text } = key;
  const read = key.read ?? parseYaml(text, { file: texts.files?.config ?? 'config' });
  const value = read.ok && isObject(read.value) ? read.value : undefined;
  const templates = value === undefined ? undefined : getKey(value, 'templates');
  const wrong = value === undefined ? [] : wrongTemplates(templates, key, texts);
  if (wrong.length > 0) return failed(...wrong);
  if (value !== undefined && isObject(templates) && Object.keys(templates).length > 0) {
    return overlayConfig(value, templates, texts);
  }
  if (value !== undefined && typeof getKey(value, 'template') === 'string') return listConfig(value, texts);
  if (value !== undefined && isInjectorConfig(value)) return overlayConfig(value, {}, texts);
  if (!read.ok && /^\s*(templates|template)\s*:/m.test(text)) return unreadable(read.problems, key, texts);
  // A bare template: Istio's own are no YAML before they are rendered.
  return overlayConfig({}, { sidecar: text }, texts);
}

/** Templates are texts by name; nothing else can be rendered. */
function wrongTemplates(
  templates: JsonValue | undefined,
  key: KeyText,
  texts: InjectionConfigTexts,
): readonly Problem[] {
  const wrong = (pointer: string, message: string): Problem => ({
    code: 'CONFIG_INVALID',
    severity: 'error',
    message: `failed to unmarshal injection template: ${message}`,
    where: { file: texts.files?.config, pointer, ...pointerInFile(texts.configText, key, pointer) },
    remedy: 'Write `templates` as a mapping of names to texts (`sidecar: |`).',
  });
  if (templates === undefined || templates === null) return [];
  if (!isObject(templates)) {
    const what = isArray(templates) ? 'a list' : 'a plain value';
    return [wrong('/templates', `\`templates\` is ${what}, and not a mapping of names to texts`)];
  }
  return Object.entries(templates)
    .filter(([, source]) => isObject(source) || isArray(source))
    .map(([name, source]) =>
      wrong(
        `/templates/${escapePointer(name)}`,
        `template ${JSON.stringify(name)} is a ${isArray(source) ? 'list' : 'mapping'}, and not a text`,
      ),
    );
}

/** A file with keys of the configuration but without a template is an empty configuration, not a template's text. */
function isInjectorConfig(value: JsonObject): boolean {
  return ['policy', 'defaultTemplates', 'aliases', 'templates'].some((key) => Object.hasOwn(value, key));
}

function unreadable(problems: readonly Problem[], key: KeyText, texts: InjectionConfigTexts): Parsed<never> {
  return failed(
    ...problems.map((problem) => ({
      ...inFile(problem, texts.configText, key, texts.files?.config),
      message: `failed to unmarshal injection template: ${problem.message}`,
    })),
  );
}

/** A place in the text of a key is told as one in its file. */
function inFile(problem: Problem, fileText: string, key: KeyText, file: string | undefined): Problem {
  const { where } = problem;
  if (where?.line === undefined) return { ...problem, where: { ...where, file } };
  const at = placeInFile(fileText, key, { line: where.line, column: where.column ?? 1 });
  return { ...problem, where: { ...where, file, line: at?.line, column: at?.column } };
}

function overlayConfig(config: JsonObject, templates: JsonObject, texts: InjectionConfigTexts): Parsed<ConfigPart> {
  const functions = templateFunctions(texts.release);
  const compiled = compileAll(Object.entries(templates), functions, '{{', '}}');
  if (!compiled.ok) return compiled;
  const problems: Problem[] = compiled.value.size === 0 ? [noTemplates(texts.files?.config)] : [];
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

function noTemplates(file: string | undefined): Problem {
  return {
    code: 'CONFIG_INVALID',
    severity: 'warning',
    message:
      'injection templates are empty. This may be caused by using an injection template from an older version of Istio.',
    where: { file },
    remedy: 'Give the `config` of the istio-sidecar-injector config map of the release that runs in the cluster.',
  };
}

function listConfig(config: JsonObject, texts: InjectionConfigTexts): Parsed<ConfigPart> {
  const source = textAt(config, 'template');
  const brackets = source.includes('[[');
  const { release, problems } = listRelease(texts.release, source, brackets);
  // 1.0 and 1.1 write [[ ]], and {{ }} in their texts is literal; 1.2 turned to {{ }}.
  const [left, right] = brackets ? ['[[', ']]'] : ['{{', '}}'];
  const compiled = compileAll([['sidecar', source]], templateFunctions(release), left, right);
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
): Parsed<ReadonlyMap<string, SidecarTemplate>> {
  const templates = new Map<string, SidecarTemplate>();
  const problems: Problem[] = [];
  for (const [name, value] of entries) {
    const source = scalarText(value);
    const compiled = compileTemplate(source, { name: 'inject', left, right, functions });
    if (compiled.ok) templates.set(name, { name, source, compiled: compiled.value });
    else problems.push(...compiled.problems.map((problem) => inTemplate(problem, name, source)));
  }
  return problems.length === 0 ? parsed(templates) : failed(...problems);
}

type ValuesPart = { readonly values: GoValue; readonly valuesJson: JsonObject };

function readValues(key: Unpacked['values'], texts: InjectionConfigTexts): Parsed<ValuesPart> {
  const none: ValuesPart = { values: fromJson({}), valuesJson: {} };
  if (key.text.trim() === '') return parsed(none);
  const file = key.file ?? texts.files?.values ?? 'values';
  const read = key.read ?? parseYaml(key.text, { file });
  if (!read.ok) {
    const problems = read.problems.map((problem) => inFile(problem, key.fileText, key, file));
    return failed(...problems.map((problem) => valuesProblem(problem.message, problem)));
  }
  // The YAML `null` is a nil map: every template then fails, as upstream.
  if (read.value === null) return parsed({ values: null, valuesJson: {} });
  if (!isObject(read.value))
    return failed({ ...valuesProblem('the values are no mapping'), where: { file: key.file } });
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
