import { type ClusterSnapshot, checkCluster, type Finding, type Served, type Try } from '../../core/check/index.ts';
import { getKey, isArray, isObject, type JsonObject } from '../../core/json.ts';
import { matchSelector } from '../../core/kube/index.ts';
import { failed, type Parsed, parsed } from '../../core/problem.ts';
import type { KubeApi } from '../../platform/kube-api.ts';
import { createObject, getObject } from '../../platform/kube-api-calls.ts';
import { dialTls } from '../../platform/tls-dial.ts';
import { type Connection, clusterProblem, connect } from './connect.ts';
import { entriesOf, labelOf, nameOf } from './rivals.ts';

export type CheckRequest = {
  readonly connection: Connection;
  /** Only this namespace's pods; undefined: all. */
  readonly namespace: string | undefined;
  /** Create a pod with dryRun in an injected namespace. */
  readonly tryPods: boolean;
};

/** `remora check` against a cluster: reads, dials, tries, and judges. Fails only where the cluster itself does not answer. */
export async function checkLive(request: CheckRequest): Promise<Parsed<readonly Finding[]>> {
  const api = connect(request.connection);
  if (!api.ok) return api;
  try {
    const snapshot = await readCluster(api.value, request);
    return snapshot.ok ? parsed(checkCluster(snapshot.value)) : snapshot;
  } finally {
    api.value.close();
  }
}

/** Objects of files in place of a cluster: what is not among them is taken for not read, without a finding. */
export function checkObjects(objects: readonly JsonObject[], now: number): readonly Finding[] {
  const ofKind = (kind: string): readonly JsonObject[] | undefined => {
    const found = objects.filter((object) => getKey(object, 'kind') === kind);
    return found.length === 0 ? undefined : found;
  };
  return checkCluster({
    configurations: ofKind('MutatingWebhookConfiguration') ?? [],
    namespaces: ofKind('Namespace'),
    pods: ofKind('Pod'),
    services: ofKind('Service'),
    endpointSlices: ofKind('EndpointSlice'),
    deployments: ofKind('Deployment'),
    disruptionBudgets: ofKind('PodDisruptionBudget'),
    configMaps: ofKind('ConfigMap'),
    nodes: ofKind('Node'),
    serverVersion: '',
    unread: [],
    served: [],
    tries: [],
    now,
  });
}

async function readCluster(api: KubeApi, request: CheckRequest): Promise<Parsed<ClusterSnapshot>> {
  const version = await getObject(api, '/version');
  if (!version.ok && version.failure.kind !== 'refused')
    return failed(clusterProblem(version.failure, 'ask the API server'));
  const unread: { what: string; why: string }[] = [];
  const list = async (what: string, path: string): Promise<readonly JsonObject[] | undefined> => {
    const found = await getObject(api, path);
    if (!found.ok) {
      unread.push({ what, why: found.failure.message });
      return undefined;
    }
    const items = getKey(found.value, 'items');
    return isArray(items) ? items.filter(isObject) : [];
  };
  const within = request.namespace === undefined ? '' : `/namespaces/${request.namespace}`;
  const configurations = await list(
    'MutatingWebhookConfigurations',
    '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations',
  );
  const namespaces = await list('Namespaces', '/api/v1/namespaces');
  const services = await list('Services', '/api/v1/services');
  const snapshot: ClusterSnapshot = {
    configurations,
    namespaces,
    services,
    pods: await list('Pods', `/api/v1${within}/pods`),
    endpointSlices: await list('EndpointSlices', '/apis/discovery.k8s.io/v1/endpointslices'),
    deployments: await list('Deployments', '/apis/apps/v1/deployments'),
    disruptionBudgets: await list('PodDisruptionBudgets', '/apis/policy/v1/poddisruptionbudgets'),
    configMaps: await list('ConfigMaps', '/api/v1/configmaps'),
    nodes: await list('Nodes', '/api/v1/nodes'),
    serverVersion: version.ok ? String(getKey(version.value, 'gitVersion') ?? '') : '',
    unread,
    served: await dialAll(configurations ?? [], services ?? []),
    tries: request.tryPods ? await tryAll(api, configurations ?? [], namespaces ?? []) : [],
    now: Date.now(),
  };
  return parsed(snapshot);
}

const DIAL_TIMEOUT = 3_000;
const IN_CLUSTER = process.env.KUBERNETES_SERVICE_HOST !== undefined;

function injectors(configurations: readonly JsonObject[]): readonly JsonObject[] {
  return configurations.filter((each) => injectorEntriesOf(each).length > 0);
}

function injectorEntriesOf(configuration: JsonObject): readonly JsonObject[] {
  return entriesOf(configuration).filter((entry) =>
    String(getKey(entry, 'name')).endsWith('sidecar-injector.istio.io'),
  );
}

/**
 * Where the entries lead, each place once. A Service's address means something inside of the cluster only: outside,
 * somebody else may answer there.
 */
