import { isObject, type JsonObject, listAt, stringifyGoJson, textAt } from '../../json.ts';
import type { PodTemplate } from '../model.ts';
import { containersOf, PROXY_CONTAINER, withContainers, withSidecar } from '../pod.ts';
import { LISTS, sitesOf, toldJson, withHandlers } from './put-back.ts';

const PROBERS_ENV = 'ISTIO_KUBE_APP_PROBERS';

/**
 * An injected pod that was edited since, made ready for the next injection: what the agent was told of a probe counts
 * only where the probe still asks the agent. Without this the entry of the earlier injection would win over the edit.
 *
 * | the probe or hook                                | what the agent was told of it             |
 * |--------------------------------------------------|-------------------------------------------|
 * | asks the agent, by the name of its container     | stays                                     |
 * | asks the agent, by a name that no container has  | goes back into the probe, and is forgotten |
 * | asks something else: it was edited               | is forgotten: injection tells the new     |
 * | is gone, or its container is                     | is forgotten                              |
 *
 * The same pod where nothing was edited.
 */
export function withEditedProbes(pod: PodTemplate): PodTemplate {
  const probers = toldJson(pod, PROBERS_ENV);
  if (probers === undefined) return pod;
  const applications = LISTS.flatMap((list) => containersOf(pod, list).filter(isApplication));
  const asked = new Set(applications.flatMap(sitesOf).flatMap(({ url, asks }) => (url === asks ? [url] : [])));
  const kept = Object.entries(probers).filter(([url]) => asked.has(url) || !isAgentUrl(url));
  if (kept.length === Object.keys(probers).length) return pod;

  let result = pod;
  for (const list of LISTS) {
    const containers = containersOf(pod, list);
    const restored = containers.map((container) =>
      isApplication(container)
        ? withHandlers(container, probers, ({ asks }) => asks !== undefined && !asked.has(asks))
        : container,
    );
    if (containers.some((container, i) => container !== restored[i])) result = withContainers(result, list, restored);
  }
  const hasMore = LISTS.some((list) => containersOf(result, list).filter(isApplication).some(hasAction));
  return withProbers(result, kept.length > 0 || hasMore ? Object.fromEntries(kept) : undefined);
}

function isApplication(container: JsonObject): boolean {
  return textAt(container, 'name') !== PROXY_CONTAINER;
}

/** Whatever else stands in the variable is not ours. */
function isAgentUrl(url: string): boolean {
  return /^\/app-(?:health|lifecycle)\//.test(url);
}

/** Whether injection may have something to tell: an empty object keeps the variable's place until then. */
function hasAction(container: JsonObject): boolean {
  return sitesOf(container).some(({ handler }) =>
    ['httpGet', 'tcpSocket', 'grpc'].some((kind) => isObject(handler[kind])),
  );
}

function withProbers(pod: PodTemplate, probers: JsonObject | undefined): PodTemplate {
  return withSidecar(pod, (sidecar) => ({
    ...sidecar,
    env: listAt(sidecar, 'env').flatMap((item) => {
      if (textAt(item, 'name') !== PROBERS_ENV) return [item];
      return probers === undefined ? [] : [{ ...item, value: stringifyGoJson(probers) }];
    }),
  }));
}
