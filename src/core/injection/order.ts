import { getKey, type JsonObject } from '../json.ts';
import type { PodTemplate } from './model.ts';
import {
  CORE_DUMP_CONTAINER,
  type ContainerList,
  containersOf,
  findContainer,
  INIT_CONTAINER,
  PROXY_CONTAINER,
  VALIDATION_CONTAINER,
  withContainers,
} from './pod.ts';

type Move = { readonly name: string; readonly to: 'first' | 'last' };

/** Native sidecar: what sets up the network, then the proxy, then the user's init containers, which are in the mesh. */
const NATIVE: readonly Move[] = [
  { name: CORE_DUMP_CONTAINER, to: 'first' },
  { name: PROXY_CONTAINER, to: 'first' },
  { name: VALIDATION_CONTAINER, to: 'first' },
  { name: INIT_CONTAINER, to: 'first' },
];

/**
 * Without a proxy among the init containers, traffic is redirected last, so that the user's init containers still have
 * a network; the check that the CNI plug-in did its work comes first.
 */
const CLASSIC: readonly Move[] = [
  { name: VALIDATION_CONTAINER, to: 'first' },
  { name: INIT_CONTAINER, to: 'last' },
  { name: CORE_DUMP_CONTAINER, to: 'last' },
];

/**
 * The containers in Istio's order (injection.md 4.9). `hold`: the sidecar starts before the application; else it is
 * last, so that `kubectl exec` and the like still take the application's container by default.
 */
export function orderContainers(pod: PodTemplate, hold: boolean): PodTemplate {
  const native = findContainer(containersOf(pod, 'initContainers'), PROXY_CONTAINER) !== undefined;
  const ordered = moveAll(pod, 'containers', [{ name: PROXY_CONTAINER, to: hold ? 'first' : 'last' }]);
  return moveAll(ordered, 'initContainers', native ? NATIVE : CLASSIC);
}

function moveAll(pod: PodTemplate, list: ContainerList, moves: readonly Move[]): PodTemplate {
  const before = containersOf(pod, list);
  let containers = before;
  for (const step of moves) containers = move(containers, step);
  return containers === before ? pod : withContainers(pod, list, containers);
}

/** Of several containers of the name only the last one survives, as upstream. */
function move(containers: readonly JsonObject[], { name, to }: Move): readonly JsonObject[] {
  const found = containers.findLast((container) => getKey(container, 'name') === name);
  if (found === undefined) return containers;
  const others = withoutContainer(containers, name);
  return to === 'first' ? [found, ...others] : [...others, found];
}

export function withoutContainer(containers: readonly JsonObject[], name: string): readonly JsonObject[] {
  return containers.filter((container) => getKey(container, 'name') !== name);
}
