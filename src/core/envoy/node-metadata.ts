import { isObject, type JsonObject, type JsonValue, type MutableJsonObject, setKey } from '../json.ts';
import { messageDescriptor, withoutZeros } from '../mesh/index.ts';
import { LATEST } from '../release.ts';
import { readMap } from './config-reader.ts';
import { parseDownwardApi } from './downward-api.ts';
import { labelLocality } from './locality.ts';
import { typedMetadata } from './metadata-fields.ts';
import { withoutDuplicates } from './node-addresses.ts';
import { type BootstrapInput, environmentEntries, type Locality, type Warn } from './settings.ts';

const META = 'ISTIO_META_';
const META_JSON = 'ISTIO_METAJSON_';

/** Node metadata in its two forms, and what is derived with it. */
export type NodeMetadata = {
  /** What goes into `node.metadata`: typed fields, and raw keys that these have not; sorted. */
  readonly output: JsonObject;
  /** Every variable and JSON member as it was given. */
  readonly raw: JsonObject;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly locality: Locality;
};

/** Builds node metadata as pilot-agent does (agent.md 6.2, whose step numbers the comments give). */
export function buildNodeMetadata(input: BootstrapInput, warn: Warn): NodeMetadata {
  const raw = rawMetadata(input, warn);
  const typed = typedMetadata(raw);
  const set = (name: string, value: JsonValue): void => {
    if (value === '' || value === 0 || value === false) delete typed[name];
    else setKey(typed, name, value === true ? 'true' : value);
  };
  // 6, 7, 8
  if (!Object.hasOwn(typed, 'ISTIO_VERSION')) set('ISTIO_VERSION', input.binaryVersion);
  set('INSTANCE_IPS', withoutDuplicates(input.instanceIps).join(','));
  set('STS_PORT', input.stsPort === 0 ? '' : String(input.stsPort));
  set('ENVOY_STATUS_PORT', input.statusPort);
  set('ENVOY_PROMETHEUS_PORT', input.prometheusPort);
  set('ENVOY_SECURE_METRICS_PORT', input.secureMetricsPort);
  set('ENVOY_SECURE_MERGED_METRICS_PORT', input.secureMergedMetricsPort);
  set('EXIT_ON_ZERO_ACTIVE_CONNECTIONS', input.exitOnZeroActiveConnections);
  set('ENVOY_SKIP_DEPRECATED_LOGS', input.skipDeprecatedLogs);
  set('WORKLOAD_IDENTITY_SOCKET_FILE', input.workloadIdentitySocket);
  set('OUTLIER_LOG_PATH', input.outlierLogPath);
  setKey(typed, 'PROXY_CONFIG', proxyConfigMessage(input.proxyConfig));
  if (input.pilotSubjectAltNames.length > 0) setKey(typed, 'PILOT_SAN', input.pilotSubjectAltNames);
  // 9, 10, 11
  fromEnvironment(input, set, warn);
  const fromFile = readFile(input.labelsFile, 'labels', warn);
  const labels: Record<string, string> = { ...readMap(typed, 'STATIC_LABELS'), ...fromFile };
  if (fromFile !== undefined) delete labels['pod-template-hash'];
  const found = labelLocality(labels);
  if (found !== undefined && found.sanitised !== labels['istio-locality']) {
    labels['istio-locality'] = found.sanitised;
    // Without a labels file both are one map upstream, so that both show the sanitised value.
    if (fromFile === undefined) set('STATIC_LABELS', labels);
  }
  if (Object.keys(labels).length > 0) setKey(typed, 'LABELS', labels);
  const annotations = { ...readMap(typed, 'ANNOTATIONS'), ...readFile(input.annotationsFile, 'annotations', warn) };
  if (Object.keys(annotations).length > 0) setKey(typed, 'ANNOTATIONS', annotations);
  // 13
  const discovery = input.metadataDiscovery ?? typed.ENABLE_HBONE === 'true';
  setKey(typed, 'METADATA_DISCOVERY', String(discovery));
  return {
    output: sorted({ ...raw, ...typed }),
    raw,
    labels: readMap(typed, 'LABELS'),
    annotations,
    locality: found?.locality ?? input.platform.locality,
  };
}

