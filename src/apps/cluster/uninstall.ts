import { type InstallOptions, installObjects, namesOf, tagConfiguration } from '../../core/install/index.ts';
import { getKey, isArray, isObject, type JsonObject } from '../../core/json.ts';
import type { Problem } from '../../core/problem.ts';
import type { KubeApi } from '../../platform/kube-api.ts';
import { getObject } from '../../platform/kube-api-calls.ts';
import { pathOf, titleOf } from './api-paths.ts';
import { removeAll } from './apply.ts';
import { type Connection, clusterProblem, connect } from './connect.ts';
import { configurationsOf, type Done } from './install.ts';
import { entriesOf, isOurs, labelOf, nameOf } from './rivals.ts';

/**
 * `remora uninstall`: what is there of a revision, webhook configurations first, so that no pod waits for an injector that
 * is gone. Objects without our label are not ours and stay; so does the namespace, which may hold other things.
 */
export async function uninstallRevision(
  options: InstallOptions,
  connection: Connection,
  apply: boolean,
): Promise<Done> {
  const api = connect(connection);
  if (!api.ok) return { lines: [], problems: api.problems };
  try {
    return await uninstallFrom(api.value, options, apply);
  } finally {
    api.value.close();
  }
}

async function uninstallFrom(api: KubeApi, options: InstallOptions, apply: boolean): Promise<Done> {
  const configurations = await configurationsOf(api);
  if (!configurations.ok) return { lines: [], problems: configurations.problems };
  const tags = tagsOf(configurations.value, options);
  const found = await findAll(api, [...tags.flatMap(tagObjects), ...ownObjects(options)]);
  // The certificate of a webhook that stays is not taken away from it.
  const stays = found.foreign.some((object) => getKey(object, 'kind') === 'Deployment');
  const present = found.ours.filter((object) => !stays || !MADE_BY_WEBHOOK.includes(String(getKey(object, 'kind'))));
  const asking = await stillAsking(api, options, tags);
  const problems = [...asking, ...found.foreign.map(foreign), ...found.problems];
  if (!apply) return { lines: present.map((object) => `${titleOf(object)} would be removed`), problems };
  const removed = await removeAll(api, present);
  const lines =
    present.length === 0 ? [`nothing of revision ${options.revision || 'default'} is there`] : removed.lines;
  return { lines, problems: [...problems, ...removed.problems] };
}

async function findAll(
  api: KubeApi,
  wanted: readonly JsonObject[],
): Promise<{ readonly ours: JsonObject[]; readonly foreign: JsonObject[]; readonly problems: Problem[] }> {
  const ours: JsonObject[] = [];
  const foreign: JsonObject[] = [];
  const problems: Problem[] = [];
  for (const object of wanted) {
    const found = await getObject(api, pathOf(object));
    if (!found.ok) {
      // A CRD that is not installed has no objects either.
      if (found.failure.status !== 404) problems.push(clusterProblem(found.failure, `read ${titleOf(object)}`));
    } else if (isOurs(found.value) || MADE_BY_WEBHOOK.includes(String(getKey(object, 'kind')))) ours.push(object);
    else foreign.push({ ...object, metadata: getKey(found.value, 'metadata') ?? {} });
  }
  return { ours, foreign, problems };
}

/** By their names and namespace they are nobody else's. */
const MADE_BY_WEBHOOK = ['Lease', 'Secret'];

/** In the order of removal: the reverse of the order in which they are applied. */
function ownObjects(options: InstallOptions): readonly JsonObject[] {
  const { secret, servingSecret, lease } = namesOf(options);
  const { namespace } = options;
  const all = installObjects({ ...options, certManager: true, replicas: 2 });
  const made = [
    { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: lease, namespace } },
    ...[secret, servingSecret].map((name) => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace } })),
  ];
  return [...all]
    .reverse()
    .filter((object) => getKey(object, 'kind') !== 'Namespace')
    .concat(made);
}

/** Revision tags that stand for the revision. */
function tagsOf(configurations: readonly JsonObject[], options: InstallOptions): readonly JsonObject[] {
  const revision = options.revision === '' ? 'default' : options.revision;
  return configurations.filter(
    (object) =>
      isOurs(object) &&
      labelOf(object, 'istio.io/tag') !== '' &&
      labelOf(object, 'istio.io/rev') === revision &&
      // Another installation's tag of the same revision calls another Service.
      callsUs(object, options),
  );
}

/** By its Service; where somebody has put a URL in place of that, by the name that we would give it. */
function callsUs(tag: JsonObject, options: InstallOptions): boolean {
  const [entry] = entriesOf(tag);
  const client = entry === undefined ? undefined : getKey(entry, 'clientConfig');
  const service = isObject(client) ? getKey(client, 'service') : undefined;
  if (!isObject(service)) return nameOf(tag) === nameOf(tagConfiguration(labelOf(tag, 'istio.io/tag'), options));
  return getKey(service, 'namespace') === options.namespace && getKey(service, 'name') === namesOf(options).workload;
}

function tagObjects(tag: JsonObject): readonly JsonObject[] {
  const metadata = { name: nameOf(tag) };
  const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1', metadata };
  return [
    { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'MutatingWebhookConfiguration', metadata },
    { ...rbac, kind: 'ClusterRoleBinding' },
    { ...rbac, kind: 'ClusterRole' },
  ];
}

function foreign(object: JsonObject): Problem {
  const helm = labelOf(object, 'app.kubernetes.io/managed-by') === 'Helm';
  return {
    code: 'INJECTOR_CONFLICT',
    severity: 'warning',
    message: helm
      ? `${titleOf(object)} belongs to a release of Helm and stays`
      : `${titleOf(object)} is not Remora's and stays: it has no label app.kubernetes.io/managed-by=remora`,
    remedy: helm ? 'Uninstall the release: helm list -A, helm uninstall.' : 'Remove it by hand if nobody needs it.',
  };
}

/** Pods of these namespaces come without a sidecar from now on. */
async function stillAsking(
  api: KubeApi,
  options: InstallOptions,
  tags: readonly JsonObject[],
): Promise<readonly Problem[]> {
  const revisions = [options.revision || 'default', ...tags.map((tag) => labelOf(tag, 'istio.io/tag'))];
  const found = await getObject(api, '/api/v1/namespaces');
  if (!found.ok) return [];
  const items = getKey(found.value, 'items');
  const asking = (isArray(items) ? items : []).filter(isObject).filter((namespace) => {
    // The one label beats the other.
    const injection = labelOf(namespace, 'istio-injection');
    if (injection !== '') return injection === 'enabled' && revisions.includes('default');
    return revisions.includes(labelOf(namespace, 'istio.io/rev'));
  });
  if (asking.length === 0) return [];
  return [
    {
      code: 'INJECTOR_CONFLICT',
      severity: 'warning',
      message: `namespaces still ask for this injector: ${asking.map(nameOf).join(', ')}; their new pods will have no sidecar`,
      remedy: 'Label them for another revision first, or take their labels away.',
    },
  ];
}
