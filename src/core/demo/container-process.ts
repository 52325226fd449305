import { getKey, isArray, isObject, type JsonObject, type JsonValue, listAt, objectAt, valueAt } from '../json.ts';
import { failed, type Parsed, type Problem, parsed } from '../problem.ts';
import { expandVariables, fieldValue, type PodFacts, resourceValue } from './downward-api.ts';

/** A container as a runtime starts it. */
export type ContainerProcess = {
  readonly container: string;
  readonly args: readonly string[];
  readonly env: ReadonlyMap<string, string>;
  readonly uid: number;
  readonly gid: number;
  /** Capabilities, with lower-case names and without `CAP_`, as setpriv takes them. */
  readonly capabilities: readonly string[];
};

/** The files of the pod's downward API volumes, by their path in the container. */
export type PodFile = { readonly path: string; readonly text: string };

/** Reads a container (or init container) of a pod, with all that the kubelet fills in. */
export function containerProcess(pod: JsonObject, name: string, facts: PodFacts): Parsed<ContainerProcess> {
  const spec = objectAt(pod, 'spec');
  const all = [...listAt(spec, 'initContainers'), ...listAt(spec, 'containers')];
  const container = all.find((one) => getKey(one, 'name') === name);
  if (container === undefined) return failed(unusable(`the pod has no container ${name}`, '/spec'));
  const env = environment(container, facts);
  if (!env.ok) return env;
  const args = itemsAt(container, 'args').map((word) => expandVariables(String(word), env.value));
  const own = objectAt(container, 'securityContext');
  const pods = objectAt(spec, 'securityContext');
  const id = (key: string): number => Number(getKey(own, key) ?? getKey(pods, key) ?? 0);
  return parsed({
    container: name,
    args,
    env: env.value,
    uid: id('runAsUser'),
    gid: id('runAsGroup'),
    capabilities: itemsAt(own, 'capabilities', 'add').map((text) => String(text).toLowerCase()),
  });
}

function environment(container: JsonObject, facts: PodFacts): Parsed<ReadonlyMap<string, string>> {
  const known = new Map<string, string>();
  const problems: Problem[] = [];
  for (const entry of listAt(container, 'env')) {
    const name = String(getKey(entry, 'name') ?? '');
    const value = getKey(entry, 'value');
    const from = objectAt(entry, 'valueFrom');
    const field = getKey(objectAt(from, 'fieldRef'), 'fieldPath');
    const resource = objectAt(from, 'resourceFieldRef');
    const found =
      field !== undefined
        ? fieldValue(String(field), facts)
        : getKey(resource, 'resource') !== undefined
          ? resourceValue(resource, container, facts)
          : expandVariables(String(value ?? ''), known);
    if (found === undefined) problems.push(unusable(`the environment variable ${name} cannot be resolved`, '/env'));
    else known.set(name, found);
  }
  return problems.length > 0 ? failed(...problems) : parsed(known);
}

/** Files of downward API volumes that the container mounts. */
export function podFiles(pod: JsonObject, containerName: string, facts: PodFacts): readonly PodFile[] {
  const spec = objectAt(pod, 'spec');
  const container = listAt(spec, 'containers').find((one) => getKey(one, 'name') === containerName);
  return listAt(spec, 'volumes').flatMap((volume) => {
    const mount = listAt(container, 'volumeMounts').find((one) => getKey(one, 'name') === getKey(volume, 'name'));
    if (mount === undefined) return [];
    return listAt(objectAt(volume, 'downwardAPI'), 'items').flatMap((item) => {
      const text = fieldValue(String(getKey(objectAt(item, 'fieldRef'), 'fieldPath') ?? ''), facts);
      const path = `${String(getKey(mount, 'mountPath'))}/${String(getKey(item, 'path'))}`;
      return text === undefined ? [] : [{ path, text }];
    });
  });
}

/** Folders that the container may write: its emptyDir volumes. */
export function writableFolders(pod: JsonObject, containerName: string): readonly string[] {
  const spec = objectAt(pod, 'spec');
  const container = listAt(spec, 'containers').find((one) => getKey(one, 'name') === containerName);
  const empty = listAt(spec, 'volumes')
    .filter((volume) => isObject(getKey(volume, 'emptyDir')))
    .map((volume) => getKey(volume, 'name'));
  return listAt(container, 'volumeMounts')
    .filter((mount) => empty.includes(getKey(mount, 'name')))
    .map((mount) => String(getKey(mount, 'mountPath')));
}

function itemsAt(object: JsonObject, ...path: readonly string[]): readonly JsonValue[] {
  const value = valueAt(object, ...path);
  return isArray(value) ? value : [];
}

function unusable(message: string, pointer: string): Problem {
  return {
    code: 'POD_INVALID',
    severity: 'error',
    message,
    where: { pointer },
    remedy: 'Inject with a configuration whose containers are istio-init and istio-proxy.',
  };
}
