import { getKey, isArray, isObject, type JsonObject } from '../json.ts';

/**
 * Adds Istio's network attachment to the annotation `k8s.v1.cni.cncf.io/networks`, which is a comma list or a JSON
 * list of objects. A list that has the network already, or that is no JSON, stays as it is; what the user wrote is
 * kept byte for byte (injection.md 3.5).
 *
 * `withNamespace`: the network may be given as NAMESPACE/NAME in the JSON form (1.25 and later).
 */
export function appendMultusNetwork(existing: string, network: string, withNamespace = true): string {
  if (existing === '') return network;
  const bracket = existing.lastIndexOf(']');
  return bracket < 0 ? appendToCommaList(existing, network) : appendToJson(existing, bracket, network, withNamespace);
}

function appendToCommaList(existing: string, network: string): string {
  return existing.split(',').some((item) => item.trim() === network) ? existing : `${existing}, ${network}`;
}

function appendToJson(existing: string, bracket: number, network: string, withNamespace: boolean): string {
  const networks = parseNetworks(existing);
  if (networks === undefined) return existing;
  const slash = withNamespace ? network.indexOf('/') : -1;
  const namespace = network.slice(0, Math.max(slash, 0));
  const name = network.slice(slash + 1);
  const present = networks.some(
    (item) => getKey(item, 'name') === name && (getKey(item, 'namespace') ?? '') === namespace,
  );
  if (present) return existing;
  const entry = namespace === '' ? `{"name": "${name}"}` : `{"name": "${name}", "namespace": "${namespace}"}`;
  return `${existing.slice(0, bracket)}, ${entry}${existing.slice(bracket)}`;
}

function parseNetworks(text: string): readonly JsonObject[] | undefined {
  try {
    const value = JSON.parse(text);
    return isArray(value) && value.every(isObject) ? (value as readonly JsonObject[]) : undefined;
  } catch {
    return undefined;
  }
}
