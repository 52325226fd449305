/**
 * Types that the generated table lacks, in its notation: OpenShift's DeploymentConfig, and the API groups that Istio
 * decoded workloads with up to 1.8 (extensions/v1beta1, apps/v1beta1, batch/v2alpha1), where `selector` may be absent.
 * `Field||type|o` reads: Go name, JSON name where it differs, type, omitempty.
 */
const META = 'TypeMeta||meta/v1.TypeMeta|i;ObjectMeta|metadata|meta/v1.ObjectMeta|o';

export const EXTRA_TYPES: Readonly<Record<string, string>> = {
  'meta/v1.RawList': 'TypeMeta||meta/v1.TypeMeta|i;ListMeta|metadata|meta/v1.ListMeta|o;Items||[]Raw|',

  'openshift/apps.DeploymentConfig': `${META};Spec||openshift/apps.DeploymentConfigSpec|;Status||openshift/apps.DeploymentConfigStatus|`,
  'openshift/apps.DeploymentConfigSpec':
    'Strategy||openshift/apps.DeploymentStrategy|;MinReadySeconds||int32|o;Triggers||[]Raw|;Replicas||int32|;RevisionHistoryLimit||*int32|o;Test||bool|;Paused||bool|o;Selector||map string|o;Template||*core/v1.PodTemplateSpec|o',
  'openshift/apps.DeploymentStrategy':
    'Type||string|o;CustomParams||Raw|o;RecreateParams||Raw|o;RollingParams||Raw|o;Resources||core/v1.ResourceRequirements|o;Labels||map string|o;Annotations||map string|o;ActiveDeadlineSeconds||*int64|o',
  'openshift/apps.DeploymentConfigStatus':
    'LatestVersion||int64|;ObservedGeneration||int64|;Replicas||int32|;UpdatedReplicas||int32|;AvailableReplicas||int32|;UnavailableReplicas||int32|;Details||Raw|o;Conditions||[]Raw|o;ReadyReplicas||int32|o',

  'extensions/v1beta1.Deployment': `${META};Spec||extensions/v1beta1.DeploymentSpec|o;Status||apps/v1.DeploymentStatus|o`,
  'extensions/v1beta1.DeploymentSpec':
    'Replicas||*int32|o;Selector||*meta/v1.LabelSelector|o;Template||core/v1.PodTemplateSpec|;Strategy||apps/v1.DeploymentStrategy|o|retainKeys;MinReadySeconds||int32|o;RevisionHistoryLimit||*int32|o;Paused||bool|o;RollbackTo||Raw|o;ProgressDeadlineSeconds||*int32|o',
  'extensions/v1beta1.DaemonSet': `${META};Spec||extensions/v1beta1.DaemonSetSpec|o;Status||apps/v1.DaemonSetStatus|o`,
  'extensions/v1beta1.DaemonSetSpec':
    'Selector||*meta/v1.LabelSelector|o;Template||core/v1.PodTemplateSpec|;UpdateStrategy||apps/v1.DaemonSetUpdateStrategy|o;MinReadySeconds||int32|o;TemplateGeneration||int64|o;RevisionHistoryLimit||*int32|o',
  'extensions/v1beta1.ReplicaSet': `${META};Spec||extensions/v1beta1.ReplicaSetSpec|o;Status||apps/v1.ReplicaSetStatus|o`,
  'extensions/v1beta1.ReplicaSetSpec':
    'Replicas||*int32|o;MinReadySeconds||int32|o;Selector||*meta/v1.LabelSelector|o;Template||core/v1.PodTemplateSpec|o',
  'apps/v1beta1.StatefulSet': `${META};Spec||apps/v1beta1.StatefulSetSpec|o;Status||apps/v1beta1.StatefulSetStatus|o`,
  'apps/v1beta1.StatefulSetSpec':
    'Replicas||*int32|o;Selector||*meta/v1.LabelSelector|o;Template||core/v1.PodTemplateSpec|;VolumeClaimTemplates||[]core/v1.PersistentVolumeClaim|o;ServiceName||string|;PodManagementPolicy||string|o;UpdateStrategy||apps/v1.StatefulSetUpdateStrategy|o;RevisionHistoryLimit||*int32|o',
  'apps/v1beta1.StatefulSetStatus':
    'ObservedGeneration||*int64|o;Replicas||int32|;ReadyReplicas||int32|o;CurrentReplicas||int32|o;UpdatedReplicas||int32|o;CurrentRevision||string|o;UpdateRevision||string|o;CollisionCount||*int32|o;Conditions||[]Raw|o',
};
