import { isArray, isObject, type JsonObject, type JsonValue, type MutableJsonObject, setKey } from '../json.ts';
import { dereference, type StructType, structOf, type TypeRef } from './type-table.ts';

/**
 * Fields of core/v1 younger than the oldest release, by the first Kubernetes minor whose types have them: what a template
 * of an older release emits there vanished when that release decoded it, and has to vanish here. An init container with
 * `restartPolicy: Always` is a native sidecar to a cluster of today (injection.md 4.12). From 1.18 on read off the struct
 * definitions of k8s.io/api at every minor; before, off Kubernetes' release notes.
 */
const YOUNGER_FIELDS: Readonly<Record<number, readonly string[]>> = {
  11: ['PodSecurityContext.sysctls', 'PodSpec.readinessGates'],
  12: ['PodSpec.runtimeClassName', 'SecurityContext.procMount'],
  13: ['PodSpec.enableServiceLinks'],
  14: ['PodSecurityContext.windowsOptions', 'SecurityContext.windowsOptions', 'VolumeMount.subPathExpr'],
  15: ['PodSpec.preemptionPolicy', 'VolumeSource.csi'],
  16: [
    'Container.startupProbe',
    'EphemeralContainerCommon.startupProbe',
    'PodSpec.ephemeralContainers',
    'PodSpec.overhead',
    'PodSpec.topologySpreadConstraints',
  ],
  18: ['PodSecurityContext.fsGroupChangePolicy'],
  19: [
    'PodSecurityContext.seccompProfile',
    'PodSpec.setHostnameAsFQDN',
    'SecurityContext.seccompProfile',
    'VolumeSource.ephemeral',
  ],
  21: ['PodAffinityTerm.namespaceSelector', 'Probe.terminationGracePeriodSeconds'],
  22: ['WindowsSecurityContextOptions.hostProcess'],
  23: ['PodSpec.os', 'ProbeHandler.grpc'],
  24: ['TopologySpreadConstraint.minDomains'],
  25: [
    'PodSpec.hostUsers',
    'TopologySpreadConstraint.matchLabelKeys',
    'TopologySpreadConstraint.nodeAffinityPolicy',
    'TopologySpreadConstraint.nodeTaintsPolicy',
  ],
  26: ['PodSpec.resourceClaims', 'PodSpec.schedulingGates', 'ResourceRequirements.claims'],
  27: ['Container.resizePolicy', 'EphemeralContainerCommon.resizePolicy'],
  28: ['Container.restartPolicy', 'EphemeralContainerCommon.restartPolicy'],
  29: [
    'LifecycleHandler.sleep',
    'PodAffinityTerm.matchLabelKeys',
    'PodAffinityTerm.mismatchLabelKeys',
    'VolumeProjection.clusterTrustBundle',
  ],
  30: ['PodSecurityContext.appArmorProfile', 'SecurityContext.appArmorProfile', 'VolumeMount.recursiveReadOnly'],
  31: [
    'PodResourceClaim.resourceClaimName',
    'PodResourceClaim.resourceClaimTemplateName',
    'PodSecurityContext.supplementalGroupsPolicy',
    'ResourceClaim.request',
    'VolumeSource.image',
  ],
  32: ['PodSecurityContext.seLinuxChangePolicy', 'PodSpec.resources'],
  33: ['Lifecycle.stopSignal'],
  34: [
    'Container.restartPolicyRules',
    'EnvVarSource.fileKeyRef',
    'EphemeralContainerCommon.restartPolicyRules',
    'PodSpec.hostnameOverride',
    'VolumeProjection.podCertificate',
  ],
  35: ['PodCertificateProjection.userAnnotations'],
  36: ['PodSpec.schedulingGroup', 'ResourceHealth.message'],
  37: [
    'ClusterTrustBundleProjection.user',
    'ConfigMapVolumeSource.defaultUser',
    'DownwardAPIVolumeFile.user',
    'DownwardAPIVolumeSource.defaultUser',
    'EmptyDirVolumeSource.mode',
    'GRPCAction.mode',
    'HTTPGetAction.protocol',
    'KeyToPath.user',
    'PodCertificateProjection.user',
    'PodSpec.evictionResponders',
    'ProjectedVolumeSource.defaultUser',
    'SecretVolumeSource.defaultUser',
    'ServiceAccountTokenProjection.user',
    'VolumeMount.bindMountOptions',
  ],
};

const SINCE: ReadonlyMap<string, number> = new Map(
  Object.entries(YOUNGER_FIELDS).flatMap(([minor, fields]) =>
    fields.map((field) => [`core/v1.${field}`, Number(minor)] as const),
  ),
);

/** The Kubernetes minor whose types an Istio minor was built with, from 1.0 on. That of 1.1 is a guess within one or two. */
const KUBERNETES_OF_ISTIO = [
  10, 12, 13, 13, 16, 17, 18, 18, 19, 20, 20, 21, 22, 23, 23, 24, 25, 26, 27, 28, 28, 29, 29, 30, 31, 32, 32, 33, 34,
  35, 35, 36,
];

/** The minor of the Kubernetes types of an Istio minor; later ones than we know of have every field. */
function kubernetesMinor(istioMinor: number): number {
  return KUBERNETES_OF_ISTIO[istioMinor] ?? Number.POSITIVE_INFINITY;
}

/**
 * A copy of what a template of the given Istio minor rendered, without the fields that its release's types lacked. Fields
 * that no release knows go too. Shared where nothing goes.
 */
export function dropUnknown(type: string, value: JsonObject, istioMinor: number): JsonObject {
  return dropInStruct(type, value, kubernetesMinor(istioMinor));
}

const youngerByType = new Map<string, ReadonlyMap<string, number>>();

function youngerIn(struct: StructType): ReadonlyMap<string, number> {
  const known = youngerByType.get(struct.name);
  if (known !== undefined) return known;
  const younger = new Map<string, number>();
  for (const { json, inlinedFrom } of struct.fields) {
    const since = SINCE.get(`${inlinedFrom ?? struct.name}.${json}`);
    if (since !== undefined) younger.set(json, since);
  }
  youngerByType.set(struct.name, younger);
  return younger;
}

function dropInStruct(type: string, value: JsonObject, minor: number): JsonObject {
  const struct = structOf(type);
  if (struct === undefined) return value;
  const younger = youngerIn(struct);
  const out: MutableJsonObject = {};
  let changed = false;
  for (const key of Object.keys(value)) {
    const field = struct.byJson.get(key);
    const directive = key.startsWith('$');
    const since = younger.get(key) ?? 0;
    if ((field === undefined && !directive) || since > minor) {
      changed = true;
      continue;
    }
    const member = value[key] ?? null;
    const next = field === undefined ? member : drop(field.type, member, minor);
    if (next !== member) changed = true;
    setKey(out, key, next);
  }
  return changed ? out : value;
}

function drop(type: TypeRef, value: JsonValue, minor: number): JsonValue {
  const inner = dereference(type);
  if (inner.kind === 'struct' && isObject(value)) return dropInStruct(inner.name, value, minor);
  if (inner.kind === 'list' && isArray(value)) {
    const items = value.map((item) => drop(inner.of, item, minor));
    return items.every((item, i) => item === value[i]) ? value : items;
  }
  return value;
}
