/** From the flags to everything that an injection needs besides the manifests. */
import {
  behaves,
  builtinConfig,
  type ConfigFiles,
  type InjectionConfig,
  type InjectionConfigTexts,
  keyText,
  loadInjectionConfig,
  templateTexts,
} from '../../core/injection/index.ts';
import { isObject, type JsonObject } from '../../core/json.ts';
import { locatePointers, parseYaml } from '../../core/kube/index.ts';
import type { ManifestSettings } from '../../core/manifest/index.ts';
import {
  type OperatorTexts,
  type ProxyConfigResource,
  parseProxyConfigResource,
  readIstioOperator,
} from '../../core/mesh/index.ts';
import { failed, type Parsed, type Problem, parsed } from '../../core/problem.ts';
import { formatRelease, parseRelease, type Release } from '../../core/release.ts';
import { templateHost } from '../../platform/template-host.ts';
import type { ClusterTexts } from '../cluster/index.ts';
import { type Arguments, flagText, flagTexts, usage } from './arguments.ts';
import type { Surroundings } from './command.ts';
import { readText } from './read-files.ts';
import { readObjects, textAt } from './read-objects.ts';
import { VERSION } from './version.ts';

/**
 * Reads all files that the flags name and compiles the configuration. All problems are told together; the texts that they
 * stand in are added to `sources`, by the names that problems have.
 */
export function readSettings(
  args: Arguments,
  { env }: Surroundings,
  sources: Map<string, string> = new Map(),
  cluster?: ClusterTexts,
): Parsed<ManifestSettings> {
  const release = parseRelease(flagText(args, 'compat') ?? 'latest');
  if (!release.ok) return release;
  const config = readConfig(args, release.value, sources, cluster);
  const namespaces = readObjects(flagTexts(args, 'namespacesFile'), 'Namespace');
  const nodes = readObjects(flagTexts(args, 'nodesFile'), 'Node');
  const problems = [config, namespaces, nodes].flatMap((part) => part.problems);
  if (!config.ok || !namespaces.ok || !nodes.ok) return failed(...problems);
  const revision = flagText(args, 'revision') ?? '';
  return parsed(
    {
      config: config.value,
      context: {
        // istioctl takes the name of the default revision for none.
        revision: revision === 'default' ? '' : revision,
        nativeSidecars: nativeSidecars(args),
        nodes: flagTexts(args, 'nodesFile').length === 0 ? undefined : kubeletVersions(nodes.value),
        platform: flagText(args, 'platform') ?? '',
        compliancePolicy: flagText(args, 'compliancePolicy') ?? '',
        host: templateHost(env),
      },
      namespaces: new Map(namespaces.value.map((object) => [textAt(object, 'metadata', 'name'), object])),
    },
    problems,
  );
}

function nativeSidecars(args: Arguments): 'true' | 'false' | 'auto' {
  const mode = flagText(args, 'nativeSidecars');
  return mode === 'true' || mode === 'false' ? mode : 'auto';
}

function kubeletVersions(nodes: readonly JsonObject[]): ReadonlyMap<string, string> {
  return new Map(
    nodes.map((node) => [textAt(node, 'metadata', 'name'), textAt(node, 'status', 'nodeInfo', 'kubeletVersion')]),
  );
}

type Texts = {
  readonly config: string | undefined;
  readonly values: string | undefined;
  readonly mesh: string | undefined;
  readonly meshDefaults: string | undefined;
  readonly operator: OperatorTexts | undefined;
  readonly operatorText: string | undefined;
};

function readConfig(
  args: Arguments,
  release: Release,
  sources: Map<string, string>,
  cluster: ClusterTexts | undefined,
): Parsed<InjectionConfig> {
  const texts = withCluster(readTexts(args, sources), cluster, sources);
  const proxyConfigs = readProxyConfigs(flagTexts(args, 'proxyConfigFile'), release);
  const problems = [...texts.problems, ...proxyConfigs.problems];
  if (!texts.ok || !proxyConfigs.ok) return failed(...problems);
  const chosen = chooseTexts(texts.value, args, release);
  if (!chosen.ok) return failed(...problems, ...chosen.problems);
  const given = {
    ...chosen.value,
    meshDefaultsText: texts.value.meshDefaults,
    release,
    proxyConfigs: proxyConfigs.value,
  };
  const config = loadInjectionConfig({ ...given, files: { ...filesOf(args, texts.value), ...clusterFiles(cluster) } });
  if (config.ok) return parsed(config.value, [...problems, ...told(config.problems, args, texts.value)]);
  // Read once more, where a template of them has failed.
  for (const [name, text] of templateTexts(given.configText)) sources.set(`template ${name}`, text);
  return failed(...problems, ...told(config.problems, args, texts.value));
}

/** What an IstioOperator says of the mesh stands deeper in its file. */
function told(problems: readonly Problem[], args: Arguments, { operator, operatorText }: Texts): readonly Problem[] {
  const file = flagText(args, 'operatorFileName');
  if (operator?.meshConfig === undefined || operatorText === undefined) return problems;
  return problems.map((problem) => {
    if (problem.code !== 'MESH_CONFIG_INVALID' || problem.where?.file !== file) return problem;
    const pointer = `/spec/meshConfig${problem.where?.pointer ?? ''}`;
    return { ...problem, where: { file, pointer, ...locatePointers(operatorText, [pointer]).get(pointer) } };
  });
}