/** 1 to 4: ISTIO_META_* of proxyMetadata and of the environment, and the members of ISTIO_METAJSON_* objects. */
function rawMetadata(input: BootstrapInput, warn: Warn): MutableJsonObject {
  const raw: MutableJsonObject = {};
  for (const [name, value] of Object.entries(readMap(input.proxyConfig, 'proxyMetadata'))) {
    if (name.startsWith(META)) setKey(raw, name.slice(META.length), value);
  }
  for (const [name, value] of environmentEntries(input.env)) {
    if (name.startsWith(META)) setKey(raw, name.slice(META.length), value);
    else if (name.startsWith(META_JSON)) {
      for (const [key, item] of Object.entries(jsonObject(name, value, warn))) setKey(raw, key, item);
    }
  }
  if (input.features.dnsProxyAddress !== '') setKey(raw, 'DNS_PROXY_ADDR', input.features.dnsProxyAddress);
  if (input.credentialSocket) setKey(raw, 'credential', 'true');
  if (input.fileCredentials) setKey(raw, 'file-credential', 'true');
  return raw;
}

function fromEnvironment(input: BootstrapInput, set: (name: string, value: JsonValue) => void, warn: Warn): void {
  const { platform } = input;
  let labels: Record<string, string> = {};
  for (const [name, value] of environmentEntries(input.env)) {
    if (name === 'POD_NAME') set('NAME', value);
    else if (name === 'POD_NAMESPACE') set('NAMESPACE', value);
    else if (name === 'SERVICE_ACCOUNT') set('SERVICE_ACCOUNT', value);
    else if (name === `${META_JSON}LABELS`)
      labels = textMap(
        name,
        jsonObject(name, value, () => {}),
        labels,
        warn,
      );
  }
  if (!platform.kubernetes) labels = { ...platform.labels, ...labels };
  if (Object.keys(labels).length > 0) set('STATIC_LABELS', labels);
  if (Object.keys(platform.metadata).length > 0) set('PLATFORM_METADATA', platform.metadata);
}

function textMap(name: string, object: JsonObject, old: Record<string, string>, warn: Warn): Record<string, string> {
  const entries = Object.entries(object);
  if (entries.length === 0) return old;
  const texts = entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  if (texts.length === entries.length) return Object.fromEntries(texts);
  warn(`${name}: every label's value must be a text; the labels are ignored`, `/env/${name}`);
  return old;
}

function jsonObject(name: string, text: string, warn: Warn): JsonObject {
  try {
    const value = JSON.parse(text) as JsonValue;
    if (isObject(value)) return value;
  } catch {
    // Falls through to the warning: what is no JSON is no object either.
  }
  warn(`${name} is no JSON object and is ignored: ${text.slice(0, 80)}`, `/env/${name}`);
  return {};
}

function readFile(text: string | undefined, what: string, warn: Warn): Readonly<Record<string, string>> | undefined {
  if (text === undefined) return undefined;
  const result = parseDownwardApi(text);
  if (result.ok) return result.value;
  warn(`the pod's ${what} file is ignored as a whole: ${result.problems[0]?.message ?? ''}`);
  return undefined;
}

/** Zero values left out, as protobuf JSON does; fields newer than our descriptors stay as they are. */
function proxyConfigMessage(config: JsonObject): JsonObject {
  const descriptor = messageDescriptor('ProxyConfig', LATEST);
  const known = new Set(descriptor.fields.map(({ jsonName }) => jsonName));
  const unknown = Object.entries(config).filter(([name]) => !known.has(name));
  return sorted({ ...withoutZeros(config, descriptor, LATEST), ...Object.fromEntries(unknown) });
}

function sorted(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}
