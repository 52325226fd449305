import { type InstallOptions, tagAccess, tagConfiguration } from '../../core/install/index.ts';
import { getKey, isArray, isObject, type JsonObject } from '../../core/json.ts';
import { failed, type Parsed, type Problem, parsed } from '../../core/problem.ts';
import type { KubeApi } from '../../platform/kube-api.ts';
import { getObject, jsonPatchObject } from '../../platform/kube-api-calls.ts';
import { pathOf } from './api-paths.ts';
import { applyAll, FIELD_MANAGER, removeAll } from './apply.ts';
import { type Connection, clusterProblem, connect } from './connect.ts';
import { configurationsOf, type Done } from './install.ts';
import { entriesOf, labelOf, nameOf } from './rivals.ts';

export type TagRequest = {
  readonly tag: string;
  readonly options: InstallOptions;
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
  const exists = configurations.some((object) => labelOf(object, 'istio.io/tag') === tag);
  if (mode === 'set' && exists && !overwrite) {
    return refused(`revision tag "${tag}" already exists, and --overwrite is false`, 'Give --overwrite to move it.');
  }
  return undefined;
}

function isInjector(configuration: JsonObject): boolean {
  return entriesOf(configuration).some((entry) => String(getKey(entry, 'name')).endsWith('sidecar-injector.istio.io'));
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
    return problem === undefined ? parsed(objectsOf(request)) : failed(problem);
  });
}

export async function setTag(request: TagRequest): Promise<Done> {
  return done(
    await withApi(request.connection, async (api): Promise<Parsed<Done>> => {
      const configurations = await configurationsOf(api);
      if (!configurations.ok) return configurations;
      const problem = tagProblem(request, configurations.value, 'set');
      if (problem !== undefined) return failed(problem);
      const objects = objectsOf(request);
      const applied = await applyAll(api, withBundle(objects, configurations.value, request), {
        force: true,
        dryRun: false,
      });
      if (applied.problems.length > 0) return failed(...applied.problems);
      const old = request.tag === 'default' ? await deactivate(api, configurations.value, objects.map(nameOf)) : [];
      const { tag, options } = request;
      const said = `Revision tag "${tag}" created, referencing control plane revision "${options.revision || 'default'}". To enable injection using this`;
      return parsed({
        lines: [`${said}\nrevision tag, use 'kubectl label namespace <NAMESPACE> istio.io/rev=${tag}'`, ...old],
        problems: [],
      });
    }),
  );
}

function objectsOf({ tag, options }: TagRequest): readonly JsonObject[] {
  const configuration = tagConfiguration(tag, options);
  return [...tagAccess(nameOf(configuration), options), configuration];
}

/** With the caBundle of the revision's own configuration, so that the tag works before the webhook has seen it. */
function withBundle(
  objects: readonly JsonObject[],
  configurations: readonly JsonObject[],
  { options }: TagRequest,
): readonly JsonObject[] {
  const revision = options.revision === '' ? 'default' : options.revision;
  const canonical = configurations.find(
    (object) => labelOf(object, 'istio.io/rev') === revision && labelOf(object, 'istio.io/tag') === '',
  );
  const client = canonical === undefined ? undefined : clientOf(entriesOf(canonical)[0]);
  if (client === undefined) return objects;
  return objects.map((object) =>
    getKey(object, 'kind') === 'MutatingWebhookConfiguration'
      ? { ...object, webhooks: entriesOf(object).map((entry) => ({ ...entry, clientConfig: client })) }
      : object,
  );
}

function clientOf(entry: JsonObject | undefined): JsonObject | undefined {
  const client = entry === undefined ? undefined : getKey(entry, 'clientConfig');
  return isObject(client) ? client : undefined;
}

/** The entry of `tag default`: every other default injector is told to match nothing, as istioctl does. */
async function deactivate(
  api: KubeApi,
  configurations: readonly JsonObject[],
  own: readonly string[],
): Promise<readonly string[]> {
  const lines: string[] = [];
  const never = { matchLabels: { 'istio.io/deactivated': 'never-match' } };
  for (const object of configurations) {
    if (labelOf(object, 'istio.io/rev') !== 'default' || own.includes(nameOf(object)) || !isInjector(object)) continue;
    if (labelOf(object, 'istio.io/tag') !== '') continue;
    const patch = entriesOf(object).flatMap((_entry, i) => [
      { op: 'replace', path: `/webhooks/${i}/namespaceSelector`, value: never },
      { op: 'replace', path: `/webhooks/${i}/objectSelector`, value: never },
    ]);
    const done = await jsonPatchObject(api, pathOf(object), patch, FIELD_MANAGER);
    if (done.ok) lines.push(`MutatingWebhookConfiguration ${nameOf(object)} deactivated`);
  }
  return lines;
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
        .filter((object) => labelOf(object, 'istio.io/tag') !== '')
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
        : parsed({ lines: [`Revision tag ${tag} removed`], problems: [] });
    }),
  );
}

async function namespacesByRevision(api: KubeApi): Promise<Parsed<ReadonlyMap<string, readonly string[]>>> {
  const found = await getObject(api, '/api/v1/namespaces');
  if (!found.ok) return failed(clusterProblem(found.failure, 'list namespaces'));
  const items = getKey(found.value, 'items');
  const byRevision = new Map<string, readonly string[]>();
  for (const namespace of (isArray(items) ? items : []).filter(isObject)) {
    const revision = labelOf(namespace, 'istio.io/rev');
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