function readTexts(args: Arguments, sources: Map<string, string>): Parsed<Texts> {
  const problems: Problem[] = [];
  const read = (flag: string): string | undefined => {
    const file = flagText(args, flag);
    if (file === undefined || file === '') return undefined;
    const text = readText(file);
    problems.push(...text.problems);
    if (text.ok) sources.set(file, text.value);
    return text.ok ? text.value : undefined;
  };
  const operatorText = read('operatorFileName');
  const operator =
    operatorText === undefined ? undefined : readIstioOperator(operatorText, flagText(args, 'operatorFileName'));
  problems.push(...(operator?.problems ?? []));
  const texts: Texts = {
    config: read('injectConfigFile'),
    values: read('valuesFile'),
    mesh: read('meshConfigFile'),
    meshDefaults: read('meshDefaultsFile'),
    operator: operator?.ok ? operator.value : undefined,
    operatorText,
  };
  return problems.some((problem) => problem.severity === 'error') ? failed(...problems) : parsed(texts, problems);
}

/** Files go before what the cluster has. */
function withCluster(
  files: Parsed<Texts>,
  cluster: ClusterTexts | undefined,
  sources: Map<string, string>,
): Parsed<Texts> {
  if (!files.ok || cluster === undefined) return files;
  for (const part of [cluster.config, cluster.values, cluster.mesh])
    if (part !== undefined) sources.set(part.from, part.text);
  const { config, values, mesh } = files.value;
  return parsed(
    {
      ...files.value,
      config: config ?? cluster.config?.text,
      values: values ?? cluster.values?.text,
      mesh: mesh ?? cluster.mesh?.text,
    },
    files.problems,
  );
}

function clusterFiles(cluster: ClusterTexts | undefined): ConfigFiles {
  return {
    ...(cluster?.config === undefined ? {} : { config: cluster.config.from }),
    ...(cluster?.values === undefined ? {} : { values: cluster.values.from }),
    ...(cluster?.mesh === undefined ? {} : { mesh: cluster.mesh.from }),
  };
}

type ChosenTexts = Pick<InjectionConfigTexts, 'configText' | 'valuesText' | 'meshConfigText'>;

/**
 * | text   | first that is there                                                                      |
 * |--------|------------------------------------------------------------------------------------------|
 * | config | --injectConfigFile, the cluster's, built-in                                              |
 * | values | --operatorFileName, --valuesFile, those beside the config; laid over the built-in values |
 * | mesh   | --operatorFileName, --meshConfigFile, the release's                                      |
 */
function chooseTexts(texts: Texts, args: Arguments, release: Release): Parsed<ChosenTexts> {
  const valuesText = texts.operator?.values ?? texts.values;
  const meshConfigText = texts.operator?.meshConfig ?? texts.mesh;
  if (texts.config !== undefined) {
    const strange = ['proxyImage', 'initImage'].filter((flag) => flagText(args, flag) !== undefined);
    if (strange.length > 0) return failed(...strange.map(onlyBuiltin));
    return parsed({ configText: texts.config, valuesText, meshConfigText });
  }
  if (!fitsBuiltin(release)) return failed(needsConfig(release));
  const values = readValues(valuesText, flagText(args, 'valuesFile'));
  if (!values.ok) return values;
  const [proxyImage, initImage] = [flagText(args, 'proxyImage'), flagText(args, 'initImage')];
  return parsed(builtinConfig({ tag: VERSION, proxyImage, initImage, values: values.value, meshConfigText }));
}

/** Our own template asks for the field; no older release knows it. */
export function fitsBuiltin(release: Release): boolean {
  return behaves(release, 'native-sidecars-field');
}

function readValues(given: string | undefined, file: string | undefined): Parsed<JsonObject> {
  if (given === undefined) return parsed({});
  const found = keyText(given, 'values', file);
  if (!found.ok) return found;
  const { text, read } = found.value;
  const value = read ?? parseYaml(text, { file });
  if (value.ok && isObject(value.value)) return parsed(value.value);
  return failed({
    code: 'VALUES_INVALID',
    severity: 'error',
    message: `could not parse configuration values: ${value.ok ? 'the values are no mapping' : (value.problems[0]?.message ?? '')}`,
    where: read === undefined ? { file } : (value.problems[0]?.where ?? { file }),
    remedy: 'Give the `values` of the istio-sidecar-injector config map, which are JSON.',
  });
}

function readProxyConfigs(files: readonly string[], release: Release): Parsed<readonly ProxyConfigResource[]> {
  const objects = readObjects(files, 'ProxyConfig');
  if (!objects.ok) return objects;
  const read = objects.value.map((object) => parseProxyConfigResource(object, release));
  const problems = read.flatMap((resource) => resource.problems);
  const resources = read.flatMap((resource) => (resource.ok ? [resource.value] : []));
  return resources.length === read.length ? parsed(resources, problems) : failed(...problems);
}

function filesOf(args: Arguments, { operator }: Texts): ConfigFiles {
  const operatorFile = flagText(args, 'operatorFileName');
  return {
    config: flagText(args, 'injectConfigFile'),
    values: operator?.values === undefined ? flagText(args, 'valuesFile') : operatorFile,
    mesh: operator?.meshConfig === undefined ? flagText(args, 'meshConfigFile') : operatorFile,
    meshDefaults: flagText(args, 'meshDefaultsFile'),
  };
}

function onlyBuiltin(flag: string): Problem {
  return usage(
    `--${flag} is for the built-in configuration, and --injectConfigFile gives another`,
    'Set the image in the values: global.proxy.image and global.proxy_init.image.',
  );
}

function needsConfig(release: Release): Problem {
  return usage(
    `the built-in configuration is for newer releases of Istio than ${formatRelease(release)}, which --compat asks for`,
    "Give that release's configuration with --injectConfigFile: the config of its istio-sidecar-injector config map.",
  );
}
