import { isObject, type JsonObject, type JsonValue, type MutableJsonObject, setKey } from '../json.ts';
import { parseYaml } from '../kube/index.ts';
import { failed, type Parsed, parsed } from '../problem.ts';
import { atLeast, type Release } from '../release.ts';
import { DecodeError, decodeMessage, type Message } from './decode-message.ts';
import { messageDescriptor } from './descriptor.ts';
import { textOf } from './fields.ts';
import { overlayMessage, withoutZeros } from './message.ts';

/** The annotation by which a pod changes its own proxy's configuration. */
export const PROXY_CONFIG_ANNOTATION = 'proxy.istio.io/config';

/** Upstream merges proxyMetadata by key since 1.10; before, a given map replaced the whole one. */
const METADATA_MERGED = 10;

/** `ProxyConfig` of istio.mesh.v1alpha1, in protobuf JSON. Zero scalars are absent. The fields that code here reads: */
export type ProxyConfig = Message & {
  readonly interceptionMode?: string;
  readonly concurrency?: number;
  readonly statusPort?: number;
  readonly discoveryAddress?: string;
  readonly drainDuration?: string;
  readonly holdApplicationUntilProxyStarts?: boolean;
  readonly proxyMetadata?: { readonly [key: string]: string };
  readonly image?: { readonly imageType?: string };
};

/** `MeshConfig` of istio.mesh.v1alpha1, in protobuf JSON. Zero scalars are absent. */
export type MeshConfig = Message & {
  readonly defaultConfig?: ProxyConfig;
  readonly proxyListenPort?: number;
  readonly proxyInboundListenPort?: number;
  readonly trustDomain?: string;
  readonly rootNamespace?: string;
  readonly enablePrometheusMerge?: boolean;
  readonly inboundTrafficPolicy?: { readonly mode?: string };
  readonly extensionProviders?: readonly JsonObject[];
};

/**
 * Lays a ProxyConfig over `base`: every field given replaces the whole field, **also with its zero value** (REDIRECT
 * takes a mesh-wide TPROXY back; drop zeros first where they must not); proxyMetadata is merged by key, and sub-fields
 * of proxyHeaders that are not given are kept. Upstream: mesh.MergeProxyConfig.
 */
export function overlayProxyConfig(base: ProxyConfig, patch: Message, release: Release): ProxyConfig {
  const descriptor = messageDescriptor('ProxyConfig', release);
  const merged: MutableJsonObject = { ...overlayMessage(base, patch, descriptor, release) };
  if (atLeast(release, METADATA_MERGED)) mergeKept(merged, base, 'proxyMetadata');
  mergeKept(merged, base, 'proxyHeaders');
  return merged as ProxyConfig;
}

/** Puts back the keys of `base` that the overlay has not given. */
function mergeKept(merged: MutableJsonObject, base: Message, field: string): void {
  const before = base[field];
  const after = merged[field];
  if (!isObject(before)) return;
  if (after === undefined) {
    merged[field] = before;
    return;
  }
  if (!isObject(after) || before === after) return;
  const kept: MutableJsonObject = { ...before };
  for (const [key, value] of Object.entries(after)) setKey(kept, key, value);
  merged[field] = kept;
}

/**
 * Decodes a YAML text of ProxyConfig, explicit zeros kept. Problems carry Go's text without a prefix. The last text is
 * remembered: overlay and validation of one pod read the same annotation, and the pods of a workload share it.
 */
export function readProxyConfigText(text: string, release: Release): Parsed<Message> {
  if (lastRead !== undefined && lastRead.text === text && lastRead.minor === release.minor) return lastRead.result;
  const yaml = parseYaml(text);
  const result = yaml.ok ? readProxyConfigValue(yaml.value, release) : yaml;
  lastRead = { text, minor: release.minor, result };
  return result;
}

let lastRead: { readonly text: string; readonly minor: number; readonly result: Parsed<Message> } | undefined;

function readProxyConfigValue(value: JsonValue, release: Release): Parsed<Message> {
  try {
    return parsed(decodeMessage(value, messageDescriptor('ProxyConfig', release), { release, unknown: 'ignore' }));
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return failed({
      code: 'PROXY_CONFIG_INVALID',
      severity: 'error',
      message: error.message,
      where: { pointer: error.pointer },
      remedy: 'Give the field a value of the type that the ProxyConfig reference names.',
    });
  }
}

/** A ProxyConfig resource (networking.istio.io/v1beta1), as far as injection reads it. */
export type ProxyConfigResource = {
  readonly name: string;
  readonly namespace: string;
  /** RFC 3339, for the order: the oldest wins. */
  readonly creationTimestamp: string;
  /** undefined: for the whole namespace. Present but empty: for nobody. */
  readonly matchLabels?: { readonly [label: string]: string } | undefined;
  /** `concurrency`, `environmentVariables` as proxyMetadata, `image`. */
  readonly proxyConfig: ProxyConfig;
};

/** Reads a ProxyConfig object of the Kubernetes API. */
export function parseProxyConfigResource(object: JsonObject, release: Release): Parsed<ProxyConfigResource> {
  const metadata = isObject(object.metadata) ? object.metadata : {};
  const spec = isObject(object.spec) ? object.spec : {};
  const selector = spec.selector;
  const decoded = readProxyConfigValue(
    {
      concurrency: spec.concurrency ?? null,
      proxyMetadata: spec.environmentVariables ?? null,
      image: spec.image ?? null,
    },
    release,
  );
  if (!decoded.ok) return decoded;
  return parsed({
    name: textOf(metadata.name),
    namespace: textOf(metadata.namespace),
    creationTimestamp: textOf(metadata.creationTimestamp),
    matchLabels: isObject(selector) ? textRecord(selector.matchLabels) : undefined,
    proxyConfig: withoutZeros(decoded.value, messageDescriptor('ProxyConfig', release), release) as ProxyConfig,
  });
}

function textRecord(value: JsonValue | undefined): { readonly [label: string]: string } {
  if (!isObject(value)) return {};
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, textOf(item)]));
}
