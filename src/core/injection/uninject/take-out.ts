import {
  getKey,
  isObject,
  type JsonObject,
  type JsonValue,
  listAt,
  type MutableJsonObject,
  textAt,
} from '../../json.ts';
import type { PodTemplate } from '../model.ts';
import {
  annotationOf,
  type ContainerList,
  containersOf,
  OVERRIDES_ANNOTATION,
  PROXY_CONTAINER,
  specOf,
} from '../pod.ts';
import type { InjectedNames } from './injected-names.ts';

/** Where a user's own settings of the sidecar stood among the containers: injection moves it, so nobody can tell. */
export type OwnSidecar = 'last' | 'first' | 'init';

/**
 * The pod without what the status names. A container that the user customised is noted in `proxy.istio.io/overrides` as
 * it was, and comes back in its place.
 *
 * | injected as    | noted under    | it is                                  | and comes back               |
 * |----------------|----------------|----------------------------------------|------------------------------|
 * | container      | containers     | any                                    | where it stands; the sidecar at `own` |
 * | init container | initContainers | the sidecar, of a pod before it was native | among the containers, at `own` |
 * | init container | initContainers | another, or `own` is init              | where it stands              |
 */
export function takeOut(pod: PodTemplate, names: InjectedNames, own: OwnSidecar): PodTemplate {
  const noted = readOverrides(pod);
  const spec: MutableJsonObject = { ...specOf(pod) };
  const moved: JsonObject[] = [];
  const back =
    (list: ContainerList) =>
    (container: JsonObject): readonly JsonObject[] => {
      const name = textAt(container, 'name');
      const original = noted[list].find((item) => getKey(item, 'name') === name);
      if (original === undefined) return [];
      const restored = withImage(original);
      if (name !== PROXY_CONTAINER || (list === 'initContainers' && own === 'init')) return [restored];
      moved.push(restored);
      return [];
    };
  const inits = replaceLast(containersOf(pod, 'initContainers'), names.initContainers, back('initContainers'));
  const containers = replaceLast(containersOf(pod, 'containers'), names.containers, back('containers'));
  setList(spec, 'initContainers', inits);
  setList(spec, 'containers', own === 'first' ? [...moved, ...containers] : [...containers, ...moved]);
  setList(
    spec,
    'volumes',
    replaceLast(listAt(spec, 'volumes'), names.volumes, () => []),
  );
  setList(
    spec,
    'imagePullSecrets',
    replaceLast(listAt(spec, 'imagePullSecrets'), names.imagePullSecrets, () => []),
  );
  return { ...pod, spec };
}

/** Whether the pod had settings of its own for the sidecar, and of which kind. */
export function ownSidecarChoices(pod: PodTemplate): readonly OwnSidecar[] {
  const { containers, initContainers } = readOverrides(pod);
  const native = initContainers.find((item) => getKey(item, 'name') === PROXY_CONTAINER);
  if (native !== undefined) return getKey(native, 'restartPolicy') === undefined ? ['last', 'init'] : ['init', 'last'];
  return containers.some((item) => getKey(item, 'name') === PROXY_CONTAINER) ? ['last', 'first'] : ['last'];
}

type Overrides = { readonly [list in ContainerList]: readonly JsonObject[] };

function readOverrides(pod: PodTemplate): Overrides {
  let value: JsonValue = null;
  try {
    value = JSON.parse(annotationOf(pod, OVERRIDES_ANNOTATION) ?? 'null');
  } catch {
    // What is no JSON notes nothing.
  }
  const noted = isObject(value) ? value : {};
  return { containers: listAt(noted, 'containers'), initContainers: listAt(noted, 'initContainers') };
}

/** Injection leaves the image out where it was `auto`: a container without one cannot be deployed. */
function withImage(container: JsonObject): JsonObject {
  return getKey(container, 'image') === undefined ? { ...container, image: 'auto' } : container;
}

/** The last item of each name gives way: releases up to 1.8 append, and an earlier one of the name is the user's. */
function replaceLast(
  items: readonly JsonObject[],
  names: readonly string[],
  replacement: (item: JsonObject) => readonly JsonObject[],
): readonly JsonObject[] {
  const last = new Map(items.map((item, i) => [textAt(item, 'name'), i] as const));
  const wanted = new Set(names);
  return items.flatMap((item, i) => {
    const name = textAt(item, 'name');
    return wanted.has(name) && last.get(name) === i ? replacement(item) : [item];
  });
}

function setList(spec: MutableJsonObject, key: string, items: readonly JsonObject[]): void {
  if (items.length === 0) delete spec[key];
  else spec[key] = items;
}
