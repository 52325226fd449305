import { getKey, type JsonObject, listAt, objectAt, textAt } from '../json.ts';
import type { InjectionContext, PodTemplate } from './model.ts';
import { labelsOf, PROXY_CONTAINER, withContainer, withLabels, withSidecar } from './pod.ts';

const CLUSTER = 'ISTIO_META_CLUSTER_ID';
const NETWORK = 'ISTIO_META_NETWORK';
const NETWORK_LABEL = 'topology.istio.io/network';

/**
 * Environment that the sidecar gets from outside of the template (injection.md 4.2, step 2): the webhook's URL, with
 * the names of cluster and network filled in.
 *
 * | pod label topology.istio.io/network | URL            | values         | network    |
 * |-------------------------------------|----------------|----------------|------------|
 * | present, also empty                 |                |                | the label  |
 * | absent                              | not empty      |                | the URL's  |
 * | absent                              | empty, absent  | any            | the values |
 */
export function proxyEnvironment(
  pod: PodTemplate,
  at: InjectionContext,
  valuesJson: JsonObject,
): ReadonlyMap<string, string> {
  const envs = new Map(at.proxyEnvs);
  const global = objectAt(valuesJson, 'global');
  const cluster = envs.get(CLUSTER) || textAt(objectAt(global, 'multiCluster'), 'clusterName');
  const label = getKey(labelsOf(pod), NETWORK_LABEL);
  const network = typeof label === 'string' ? label : envs.get(NETWORK) || textAt(global, 'network');
  // An empty result does not overwrite what the URL said.
  if (cluster !== '') envs.set(CLUSTER, cluster);
  if (network !== '') envs.set(NETWORK, network);
  return envs;
}

/** The sidecar with these variables at the end of its environment, sorted by name, in place of any of the same name. */
export function withProxyEnvironment(
  pod: PodTemplate,
  envs: ReadonlyMap<string, string>,
  initContainersToo: boolean,
): PodTemplate {
  if (envs.size === 0) return pod;
  const change = (sidecar: JsonObject): JsonObject => {
    const kept = listAt(sidecar, 'env').filter((item) => !envs.has(textAt(item, 'name')));
    const added = [...envs.keys()].sort().map((name) => envVar(name, envs.get(name) ?? ''));
    return { ...sidecar, env: [...kept, ...added] };
  };
  return initContainersToo ? withSidecar(pod, change) : withContainer(pod, 'containers', PROXY_CONTAINER, change);
}

/** An empty value is not written: omitempty. */
function envVar(name: string, value: string): JsonObject {
  return value === '' ? { name } : { name, value };
}

/** The label by which other networks' traffic finds this pod's gateway. */
export function withNetworkLabel(pod: PodTemplate, envs: ReadonlyMap<string, string>): PodTemplate {
  const network = envs.get(NETWORK);
  return network === undefined ? pod : withLabels(pod, [[NETWORK_LABEL, network]]);
}
