import { isArray, isObject, type JsonObject, type JsonValue, type MutableJsonObject, setKey } from '../json.ts';
import { dereference, structOf, type TypeRef } from './type-table.ts';

/**
 * Fields younger than the oldest release, as `Type.field` with the first Istio minor whose Kubernetes library knew them.
 * What a template of an older release emits there vanished when that release decoded it, and has to vanish here: an init
 * container with `restartPolicy: Always` is a native sidecar to a cluster of today (injection.md 4.12).
 */
const SINCE: Readonly<Record<string, number>> = {
  'core/v1.Container.restartPolicy': 19,
  'core/v1.Container.restartPolicyRules': 28,
  'core/v1.Container.resizePolicy': 18,
  'core/v1.Container.startupProbe': 5,
  'core/v1.Probe.grpc': 13,
  'core/v1.Probe.terminationGracePeriodSeconds': 11,
  'core/v1.SecurityContext.seccompProfile': 8,
  'core/v1.SecurityContext.appArmorProfile': 22,
  'core/v1.SecurityContext.windowsOptions': 3,
  'core/v1.PodSecurityContext.seccompProfile': 8,
  'core/v1.PodSecurityContext.fsGroupChangePolicy': 6,
  'core/v1.PodSecurityContext.supplementalGroupsPolicy': 23,
  'core/v1.PodSpec.topologySpreadConstraints': 5,
  'core/v1.PodSpec.ephemeralContainers': 5,
  'core/v1.PodSpec.hostUsers': 16,
  'core/v1.PodSpec.os': 13,
  'core/v1.VolumeMount.recursiveReadOnly': 22,
};

/**
 * A copy of what a template of the given Istio minor rendered, without the fields that its release's types lacked. Fields
 * that no release knows go too. Shared where nothing goes.
 */
export function dropUnknown(type: string, value: JsonObject, istioMinor: number): JsonObject {
  return dropInStruct(type, value, istioMinor);
}

function dropInStruct(type: string, value: JsonObject, minor: number): JsonObject {
  const struct = structOf(type);
  if (struct === undefined) return value;
  const out: MutableJsonObject = {};
  let changed = false;
  for (const key of Object.keys(value)) {
    const field = struct.byJson.get(key);
    const directive = key.startsWith('$');
    const since = SINCE[`${type}.${key}`] ?? 0;
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
