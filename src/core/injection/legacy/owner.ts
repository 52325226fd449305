import { getKey, listAt, textAt } from '../../json.ts';
import type { Release } from '../../release.ts';
import type { OwnerMeta, PodTemplate } from '../model.ts';
import { labelsOf, metadataOf } from '../pod.ts';
import { behaves } from '../releases.ts';

/**
 * The workload behind a pod as the webhook of 1.1 to 1.8 showed it to templates.
 *
 * | release | pod made by                                | name                        | kind, apiVersion          |
 * |---------|--------------------------------------------|-----------------------------|---------------------------|
 * | 1.1, 1.2| anything                                   | the pod's                   | Pod                       |
 * | 1.3+    | ReplicaSet whose name ends in the hash     | without `-HASH`             | Deployment, as referenced |
 * | 1.3–1.7 | ReplicaSet, and the pod has no hash        | the ReplicaSet's            | Deployment, as referenced |
 * | 1.7+    | Job named `NAME-` and ten digits           | NAME                        | CronJob, batch/v1beta1    |
 * | 1.3+    | another controller                         | the controller's            | as referenced             |
 * | 1.3+    | nobody, or without a generated name        | the pod's                   | Pod                       |
 *
 * The namespace is the request's from 1.3 on.
 */
export function legacyOwner(pod: PodTemplate, requestNamespace: string, release: Release): OwnerMeta {
  const metadata = metadataOf(pod);
  const podName = textAt(metadata, 'name');
  const own = textAt(metadata, 'namespace') || requestNamespace;
  const self = { apiVersion: 'v1', kind: 'Pod', name: podName, namespace: own };
  if (!behaves(release, 'owner-heuristics')) return self;
  const controller =
    textAt(metadata, 'generateName') === ''
      ? undefined
      : listAt(metadata, 'ownerReferences').find((reference) => getKey(reference, 'controller') === true);
  if (controller === undefined) return { ...self, namespace: requestNamespace };
  const direct = {
    apiVersion: textAt(controller, 'apiVersion'),
    kind: textAt(controller, 'kind'),
    name: textAt(controller, 'name'),
    namespace: requestNamespace,
  };
  const owner = { ...direct, ...behind(direct, textAt(labelsOf(pod), 'pod-template-hash'), release) };
  return owner.name === '' ? { ...owner, name: podName } : owner;
}

function behind(owner: OwnerMeta, hash: string, release: Release): Partial<OwnerMeta> {
  if (owner.kind === 'ReplicaSet') {
    const known = hash !== '' || !behaves(release, 'owner-hash-required');
    if (!known || !owner.name.endsWith(hash)) return {};
    const suffix = `-${hash}`;
    return { kind: 'Deployment', name: owner.name.endsWith(suffix) ? owner.name.slice(0, -suffix.length) : owner.name };
  }
  if (owner.kind === 'Job' && behaves(release, 'owner-cron-job')) {
    const cron = /^(.+)-\d{10}$/s.exec(owner.name)?.[1];
    return cron === undefined ? {} : { kind: 'CronJob', name: cron, apiVersion: 'batch/v1beta1' };
  }
  return {};
}
