/** What the webhook has to do with a cluster. Loaded, and with it the Kubernetes client, only where one is asked for. */
import { behaves, type ReviewAnswer } from '../../../core/injection/index.ts';
import { failed, type Parsed, parsed } from '../../../core/problem.ts';
import { openKubeApi } from '../../../platform/kube-api.ts';
import type { Log } from '../../../platform/log.ts';
import type { ClusterMetrics } from '../metrics.ts';
import type { CertificateOrigin, ConfigOrigin, WebhookOptions } from '../options.ts';
import type { ConfigTexts, ServingCertificate, Source } from '../source.ts';
import { DEFAULT_AUTHORITY } from './authority.ts';
import { type CaBundleEvents, patchCaBundles } from './ca-bundle.ts';
import { DEFAULT_SETTLE, selfSignedCertificate } from './certificate.ts';
import { eventWriter } from './events.ts';
import { electLeader, type Leader } from './leader.ts';
import { clusterTexts } from './texts.ts';

export type ClusterParts = {
  readonly texts: (origin: Extract<ConfigOrigin, { readonly kind: 'cluster' }>) => Source<ConfigTexts>;
  readonly certificate: (
    origin: Extract<CertificateOrigin, { readonly kind: 'self-signed' }>,
  ) => Source<ServingCertificate>;
  readonly chores: readonly ((signal: AbortSignal) => Promise<void>)[];
  readonly useCaBundle: (caBundle: string) => void;
  readonly decided: (reviewed: ReviewAnswer) => void;
  readonly close: () => void;
};

export function openClusterParts(options: WebhookOptions, log: Log, metrics: ClusterMetrics): Parsed<ClusterParts> {
  const { cluster, certificate, injection } = options;
  const opened = openKubeApi({ kubeconfig: cluster.kubeconfig, context: cluster.context, userAgent: 'remora-webhook' });
  if (!opened.ok) {
    const { message } = opened.failure;
    return failed({
      code: 'CLUSTER_CONFIG',
      severity: 'error',
      message,
      remedy: 'Name a kubeconfig with --kubeconfig, or contact no cluster with --offline.',
    });
  }
  const api = opened.value;
  const { namespace, identity } = cluster;
  const suffix = injection.revision === '' ? '' : `-${injection.revision}`;
  const lease = certificate.kind === 'self-signed' ? certificate.lease : `remora-webhook${suffix}`;
  const serviceName = certificate.kind === 'self-signed' ? certificate.serviceName : `remora-webhook${suffix}`;
  // The rights of 1.0's service account do not reach to Leases.
  const alone = options.caBundleTarget !== undefined;
  const leader = alone ? EVERYBODY : electLeader(api, { namespace, name: lease, identity }, log);
  const patcher = options.patchCaBundle
    ? patchCaBundles(
        api,
        leader,
        {
          revision: injection.revision,
          serviceName,
          serviceNamespace: namespace,
          fieldManager: 'remora-ca-bundle',
          target: options.caBundleTarget,
        },
        caBundleEvents(log, metrics),
      )
    : undefined;
  const needsLeader = patcher !== undefined || certificate.kind === 'self-signed';
  return parsed({
    texts: ({ injectConfigMap, meshConfigMap }) =>
      clusterTexts(api, {
        namespace,
        injectConfigMap,
        meshConfigMap,
        watchNamespaces: injection.platform === 'openshift',
        watchNodes: injection.nativeSidecars === 'auto' && behaves(injection.release, 'native-sidecars'),
        watchProxyConfigs: behaves(injection.release, 'proxy-config-resources'),
      }),
    certificate: ({ secret, extraNames, rotationPause, serviceName: service }) =>
      selfSignedCertificate(api, leader, {
        namespace,
        secret,
        names: [...namesOfService(service, namespace), ...extraNames],
        authority: { ...DEFAULT_AUTHORITY, pause: rotationPause },
        settle: Math.min(DEFAULT_SETTLE, rotationPause / 2),
      }),
    chores: [
      ...(needsLeader ? [(signal: AbortSignal) => leader.run(signal)] : []),
      ...(patcher === undefined ? [] : [(signal: AbortSignal) => patcher.run(signal)]),
    ],
    useCaBundle: (caBundle) => patcher?.set(caBundle),
    decided: options.events ? eventWriter(api, log, { reporter: identity }) : () => {},
    close: api.close,
  });

  function caBundleEvents(log: Log, metrics: ClusterMetrics): CaBundleEvents {
    return {
      attempt: () => metrics.patchAttempts.inc({ name: 'sidecar-injector.istio.io' }),
      retry: (name) => metrics.patchRetries.inc({ name }),
      failure: (name, reason, entry) => {
        metrics.patchFailures.inc({ name, reason });
        if (entry !== undefined) log.warn(`webhook entry "${entry}" not found in config "${name}"`, { reason });
      },
      patched: (name, entries) => log.info('caBundle written', { configuration: name, entries }),
      problem: ({ code, message, remedy }) => log.error(message, { code, remedy }),
    };
  }
}

/** Each replica acts by itself. */
const EVERYBODY: Leader = { isLeader: () => true, onChange: () => {}, run: async () => {} };

/** What the API server and others call a service. */
function namesOfService(name: string, namespace: string): readonly string[] {
  return [`${name}.${namespace}.svc`, `${name}.${namespace}.svc.cluster.local`, `${name}.${namespace}`, name];
}
