import { isArray, isObject, type JsonObject, type JsonValue } from '../json.ts';
import { type Parsed, parsed } from '../problem.ts';
import { type Bootstrap, buildBootstrap } from './bootstrap.ts';
import { type CaptureRequest, captureClusters, virtualInbound, virtualOutbound } from './capture-listeners.ts';
import { idleTimeoutOf } from './idle-timeout.ts';
import { addressFamilies, withoutDuplicates } from './node-addresses.ts';
import type { BootstrapInput } from './settings.ts';

/** Clusters that only make sense with a control plane or with certificates of its own. */
const CONTROL_PLANE = new Set(['xds-grpc', 'sds-grpc', 'local_cluster']);

export type StaticOptions = Omit<
  CaptureRequest,
  'families' | 'mtls' | 'ports' | 'istioFilters' | 'ownAddresses' | 'idleTimeout'
>;

/**
 * A bootstrap that carries traffic without a control plane (agent.md 15): the generated one without what asks Istiod,
 * and with the two capture listeners and their clusters. Traffic is plain, as there are no certificates; a stock Envoy
 * loads it, as it has no filter of Istio's.
 */
export function buildStaticBootstrap(input: BootstrapInput, options: StaticOptions): Parsed<Bootstrap> {
  const built = buildBootstrap({ ...input, metadataDiscovery: false });
  if (!built.ok) return built;
  const { dynamic_resources: _control, ...config } = built.value.config;
  const node = isObject(config.node) ? config.node : {};
  const ownAddresses = withoutDuplicates(input.instanceIps);
  const families = addressFamilies(ownAddresses, input.features.dualStack);
  const request: CaptureRequest = {
    ...options,
    families,
    ownAddresses,
    idleTimeout: isObject(node.metadata) ? idleTimeoutOf(node.metadata) : undefined,
    mtls: 'DISABLE',
    ports: [],
    istioFilters: false,
  };
  const resources = isObject(config.static_resources) ? config.static_resources : {};
  const clusters = list(resources.clusters).filter((cluster) => !CONTROL_PLANE.has(String(cluster.name)));
  const statics = {
    clusters: [...clusters, ...captureClusters(families)],
    listeners: [virtualOutbound(request), virtualInbound(request), ...list(resources.listeners)],
  };
  return parsed({ ...built.value, config: { ...config, static_resources: statics } }, built.problems);
}

function list(value: JsonValue | undefined): readonly JsonObject[] {
  return isArray(value) ? value.filter(isObject) : [];
}
