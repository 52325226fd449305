/**
 * Every annotation and label that injection reads or writes (injection.md 7.4), for help, completion and for telling a
 * misspelt name. `introduced` and `removed` are minor releases (`removed` is the first without it).
 */
export type AnnotationEntry = {
  readonly name: string;
  readonly kind: 'annotation' | 'label';
  /** The object that carries it. */
  readonly on: 'pod' | 'namespace' | 'webhook';
  readonly access: 'read' | 'written' | 'both';
  readonly purpose: string;
  readonly introduced: number;
  readonly removed?: number | undefined;
};

type Row = readonly [
  name: string,
  access: AnnotationEntry['access'],
  introduced: number,
  purpose: string,
  removed?: number,
];

const SIDECAR = 'sidecar.istio.io';
const TRAFFIC = 'traffic.sidecar.istio.io';
const READINESS = 'readiness.status.sidecar.istio.io';

const POD_ANNOTATIONS: readonly Row[] = [
  [`${SIDECAR}/inject`, 'read', 0, 'asks for the sidecar or declines it; the label of that name wins'],
  [`${SIDECAR}/status`, 'both', 0, 'what an injection added'],
  ['istio.io/rev', 'written', 9, 'revision of the control plane that injected'],
  ['inject.istio.io/templates', 'read', 9, 'names of the templates to use in place of the default ones'],
  ['proxy.istio.io/config', 'read', 6, 'ProxyConfig in YAML, laid over that of the mesh'],
  ['proxy.istio.io/overrides', 'both', 9, 'containers of the user that the templates changed, for re-injection'],
  [`${SIDECAR}/proxyImage`, 'read', 0, 'image of the sidecar'],
  [`${SIDECAR}/proxyImageType`, 'read', 15, 'variant of the image: default, debug, distroless'],
  [`${SIDECAR}/nativeSidecar`, 'read', 24, 'sidecar as an init container that keeps running'],
  [`${SIDECAR}/interceptionMode`, 'read', 0, 'how traffic is captured: REDIRECT, TPROXY or NONE'],
  [`${SIDECAR}/capNetBindService`, 'read', 8, 'lets the proxy bind ports below 1024'],
  [`${SIDECAR}/rewriteAppHTTPProbers`, 'read', 2, 'sends the probes of the kubelet through the agent'],
  [`${SIDECAR}/proxyCPU`, 'read', 0, 'CPU request of the proxy; replaces all resources of the values'],
  [`${SIDECAR}/proxyCPULimit`, 'read', 6, 'CPU limit of the proxy; replaces all resources of the values'],
  [`${SIDECAR}/proxyMemory`, 'read', 0, 'memory request of the proxy; replaces all resources of the values'],
  [`${SIDECAR}/proxyMemoryLimit`, 'read', 6, 'memory limit of the proxy; replaces all resources of the values'],
  [`${SIDECAR}/logLevel`, 'read', 4, 'log level of Envoy'],
  [`${SIDECAR}/componentLogLevel`, 'read', 4, 'log levels of parts of Envoy'],
  [`${SIDECAR}/agentLogLevel`, 'read', 9, 'log level of the agent'],
  [
    `${SIDECAR}/bootstrapOverride`,
    'read',
    1,
    'config map with a file (custom_bootstrap.json) that Envoy merges into its bootstrap',
  ],
  [`${SIDECAR}/userVolume`, 'read', 2, 'volumes to add, as a JSON map'],
  [`${SIDECAR}/userVolumeMount`, 'read', 2, 'mounts of the proxy to add, as a JSON map'],
  [`${SIDECAR}/enableCoreDump`, 'read', 5, 'lets the proxy dump core', 24],
  [`${SIDECAR}/controlPlaneAuthPolicy`, 'read', 0, 'authentication of the proxy to the control plane', 6],
  [`${SIDECAR}/discoveryAddress`, 'read', 0, 'address of the control plane', 6],
  [`${SIDECAR}/statsInclusionPrefixes`, 'read', 1, 'statistics to keep, by the beginning of their names'],
  [`${SIDECAR}/statsInclusionSuffixes`, 'read', 1, 'statistics to keep, by the end of their names'],
  [`${SIDECAR}/statsInclusionRegexps`, 'read', 1, 'statistics to keep, by regular expressions'],
  [`${SIDECAR}/extraStatTags`, 'read', 6, 'additional tags of statistics'],
  [`${SIDECAR}/statsHistogramBuckets`, 'read', 23, 'buckets of histograms'],
  [`${SIDECAR}/statsCompression`, 'read', 25, 'compression of metrics'],
  [`${SIDECAR}/statsFlushInterval`, 'read', 28, 'how often the proxy flushes its statistics'],
  [`${SIDECAR}/statsEvictionInterval`, 'read', 28, 'how often the proxy forgets statistics that are not used'],
  [`${TRAFFIC}/includeOutboundIPRanges`, 'read', 0, 'destinations whose traffic is captured'],
  [`${TRAFFIC}/excludeOutboundIPRanges`, 'read', 0, 'destinations whose traffic is not captured'],
  [`${TRAFFIC}/includeInboundPorts`, 'read', 0, 'own ports whose traffic is captured'],
  [`${TRAFFIC}/excludeInboundPorts`, 'read', 0, 'own ports whose traffic is not captured'],
  [`${TRAFFIC}/includeOutboundPorts`, 'read', 8, 'destination ports whose traffic is captured'],
  [`${TRAFFIC}/excludeOutboundPorts`, 'read', 4, 'destination ports whose traffic is not captured'],
  [`${TRAFFIC}/excludeInterfaces`, 'read', 16, 'network interfaces whose traffic is not captured'],
  [
    `${TRAFFIC}/kubevirtInterfaces`,
    'read',
    1,
    'interfaces of virtual machines; superseded by reroute-virtual-interfaces',
  ],
  ['istio.io/reroute-virtual-interfaces', 'read', 25, 'interfaces whose inbound traffic counts as outbound'],
  ['status.sidecar.istio.io/port', 'read', 1, 'port on which the agent answers probes'],
  [`${READINESS}/initialDelaySeconds`, 'read', 1, 'readiness probe of the proxy: first after that many seconds'],
  [`${READINESS}/periodSeconds`, 'read', 1, 'readiness probe of the proxy: every that many seconds'],
  [`${READINESS}/failureThreshold`, 'read', 1, 'readiness probe of the proxy: failures until not ready'],
  [`${READINESS}/applicationPorts`, 'read', 1, 'ports of the application that the readiness of the proxy waits for', 6],
  ['prometheus.io/scrape', 'both', 6, 'whether metrics are scraped'],
  ['prometheus.io/port', 'both', 6, 'port of the metrics'],
  ['prometheus.io/path', 'both', 6, 'path of the metrics'],
  ['prometheus.io/scheme', 'read', 6, 'scheme of the metrics'],
  ['prometheus.istio.io/merge-metrics', 'read', 6, "lets the agent serve the application's metrics with its own"],
  ['prometheus.istio.io/scrape-targets', 'read', 31, 'more endpoints of metrics to merge'],
  ['prometheus.istio.io/secure-port', 'read', 31, 'port on which merged metrics are served with mutual TLS'],
  ['kubectl.kubernetes.io/default-container', 'written', 9, 'container that kubectl takes'],
  ['kubectl.kubernetes.io/default-logs-container', 'written', 9, 'container whose log kubectl shows'],
  ['k8s.v1.cni.cncf.io/networks', 'both', 4, 'networks that Multus attaches; the CNI plugin is one'],
  ['apm.datadoghq.com/env', 'read', 4, 'environment of the proxy for the Datadog tracer, as a JSON map'],
  ['resource.opentelemetry.io/service.namespace', 'read', 30, 'OpenTelemetry: namespace of the service'],
  ['resource.opentelemetry.io/service.version', 'read', 30, 'OpenTelemetry: version of the service'],
  ['resource.opentelemetry.io/service.instance.id', 'read', 30, 'OpenTelemetry: identity of the instance'],
];

