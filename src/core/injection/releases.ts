import { atLeast, type Release } from '../release.ts';

/**
 * What changed between the releases of Istio, as one table. Code asks `behaves(release, id)` and never compares
 * release numbers itself. A row holds from `introduced` on, up to but without `removed`; a minor alone means its first
 * patch release; a fix that went into patch releases of older minors too has them as `backports`. Each row has a test
 * of its own that shows its effect on both sides: releases-early.test.ts, releases-late.test.ts and legacy/.
 */
export const BEHAVIOURS = [
  // Configuration and template language.
  { id: 'template-delimiters-braces', introduced: [2, 0], what: 'templates are written in {{ }}; before in [[ ]]' },
  {
    id: 'template-functions-annotation',
    introduced: [0, 3],
    what: 'annotation, applicationPorts, excludeInboundPort, includeInboundPorts, toJson',
  },
  {
    id: 'template-functions-values',
    introduced: [1, 0],
    what: 'fromJSON, toYaml, indent, valueOrDefault and the other functions for values',
  },
  // Still there with the first merged templates (inject.go of 1.9); templates are parsed ahead, without data to give to a
  // nested one, since istio/istio pull 37607 of March 2022. The minor in between that dropped it is not known.
  {
    id: 'template-function-render',
    introduced: [2, 0],
    removed: [14, 0],
    what: 'render executes a string as a nested template',
  },
  { id: 'inbound-ports-tcp-only', introduced: [3, 0], what: 'includeInboundPorts leaves out UDP and SCTP ports' },
  // With golang/protobuf in place of gogo/protobuf (upgrade notes of 1.14).
  { id: 'nil-duration-is-zero', introduced: [14, 0], what: 'formatDuration of an absent duration is 0s; before 1s' },
  { id: 'sprig-functions', introduced: [8, 0], what: 'the functions of Sprig' },
  { id: 'sprig-to-json', introduced: [19, 0], what: "toJson is Sprig's; before Istio's own" },
  // In 1.14 there are none of them, and omit is Sprig's; the first templates to use them are those of 1.18.
  { id: 'template-functions-maps', introduced: [18, 0], what: 'mergeMaps, omit, strdict, toJsonMap' },
  { id: 'omit-nil', introduced: [28, 0], what: 'function omitNil' },
  { id: 'otel-resource-attributes', introduced: [30, 0], what: 'function otelResourceAttributes' },
  // istio/istio pull 55000 of February 2025.
  {
    id: 'multus-namespace',
    introduced: [25, 0],
    backports: [
      [23, 6],
      [24, 4],
    ],
    what: 'appendMultusNetwork knows NAMESPACE/NAME',
  },
  // With the move of a user's istio-proxy to the init containers.
  {
    id: 'overlay-tried-alone-first',
    introduced: [19, 0],
    what: 'an overlay that cannot be merged fails before it meets the pod, with another text',
  },
  {
    id: 'overlay-templates',
    introduced: [9, 0],
    what: 'templates render a partial Pod that is merged; before lists that are appended',
  },

  // Template data.
  { id: 'deployment-meta', introduced: [1, 0], what: '.DeploymentMeta' },
  // The whole metadata still in 1.21, name and namespace alone today; the exact minor is not known.
  {
    id: 'deployment-meta-whole',
    introduced: [1, 0],
    removed: [23, 0],
    what: ".DeploymentMeta has labels and annotations: the workload's in kube-inject, the pod's in the webhook",
  },
  { id: 'template-values', introduced: [2, 0], what: '.Values and the key values' },
  {
    id: 'null-values-refused',
    introduced: [25, 0],
    what: 'values that are null fail the injection; before they are empty',
  },
  { id: 'type-meta', introduced: [3, 0], what: '.TypeMeta' },
  { id: 'template-revision', introduced: [9, 0], what: '.Revision' },
  { id: 'estimated-concurrency', introduced: [11, 0], removed: [18, 0], what: '.EstimatedConcurrency' },
  { id: 'proxy-image', introduced: [13, 0], what: '.ProxyImage' },
  // istio/istio pull 50296 of April 2024; before, the chart wrote the variant into the mesh config.
  { id: 'image-variant', introduced: [22, 0], what: '.ProxyImage follows global.variant of the values' },
  {
    id: 'native-sidecars-field',
    introduced: [27, 0],
    what: '.NativeSidecars; before templates read ENABLE_NATIVE_SIDECARS themselves',
  },
  { id: 'proxy-uid', introduced: [20, 0], what: '.ProxyUID and .ProxyGID' },
  { id: 'compliance-policy', introduced: [21, 0], what: '.CompliancePolicy' },
  { id: 'inbound-traffic-policy-mode', introduced: [22, 0], what: '.InboundTrafficPolicyMode' },
  { id: 'proxy-init-image', introduced: [31, 0], what: '.ProxyInitImage' },

  // The decision.
  { id: 'inject-selectors', introduced: [1, 0], what: 'neverInjectSelector and alwaysInjectSelector' },
  { id: 'kube-inject-asks-policy', introduced: [8, 0], what: 'kube-inject honours sidecar.istio.io/inject' },
  // Until istio/istio pull 41652 of November 2022, which merges what an earlier injection brought; 1.15 still skips.
  {
    id: 'kube-inject-skips-injected',
    introduced: [3, 0],
    removed: [17, 0],
    what: 'kube-inject leaves alone what has istio-proxy beside another container',
  },
  { id: 'skips-injected-by-status', introduced: [9, 0], what: 'and only where the status annotation is there too' },
  {
    id: 'skip-names-workload',
    introduced: [3, 0],
    what: "a skip is told with the workload's name for want of the own",
  },
  // Not in 1.9, but in 1.14; the exact minor is not known.
  { id: 'skip-names-kind', introduced: [11, 0], what: 'and with kind and namespace' },
  { id: 'ignored-namespaces-four', introduced: [9, 0], what: 'kube-node-lease and local-path-storage are ignored too' },
  {
    id: 'decision-namespace-from-request',
    introduced: [1, 0],
    what: 'an empty namespace is filled from the AdmissionRequest',
  },
  { id: 'inject-label', introduced: [12, 0], what: 'label sidecar.istio.io/inject' },
  { id: 'inject-values-strict', introduced: [27, 0], what: 'only true and false count as inject values' },

  // Annotations; core/mesh has the whole table of their validators.
  {
    id: 'core-dump-annotation-validated',
    introduced: [5, 0],
    removed: [25, 0],
    what: 'sidecar.istio.io/enableCoreDump is validated',
  },
  {
    id: 'resource-annotations-validated',
    introduced: [28, 4],
    what: 'proxyCPU and its kin are validated',
  },
  { id: 'interface-annotations-validated', introduced: [30, 0], what: 'names of network interfaces are validated' },

  // What Go adds to the pod.
  { id: 'probe-rewriting', introduced: [1, 0], what: 'HTTP probes go through the agent' },
  {
    id: 'concurrency-argument',
    introduced: [1, 0],
    removed: [9, 0],
    what: '--concurrency is appended where the template has none',
  },
  {
    id: 'canonical-labels-in-go',
    introduced: [5, 0],
    removed: [9, 0],
    what: 'TLS mode and canonical labels are set outside of the template',
  },
  {
    id: 'revision-label-in-go',
    introduced: [6, 0],
    removed: [9, 0],
    what: 'label istio.io/rev, also when it is empty',
  },
  {
    id: 'network-label-from-env',
    introduced: [8, 0],
    removed: [9, 0],
    what: 'label topology.istio.io/network from env',
  },
  { id: 'probe-annotation', introduced: [2, 0], what: 'annotation sidecar.istio.io/rewriteAppHTTPProbers' },
  { id: 'https-probes-over-http', introduced: [2, 0], what: 'a rewritten HTTPS probe asks the agent over HTTP' },
  {
    id: 'probes-at-mesh-status-port',
    introduced: [6, 0],
    what: "probes go to the mesh's statusPort or the annotation; before to --statusPort of the sidecar",
  },
  { id: 'probe-timeouts', introduced: [6, 0], what: 'the agent is told timeouts; patches replace whole probes' },
  { id: 'startup-probes', introduced: [8, 0], what: 'startup probes go through the agent' },
  { id: 'probes-patched-first', introduced: [7, 0], what: 'a patch rewrites probes before it removes containers' },
  { id: 'prometheus-merge', introduced: [6, 0], what: 'Prometheus is pointed at the agent' },
  // istio/istio pull 36959 of January 2022.
  {
    id: 'prometheus-annotations-respected',
    introduced: [13, 0],
    what: 'a scrape annotation of false stops the merge, and every spelling counts that Prometheus takes for the same',
  },
  { id: 'hold-application', introduced: [7, 0], what: 'holdApplicationUntilProxyStarts puts istio-proxy first' },
  { id: 'hold-by-mesh', introduced: [8, 0], what: 'holdApplicationUntilProxyStarts in mesh and annotation' },
  {
    id: 'validation-container-first',
    introduced: [7, 0],
    what: 'a patch puts istio-validation before init containers',
  },
  { id: 'tcp-probes', introduced: [12, 0], what: 'tcpSocket probes go through the agent' },
  // istio/istio pull 44593 of April 2023 removed the switch.
  {
    id: 'tcp-probes-switch',
    introduced: [12, 0],
    removed: [18, 0],
    what: 'REWRITE_TCP_PROBES=false of the injector leaves tcpSocket probes alone',
  },
  { id: 'grpc-probes', introduced: [13, 0], what: 'grpc probes go through the agent' },
  { id: 'native-sidecars', introduced: [19, 0], what: 'istio-proxy as init container' },
  { id: 'probes-of-init-containers', introduced: [19, 0], what: 'probes of init containers are rewritten' },
  { id: 'openshift-ids', introduced: [20, 0], what: "user and group of the namespace's OpenShift ranges" },
  // istio/istio pull 47898 of November 2023; where init-user-adjusted holds it is no more.
  {
    id: 'openshift-template-user-wins',
    introduced: [20, 1],
    removed: [23, 0],
    what: "a template's runAsUser other than 1337, as OpenShift's, wins over the user's own",
  },
  // istio/istio pull 52613 of August 2024.
  {
    id: 'openshift-filled-user-cleared',
    introduced: [24, 0],
    what: "on OpenShift an istio-proxy with the application's runAsUser loses it",
  },
  {
    id: 'native-sidecars-automatic',
    introduced: [27, 0],
    what: 'native sidecars by themselves where every kubelet is 1.33 or newer',
  },
  { id: 'native-sidecar-annotation', introduced: [24, 0], what: 'annotation sidecar.istio.io/nativeSidecar in Go' },
  { id: 'lifecycle-handlers', introduced: [25, 0], what: 'lifecycle handlers go through the agent' },
  // istio/istio pulls 51012, 51047, 51066 and 51067 of May 2024.
  {
    id: 'init-user-adjusted',
    introduced: [23, 0],
    backports: [
      [20, 7],
      [21, 3],
      [22, 1],
    ],
    what: "istio-init and istio-validation follow a user's runAsUser",
  },
  { id: 'prometheus-targets', introduced: [31, 0], what: 'scrape targets, secure port and errors about ports' },

  // The patch of the list generation, and what kube-inject did beside it.
  {
    id: 'kubernetes-defaults',
    introduced: [0, 0],
    removed: [1, 0],
    what: 'the webhook defaults injected items as Kubernetes 1.10',
  },
  {
    id: 'service-account-mount',
    introduced: [1, 0],
    removed: [9, 0],
    what: "the webhook mounts the application's service account token into istio-proxy",
  },
  {
    id: 'dns-config',
    introduced: [1, 0],
    what: 'templates bring dnsConfig; kube-inject up to 1.7 replaces the own one',
  },
  {
    id: 'security-context-patched',
    introduced: [1, 0],
    removed: [9, 0],
    what: "a patch writes the pod's securityContext",
  },
  { id: 'fs-group-by-sds', introduced: [1, 0], removed: [8, 0], what: 'fsGroup 1337 where the mesh has an SDS socket' },
  { id: 'fs-group-needs-token-mount', introduced: [1, 0], removed: [3, 0], what: 'and only with enableSdsTokenMount' },
  { id: 'fs-group-replaces', introduced: [1, 0], removed: [5, 0], what: 'and nothing else stays in securityContext' },
  {
    id: 'fs-group-by-env',
    introduced: [8, 0],
    removed: [9, 0],
    what: 'fsGroup 1337 unless ENABLE_LEGACY_FSGROUP_INJECTION is false',
  },
  { id: 'pod-redirect-annotations', introduced: [3, 0], removed: [8, 0], what: 'kube-inject sets podRedirectAnnot' },
  // The CRD is of 1.13 (its change notes); up to 1.12 injection applied the annotation itself, after the validation.
  {
    id: 'proxy-config-resources',
    introduced: [13, 0],
    what: 'ProxyConfig resources; kube-inject lays the annotation over the mesh config that probes and metrics follow, too',
  },
  { id: 'proxy-config-annotation', introduced: [6, 0], what: 'annotation proxy.istio.io/config' },
  { id: 'values-set-cluster', introduced: [8, 0], what: 'cluster and network of the values reach the environment' },
  { id: 'owner-heuristics', introduced: [3, 0], what: "the webhook derives a pod's workload; before it shows the pod" },
  { id: 'owner-cron-job', introduced: [7, 0], what: 'a job named with ten digits belongs to a CronJob' },
  // istio/istio pull 49328 of February 2024.
  {
    id: 'owner-cron-job-v1',
    introduced: [21, 0],
    what: 'a CronJob found by that name is batch/v1; before batch/v1beta1',
  },
  {
    id: 'owner-of-bare-pod',
    introduced: [21, 0],
    what: 'kube-inject derives the workload of a Pod as the webhook does; before it shows the Pod',
  },
  { id: 'owner-hash-required', introduced: [8, 0], what: 'a ReplicaSet without pod-template-hash is no Deployment' },

  // Status and re-injection.
  { id: 'status-version', introduced: [0, 0], removed: [9, 0], what: 'the status has the hash of the template' },
  { id: 'status-revision', introduced: [11, 0], what: 'the status has the revision' },
  // istio/istio pull 41652 of November 2022, as the next row.
  {
    id: 'overrides-skip-injected',
    introduced: [17, 0],
    what: 'containers of an earlier injection are no user overrides',
  },
  { id: 'probers-merged', introduced: [17, 0], what: 'ISTIO_KUBE_APP_PROBERS of an earlier injection is kept' },
  {
    id: 'probers-appended-when-missing',
    introduced: [27, 0],
    what: 'an injected pod without ISTIO_KUBE_APP_PROBERS gets it',
  },

  // kube-inject's output.
  { id: 'kube-inject-by-patch', introduced: [8, 0], what: "kube-inject applies the webhook's patch" },
  { id: 'kube-inject-image-pull-secrets', introduced: [6, 2], what: 'kube-inject appends imagePullSecrets' },
  { id: 'creation-timestamp-null', introduced: [0, 0], removed: [28, 0], what: 'creationTimestamp: null is written' },
  {
    id: 'workloads-apps-v1',
    introduced: [4, 0],
    what: 'workloads are decoded as apps/v1; before as extensions/v1beta1 and its kin',
  },
  { id: 'strict-separators', introduced: [9, 0], what: '`--- text` is refused; before it was an ordinary line' },

  // The webhook.
  { id: 'admission-review-v1', introduced: [7, 0], what: 'AdmissionReview v1' },
  { id: 'url-parameters', introduced: [8, 0], what: '/inject/cluster/C/net/N' },
  { id: 'url-env-form', introduced: [10, 0], what: '/inject/:ENV:K=V' },
  { id: 'url-slash-escape', introduced: [15, 0], what: '--slash-- in URL parameters' },
] as const satisfies readonly BehaviourRow[];

type BehaviourRow = {
  readonly id: string;
  /** Minor and patch of the first release that behaves so. */
  readonly introduced: readonly [minor: number, patch: number];
  /** Minor and patch of the first release that no longer does. */
  readonly removed?: readonly [minor: number, patch: number];
  /** From these patch releases of older minors on, for the rest of their minor. */
  readonly backports?: readonly (readonly [minor: number, patch: number])[];
  readonly what: string;
};

export type Behaviour = (typeof BEHAVIOURS)[number]['id'];

const BY_ID: ReadonlyMap<string, BehaviourRow> = new Map(BEHAVIOURS.map((row) => [row.id, row]));

/** Whether `release` shows a behaviour of {@link BEHAVIOURS}. */
export function behaves(release: Release, id: Behaviour): boolean {
  const row = BY_ID.get(id);
  if (row === undefined) throw new Error(`no behaviour ${id}`);
  if (row.removed !== undefined && atLeast(release, ...row.removed)) return false;
  return atLeast(release, ...row.introduced) || isBackport(release, row.backports ?? []);
}

function isBackport(release: Release, backports: NonNullable<BehaviourRow['backports']>): boolean {
  return backports.some(([minor, patch]) => release.minor === minor && release.patch >= patch);
}
