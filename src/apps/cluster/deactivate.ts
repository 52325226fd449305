import type { JsonObject } from '../../core/json.ts';
import type { Problem } from '../../core/problem.ts';
import type { KubeApi } from '../../platform/kube-api.ts';
import { applyObject, jsonPatchObject } from '../../platform/kube-api-calls.ts';
import { pathOf } from './api-paths.ts';
import { FIELD_MANAGER } from './apply.ts';
import { clusterProblem } from './connect.ts';
import { entriesOf, isOurs, nameOf } from './rivals.ts';

/** What matches no label that anybody has: istioctl's, which its tools and ours know. */
const NEVER: JsonObject = { matchLabels: { 'istio.io/deactivated': 'never-match' } };

/** Tells injectors to match nothing, as istioctl does when a tag takes over; all are tried, and each failure is told. */
export async function deactivate(
  api: KubeApi,
  configurations: readonly JsonObject[],
): Promise<{ readonly lines: readonly string[]; readonly problems: readonly Problem[] }> {
  const lines: string[] = [];
  const problems: Problem[] = [];
  for (const object of configurations) {
    const done = await (isOurs(object) ? applyDeactivated(api, object) : patchDeactivated(api, object));
    const title = `MutatingWebhookConfiguration ${nameOf(object)}`;
    if (done.ok) lines.push(`${title} deactivated`);
    else problems.push(clusterProblem(done.failure, `deactivate ${title}, which injects the same pods`));
  }
  return { lines, problems };
}

/** By the manager that has the selectors, so that installing it again takes them back without a conflict. */
function applyDeactivated(api: KubeApi, object: JsonObject): ReturnType<typeof applyObject> {
  const { apiVersion = 'admissionregistration.k8s.io/v1', kind = 'MutatingWebhookConfiguration', metadata } = object;
  const { labels = {}, annotations } = metadata as JsonObject;
  const own = { name: nameOf(object), labels, ...(annotations === undefined ? {} : { annotations }) };
  const webhooks = entriesOf(object).map((entry) => {
    const { caBundle: _bundle, ...clientConfig } = entry.clientConfig as JsonObject;
    return { ...entry, clientConfig, namespaceSelector: NEVER, objectSelector: NEVER };
  });
  const wanted = { apiVersion, kind, metadata: own, webhooks };
  return applyObject(api, pathOf(wanted), wanted, { fieldManager: FIELD_MANAGER, force: true, dryRun: false });
}

function patchDeactivated(api: KubeApi, object: JsonObject): ReturnType<typeof jsonPatchObject> {
  // `add` also replaces, and some versions leave an empty selector out.
  const patch = entriesOf(object).flatMap((_entry, i) =>
    ['namespaceSelector', 'objectSelector'].map((key) => ({ op: 'add', path: `/webhooks/${i}/${key}`, value: NEVER })),
  );
  const kind = { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'MutatingWebhookConfiguration' };
  return jsonPatchObject(api, pathOf({ ...kind, ...object }), patch, FIELD_MANAGER);
}
