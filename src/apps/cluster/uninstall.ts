import { type InstallOptions, installObjects, namesOf } from '../../core/install/index.ts';
import { getKey, isArray, isObject, type JsonObject } from '../../core/json.ts';
import type { Problem } from '../../core/problem.ts';
import type { KubeApi } from '../../platform/kube-api.ts';
import { getObject } from '../../platform/kube-api-calls.ts';
import { pathOf, titleOf } from './api-paths.ts';
import { removeAll } from './apply.ts';
import { type Connection, clusterProblem, connect } from './connect.ts';
import { configurationsOf, type Done } from './install.ts';
import { labelOf, nameOf } from './rivals.ts';

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
  const wanted = [...tagObjects(configurations.value, options), ...ownObjects(options)];
  const present: JsonObject[] = [];
  const problems: Problem[] = [];
  for (const object of wanted) {
    const found = await getObject(api, pathOf(object));
    if (!found.ok) {
      // A CRD that is not installed has no objects either.
      if (found.failure.status !== 404) problems.push(clusterProblem(found.failure, `read ${titleOf(object)}`));
    } else if (isOurs(found.value)) present.push(object);
    else problems.push(foreign(object));
  }
  const told = [...(await stillAsking(api, options)), ...problems];
  if (!apply) return { lines: present.map((object) => `${titleOf(object)} would be removed`), problems: told };
  const removed = await removeAll(api, present);
  const lines =
    present.length === 0 ? [`nothing of revision ${options.revision || 'default'} is there`] : removed.lines;
  return { lines, problems: [...told, ...removed.problems] };
}

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
function tagObjects(configurations: readonly JsonObject[], options: InstallOptions): readonly JsonObject[] {
  const revision = options.revision === '' ? 'default' : options.revision;
  return configurations
    .filter(
      (object) =>
        isOurs(object) && labelOf(object, 'istio.io/tag') !== '' && labelOf(object, 'istio.io/rev') === revision,
    )
    .flatMap((object) => {
      const metadata = { name: nameOf(object) };
      const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1', metadata };
      return [
        { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'MutatingWebhookConfiguration', metadata },
        { ...rbac, kind: 'ClusterRoleBinding' },
        { ...rbac, kind: 'ClusterRole' },
      ];
    });
}

/** The webhook makes its Secret and Lease itself; by their names and namespace they are nobody else's. */
function isOurs(object: JsonObject): boolean {
  const kind = getKey(object, 'kind');
  return kind === 'Lease' || kind === 'Secret' || labelOf(object, 'app.kubernetes.io/managed-by') === 'remora';
}

function foreign(object: JsonObject): Problem {
  return {
    code: 'INJECTOR_CONFLICT',
    severity: 'warning',
    message: `${titleOf(object)} is not Remora's and stays: it has no label app.kubernetes.io/managed-by=remora`,
    remedy: 'Remove it by hand if nobody needs it.',
  };
}

/** Pods of these namespaces come without a sidecar from now on. */
async function stillAsking(api: KubeApi, options: InstallOptions): Promise<readonly Problem[]> {
  const found = await getObject(api, '/api/v1/namespaces');
  if (!found.ok) return [];
  const items = getKey(found.value, 'items');
  const asking = (isArray(items) ? items : [])
    .filter(isObject)
    .filter((namespace) =>
      options.revision === ''
        ? labelOf(namespace, 'istio-injection') === 'enabled' || labelOf(namespace, 'istio.io/rev') === 'default'
        : labelOf(namespace, 'istio.io/rev') === options.revision,
    );
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
