import { getKey, isObject, type JsonObject } from '../../core/json.ts';

/** How far a Deployment is: done, or what it still lacks, for people. */
export type Rollout = { readonly done: true } | { readonly done: false; readonly lacks: string };

/** As `kubectl rollout status` has it: the status counts only when it is about what was applied last. */
export function rolloutOf(deployment: JsonObject): Rollout {
  const generation = numberAt(deployment, 'metadata', 'generation');
  if (numberAt(deployment, 'status', 'observedGeneration') < generation) {
    return { done: false, lacks: 'no controller has seen it yet' };
  }
  const wanted = numberAt(deployment, 'spec', 'replicas');
  const updated = numberAt(deployment, 'status', 'updatedReplicas');
  const available = numberAt(deployment, 'status', 'availableReplicas');
  // Old replicas count as available, too: until they are gone, some of those available are not ours.
  const old = numberAt(deployment, 'status', 'replicas') - updated;
  if (updated >= wanted && available >= wanted && old <= 0) return { done: true };
  return {
    done: false,
    lacks: `${updated} of ${wanted} updated, ${available} available${old > 0 ? `, ${old} old` : ''}`,
  };
}

function numberAt(object: JsonObject, part: string, key: string): number {
  const value = getKey(object, part);
  return isObject(value) ? Number(getKey(value, key) ?? 0) : 0;
}
