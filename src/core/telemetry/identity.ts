import { isObject, type JsonObject } from '../json.ts';

/** Who this sidecar belongs to, as its metrics say it. Own values are put in as they are, even empty (agent.md 14). */
export type WorkloadIdentity = {
  readonly workload: string;
  readonly namespace: string;
  readonly app: string;
  readonly version: string;
  readonly canonicalService: string;
  readonly canonicalRevision: string;
  readonly cluster: string;
  /** Tag of `istio_build`. */
  readonly istioVersion: string;
};

/** Reads it out of node metadata, as `buildNodeMetadata` of core/envoy makes it. */
export function workloadIdentity(metadata: JsonObject): WorkloadIdentity {
  const labels = isObject(metadata.LABELS) ? metadata.LABELS : {};
  return {
    workload: text(metadata, 'WORKLOAD_NAME'),
    namespace: text(metadata, 'NAMESPACE'),
    app: text(labels, 'app'),
    version: text(labels, 'version'),
    canonicalService: text(labels, 'service.istio.io/canonical-name'),
    canonicalRevision: text(labels, 'service.istio.io/canonical-revision'),
    cluster: text(metadata, 'CLUSTER_ID'),
    istioVersion: text(metadata, 'ISTIO_VERSION') || 'unknown',
  };
}

function text(object: JsonObject, name: string): string {
  const value = object[name];
  return typeof value === 'string' ? value : '';
}
