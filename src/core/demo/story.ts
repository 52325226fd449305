/**
 * Who takes part. The names and the address of demo-red are those of the istio.io post of 2019, in which the author looks
 * into the same pod with kubectl and nsenter.
 */
export const RED = {
  part: 'red',
  workload: 'demo-red',
  pod: 'demo-red-pod-8b5df99cc-pgnl7',
  address: '10.32.0.6',
  port: 80,
} as const;

export const CLIENT = {
  part: 'client',
  workload: 'demo-client',
  pod: 'demo-client-6d4cf56db6-x2k9w',
  address: '10.32.0.7',
  port: 8080,
} as const;

/** A host without a sidecar: what is not the mesh, the kubelet that probes, and Prometheus that scrapes. */
export const OUTSIDE = { part: 'outside', gateway: '10.32.0.1', address: '203.0.113.10', port: 8000 } as const;

export const PODS = [CLIENT, RED] as const;
export type DemoPod = (typeof PODS)[number];

/** Who the applications run as: nobody in particular, and not the sidecar's user, which is never captured. */
export const APPLICATION_UID = 1000;

/** The pods' network, of which .1 is the way out. */
export const SUBNET = { prefix: 24, interface: 'eth0' } as const;

/**
 * What the pods are told beside Istio's defaults: to write an access log (as the demo profile of Istio does), and not to
 * keep us waiting when they are taken down.
 */
export const MESH_CONFIG = `defaultConfig:
  terminationDrainDuration: 1s
  proxyMetadata:
    REMORA_ACCESS_LOG_FILE: /dev/stdout
`;

export type InterceptionMode = 'REDIRECT' | 'TPROXY';
export type EngineName = 'envoy' | 'embedded';
