import { getKey, type JsonObject, type MutableJsonObject, objectAt, textAt } from '../json.ts';
import type { PodTemplate } from './model.ts';
import {
  containersOf,
  INIT_CONTAINER,
  integerAt,
  metadataOf,
  PROXY_CONTAINER,
  sidecarList,
  sidecarOf,
  VALIDATION_CONTAINER,
  withContainer,
} from './pod.ts';

/** Ids of the sidecar outside of OpenShift, and where a namespace's ranges cannot be read. */
export const DEFAULT_PROXY_ID = 1337n;

export type ProxyIds = { readonly uid: bigint; readonly gid: bigint };

/**
 * User and group of the sidecar from the ranges that OpenShift gives to a namespace: the last id of the range, so that
 * it differs from the application's, which gets the first (injection.md 2.11; 1.20 and later).
 */
export function openshiftIds(namespace: JsonObject | undefined): ProxyIds {
  const annotations = namespace === undefined ? {} : objectAt(metadataOf(namespace), 'annotations');
  const uidRange = textAt(annotations, 'openshift.io/sa.scc.uid-range');
  const groups = getKey(annotations, 'openshift.io/sa.scc.supplemental-groups');
  const groupRange = typeof groups === 'string' ? groups : uidRange;
  return {
    uid: lastOfRange(uidRange) ?? DEFAULT_PROXY_ID,
    gid: lastOfRange(groupRange.split(',')[0] ?? '') ?? DEFAULT_PROXY_ID,
  };
}

/** `START/SIZE` or `START-END`; undefined where it is neither. */
function lastOfRange(text: string): bigint | undefined {
  const match = /^(\d{1,10})([/-])(\d{1,10})$/.exec(text);
  if (match === null) return undefined;
  const start = BigInt(match[1] ?? '');
  const second = BigInt(match[3] ?? '');
  const end = match[2] === '/' ? start + second - 1n : second;
  return end < start ? undefined : end;
}

/**
 * OpenShift's admission fills runAsUser of every container, the user's own istio-proxy included, before the injector
 * is called. An istio-proxy whose user equals that of the application was filled in that way and not chosen: it is
 * cleared, in the pod as received too, so that the patch is computed from the cleared form.
 */
export function clearFilledInUser(pod: PodTemplate): PodTemplate {
  const sidecar = sidecarOf(pod);
  const list = sidecarList(pod);
  if (sidecar === undefined || list === undefined || getKey(sidecar, 'securityContext') === undefined) return pod;
  if (runAsUser(sidecar) !== applicationUser(pod)) return pod;
  return withContainer(pod, list, PROXY_CONTAINER, (container) => {
    const securityContext: MutableJsonObject = { ...objectAt(container, 'securityContext') };
    delete securityContext.runAsUser;
    delete securityContext.runAsGroup;
    return { ...container, securityContext };
  });
}

const NOT_THE_APPLICATION = [PROXY_CONTAINER, INIT_CONTAINER, VALIDATION_CONTAINER];

/** runAsUser of the last container that sets one; unset counts as 0, as it does on the other side of the comparison. */
function applicationUser(pod: PodTemplate): number {
  let user = 0;
  for (const container of [...containersOf(pod, 'containers'), ...containersOf(pod, 'initContainers')]) {
    if (NOT_THE_APPLICATION.includes(textAt(container, 'name'))) continue;
    user = integerAt(objectAt(container, 'securityContext'), 'runAsUser') ?? user;
  }
  return user;
}

function runAsUser(container: JsonObject): number {
  return integerAt(objectAt(container, 'securityContext'), 'runAsUser') ?? 0;
}
