import { isObject, type JsonObject, type JsonValue, listAt, type MutableJsonObject, textAt } from '../../json.ts';
import type { PodTemplate } from '../model.ts';
import { metadataOf, sidecarOf } from '../pod.ts';

/**
 * Templates of 1.1 to 1.9 tell the sidecar the labels and annotations that they were rendered with, which are the pod's
 * own. The pod with exactly those; undefined where `injected` has no such environment.
 */
export function withToldMetadata(pod: PodTemplate, injected: PodTemplate): PodTemplate | undefined {
  const labels = told(injected, 'ISTIO_METAJSON_LABELS');
  const annotations = told(injected, 'ISTIO_METAJSON_ANNOTATIONS');
  if (labels === undefined && annotations === undefined) return undefined;
  const metadata: MutableJsonObject = { ...metadataOf(pod) };
  if (labels !== undefined) metadata.labels = labels;
  // A pod without annotations is told nothing of them.
  if (annotations === undefined) delete metadata.annotations;
  else metadata.annotations = annotations;
  return { ...pod, metadata };
}

function told(pod: PodTemplate, name: string): JsonObject | undefined {
  const variable = listAt(sidecarOf(pod) ?? {}, 'env').findLast((item) => textAt(item, 'name') === name);
  if (variable === undefined) return undefined;
  try {
    const value = JSON.parse(textAt(variable, 'value')) as JsonValue;
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
