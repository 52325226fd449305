import { textAt } from '../json.ts';
import {
  annotationErrorText,
  annotationWarnings,
  applyProxyConfigAnnotation,
  type MeshConfig,
  PROXY_CONFIG_ANNOTATION,
  type ProxyConfig,
  resolveProxyConfig,
  validateAnnotations,
} from '../mesh/index.ts';
import { type Parsed, type Problem, parsed } from '../problem.ts';
import type { Release } from '../release.ts';
import type { InjectionConfig, InjectionContext, PodTemplate } from './model.ts';
import { annotationOf, annotationsOf, labelsOf, metadataOf } from './pod.ts';
import { behaves } from './releases.ts';

/** The mesh as it is for one pod, with the facts that the steps of injection ask for. */
export type EffectiveMesh = {
  readonly proxyConfig: ProxyConfig;
  /** In kube-inject changed by the pod's annotation; in the webhook the mesh's own. */
  readonly meshConfig: MeshConfig;
  /**
   * What probes and Prometheus are pointed at; 0 where it is not set. Up to 1.12 it is the mesh's own: only templates saw
   * what the annotation changed.
   */
  readonly statusPort: number;
  readonly enablePrometheusMerge: boolean | undefined;
  readonly interceptionMode: string;
  readonly imageType: string;
  /** meshConfig.inboundTrafficPolicy.mode is LOCALHOST. */
  readonly inboundLocalhost: boolean;
  readonly concurrency: number | undefined;
  readonly holdApplication: boolean;
};

/** Resolves mesh and proxy configuration for a pod (injection.md 2.9); `problems` of a success are warnings. */
export function effectiveMesh(
  pod: PodTemplate,
  at: Pick<InjectionContext, 'path' | 'requestNamespace' | 'owner'>,
  cfg: InjectionConfig,
): Parsed<EffectiveMesh> {
  const annotations = stringsOf(annotationsOf(pod));
  const resolved = resolveProxyConfig({
    path: at.path,
    release: cfg.release,
    mesh: cfg.mesh,
    annotations,
    namespace: textAt(metadataOf(pod), 'namespace') || at.requestNamespace || at.owner?.namespace,
    labels: stringsOf(labelsOf(pod)),
    resources: cfg.proxyConfigs,
  });
  if (!resolved.ok) return resolved;
  const { proxyConfig, meshConfig } = resolved.value;
  const followed = behaves(cfg.release, 'proxy-config-resources') ? meshConfig : cfg.mesh;
  return parsed(
    {
      proxyConfig,
      meshConfig,
      statusPort: followed.defaultConfig?.statusPort ?? 0,
      enablePrometheusMerge: meshConfig.enablePrometheusMerge,
      interceptionMode: proxyConfig.interceptionMode ?? '',
      imageType: proxyConfig.image?.imageType ?? '',
      inboundLocalhost: meshConfig.inboundTrafficPolicy?.mode === 'LOCALHOST',
      concurrency: proxyConfig.concurrency,
      holdApplication: behaves(cfg.release, 'hold-application') && holdsApplication(pod, cfg),
    },
    [...resolved.problems, ...annotationWarnings(annotations, cfg.release)],
  );
}

/** Mesh and annotation only: a ProxyConfig resource has no such field (injection.md 4.9). */
function holdsApplication(pod: PodTemplate, cfg: InjectionConfig): boolean {
  const annotation = annotationOf(pod, PROXY_CONFIG_ANNOTATION);
  const own = cfg.mesh.defaultConfig?.holdApplicationUntilProxyStarts === true;
  if (annotation === undefined) return own;
  // An annotation that cannot be read has failed its validation before.
  const changed = applyProxyConfigAnnotation(cfg.mesh, annotation, cfg.release);
  return changed.ok ? changed.value.defaultConfig?.holdApplicationUntilProxyStarts === true : own;
}

/** What fails the injection because of the pod's annotations: one Problem with upstream's whole text. */
export function invalidAnnotations(pod: PodTemplate, release: Release): Problem | undefined {
  const problems = validateAnnotations(annotationsOf(pod), release);
  const first = problems[0];
  if (first === undefined) return undefined;
  const remedies = new Set(problems.flatMap(({ remedy }) => (remedy === undefined ? [] : [remedy])));
  return { ...first, message: annotationErrorText(problems, release), remedy: [...remedies].join(' ') };
}

function stringsOf(map: { readonly [key: string]: unknown }): { readonly [key: string]: string } {
  return map as { readonly [key: string]: string };
}
