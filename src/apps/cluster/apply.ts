import { getKey, isObject, type JsonObject } from '../../core/json.ts';
import type { Problem } from '../../core/problem.ts';
import type { KubeApi } from '../../platform/kube-api.ts';
import { applyObject, deleteObject, getObject } from '../../platform/kube-api-calls.ts';
import { pathOf, titleOf } from './api-paths.ts';
import { clusterProblem } from './connect.ts';
import { entriesOf, nameOf } from './rivals.ts';

export type ApplyOptions = {
  /** Take fields that another manager has. */
  readonly force: boolean;
  readonly dryRun: boolean;
};

/** Who owns what we apply. The caBundle has another owner, so that no apply takes it away. */
export const FIELD_MANAGER = 'remora';
const CA_BUNDLE_MANAGER = 'remora-ca-bundle';

/** Applies objects in order and stops at the first that is refused. Gives a line for each that was applied. */
export async function applyAll(
  api: KubeApi,
  objects: readonly JsonObject[],
  options: ApplyOptions,
): Promise<{ readonly lines: readonly string[]; readonly problems: readonly Problem[] }> {
  const lines: string[] = [];
  for (const object of objects) {
    if (getKey(object, 'kind') === 'MutatingWebhookConfiguration' && (await forgetEntries(api, object, options))) {
      lines.push(`${titleOf(object)} not checked (dry run): it has entries that are to go first`);
      continue;
    }
    const applied = await applyObject(api, pathOf(object), object, { fieldManager: FIELD_MANAGER, ...options });
    if (!applied.ok && options.dryRun && /^namespaces "[^"]+" not found$/.test(applied.failure.message)) {
      // A dry run makes no namespace, and what would be in it cannot be checked.
      lines.push(`${titleOf(object)} not checked (dry run): its namespace is not there yet`);
      continue;
    }
    if (!applied.ok) {
      const conflict = applied.failure.status === 409;
      const problem = clusterProblem(applied.failure, `apply ${titleOf(object)}`);
      const remedy = 'Take the fields over with --forceConflicts, or leave them to the manager that the message names.';
      return { lines, problems: [conflict ? { ...problem, remedy } : problem] };
    }
    lines.push(`${titleOf(object)} applied${options.dryRun ? ' (dry run)' : ''}`);
  }
  return { lines, problems: [] };
}

/**
 * An entry that a new configuration no longer has stays as long as somebody owns a field of it: the caBundle of an entry
 * that is gone has to be given up first, or the API server would see an entry with nothing else in it and refuse.
 * True where a dry run cannot do that.
 */
async function forgetEntries(api: KubeApi, wanted: JsonObject, { dryRun }: ApplyOptions): Promise<boolean> {
  const live = await getObject(api, pathOf(wanted));
  if (!live.ok) return false;
  const kept = new Set(entriesOf(wanted).map(entryName));
  const surplus = entriesOf(live.value).filter((entry) => !kept.has(entryName(entry)));
  if (surplus.length === 0) return false;
  if (dryRun) return true;
  const webhooks = entriesOf(live.value)
    .filter((entry) => kept.has(entryName(entry)))
    .flatMap((entry) => {
      const client = getKey(entry, 'clientConfig');
      const caBundle = isObject(client) ? getKey(client, 'caBundle') : undefined;
      return caBundle === undefined ? [] : [{ name: entryName(entry), clientConfig: { caBundle } }];
    });
  const { apiVersion, kind } = wanted;
  const patch = { apiVersion: apiVersion ?? '', kind: kind ?? '', metadata: { name: nameOf(wanted) }, webhooks };
  await applyObject(api, pathOf(wanted), patch, { fieldManager: CA_BUNDLE_MANAGER, force: true, dryRun });
  return false;
}

function entryName(entry: JsonObject): string {
  return String(getKey(entry, 'name'));
}

/** Removes objects, all of them even where one cannot be; what is not there is no problem. */
export async function removeAll(
  api: KubeApi,
  objects: readonly JsonObject[],
): Promise<{ readonly lines: readonly string[]; readonly problems: readonly Problem[] }> {
  const lines: string[] = [];
  const problems: Problem[] = [];
  for (const object of objects) {
    const removed = await deleteObject(api, pathOf(object), { propagationPolicy: 'Background' });
    if (removed.ok) lines.push(`${titleOf(object)} removed`);
    else if (removed.failure.status !== 404)
      problems.push(clusterProblem(removed.failure, `remove ${titleOf(object)}`));
  }
  return { lines, problems };
}
