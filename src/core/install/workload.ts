import type { JsonObject } from '../json.ts';
import { type InstallOptions, labelsOf, namesOf } from './options.ts';

/** What runs: Deployment, Service and, where there is more than one replica, what keeps one of them alive in a drain. */
export function workloadObjects(options: InstallOptions): readonly JsonObject[] {
  const { namespace, replicas } = options;
  const { workload } = namesOf(options);
  const metadata = { name: workload, namespace, labels: labelsOf(options) };
  const selector = { matchLabels: podLabels(options) };
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: {
        ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: 'https' }],
        selector: podLabels(options),
        type: 'ClusterIP',
      },
    },
    ...(replicas > 1
      ? [{ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata, spec: { maxUnavailable: 1, selector } }]
      : []),
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: {
        replicas,
        selector,
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
        template: podTemplate(options),
      },
    },
  ];
}

function podLabels(options: InstallOptions): Readonly<Record<string, string>> {
  return { app: 'remora-webhook', 'istio.io/rev': options.revision === '' ? 'default' : options.revision };
}

/** Seconds from the signal to the last answer, and a margin before the kubelet loses its patience. */
const GRACE = 20;
const MARGIN = 10;

function podTemplate(options: InstallOptions): JsonObject {
  const { workload } = namesOf(options);
  return {
    metadata: {
      labels: { ...podLabels(options), ...labelsOf(options), 'sidecar.istio.io/inject': 'false' },
      annotations: { 'prometheus.io/scrape': 'true', 'prometheus.io/port': '8080', 'prometheus.io/path': '/metrics' },
    },
    spec: {
      affinity: {
        podAntiAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            {
              podAffinityTerm: {
                labelSelector: { matchLabels: podLabels(options) },
                topologyKey: 'kubernetes.io/hostname',
              },
              weight: 100,
            },
          ],
        },
      },
      containers: [container(options)],
      ...(options.priorityClassName === '' ? {} : { priorityClassName: options.priorityClassName }),
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      serviceAccountName: workload,
      terminationGracePeriodSeconds: GRACE + MARGIN,
      topologySpreadConstraints: [
        {
          labelSelector: { matchLabels: podLabels(options) },
          maxSkew: 1,
          topologyKey: 'topology.kubernetes.io/zone',
          whenUnsatisfiable: 'ScheduleAnyway',
        },
      ],
      ...(options.certManager
        ? { volumes: [{ name: 'tls', secret: { secretName: namesOf(options).servingSecret } }] }
        : {}),
    },
  };
}

function container(options: InstallOptions): JsonObject {
  const probe = (path: string): JsonObject => ({ path, port: 'http', scheme: 'HTTP' });
  return {
    name: 'webhook',
    image: options.image,
    args: argumentsOf(options),
    env: [
      { name: 'POD_NAME', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } },
      { name: 'POD_NAMESPACE', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } } },
    ],
    ports: [
      { name: 'https', containerPort: 15017, protocol: 'TCP' },
      { name: 'http', containerPort: 8080, protocol: 'TCP' },
    ],
    startupProbe: { httpGet: probe('/healthz'), periodSeconds: 1, failureThreshold: 60 },
    livenessProbe: { httpGet: probe('/healthz'), periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 3 },
    readinessProbe: { httpGet: probe('/readyz'), periodSeconds: 2, timeoutSeconds: 3, failureThreshold: 2 },
    resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '512Mi' } },
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      privileged: false,
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      // OpenShift gives each namespace its users, and refuses any other.
      ...(options.platform === 'openshift' ? {} : { runAsGroup: 65532, runAsUser: 65532 }),
    },
    ...(options.certManager ? { volumeMounts: [{ name: 'tls', mountPath: '/etc/remora/tls', readOnly: true }] } : {}),
  };
}

/** Only what differs from the program's own defaults. */
function argumentsOf(options: InstallOptions): readonly string[] {
  const { revision, nativeSidecars, platform, compat, certManager } = options;
  return [
    'webhook',
    `--gracePeriod=${GRACE}s`,
    ...(revision === '' ? [] : [`--revision=${revision}`]),
    ...(nativeSidecars === 'auto' ? [] : [`--nativeSidecars=${nativeSidecars}`]),
    ...(platform === '' ? [] : [`--platform=${platform}`]),
    ...(compat === 'latest' ? [] : [`--compat=${compat}`]),
    ...(certManager ? ['--tlsCertFile=/etc/remora/tls/tls.crt', '--tlsKeyFile=/etc/remora/tls/tls.key'] : []),
  ];
}
