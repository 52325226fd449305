import { isObject } from '../json.ts';
import { failed, type Parsed, parsed } from '../problem.ts';
import { atLeast, type Release } from '../release.ts';
import type { Message } from './decode-message.ts';
import { messageDescriptor } from './descriptor.ts';
import { defaultProxyConfig } from './mesh-defaults.ts';
import { withoutZeros } from './message.ts';
import {
  type MeshConfig,
  overlayProxyConfig,
  PROXY_CONFIG_ANNOTATION,
  type ProxyConfig,
  type ProxyConfigResource,
  readProxyConfigText,
} from './proxy-config.ts';

/** Releases from which the annotation is read at all, and from which the webhook merges four sources. */
const ANNOTATION_SINCE = 6;
const FOUR_SOURCES_SINCE = 13;

export type ProxyConfigSource =
  | 'built-in'
  | 'mesh'
  | 'root-namespace-resource'
  | 'namespace-resource'
  | 'annotation'
  | 'workload-resource';

/** What one source set, as evidence for an explanation: `statusPort`, `proxyMetadata.DNS_AGENT`. */
export type ProxyConfigContribution = {
  readonly source: ProxyConfigSource;
  /** `NAMESPACE/NAME` of a resource. */
  readonly name?: string | undefined;
  readonly fields: readonly string[];
};

export type EffectiveProxyConfig = {
  readonly proxyConfig: ProxyConfig;
  /** kube-inject changes the mesh config as well, so a statusPort of the annotation reaches probes and metrics. */
  readonly meshConfig: MeshConfig;
  readonly contributions: readonly ProxyConfigContribution[];
};

export type ProxyConfigRequest = {
  readonly path: 'kube-inject' | 'webhook';
  readonly release: Release;
  readonly mesh: MeshConfig;
  readonly annotations: { readonly [name: string]: string };
  /** Of the pod, for the webhook: resources are chosen by them. */
  readonly namespace?: string | undefined;
  readonly labels?: { readonly [name: string]: string } | undefined;
  readonly resources?: readonly ProxyConfigResource[] | undefined;
};

/**
 * The proxy configuration of one pod (injection.md 2.9).
 *
 * | path                   | from weakest to strongest                                                             | zeros |
 * |------------------------|---------------------------------------------------------------------------------------|-------|
 * | kube-inject, 1.6+      | mesh, annotation                                                                      | count |
 * | webhook, 1.6 to 1.12   | the same                                                                              | count |
 * | webhook, 1.13+         | built-in, mesh, root namespace's resource, namespace's resource, annotation, workload's resource | lost |
 * | any, up to 1.5         | mesh                                                                                  |       |
 *
 * Upstream's kube-inject knows no resources. Where a user gives it some, they are to count as they do in the cluster, so
 * it then does as the webhook does.
 *
 * A zero is lost because each step passes through JSON: `interceptionMode: REDIRECT` cannot take back TPROXY, while
 * wrappers can (`concurrency: 0`). An annotation that cannot be parsed fails kube-inject (`could not parse proxy
 * config: …`); the webhook ignores it here, and the validation of annotations refuses it later.
 */
export function resolveProxyConfig(request: ProxyConfigRequest): Parsed<EffectiveProxyConfig> {
  const { mesh, release } = request;
  const ofMesh = mesh.defaultConfig ?? {};
  const fromMesh: ProxyConfigContribution = { source: 'mesh', fields: fieldsSet(ofMesh, release) };
  const annotation = Object.hasOwn(request.annotations, PROXY_CONFIG_ANNOTATION)
    ? request.annotations[PROXY_CONFIG_ANNOTATION]
    : undefined;
  const knowsResources = request.path === 'webhook' || (request.resources ?? []).length > 0;
  if (knowsResources && atLeast(release, FOUR_SOURCES_SINCE)) return parsed(mergeSources(request, annotation));
  if (annotation === undefined || !atLeast(release, ANNOTATION_SINCE)) {
    return parsed({ proxyConfig: ofMesh, meshConfig: mesh, contributions: [fromMesh] });
  }
  const patch = readAnnotation(annotation, release);
  if (!patch.ok) return patch;
  const meshConfig = withOverlay(mesh, patch.value, release);
  return parsed({
    proxyConfig: meshConfig.defaultConfig ?? {},
    meshConfig,
    contributions: [fromMesh, { source: 'annotation', fields: fieldsSet(patch.value, release) }],
  });
}

/**
 * The mesh config with the annotation's ProxyConfig laid over its defaultConfig, zeros included: how kube-inject (and
 * the webhook up to 1.12) treats it. Where the mesh has no defaultConfig, it lies over the built-in one.
 */
