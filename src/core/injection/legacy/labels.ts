import { getKey, type JsonObject, listAt, textAt } from '../../json.ts';
import type { Release } from '../../release.ts';
import type { PodTemplate } from '../model.ts';
import { findContainer, labelsOf, PROXY_CONTAINER } from '../pod.ts';
import { behaves } from '../releases.ts';
import type { SidecarSpec } from './sidecar-spec.ts';

const TLS_MODE = 'security.istio.io/tlsMode';
const REVISION = 'istio.io/rev';
const CANONICAL_NAME = 'service.istio.io/canonical-name';
const CANONICAL_REVISION = 'service.istio.io/canonical-revision';

/**
 * Labels that Go code set from 1.5 to 1.8, sorted; a label that the pod has with a value stays as it is.
 *
 * | label                  | webhook, kube-inject of 1.8                    | kube-inject 1.5 to 1.7 |
 * |------------------------|------------------------------------------------|------------------------|
 * | tlsMode                | istio                                          | istio                  |
 * | istio.io/rev           | from 1.6                                       | from 1.6, overwritten  |
 * | canonical-name         | itself, app.kubernetes.io/name, app, workload  | never                  |
 * | canonical-revision     | itself, app.kubernetes.io/version, version, latest | never              |
 * | topology…/network      | 1.8, from ISTIO_META_NETWORK                   | never                  |
 */
export function legacyLabels(
  pod: PodTemplate,
  spec: SidecarSpec,
  workload: string,
  revision: string,
  release: Release,
): readonly (readonly [string, string])[] {
  if (!behaves(release, 'canonical-labels-in-go')) return [];
  const labels = labelsOf(pod);
  const network = behaves(release, 'network-label-from-env') ? networkOf(spec) : '';
  const wanted: readonly (readonly [string, string])[] = [
    ...(behaves(release, 'revision-label-in-go') ? [[REVISION, revision] as const] : []),
    [TLS_MODE, 'istio'],
    [CANONICAL_NAME, firstOf(labels, [CANONICAL_NAME, 'app.kubernetes.io/name', 'app']) ?? workload],
    [CANONICAL_REVISION, firstOf(labels, [CANONICAL_REVISION, 'app.kubernetes.io/version', 'version']) ?? 'latest'],
    ...(network === '' ? [] : [['topology.istio.io/network', network] as const]),
  ];
  return wanted.filter(([name]) => textAt(labels, name) === '');
}

/** Those of kube-inject up to 1.7. */
export function appendedLabels(
  pod: PodTemplate,
  revision: string,
  release: Release,
): readonly (readonly [string, string])[] {
  if (!behaves(release, 'canonical-labels-in-go')) return [];
  return [
    ...(behaves(release, 'revision-label-in-go') ? [[REVISION, revision] as const] : []),
    ...(textAt(labelsOf(pod), TLS_MODE) === '' ? [[TLS_MODE, 'istio'] as const] : []),
  ];
}

/** A label counts when it is there, also when it is empty. */
function firstOf(labels: JsonObject, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = getKey(labels, name);
    if (typeof value === 'string') return value;
  }
  return undefined;
}

function networkOf(spec: SidecarSpec): string {
  const env = listAt(findContainer(spec.containers, PROXY_CONTAINER) ?? {}, 'env');
  return textAt(env.find((item) => getKey(item, 'name') === 'ISTIO_META_NETWORK') ?? {}, 'value');
}
