import { getKey, objectAt } from '../../json.ts';
import { escapePointer } from '../../kube/index.ts';
import type { Problem } from '../../problem.ts';
import { inject } from '../inject.ts';
import type { InjectionConfig, InjectionContext, PodTemplate } from '../model.ts';
import { metadataOf } from '../pod.ts';
import { without } from './known-metadata.ts';

/** What Istio's templates derive from the pod, and keep where it is there already. */
const DERIVED = [
  ['labels', 'service.istio.io/canonical-name'],
  ['labels', 'service.istio.io/canonical-revision'],
  ['annotations', 'kubectl.kubernetes.io/default-container'],
  ['annotations', 'kubectl.kubernetes.io/default-logs-container'],
] as const;

/**
 * Warnings about derived labels and annotations of an injected pod that injection would write otherwise today: the pod
 * was edited since, or they are the user's own. Asks by injecting the pod without them.
 */
export function outdatedMetadata(
  pod: PodTemplate,
  { at, cfg }: { readonly at: InjectionContext; readonly cfg: InjectionConfig },
): readonly Problem[] {
  const valueIn = (of: PodTemplate, map: string, key: string) => getKey(objectAt(metadataOf(of), map), key);
  const present = DERIVED.filter(([map, key]) => valueIn(pod, map, key) !== undefined);
  if (present.length === 0) return [];
  const outcome = inject(
    present.reduce((bare, [map, key]) => without(bare, map, [key]), pod),
    at,
    cfg,
  );
  if (outcome.kind !== 'injected') return [];
  return present.flatMap(([map, key]) => {
    const [is, shall] = [valueIn(pod, map, key), valueIn(outcome.pod, map, key)];
    if (shall === undefined || is === shall) return [];
    return [
      {
        code: 'METADATA_NOT_UPDATED',
        severity: 'warning',
        message: `${key} stays "${is}"; without it, injection would write "${shall}" now`,
        where: { pointer: `/metadata/${map}/${escapePointer(key)}` },
        remedy: 'If an earlier injection wrote the old value, delete that line and inject again.',
      },
    ];
  });
}
