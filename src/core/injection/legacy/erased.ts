import { getKey, isObject, type JsonObject, listAt, objectAt, textAt } from '../../json.ts';
import { equal, escapePointer } from '../../kube/index.ts';
import type { PodTemplate } from '../model.ts';
import { annotationOf, labelsOf, STATUS_ANNOTATION, specOf } from '../pod.ts';
import { injectedBefore } from './status.ts';

/**
 * JSON pointers of what the user had and injection took away for good, up to 1.8:
 *
 * | what                                     | because                                                              |
 * |------------------------------------------|----------------------------------------------------------------------|
 * | dnsConfig, securityContext               | the template's is put in the place of the pod's, see append.ts       |
 * | a label                                  | kube-inject of 1.6 and 1.7 overwrites istio.io/rev                   |
 * | an item with a name that was once Istio's | a patch removes what a pod without a status may have been injected with |
 *
 * Empty where the pod was injected before: its values may be an earlier injection's.
 */
export function legacyErased(before: PodTemplate, after: PodTemplate, byPatch: boolean): readonly string[] {
  if (annotationOf(before, STATUS_ANNOTATION) !== undefined) return [];
  const [was, is] = [specOf(before), specOf(after)];
  return [
    ...['dnsConfig', 'securityContext'].flatMap((key) => lost(objectAt(was, key), objectAt(is, key), `/spec/${key}`)),
    ...lost(labelsOf(before), labelsOf(after), '/metadata/labels'),
    ...(byPatch ? removedItems(before) : []),
  ];
}

function lost(before: JsonObject, after: JsonObject, at: string): readonly string[] {
  return Object.keys(before).flatMap((key) => {
    const [was, is] = [getKey(before, key), getKey(after, key)];
    const pointer = `${at}/${escapePointer(key)}`;
    if (was === undefined || (is !== undefined && equal(was, is))) return [];
    return isObject(was) && isObject(is) ? lost(was, is, pointer) : [pointer];
  });
}

function removedItems(pod: PodTemplate): readonly string[] {
  const names = injectedBefore(pod);
  return (['initContainers', 'containers', 'volumes'] as const).flatMap((list) =>
    listAt(specOf(pod), list).flatMap((item, i) =>
      names[list].includes(textAt(item, 'name')) ? [`/spec/${list}/${i}`] : [],
    ),
  );
}
