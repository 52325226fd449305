/** How a workload is decoded and where its pod stands. */
export type WorkloadKind = {
  readonly kind: string;
  /** Full name in the type table. */
  readonly type: string;
  /** Keys from the object to the metadata that injection reads and changes. */
  readonly metadataPath: readonly string[];
  readonly specPath: readonly string[];
  /** Keys of a pod template that upstream refuses to be without (a pointer in Go); empty where there is none. */
  readonly requiredTemplate: boolean;
};

/** Which set of Kubernetes types: `old` as the first releases of Istio (extensions/v1beta1 …), `current` as later ones. */
export type TypeGeneration = 'old' | 'current';

const TEMPLATE = { metadataPath: ['spec', 'template', 'metadata'], specPath: ['spec', 'template', 'spec'] };

const CURRENT: Readonly<Record<string, string>> = {
  Deployment: 'apps/v1.Deployment',
  DaemonSet: 'apps/v1.DaemonSet',
  ReplicaSet: 'apps/v1.ReplicaSet',
  StatefulSet: 'apps/v1.StatefulSet',
};

const OLD: Readonly<Record<string, string>> = {
  Deployment: 'extensions/v1beta1.Deployment',
  DaemonSet: 'extensions/v1beta1.DaemonSet',
  ReplicaSet: 'extensions/v1beta1.ReplicaSet',
  StatefulSet: 'apps/v1beta1.StatefulSet',
};

/**
 * The workload of a kind, or undefined for a kind that passes through. Only the kind counts, never the apiVersion
 * (injection.md 5.1): an `extensions/v1beta1` Deployment and a Volcano Job are decoded with the built-in type.
 * A CronJob's metadata is the job template's, as upstream has it, although the pods come from the pod template.
 */
export function workloadKind(kind: string, generation: TypeGeneration): WorkloadKind | undefined {
  switch (kind) {
    case 'Pod':
      return { kind, type: 'core/v1.Pod', metadataPath: ['metadata'], specPath: ['spec'], requiredTemplate: false };
    case 'Job':
      return { kind, type: 'batch/v1.Job', ...TEMPLATE, requiredTemplate: false };
    case 'CronJob':
      return {
        kind,
        type: 'batch/v1.CronJob',
        metadataPath: ['spec', 'jobTemplate', 'metadata'],
        specPath: ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
        requiredTemplate: false,
      };
    case 'ReplicationController':
      return { kind, type: 'core/v1.ReplicationController', ...TEMPLATE, requiredTemplate: true };
    case 'DeploymentConfig':
      return { kind, type: 'openshift/apps.DeploymentConfig', ...TEMPLATE, requiredTemplate: true };
    default: {
      const types = generation === 'old' ? OLD : CURRENT;
      const type = Object.hasOwn(types, kind) ? types[kind] : undefined;
      return type === undefined ? undefined : { kind, type, ...TEMPLATE, requiredTemplate: false };
    }
  }
}
