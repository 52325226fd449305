import {
  compareCodePoints,
  getKey,
  isArray,
  isObject,
  type JsonObject,
  type JsonValue,
  type MutableJsonObject,
} from '../json.ts';
import { parseYaml } from '../kube/index.ts';
import { failed, type Parsed, type Problem, parsed } from '../problem.ts';
import { atLeast, type Release } from '../release.ts';
import { DecodeError, decodeMessage, type Message } from './decode-message.ts';
import { messageDescriptor } from './descriptor.ts';
import { defaultMeshConfig, defaultProxyConfig } from './mesh-defaults.ts';
import { overlayMessage, withoutZeros } from './message.ts';
import { type MeshConfig, overlayProxyConfig, type ProxyConfig } from './proxy-config.ts';
import { validateMeshConfig } from './validate-mesh-config.ts';

export type ParseMeshConfigOptions = {
  readonly release: Release;
  /** YAML that takes the place of the release's built-in defaults (a complete mesh config). */
  readonly defaults?: string | undefined;
  /** Named in problems of the defaults. */
  readonly defaultsFile?: string | undefined;
  /** Named in problems. */
  readonly file?: string | undefined;
};

/** Upstream releases in which the way of overlaying changed. */
const DIRECT_OVERLAY = 6;
const UNION_OF_ALIASES = 10;
const PROVIDERS_BY_NAME = 11;

/**
 * Reads a user's mesh config (key `mesh` of the config map istio) and lays it over the release's defaults.
 *
 * | part                                       | rule                                                              |
 * |--------------------------------------------|-------------------------------------------------------------------|
 * | any other field                            | replaced whole                                                    |
 * | defaultConfig, 1.6+                        | field by field, see overlayProxyConfig                            |
 * | defaultConfig, up to 1.5                   | the same, but explicit zero values vanish; proxyMetadata replaced |
 * | defaultProviders, 1.11+                    | field by field                                                    |
 * | extensionProviders, 1.11+                  | by name: replaced in place, new ones appended                     |
 * | trustDomainAliases, 1.10+                  | united, sorted                                                    |
 * | mixerAddress, 1.0                          | fills mixerCheckServer and mixerReportServer where both are empty |
 * | unknown fields                             | 1.0: an error; later tolerated                                    |
 *
 * Fails with Istio's texts: `failed to convert to proto. …` for what cannot be decoded, and those of
 * `validateMeshConfig` for a result that Istio refuses. Empty text is the defaults.
 */
export function parseMeshConfig(text: string, options: ParseMeshConfigOptions): Parsed<MeshConfig> {
  const defaults = options.defaults === undefined ? undefined : readDefaults(options.defaults, options);
  if (defaults !== undefined && !defaults.ok) return defaults;
  const base = defaults?.value ?? defaultMeshConfig(options.release);
  const yaml = parseYaml(text, options.file === undefined ? {} : { file: options.file });
  if (!yaml.ok)
    return failed(...yaml.problems.map((problem) => unconvertible(problem.message, problem.where, options)));
  try {
    const result = overlayMeshConfig(base, yaml.value, options.release);
    const problems = validateMeshConfig(result, options.release);
    if (problems.some((problem) => problem.severity === 'error')) return failed(...problems);
    return parsed(result, problems);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return failed(unconvertible(error.message, { pointer: error.pointer }, options));
  }
}

/** Lays a decoded YAML value over `base`. @throws DecodeError */
function overlayMeshConfig(base: Message, value: JsonValue, release: Release): MeshConfig {
  const descriptor = messageDescriptor('MeshConfig', release);
  const patch = decodeMessage(value, descriptor, { release, unknown: atLeast(release, 1) ? 'ignore' : 'refuse' });
  const result: MutableJsonObject = { ...overlayMessage(base, patch, descriptor, release) };
  const baseProxy = (base.defaultConfig ?? defaultProxyConfig(release)) as ProxyConfig;
  result.defaultConfig = overlayDefaultConfig(baseProxy, patch.defaultConfig, release);
  if (atLeast(release, UNION_OF_ALIASES)) uniteAliases(result, base);
  if (atLeast(release, PROVIDERS_BY_NAME)) {
    mergeDefaultProviders(result, base, patch, release);
    mergeExtensionProviders(result, base, patch);
  }
  if (!atLeast(release, 1)) fillMixerServers(result);
  return withoutZeros(result, descriptor, release) as MeshConfig;
}

function overlayDefaultConfig(base: ProxyConfig, patch: JsonValue | undefined, release: Release): ProxyConfig {
  if (!isObject(patch)) return base;
  // Up to 1.5 what the user gave was encoded once more before it was laid over the defaults.
  const given = atLeast(release, DIRECT_OVERLAY)
    ? patch
    : withoutZeros(patch, messageDescriptor('ProxyConfig', release), release);
  return overlayProxyConfig(base, given, release);
}

function uniteAliases(result: MutableJsonObject, base: Message): void {
  const aliases = new Set([...listOf(result, 'trustDomainAliases'), ...listOf(base, 'trustDomainAliases')].map(String));
  result.trustDomainAliases = [...aliases].sort(compareCodePoints);
}

function mergeDefaultProviders(result: MutableJsonObject, base: Message, patch: Message, release: Release): void {
  const before = base.defaultProviders;
  const given = patch.defaultProviders;
  if (!isObject(before) || !isObject(given)) return;
  const descriptor = messageDescriptor('MeshConfig.DefaultProviders', release);
  result.defaultProviders = overlayMessage(before, given, descriptor, release);
}

function mergeExtensionProviders(result: MutableJsonObject, base: Message, patch: Message): void {
  if (!Object.hasOwn(patch, 'extensionProviders')) return;
  const merged = [...listOf(base, 'extensionProviders')];
  for (const provider of listOf(patch, 'extensionProviders')) {
    const at = merged.findIndex((known) => nameOf(known) === nameOf(provider));
    if (at === -1) merged.push(provider);
    else merged[at] = provider;
  }
  result.extensionProviders = merged;
}

function fillMixerServers(result: MutableJsonObject): void {
  const address = result.mixerAddress;
  if (!address || result.mixerCheckServer || result.mixerReportServer) return;
  result.mixerCheckServer = address;
  result.mixerReportServer = address;
}

/** A complete mesh config given in place of the built-in defaults. */
function readDefaults(text: string, { release, defaultsFile }: ParseMeshConfigOptions): Parsed<Message> {
  const file = defaultsFile ?? 'mesh-defaults';
  const yaml = parseYaml(text, { file });
  if (!yaml.ok) return yaml;
  const descriptor = messageDescriptor('MeshConfig', release);
  try {
    const decoded = decodeMessage(yaml.value, descriptor, { release, unknown: 'ignore' });
    return parsed(withoutZeros(decoded, descriptor, release));
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return failed(unconvertible(error.message, { pointer: error.pointer }, { release, file }));
  }
}

function unconvertible(cause: string, where: Problem['where'], options: ParseMeshConfigOptions): Problem {
  return {
    code: 'MESH_CONFIG_INVALID',
    severity: 'error',
    message: `failed to convert to proto. ${cause}`,
    where: { ...where, file: where?.file ?? options.file },
    remedy: 'Give the field a value of the type that the MeshConfig reference of this release names.',
  };
}

function listOf(message: JsonObject, field: string): readonly JsonValue[] {
  const value = message[field];
  return isArray(value) ? value : [];
}

function nameOf(provider: JsonValue): JsonValue {
  return isObject(provider) ? (getKey(provider, 'name') ?? '') : '';
}
