import { parseGoBool } from '../../go-values.ts';
import { getKey, isObject, type JsonObject, textAt } from '../../json.ts';
import type { MeshConfig } from '../../mesh/index.ts';
import type { Release } from '../../release.ts';
import type { InjectionContext, PodTemplate } from '../model.ts';
import { specOf } from '../pod.ts';
import { behaves } from '../releases.ts';

/** Envoy's group: kubelets before 1.19 make a projected token readable to root and the pod's fsGroup only. */
const PROXY_GROUP = 1337;

/**
 * The pod's securityContext as injection leaves it; undefined where the pod has none and gets none.
 *
 * | release    | fsGroup 1337 where                                     | the rest of securityContext |
 * |------------|--------------------------------------------------------|-----------------------------|
 * | 1.0        | never                                                  | stays                       |
 * | 1.1, 1.2   | the mesh has sdsUdsPath and enableSdsTokenMount        | is lost                     |
 * | 1.3, 1.4   | the mesh has sdsUdsPath                                | is lost                     |
 * | 1.5 to 1.7 | the mesh has sdsUdsPath                                | stays                       |
 * | 1.8        | ENABLE_LEGACY_FSGROUP_INJECTION is not false           | stays                       |
 */
export function podSecurityContext(
  pod: PodTemplate,
  mesh: MeshConfig,
  host: InjectionContext['host'],
  release: Release,
): JsonObject | undefined {
  const own = getKey(specOf(pod), 'securityContext');
  const present = isObject(own) ? own : undefined;
  if (!needsGroup(mesh, host, release)) return present;
  if (present === undefined || behaves(release, 'fs-group-replaces')) return { fsGroup: PROXY_GROUP };
  return { ...present, fsGroup: PROXY_GROUP };
}

function needsGroup(mesh: MeshConfig, host: InjectionContext['host'], release: Release): boolean {
  if (behaves(release, 'fs-group-by-env')) {
    return parseGoBool(host.env?.('ENABLE_LEGACY_FSGROUP_INJECTION') ?? '') ?? true;
  }
  if (!behaves(release, 'fs-group-by-sds') || textAt(mesh, 'sdsUdsPath') === '') return false;
  return !behaves(release, 'fs-group-needs-token-mount') || getKey(mesh, 'enableSdsTokenMount') === true;
}
