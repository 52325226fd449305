import { getKey, isObject, type JsonObject, type JsonValue, listAt, objectAt, textAt } from '../../json.ts';
import type { PodTemplate } from '../model.ts';
import {
  annotationOf,
  type ContainerList,
  containersOf,
  PROXY_CONTAINER,
  sidecarOf,
  withAnnotations,
  withContainers,
} from '../pod.ts';

/**
 * What injection took from the pod and told the agent instead: probes and lifecycle hooks in ISTIO_KUBE_APP_PROBERS, the
 * application's metrics in ISTIO_PROMETHEUS_ANNOTATIONS. `told` is the injected pod, whose sidecar has them.
 */
export function putBack(pod: PodTemplate, told: PodTemplate): PodTemplate {
  return putMetricsBack(putProbesBack(pod, toldJson(told, 'ISTIO_KUBE_APP_PROBERS')), told);
}

/** Pointers of probes that ask the agent for something that it was never told of: their original is nowhere. */
export function lostProbes(pod: PodTemplate): readonly string[] {
  return LISTS.flatMap((list) =>
    containersOf(pod, list).flatMap((container, i) =>
      sitesOf(container)
        .filter(({ handler, url }) => getKey(objectAt(handler, 'httpGet'), 'path') === url)
        .map(({ path }) => `/spec/${list}/${i}/${path.join('/')}`),
    ),
  );
}

export const LISTS: readonly ContainerList[] = ['containers', 'initContainers'];

/** A variable of the sidecar that holds a JSON object. */
export function toldJson(told: PodTemplate, name: string): JsonObject | undefined {
  const variable = listAt(sidecarOf(told) ?? {}, 'env').findLast((item) => getKey(item, 'name') === name);
  if (variable === undefined) return undefined;
  try {
    const value = JSON.parse(textAt(variable, 'value')) as JsonValue;
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function putProbesBack(pod: PodTemplate, probers: JsonObject | undefined): PodTemplate {
  if (probers === undefined) return pod;
  let result = pod;
  for (const list of LISTS) {
    const containers = containersOf(pod, list);
    const restored = containers.map((container) =>
      textAt(container, 'name') === PROXY_CONTAINER ? container : withHandlers(container, probers),
    );
    if (containers.some((container, i) => container !== restored[i])) result = withContainers(result, list, restored);
  }
  return result;
}

type Path = readonly [string] | readonly [string, string];

/** A place for a probe or hook in a container, with what it has there. */
export type Site = {
  readonly path: Path;
  readonly handler: JsonObject;
  /** The agent's URL for it. */
  readonly url: string;
  /** The URL of this kind that it asks, also when that bears another container's name; undefined for any other. */
  readonly asks: string | undefined;
};

const SITES: readonly (readonly [path: Path, prefix: string, suffix: string])[] = [
  [['readinessProbe'], '/app-health/', '/readyz'],
  [['livenessProbe'], '/app-health/', '/livez'],
  [['startupProbe'], '/app-health/', '/startupz'],
  [['lifecycle', 'preStop'], '/app-lifecycle/', '/prestopz'],
  [['lifecycle', 'postStart'], '/app-lifecycle/', '/poststartz'],
];

export function sitesOf(container: JsonObject): readonly Site[] {
  const name = textAt(container, 'name');
  return SITES.map(([path, prefix, suffix]) => {
    const outer = objectAt(container, path[0]);
    const handler = path[1] === undefined ? outer : objectAt(outer, path[1]);
    const asked = textAt(objectAt(handler, 'httpGet'), 'path');
    const asks = asked.startsWith(prefix) && asked.endsWith(suffix) ? asked : undefined;
    return { path, handler, url: `${prefix}${name}${suffix}`, asks };
  });
}

/**
 * The container with the original handlers of the sites that `wanted` picks. The entry is found by the URL that the
 * handler asks: that still bears the old name where someone renamed the container.
 */
export function withHandlers(
  container: JsonObject,
  probers: JsonObject,
  wanted: (site: Site) => boolean = () => true,
): JsonObject {
  let result = container;
  for (const site of sitesOf(container)) {
    const entry = site.asks === undefined ? undefined : getKey(probers, site.asks);
    if (!isObject(entry) || !wanted(site)) continue;
    const [outer, inner] = site.path;
    const restored = withAction(site.handler, entry, container);
    result = {
      ...result,
      [outer]: inner === undefined ? restored : { ...objectAt(result, outer), [inner]: restored },
    };
  }
  return result;
}

/** Up to 1.5 an entry is the HTTP action itself. */
function withAction(handler: JsonObject, entry: JsonObject, container: JsonObject): JsonObject {
  const kind = (['httpGet', 'tcpSocket', 'grpc'] as const).find((name) => isObject(getKey(entry, name))) ?? 'httpGet';
  const action = isObject(getKey(entry, kind)) ? objectAt(entry, kind) : entry;
  const { httpGet: _agent, ...rest } = handler;
  return { ...rest, [kind]: kind === 'grpc' ? withoutNull(action) : withNamedPort(action, container) };
}

function withoutNull(action: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(action).filter(([, value]) => value !== null));
}

/**
 * The agent was told a number, also where the probe named a port of the container. Which of the two it was is not noted
 * anywhere; where the port has a name, people use it, and both mean the same port.
 */
function withNamedPort(action: JsonObject, container: JsonObject): JsonObject {
  const same = listAt(container, 'ports').filter((port) => getKey(port, 'containerPort') === getKey(action, 'port'));
  // No probe asks by UDP; a port of both protocols has two names.
  const name = textAt(same.find((port) => getKey(port, 'protocol') !== 'UDP') ?? {}, 'name');
  return name === '' ? action : { ...action, port: name };
}

const PROMETHEUS = ['scrape', 'path', 'port'] as const;

/** Annotations that point at the agent; any others were left alone by injection. */
function putMetricsBack(pod: PodTemplate, told: PodTemplate): PodTemplate {
  if (annotationOf(pod, 'prometheus.io/path') !== '/stats/prometheus') return pod;
  const original = toldJson(told, 'ISTIO_PROMETHEUS_ANNOTATIONS') ?? {};
  const targets = listAt(original, 'targets').map(targetText).join(',');
  return withAnnotations(pod, [
    ...PROMETHEUS.map((key) => {
      // With targets, path and port are those of the first target, and the pod's own are gone.
      const value = targets !== '' && key !== 'scrape' ? '' : textAt(original, key);
      return [`prometheus.io/${key}`, value === '' ? undefined : value] as const;
    }),
    ...(targets === '' ? [] : [['prometheus.istio.io/scrape-targets', targets] as const]),
  ]);
}

/** With its path, also where that is the one that a target without path has: the agent was told no difference. */
function targetText(target: JsonObject): string {
  return `${getKey(target, 'port') ?? ''}:${textAt(target, 'path')}`;
}
