import type { JsonObject } from '../../json.ts';

/**
 * What our own template reads of the values, with the names of Istio's charts, so that a values file for one works for
 * the other. Ports, discovery and the like come from the mesh config and are not repeated here.
 */
export const BUILTIN_VALUES: JsonObject = {
  global: {
    hub: 'remora',
    // An image that was just built, or loaded into a cluster on a laptop, is in no registry to pull it from.
    imagePullPolicy: 'IfNotPresent',
    imagePullSecrets: [],
    logAsJson: false,
    logging: { level: 'default:info' },
    meshID: '',
    multiCluster: { clusterName: '' },
    network: '',
    proxy: {
      image: 'proxy',
      clusterDomain: 'cluster.local',
      logLevel: 'warning',
      componentLogLevel: 'misc:error',
      holdApplicationUntilProxyStarts: false,
      includeIPRanges: '*',
      excludeIPRanges: '',
      includeInboundPorts: '*',
      excludeInboundPorts: '',
      includeOutboundPorts: '',
      excludeOutboundPorts: '',
      readinessInitialDelaySeconds: 0,
      readinessPeriodSeconds: 15,
      readinessFailureThreshold: 4,
      // 600 tries of one second: a slow node must not have its sidecars killed while images are still arriving.
      startupProbe: { failureThreshold: 600 },
      resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { cpu: '2', memory: '1Gi' } },
      seccompProfile: { type: 'RuntimeDefault' },
    },
    proxy_init: { image: 'init' },
  },
  pilot: { cni: { enabled: false, provider: 'default' } },
  revision: '',
  // Without it a kubelet's probe of a captured port would be answered by the proxy, which says nothing of the application.
  sidecarInjectorWebhook: { rewriteAppHTTPProbe: true },
};
