import type { InstallOptions } from '../../core/install/index.ts';
import { getKey, isArray, isObject, type JsonObject } from '../../core/json.ts';
import { failed, type Parsed, type Problem, parsed } from '../../core/problem.ts';
import type { KubeApi } from '../../platform/kube-api.ts';
import { getObject } from '../../platform/kube-api-calls.ts';
import { applyAll, removeAll } from './apply.ts';
import { type Connection, clusterProblem, connect } from './connect.ts';
import { deactivate } from './deactivate.ts';
import { configurationsOf, type Done } from './install.ts';
import { entriesOf, isDeactivated, isInjector as isInjectorEntry, labelOf, nameOf } from './rivals.ts';
import { tagObjects } from './tag-objects.ts';

export type TagRequest = {
  readonly tag: string;
  readonly options: InstallOptions;
  /** In place of the usual name of the configuration. */
  readonly webhookName: string | undefined;
  readonly connection: Connection;
  readonly overwrite: boolean;
};

/** The checks and texts of `istioctl tag set` and `generate` (injection.md 6.7), in its order. */
function tagProblem(
  { tag, options, overwrite }: TagRequest,
  configurations: readonly JsonObject[],
  mode: 'set' | 'generate',
): Problem | undefined {
  const revision = options.revision === '' ? 'default' : options.revision;
  const canonical = (name: string): readonly JsonObject[] =>
    configurations.filter(
      (object) =>
        labelOf(object, 'istio.io/rev') === name && labelOf(object, 'istio.io/tag') === '' && isInjector(object),
    );
  const lenient = overwrite || mode === 'generate' || tag === 'default';
  if (!lenient && canonical(tag).length > 0) {
    return refused(`cannot create revision tag "${tag}": found existing control plane revision with same name`);
  }
  const found = canonical(revision);
  if (found.length === 0) {
    const what = `cannot find MutatingWebhookConfiguration or Service with revision "${revision}"`;
    return refused(`cannot modify tag: ${what}`, 'Install the revision first: remora install --apply --revision …');
  }
  if (found.length > 1) {
    return refused(`cannot modify tag: found multiple canonical webhooks or services with revision "${revision}"`);
  }
  const exists = configurations.some((object) => labelOf(object, 'istio.io/tag') === tag && !isDeactivated(object));
  if (mode === 'set' && exists && !overwrite) {
    return refused(`revision tag "${tag}" already exists, and --overwrite is false`, 'Give --overwrite to move it.');
  }
  return undefined;
}

function isInjector(configuration: JsonObject): boolean {
  return entriesOf(configuration).some(isInjectorEntry);
}

function refused(message: string, remedy?: string): Problem {
  return { code: 'TAG_REFUSED', severity: 'error', message, remedy };
}

/** The objects of a tag, for `generate`; checked against the cluster as upstream does. */
export async function generateTag(request: TagRequest): Promise<Parsed<readonly JsonObject[]>> {
  return withApi(request.connection, async (api) => {
    const configurations = await configurationsOf(api);
    if (!configurations.ok) return configurations;
    const problem = tagProblem(request, configurations.value, 'generate');
    return problem === undefined ? parsed(tagObjects(request, configurations.value, 'without')) : failed(problem);
  });
}

export async function setTag(request: TagRequest): Promise<Done> {
  return done(
    await withApi(request.connection, async (api): Promise<Parsed<Done>> => {
      const configurations = await configurationsOf(api);
      if (!configurations.ok) return configurations;
      const problem = tagProblem(request, configurations.value, 'set');
      if (problem !== undefined) return failed(problem);
      const objects = tagObjects(request, configurations.value, 'with');
      const applied = await applyAll(api, objects, { force: true, dryRun: false });
      if (applied.problems.length > 0) return failed(...applied.problems);
      const old = await deactivate(api, superseded(request.tag, configurations.value, objects.map(nameOf)));
      const { tag, options } = request;
      const said = `Revision tag "${tag}" created, referencing control plane revision "${options.revision || 'default'}". To enable injection using this`;
      return parsed({
        lines: [`${said}\nrevision tag, use 'kubectl label namespace <NAMESPACE> istio.io/rev=${tag}'`, ...old.lines],
        problems: old.problems,
      });
    }),
  );
}