async function dialAll(
  configurations: readonly JsonObject[],
  services: readonly JsonObject[],
): Promise<readonly Served[]> {
  const served: Served[] = [];
  const seen = new Set<string>();
  for (const configuration of injectors(configurations)) {
    for (const entry of injectorEntriesOf(configuration)) {
      const client = getKey(entry, 'clientConfig');
      const target = isObject(client) ? targetOf(client, services) : undefined;
      const ca = isObject(client) ? String(getKey(client, 'caBundle') ?? '') : '';
      const key = `${nameOf(configuration)} ${target?.host} ${target?.port} ${ca}`;
      if (target === undefined || seen.has(key) || (target.inside && !IN_CLUSTER)) continue;
      seen.add(key);
      const dialled = await dialTls(target.host, target.port, {
        serverName: target.serverName,
        ca: Buffer.from(ca, 'base64').toString('utf8'),
        timeout: DIAL_TIMEOUT,
      });
      served.push({
        configuration: nameOf(configuration),
        entry: String(getKey(entry, 'name')),
        address: target.address,
        result: dialled.kind === 'failed' ? dialled : { ...dialled, serverName: target.serverName },
      });
    }
  }
  return served;
}

type Target = {
  readonly host: string;
  readonly port: number;
  readonly serverName: string;
  readonly address: string;
  readonly inside: boolean;
};

function targetOf(client: JsonObject, services: readonly JsonObject[]): Target | undefined {
  const url = getKey(client, 'url');
  if (typeof url === 'string' && URL.canParse(url)) {
    const { hostname, port } = new URL(url);
    const host = hostname.replace(/^\[|\]$/g, '');
    return { host, port: Number(port || '443'), serverName: host, address: url, inside: false };
  }
  const service = getKey(client, 'service');
  if (!isObject(service)) return undefined;
  const [name, namespace] = [String(getKey(service, 'name')), String(getKey(service, 'namespace'))];
  const found = services.find((each) => nameOf(each) === name && namespaceOf(each) === namespace);
  const spec = found === undefined ? undefined : getKey(found, 'spec');
  const host = isObject(spec) ? String(getKey(spec, 'clusterIP') ?? '') : '';
  if (host === '' || host === 'None') return undefined;
  const port = Number(getKey(service, 'port') ?? 443);
  return { host, port, serverName: `${name}.${namespace}.svc`, address: `${host}:${port}`, inside: true };
}

function namespaceOf(object: JsonObject): string {
  const metadata = getKey(object, 'metadata');
  return isObject(metadata) ? String(getKey(metadata, 'namespace') ?? '') : '';
}

/** A pod in the first namespace that each configuration takes: created with dryRun, which changes nothing. */
async function tryAll(
  api: KubeApi,
  configurations: readonly JsonObject[],
  namespaces: readonly JsonObject[],
): Promise<readonly Try[]> {
  const tries: Try[] = [];
  for (const configuration of injectors(configurations)) {
    const namespace = namespaces.find((each) => isTaken(each, configuration));
    if (namespace === undefined) continue;
    const name = nameOf(namespace);
    const made = await createObject(api, `/api/v1/namespaces/${name}/pods`, TRY_POD, { dryRun: 'All' });
    // Not allowed to create pods there, or something else of the cluster says no: that is not the webhook's.
    if (!made.ok && !/webhook/.test(made.failure.message)) continue;
    tries.push({
      configuration: nameOf(configuration),
      namespace: name,
      result: made.ok
        ? { kind: hasSidecar(made.value) ? 'injected' : 'not-injected' }
        : { kind: 'refused', message: shortened(made.failure.message) },
    });
  }
  return tries;
}

const TRY_POD: JsonObject = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { generateName: 'remora-check-' },
  spec: {
    containers: [
      {
        name: 'try',
        image: 'example/nothing:1',
        // As the strictest Pod Security Standard wants it.
        securityContext: {
          allowPrivilegeEscalation: false,
          capabilities: { drop: ['ALL'] },
          runAsNonRoot: true,
          seccompProfile: { type: 'RuntimeDefault' },
        },
      },
    ],
  },
};

function isTaken(namespace: JsonObject, configuration: JsonObject): boolean {
  const metadata = getKey(namespace, 'metadata');
  const found = isObject(metadata) ? getKey(metadata, 'labels') : undefined;
  const labels = Object.fromEntries(
    Object.entries(isObject(found) ? found : {}).map(([key, value]) => [key, String(value)]),
  );
  const selector = (entry: JsonObject, key: string): JsonObject => {
    const value = getKey(entry, key);
    return isObject(value) ? value : {};
  };
  if (labelOf(namespace, 'kubernetes.io/metadata.name').startsWith('kube-')) return false;
  return injectorEntriesOf(configuration).some(
    (entry) =>
      matchSelector(selector(entry, 'namespaceSelector'), labels).kind === 'match' &&
      matchSelector(selector(entry, 'objectSelector'), {}).kind === 'match',
  );
}

function hasSidecar(pod: JsonObject): boolean {
  const spec = getKey(pod, 'spec');
  return ['containers', 'initContainers'].some((list) => {
    const items = isObject(spec) ? getKey(spec, list) : undefined;
    return isArray(items) && items.some((item) => isObject(item) && getKey(item, 'name') === 'istio-proxy');
  });
}

/** Go lists every name of a certificate that is not the one it wanted. */
function shortened(message: string): string {
  return message.length <= 500 ? message : `${message.slice(0, 300)} … ${message.slice(-190)}`;
}
