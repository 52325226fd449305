/** A pod's facts for bootstraps that tests make themselves. */
import type { BootstrapInput, StaticOptions } from '../../src/core/envoy/index.ts';

export const FACTS: BootstrapInput = {
  nodeId: 'sidecar~10.0.0.1~web-0.shop~shop.svc.cluster.local',
  binaryVersion: '1.32.0',
  instanceIps: ['10.0.0.1'],
  env: ['POD_NAME=web-0', 'POD_NAMESPACE=shop', 'ISTIO_META_WORKLOAD_NAME=web'],
  proxyConfig: {
    configPath: './etc/istio/proxy',
    serviceCluster: 'istio-proxy',
    proxyAdminPort: 15000,
    statusPort: 15020,
  },
  pilotSubjectAltNames: [],
  outlierLogPath: '',
  stsPort: 0,
  prometheusPort: 15090,
  statusPort: 15021,
  secureMetricsPort: 0,
  secureMergedMetricsPort: 0,
  workloadIdentitySocket: 'socket',
  exitOnZeroActiveConnections: false,
  skipDeprecatedLogs: true,
  credentialSocket: false,
  fileCredentials: false,
  logAsJson: false,
  compliancePolicy: '',
  platform: { kubernetes: true, metadata: {}, labels: {}, locality: { region: '', zone: '', subZone: '' } },
  features: {
    deltaXds: true,
    dualStack: false,
    statusPortProxyProtocol: false,
    httpStripFragment: true,
    dnsProxyAddress: '',
  },
};

export const STATIC: StaticOptions = {
  outboundPort: 15001,
  inboundPort: 15006,
  tproxy: false,
  registryOnly: false,
  exactBalance: false,
  detectionTimeout: '5s',
  // Not /dev/stdout: a child's output is a socket here, which Envoy cannot open as a file.
  accessLog: { path: '/dev/null', encoding: 'TEXT' },
};
