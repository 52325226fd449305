import { parseGoBool } from '../go-values.ts';
import { isArray, isObject, type JsonValue, type MutableJsonObject, setKey } from '../json.ts';
import { refuse } from './settings.ts';

/** The typed fields of node metadata by their form (agent.md 6.2). */
const TEXTS = [
  ...[
    'NAME',
    'NAMESPACE',
    'SERVICE_ACCOUNT',
    'OWNER',
    'WORKLOAD_NAME',
    'NODE_NAME',
    'MESH_ID',
    'CLUSTER_ID',
    'NETWORK',
  ],
  ...[
    'INTERCEPTION_MODE',
    'APP_CONTAINERS',
    'ISTIO_VERSION',
    'ISTIO_REVISION',
    'ISTIO_PROXY_SHA',
    'GENERATOR',
    'HTTP10',
  ],
  ...['IDLE_TIMEOUT', 'HTTP_PROXY_PORT', 'UNPRIVILEGED_POD', 'AUTO_REGISTER_GROUP', 'WORKLOAD_ENTRY', 'BASE'],
  ...['TLS_SERVER_CERT_CHAIN', 'TLS_SERVER_KEY', 'TLS_SERVER_ROOT_CERT', 'TLS_CLIENT_CERT_CHAIN', 'TLS_CLIENT_KEY'],
  ...['TLS_CLIENT_ROOT_CERT', 'CLOUDRUN_ADDR', 'OUTLIER_LOG_PATH', 'STS_PORT', 'WORKLOAD_IDENTITY_SOCKET_FILE'],
  'DNS_PROXY_ADDR',
];
const MAPS = ['LABELS', 'STATIC_LABELS', 'ANNOTATIONS', 'PLATFORM_METADATA'];
const LISTS = ['INSTANCE_IPS', 'REQUESTED_NETWORK_VIEW'];
const BOOLEANS = [
  ...['DNS_CAPTURE', 'DNS_AUTO_ALLOCATE', 'ENABLE_HBONE', 'DISABLE_HBONE_SEND', 'ENABLE_SELF_DISCOVERY'],
  ...['EXIT_ON_ZERO_ACTIVE_CONNECTIONS', 'INBOUND_LISTENER_EXACT_BALANCE', 'OUTBOUND_LISTENER_EXACT_BALANCE'],
  ...['METADATA_DISCOVERY', 'ENVOY_SKIP_DEPRECATED_LOGS'],
];
const NUMBERS = [
  'ENVOY_STATUS_PORT',
  'ENVOY_PROMETHEUS_PORT',
  'ENVOY_SECURE_METRICS_PORT',
  'ENVOY_SECURE_MERGED_METRICS_PORT',
];

type Reader = (value: JsonValue, name: string) => JsonValue | undefined;

const wrong = (name: string, form: string): never =>
  refuse(`node metadata ${name} (variable ISTIO_META_${name}) must be ${form}`, `/node/metadata/${name}`);

const readText: Reader = (value, name) => (typeof value === 'string' ? value || undefined : wrong(name, 'a text'));

const readMap: Reader = (value, name) => {
  if (!isObject(value) || Object.values(value).some((item) => typeof item !== 'string')) {
    return wrong(name, 'a JSON object of texts');
  }
  return Object.keys(value).length === 0 ? undefined : { ...value };
};

const readList: Reader = (value, name) => {
  if (isArray(value)) return value.length === 0 ? undefined : value.map(String).join(',');
  return readText(value, name);
};

/** Written as text, and only when true. */
const readBoolean: Reader = (value, name) => {
  const flag = typeof value === 'string' ? parseGoBool(value) : value;
  if (typeof flag !== 'boolean') return wrong(name, `true or false, not ${JSON.stringify(value)}`);
  return flag ? 'true' : undefined;
};

const readNumber: Reader = (value, name) =>
  typeof value === 'number' ? value || undefined : wrong(name, 'a JSON number');

const READERS = new Map<string, Reader>([
  ...TEXTS.map((name) => [name, readText] as const),
  ...MAPS.map((name) => [name, readMap] as const),
  ...LISTS.map((name) => [name, readList] as const),
  ...BOOLEANS.map((name) => [name, readBoolean] as const),
  ...NUMBERS.map((name) => [name, readNumber] as const),
  ['POD_PORTS', readPodPorts] as const,
]);

/** The typed fields that a raw map holds; empty ones are left out, a value of the wrong form is refused. */
export function typedMetadata(raw: MutableJsonObject): MutableJsonObject {
  const typed: MutableJsonObject = {};
  for (const [name, reader] of READERS) {
    if (!Object.hasOwn(raw, name)) continue;
    const value = reader(raw[name] ?? null, name);
    if (value !== undefined) setKey(typed, name, value);
  }
  return typed;
}

/** JSON inside a text: read and written again, so that what Envoy and Istiod get has Istio's form. */
function readPodPorts(value: JsonValue, name: string): JsonValue | undefined {
  const form = 'a JSON list of {name, containerPort, protocol}';
  const ports = typeof value === 'string' ? parseOr(value, () => wrong(name, form)) : value;
  if (ports === null) return undefined;
  if (!isArray(ports)) return wrong(name, form);
  const written = ports.map((port) => {
    if (!isObject(port)) return wrong(name, form);
    const { name: portName = '', containerPort = 0, protocol = '' } = port;
    if (typeof portName !== 'string' || typeof containerPort !== 'number' || typeof protocol !== 'string') {
      return wrong(name, form);
    }
    return { ...(portName === '' ? {} : { name: portName }), containerPort, protocol };
  });
  return written.length === 0 ? undefined : JSON.stringify(written);
}

function parseOr(text: string, fail: () => never): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return fail();
  }
}
