import { getKey, type JsonObject, listAt, textAt } from '../json.ts';
import type { Release } from '../release.ts';
import type { OwnerMeta, PodTemplate } from './model.ts';
import { labelsOf, metadataOf } from './pod.ts';
import { behaves } from './releases.ts';

/**
 * The workload behind a pod, as templates see it in `.DeploymentMeta` and `.TypeMeta` (injection.md 2.8). A pod made
 * by a controller shows that controller; what names its pods through another object (ReplicaSet of a Deployment, Job
 * of a CronJob) is traced one step further by its naming rules, since the injector asks no API server.
 */
export function ownerOf(pod: PodTemplate, namespace: string, release: Release): OwnerMeta {
  const metadata = metadataOf(pod);
  const podName = textAt(metadata, 'name');
  const self = { ...podItself(pod), apiVersion: 'v1', kind: 'Pod', namespace };
  const controller =
    textAt(metadata, 'generateName') === '' ? undefined : listAt(metadata, 'ownerReferences').find(isController);
  if (controller === undefined) return self;
  const direct = {
    apiVersion: textAt(controller, 'apiVersion'),
    kind: textAt(controller, 'kind'),
    name: textAt(controller, 'name'),
    namespace,
  };
  const owner = { ...direct, ...ownerBehind(direct, labelsOf(pod), release) };
  return owner.name === '' ? { ...owner, name: podName } : owner;
}

/** The pod as its own workload, with what its object says of itself. */
export function podItself(pod: PodTemplate): OwnerMeta {
  const metadata = metadataOf(pod);
  const kind = textAt(pod, 'kind');
  const apiVersion = textAt(pod, 'apiVersion');
  return { apiVersion, kind, name: textAt(metadata, 'name'), namespace: textAt(metadata, 'namespace') };
}

function isController(reference: JsonObject): boolean {
  return getKey(reference, 'controller') === true;
}

function ownerBehind(owner: OwnerMeta, labels: JsonObject, release: Release): Partial<OwnerMeta> {
  switch (owner.kind) {
    case 'ReplicaSet': {
      const deployment = withoutHash(owner.name, textAt(labels, 'pod-template-hash'));
      if (deployment !== undefined) return { kind: 'Deployment', name: deployment };
      const rollout = withoutHash(owner.name, textAt(labels, 'rollouts-pod-template-hash'));
      // Without a group: upstream writes exactly this (1.9 and later).
      if (rollout !== undefined) return { kind: 'Rollout', name: rollout, apiVersion: 'v1alpha1' };
      return {};
    }
    case 'ReplicationController': {
      const config = textAt(labels, 'deploymentconfig');
      return config === '' ? {} : { kind: 'DeploymentConfig', name: config };
    }
    case 'Job': {
      const cron = /^(.+)-\d{8,10}$/s.exec(owner.name)?.[1];
      const apiVersion = behaves(release, 'owner-cron-job-v1') ? 'batch/v1' : 'batch/v1beta1';
      return cron === undefined ? {} : { kind: 'CronJob', name: cron, apiVersion };
    }
    default:
      return {};
  }
}

/** The test has no dash and the removal has one, so a name that is the hash alone stays whole. */
function withoutHash(name: string, hash: string): string | undefined {
  if (hash === '' || !name.endsWith(hash)) return undefined;
  const suffix = `-${hash}`;
  return name.endsWith(suffix) ? name.slice(0, -suffix.length) : name;
}
