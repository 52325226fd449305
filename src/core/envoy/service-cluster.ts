import type { JsonObject } from '../json.ts';
import { readText } from './config-reader.ts';

/** What of the node's metadata its cluster name depends on. */
export type Workload = {
  readonly namespace: string;
  readonly workloadName: string;
  readonly labels: Readonly<Record<string, string>>;
};

const NO_NAME = 'istio-proxy';
const APP_LABELS = ['app', 'app.kubernetes.io/name', 'service.istio.io/canonical-name'];
const CANONICAL_LABELS = ['service.istio.io/canonical-name', 'app.kubernetes.io/name', 'app'];

/** `node.cluster` (agent.md 6.1). With labels but no namespace the name ends in a dot, as upstream (hazard 11). */
export function nodeCluster(proxyConfig: JsonObject, workload: Workload): string {
  const choice = readText(proxyConfig, 'tracingServiceName');
  if (readText(proxyConfig, 'serviceCluster') !== '' || !choice.startsWith('CANONICAL_NAME')) {
    return serviceCluster(readText(proxyConfig, 'serviceCluster'), workload);
  }
  const canonical = firstLabel(workload.labels, CANONICAL_LABELS) ?? (workload.workloadName || NO_NAME);
  if (choice === 'CANONICAL_NAME_AND_NAMESPACE' && workload.namespace !== '')
    return `${canonical}.${workload.namespace}`;
  return serviceCluster(canonical, workload);
}

/** A configured name, or one made of what the pod is called. */
export function serviceCluster(name: string, { namespace, workloadName, labels }: Workload): string {
  if (name !== '' && name !== NO_NAME) return name;
  const app = firstLabel(labels, APP_LABELS);
  if (app !== undefined) return `${app}.${namespace}`;
  if (workloadName !== '') return `${workloadName}.${namespace}`;
  return namespace === '' ? NO_NAME : `${NO_NAME}.${namespace}`;
}

function firstLabel(labels: Readonly<Record<string, string>>, names: readonly string[]): string | undefined {
  const name = names.find((candidate) => Object.hasOwn(labels, candidate) && labels[candidate] !== '');
  return name === undefined ? undefined : labels[name];
}