const POD_LABELS: readonly Row[] = [
  [`${SIDECAR}/inject`, 'read', 10, 'asks for the sidecar or declines it; also selects the webhook'],
  ['istio.io/rev', 'read', 6, 'revision of the control plane that shall inject'],
  ['topology.istio.io/network', 'both', 8, 'network of the pod'],
  ['security.istio.io/tlsMode', 'written', 4, 'says that the pod speaks mutual TLS'],
  ['service.istio.io/canonical-name', 'both', 5, 'name of the service for telemetry'],
  ['service.istio.io/canonical-revision', 'both', 5, 'revision of the service for telemetry'],
  ['service.istio.io/workload-name', 'read', 21, 'name of the workload for telemetry'],
  ['networking.istio.io/tunnel', 'read', 15, 'protocol of a tunnel to the pod'],
  ['app', 'read', 0, 'name of the service where no other label says it'],
  ['version', 'read', 0, 'revision of the service where no other label says it'],
  ['app.kubernetes.io/name', 'read', 5, 'name of the service'],
  ['app.kubernetes.io/version', 'read', 5, 'revision of the service'],
  ['pod-template-hash', 'read', 1, 'tells the Deployment of a ReplicaSet'],
  ['rollouts-pod-template-hash', 'read', 14, 'tells the Rollout of a ReplicaSet'],
  ['deploymentconfig', 'read', 1, 'tells the DeploymentConfig of a ReplicationController'],
];

const NAMESPACE_LABELS: readonly Row[] = [
  ['istio-injection', 'read', 0, 'enabled or disabled for all pods of the namespace'],
  ['istio.io/rev', 'read', 6, 'revision of the control plane for all pods of the namespace'],
  ['topology.istio.io/network', 'read', 8, "network of the pods of istiod's namespace"],
];

const NAMESPACE_ANNOTATIONS: readonly Row[] = [
  ['openshift.io/sa.scc.uid-range', 'read', 20, 'user id of the proxy on OpenShift'],
  ['openshift.io/sa.scc.supplemental-groups', 'read', 20, 'group id of the proxy on OpenShift'],
];

const WEBHOOK_LABELS: readonly Row[] = [
  ['istio.io/rev', 'read', 6, 'revision that the webhook serves'],
  ['istio.io/tag', 'read', 10, 'revision tag that the webhook serves'],
  ['istio.io/deactivated', 'read', 10, 'selector that keeps a webhook from matching anything'],
];

export const ANNOTATION_REGISTRY: readonly AnnotationEntry[] = [
  ...entries('annotation', 'pod', POD_ANNOTATIONS),
  ...entries('label', 'pod', POD_LABELS),
  ...entries('label', 'namespace', NAMESPACE_LABELS),
  ...entries('annotation', 'namespace', NAMESPACE_ANNOTATIONS),
  ...entries('label', 'webhook', WEBHOOK_LABELS),
];

function entries(
  kind: AnnotationEntry['kind'],
  on: AnnotationEntry['on'],
  rows: readonly Row[],
): readonly AnnotationEntry[] {
  return rows.map(([name, access, introduced, purpose, removed]) => ({
    name,
    kind,
    on,
    access,
    purpose,
    introduced,
    ...(removed === undefined ? {} : { removed }),
  }));
}
