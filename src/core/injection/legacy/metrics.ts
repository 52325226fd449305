import { type JsonObject, stringifyGoJson, textAt } from '../../json.ts';
import type { MeshConfig } from '../../mesh/index.ts';
import type { Release } from '../../release.ts';
import type { PodTemplate } from '../model.ts';
import { annotationsOf, PROXY_CONTAINER, withEnv } from '../pod.ts';
import { isPrometheusMergeEnabled } from '../prometheus.ts';
import { behaves } from '../releases.ts';

export type LegacyMetrics = {
  readonly annotations: readonly (readonly [string, string])[];
  /** Value of ISTIO_PROMETHEUS_ANNOTATIONS; undefined where the application said nothing. */
  readonly told: string | undefined;
};

/**
 * Prometheus is pointed at the agent (1.6 to 1.8, in patches only). Unlike 1.9 and later: the annotations count in
 * their exact spelling only, and `prometheus.io/scrape: "false"` does not keep them.
 */
export function legacyMetrics(pod: PodTemplate, mesh: MeshConfig, release: Release): LegacyMetrics | undefined {
  if (!behaves(release, 'prometheus-merge')) return undefined;
  const annotations = annotationsOf(pod);
  if (!isPrometheusMergeEnabled(mesh.enablePrometheusMerge, annotations)) return undefined;
  const scrape = textAt(annotations, 'prometheus.io/scrape');
  const path = textAt(annotations, 'prometheus.io/path');
  const port = textAt(annotations, 'prometheus.io/port');
  return {
    annotations: [
      ['prometheus.io/path', '/stats/prometheus'],
      ['prometheus.io/port', String(mesh.defaultConfig?.statusPort ?? 0)],
      ['prometheus.io/scrape', 'true'],
    ],
    told: scrape === '' && path === '' && port === '' ? undefined : stringifyGoJson({ scrape, path, port }),
  };
}

/** The containers with one more variable in the sidecar's environment. */
export function withSidecarEnv(
  containers: readonly JsonObject[],
  name: string,
  value: string | undefined,
): readonly JsonObject[] {
  const index = containers.findIndex((container) => textAt(container, 'name') === PROXY_CONTAINER);
  const sidecar = containers[index];
  if (sidecar === undefined || value === undefined) return containers;
  return containers.with(index, withEnv(sidecar, name, value));
}
