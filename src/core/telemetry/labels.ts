import type { WorkloadIdentity } from './identity.ts';
import type { TrafficEvent } from './traffic.ts';

export type Labels = readonly (readonly [name: string, value: string])[];

/** Of a peer nothing is known: there is no metadata exchange without Istio's filters, and no certificate. */
const UNKNOWN = 'unknown';
const UNKNOWN_REVISION = 'latest';

/** Clusters that stand for "no service is known"; the last two are those of 1.22 and older. */
const NO_SERVICE = new Set([
  'BlackHoleCluster',
  'PassthroughCluster',
  'InboundPassthroughCluster',
  'InboundPassthroughClusterIpv4',
  'InboundPassthroughClusterIpv6',
]);

/** The labels of an event, in Istio's order (agent.md 14). */
export function labelsOf(event: TrafficEvent, own: WorkloadIdentity): Labels {
  const inbound = event.direction === 'inbound';
  const mine = (value: string): string => value;
  const [source, destination] = inbound ? [undefined, mine] : [mine, undefined];
  const at = (side: typeof mine | undefined, value: string, missing = UNKNOWN): string => side?.(value) ?? missing;
  return [
    ['reporter', inbound ? 'destination' : 'source'],
    ['source_workload', at(source, own.workload)],
    ['source_canonical_service', at(source, own.canonicalService)],
    ['source_canonical_revision', at(source, own.canonicalRevision, UNKNOWN_REVISION)],
    ['source_workload_namespace', at(source, own.namespace)],
    ['source_principal', UNKNOWN],
    ['source_app', at(source, own.app)],
    ['source_version', at(source, own.version)],
    ['source_cluster', at(source, own.cluster)],
    ['destination_workload', at(destination, own.workload)],
    ['destination_workload_namespace', at(destination, own.namespace)],
    ['destination_principal', UNKNOWN],
    ['destination_app', at(destination, own.app)],
    ['destination_version', at(destination, own.version)],
    ['destination_service', inbound ? own.canonicalService : requestedHost(event)],
    ['destination_canonical_service', at(destination, own.canonicalService)],
    ['destination_canonical_revision', at(destination, own.canonicalRevision, UNKNOWN_REVISION)],
    ['destination_service_name', serviceName(event, own)],
    ['destination_service_namespace', at(destination, own.namespace)],
    ['destination_cluster', at(destination, own.cluster)],
    ['request_protocol', event.kind === 'http' ? event.protocol : 'tcp'],
    ...(event.kind === 'http'
      ? ([
          ['response_code', String(event.responseCode)],
          ['grpc_response_status', event.grpcStatus],
        ] as const)
      : []),
    ['response_flags', event.responseFlags === '' ? '-' : event.responseFlags],
    ['connection_security_policy', inbound ? 'none' : UNKNOWN],
  ];
}

function requestedHost(event: TrafficEvent): string {
  return event.kind === 'http' && event.authority !== '' ? event.authority : UNKNOWN;
}

function serviceName(event: TrafficEvent, own: WorkloadIdentity): string {
  if (NO_SERVICE.has(event.cluster)) return event.cluster;
  return event.direction === 'inbound' ? own.canonicalService : requestedHost(event);
}