/** Who had the tag before under another name (Istio's own), and for `default` the injector of the default revision. */
function superseded(tag: string, configurations: readonly JsonObject[], own: readonly string[]): readonly JsonObject[] {
  return configurations
    .filter((object) => !own.includes(nameOf(object)) && isInjector(object) && !isDeactivated(object))
    .filter((object) => {
      const other = labelOf(object, 'istio.io/tag');
      return other === tag || (tag === 'default' && other === '' && labelOf(object, 'istio.io/rev') === 'default');
    });
}

export type TagRow = { readonly tag: string; readonly revision: string; readonly namespaces: readonly string[] };

export async function listTags(connection: Connection): Promise<Parsed<readonly TagRow[]>> {
  return withApi(connection, async (api) => {
    const configurations = await configurationsOf(api);
    if (!configurations.ok) return configurations;
    const namespaces = await namespacesByRevision(api);
    if (!namespaces.ok) return namespaces;
    return parsed(
      configurations.value
        .filter((object) => labelOf(object, 'istio.io/tag') !== '' && !isDeactivated(object))
        .map((object) => {
          const tag = labelOf(object, 'istio.io/tag');
          return { tag, revision: labelOf(object, 'istio.io/rev'), namespaces: namespaces.value.get(tag) ?? [] };
        })
        .sort((a, b) => (a.tag < b.tag ? -1 : 1)),
    );
  });
}

/** Removes a tag; refuses while namespaces use it unless `confirmed`. */
export async function removeTag(tag: string, connection: Connection, confirmed: boolean): Promise<Done> {
  return done(
    await withApi(connection, async (api): Promise<Parsed<Done>> => {
      const configurations = await configurationsOf(api);
      if (!configurations.ok) return configurations;
      const found = configurations.value.filter((object) => labelOf(object, 'istio.io/tag') === tag);
      if (found.length === 0) {
        return failed(
          refused(`cannot remove tag "${tag}": cannot find MutatingWebhookConfiguration or Service for tag`),
        );
      }
      const namespaces = await namespacesByRevision(api);
      if (!namespaces.ok) return namespaces;
      const using = namespaces.value.get(tag) ?? [];
      if (using.length > 0 && !confirmed) {
        return failed(
          refused(
            `namespaces still use the tag "${tag}": ${using.join(', ')}. Aborting operation.`,
            'Label them for another revision first, or give -y: their new pods will have no sidecar.',
          ),
        );
      }
      const rbac = (name: string): readonly JsonObject[] =>
        ['ClusterRoleBinding', 'ClusterRole'].map((kind) => ({
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind,
          metadata: { name },
        }));
      const kind = { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'MutatingWebhookConfiguration' };
      const objects = found.flatMap((object) => [
        { ...kind, metadata: { name: nameOf(object) } },
        ...rbac(nameOf(object)),
      ]);
      const removed = await removeAll(api, objects);
      return removed.problems.length > 0
        ? failed(...removed.problems)
        : parsed({ lines: [`Revision tag ${tag} removed`, ...(tag === 'default' ? [STAYS_OFF] : [])], problems: [] });
    }),
  );
}

/** Removing the tag does not undo what making it has done. */
const STAYS_OFF =
  'The injector that had the default role before stays deactivated; remora install --apply (or istioctl install) brings it back.';

async function namespacesByRevision(api: KubeApi): Promise<Parsed<ReadonlyMap<string, readonly string[]>>> {
  const found = await getObject(api, '/api/v1/namespaces');
  if (!found.ok) return failed(clusterProblem(found.failure, 'list namespaces'));
  const items = getKey(found.value, 'items');
  const byRevision = new Map<string, readonly string[]>();
  for (const namespace of (isArray(items) ? items : []).filter(isObject)) {
    // The one label beats the other.
    const injection = labelOf(namespace, 'istio-injection');
    const revision = injection === '' ? labelOf(namespace, 'istio.io/rev') : injection === 'enabled' ? 'default' : '';
    if (revision !== '') byRevision.set(revision, [...(byRevision.get(revision) ?? []), nameOf(namespace)]);
  }
  return parsed(byRevision);
}

async function withApi<T>(connection: Connection, act: (api: KubeApi) => Promise<Parsed<T>>): Promise<Parsed<T>> {
  const api = connect(connection);
  if (!api.ok) return api;
  try {
    return await act(api.value);
  } finally {
    api.value.close();
  }
}

function done(result: Parsed<Done>): Done {
  return result.ok ? result.value : { lines: [], problems: result.problems };
}