export function applyProxyConfigAnnotation(mesh: MeshConfig, annotation: string, release: Release): Parsed<MeshConfig> {
  const patch = readAnnotation(annotation, release);
  return patch.ok ? parsed(withOverlay(mesh, patch.value, release)) : patch;
}

function withOverlay(mesh: MeshConfig, patch: Message, release: Release): MeshConfig {
  const base = mesh.defaultConfig ?? (defaultProxyConfig(release) as ProxyConfig);
  return { ...mesh, defaultConfig: overlayProxyConfig(base, patch, release) };
}

function readAnnotation(text: string, release: Release): Parsed<Message> {
  const patch = readProxyConfigText(text, release);
  if (patch.ok) return patch;
  const where = { pointer: `/metadata/annotations/${PROXY_CONFIG_ANNOTATION.replace('/', '~1')}` };
  return failed(
    ...patch.problems.map((problem) => ({
      ...problem,
      code: 'PROXY_CONFIG_INVALID' as const,
      message: `could not parse proxy config: ${problem.message}`,
      where,
    })),
  );
}

function mergeSources(request: ProxyConfigRequest, annotation: string | undefined): EffectiveProxyConfig {
  const { mesh, release } = request;
  const rootNamespace = mesh.rootNamespace ?? '';
  const namespace = request.namespace ?? '';
  const contributions: ProxyConfigContribution[] = [];
  let effective = defaultProxyConfig(release) as ProxyConfig;
  const lay = (source: ProxyConfigSource, config: ProxyConfig | undefined, name?: string): void => {
    if (config === undefined) return;
    effective = overlayProxyConfig(effective, config, release);
    contributions.push({ source, name, fields: fieldsSet(config, release) });
  };
  const layResource = (source: ProxyConfigSource, resource: ProxyConfigResource | undefined): void =>
    lay(source, resource?.proxyConfig, resource && `${resource.namespace}/${resource.name}`);

  lay('built-in', effective);
  lay('mesh', mesh.defaultConfig);
  const ordered = [...(request.resources ?? [])].sort(byAge);
  if (rootNamespace !== '') layResource('root-namespace-resource', namespaceWide(ordered, rootNamespace));
  if (namespace !== rootNamespace) layResource('namespace-resource', namespaceWide(ordered, namespace));
  lay('annotation', annotation === undefined ? undefined : lenientAnnotation(annotation, release));
  layResource('workload-resource', ofWorkload(ordered, namespace, request.labels ?? {}));
  return { proxyConfig: effective, meshConfig: mesh, contributions };
}

/** Undefined where it cannot be parsed: the validation of annotations speaks of that. */
function lenientAnnotation(text: string, release: Release): ProxyConfig | undefined {
  const patch = readProxyConfigText(text, release);
  if (!patch.ok) return undefined;
  return withoutZeros(patch.value, messageDescriptor('ProxyConfig', release), release) as ProxyConfig;
}

/** Oldest first; equal ages by name and then namespace, so that the order is the same everywhere. */
function byAge(a: ProxyConfigResource, b: ProxyConfigResource): number {
  return (
    compareText(a.creationTimestamp, b.creationTimestamp) ||
    compareText(a.name, b.name) ||
    compareText(a.namespace, b.namespace)
  );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The oldest resource without a selector; the others count for nothing. */
function namespaceWide(resources: readonly ProxyConfigResource[], namespace: string): ProxyConfigResource | undefined {
  return resources.find((resource) => resource.namespace === namespace && resource.matchLabels === undefined);
}

/** The oldest resource whose labels are all on the pod; a selector without labels selects nothing. */
function ofWorkload(
  resources: readonly ProxyConfigResource[],
  namespace: string,
  labels: { readonly [name: string]: string },
): ProxyConfigResource | undefined {
  return resources.find((resource) => {
    if (resource.namespace !== namespace || resource.matchLabels === undefined) return false;
    const wanted = Object.entries(resource.matchLabels);
    return wanted.length > 0 && wanted.every(([key, value]) => Object.hasOwn(labels, key) && labels[key] === value);
  });
}

function fieldsSet(config: Message, release: Release): readonly string[] {
  return messageDescriptor('ProxyConfig', release).fields.flatMap((field) => {
    if (!Object.hasOwn(config, field.jsonName)) return [];
    const value = config[field.jsonName];
    if (field.jsonName !== 'proxyMetadata' || !isObject(value)) return [field.jsonName];
    return Object.keys(value).map((key) => `proxyMetadata.${key}`);
  });
}
