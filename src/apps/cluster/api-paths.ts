import { getKey, isObject, type JsonObject } from '../../core/json.ts';

/** Kinds that we install: their plural, and whether they live in a namespace. */
const KINDS: Readonly<Record<string, readonly [plural: string, namespaced: boolean]>> = {
  Namespace: ['namespaces', false],
  ServiceAccount: ['serviceaccounts', true],
  Role: ['roles', true],
  RoleBinding: ['rolebindings', true],
  ClusterRole: ['clusterroles', false],
  ClusterRoleBinding: ['clusterrolebindings', false],
  ConfigMap: ['configmaps', true],
  Secret: ['secrets', true],
  Lease: ['leases', true],
  Service: ['services', true],
  PodDisruptionBudget: ['poddisruptionbudgets', true],
  Deployment: ['deployments', true],
  Issuer: ['issuers', true],
  Certificate: ['certificates', true],
  MutatingWebhookConfiguration: ['mutatingwebhookconfigurations', false],
};

/** Where an object stands in the API: `/apis/apps/v1/namespaces/x/deployments/y`. */
export function pathOf(object: JsonObject): string {
  const [apiVersion, kind] = [textOf(object, 'apiVersion'), textOf(object, 'kind')];
  const found = KINDS[kind];
  if (found === undefined) throw new Error(`no path for ${kind}`);
  const metadata = getKey(object, 'metadata');
  const { name, namespace } = isObject(metadata) ? metadata : {};
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const within = found[1] ? `/namespaces/${String(namespace)}` : '';
  return `${root}${within}/${found[0]}/${String(name)}`;
}

/** `Deployment remora-system/remora-webhook`, for people. */
export function titleOf(object: JsonObject): string {
  const metadata = getKey(object, 'metadata');
  const { name, namespace } = isObject(metadata) ? metadata : {};
  return `${textOf(object, 'kind')} ${namespace === undefined ? '' : `${String(namespace)}/`}${String(name)}`;
}

function textOf(object: JsonObject, key: string): string {
  const value = getKey(object, key);
  return typeof value === 'string' ? value : '';
}
