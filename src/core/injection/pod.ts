import { getKey, type JsonObject, type JsonValue, listAt, type MutableJsonObject, objectAt, setKey } from '../json.ts';
import type { PodTemplate } from './model.ts';

/**
 * Reading and changing parts of a pod without mutating it: every `with…` shares all that it does not change.
 * What Go's typed pod leaves out when empty (maps, init containers) is left out here too.
 */

export const PROXY_CONTAINER = 'istio-proxy';
export const INIT_CONTAINER = 'istio-init';
export const VALIDATION_CONTAINER = 'istio-validation';
export const CORE_DUMP_CONTAINER = 'enable-core-dump';

export const STATUS_ANNOTATION = 'sidecar.istio.io/status';
export const OVERRIDES_ANNOTATION = 'proxy.istio.io/overrides';
export const PROXY_CONFIG_ANNOTATION = 'proxy.istio.io/config';
export const TEMPLATES_ANNOTATION = 'inject.istio.io/templates';
export const NATIVE_SIDECAR_ANNOTATION = 'sidecar.istio.io/nativeSidecar';

/** The two lists of containers that injection touches; ephemeral containers never are. */
export type ContainerList = 'containers' | 'initContainers';

export function metadataOf(pod: PodTemplate): JsonObject {
  return objectAt(pod, 'metadata');
}

export function specOf(pod: PodTemplate): JsonObject {
  return objectAt(pod, 'spec');
}

export function annotationsOf(pod: PodTemplate): JsonObject {
  return objectAt(metadataOf(pod), 'annotations');
}

export function labelsOf(pod: PodTemplate): JsonObject {
  return objectAt(metadataOf(pod), 'labels');
}

/** The same for selectors; a value that is no string, which the API server refuses, counts as its text. */
export function labelTexts(pod: PodTemplate): Readonly<Record<string, string>> {
  const labels = labelsOf(pod);
  const texts = Object.values(labels).every((value) => typeof value === 'string');
  if (texts) return labels as Readonly<Record<string, string>>;
  return Object.fromEntries(Object.entries(labels).map(([key, value]) => [key, String(value)]));
}

/** The annotation's text, or undefined where the pod does not have it. */
export function annotationOf(pod: PodTemplate, name: string): string | undefined {
  const value = getKey(annotationsOf(pod), name);
  return typeof value === 'string' ? value : undefined;
}

export function containersOf(pod: PodTemplate, list: ContainerList): readonly JsonObject[] {
  return listAt(specOf(pod), list);
}

export function findContainer(containers: readonly JsonObject[], name: string): JsonObject | undefined {
  return containers.find((container) => getKey(container, 'name') === name);
}

/** Which list has the sidecar: containers first, as upstream looks; undefined where there is none. */
export function sidecarList(pod: PodTemplate): ContainerList | undefined {
  if (findContainer(containersOf(pod, 'containers'), PROXY_CONTAINER) !== undefined) return 'containers';
  if (findContainer(containersOf(pod, 'initContainers'), PROXY_CONTAINER) !== undefined) return 'initContainers';
  return undefined;
}

/** The sidecar, or undefined. */
export function sidecarOf(pod: PodTemplate): JsonObject | undefined {
  const list = sidecarList(pod);
  return list === undefined ? undefined : findContainer(containersOf(pod, list), PROXY_CONTAINER);
}

/** The pod with its sidecar replaced by what `change` makes of it. Without a sidecar the pod itself. */
export function withSidecar(pod: PodTemplate, change: (sidecar: JsonObject) => JsonObject): PodTemplate {
  const list = sidecarList(pod);
  return list === undefined ? pod : withContainer(pod, list, PROXY_CONTAINER, change);
}

/** The pod with the first container of that name replaced. */
export function withContainer(
  pod: PodTemplate,
  list: ContainerList,
  name: string,
  change: (container: JsonObject) => JsonObject,
): PodTemplate {
  const containers = containersOf(pod, list);
  const index = containers.findIndex((container) => getKey(container, 'name') === name);
  const found = containers[index];
  if (found === undefined) return pod;
  return withContainers(pod, list, containers.with(index, change(found)));
}

export function withContainers(pod: PodTemplate, list: ContainerList, containers: readonly JsonObject[]): PodTemplate {
  const spec: MutableJsonObject = { ...specOf(pod) };
  if (containers.length === 0 && list === 'initContainers') delete spec[list];
  else spec[list] = containers;
  return { ...pod, spec };
}

/** The pod with these annotations set; a value of undefined deletes. */
export function withAnnotations(
  pod: PodTemplate,
  changes: Iterable<readonly [string, string | undefined]>,
): PodTemplate {
  return withMetadataMap(pod, 'annotations', changes);
}

export function withLabels(pod: PodTemplate, changes: Iterable<readonly [string, string | undefined]>): PodTemplate {
  return withMetadataMap(pod, 'labels', changes);
}

function withMetadataMap(
  pod: PodTemplate,
  key: 'annotations' | 'labels',
  changes: Iterable<readonly [string, string | undefined]>,
): PodTemplate {
  const metadata: MutableJsonObject = { ...metadataOf(pod) };
  const map: MutableJsonObject = { ...objectAt(metadata, key) };
  for (const [name, value] of changes) {
    if (value === undefined) delete map[name];
    else setKey(map, name, value);
  }
  if (Object.keys(map).length === 0) delete metadata[key];
  else metadata[key] = map;
  return { ...pod, metadata };
}

/** A container with one more environment variable at the end. */
export function withEnv(container: JsonObject, name: string, value: string): JsonObject {
  return { ...container, env: [...listAt(container, 'env'), { name, value }] };
}

/** A JSON integer as number, or undefined: ports and ids are far below 2^53. */
export function integerAt(object: JsonObject, key: string): number | undefined {
  return toInteger(getKey(object, key));
}

export function toInteger(value: JsonValue | undefined): number | undefined {
  if (typeof value === 'bigint') return Number(value);
  return typeof value === 'number' && Number.isInteger(value) ? value : undefined;
}
