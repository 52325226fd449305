import {
  getKey,
  isArray,
  isObject,
  type JsonObject,
  listAt,
  type MutableJsonObject,
  objectAt,
  stringifyGoJson,
  textAt,
} from '../json.ts';
import { mergeStrategic, roundTrip } from '../kube/index.ts';
import { failed, type Parsed, type Problem, parsed } from '../problem.ts';
import type { Release } from '../release.ts';
import type { PodTemplate } from './model.ts';
import { DEFAULT_PROXY_ID } from './openshift.ts';
import { withoutContainer } from './order.ts';
import {
  annotationOf,
  type ContainerList,
  containersOf,
  findContainer,
  INIT_CONTAINER,
  integerAt,
  OVERRIDES_ANNOTATION,
  PROXY_CONTAINER,
  STATUS_ANNOTATION,
  sidecarOf,
  specOf,
  VALIDATION_CONTAINER,
  withAnnotations,
  withContainer,
  withContainers,
} from './pod.ts';
import { isScrapedThroughAgent, withoutPrometheusAnnotations } from './prometheus.ts';
import { behaves } from './releases.ts';
import { readStatus } from './status.ts';

/**
 * The pod as templates see it: without what an earlier injection brought, with what the user had overridden then
 * (injection.md 4.2, steps 3 and 4). Only the containers go: volumes and secrets stay, and so does everything in the
 * pod that the templates are merged onto.
 */
export function originalForm(pod: PodTemplate, statusPort: number, release: Release): Parsed<PodTemplate> {
  return reinsertOverrides(stripInjected(pod, statusPort, release));
}

function stripInjected(pod: PodTemplate, statusPort: number, release: Release): PodTemplate {
  const status = readStatus(pod);
  if (status === undefined || status === 'invalid') return pod;
  let stripped = pod;
  for (const list of ['containers', 'initContainers'] as const) {
    let containers = containersOf(pod, list);
    for (const name of status[list]) containers = withoutContainer(containers, name);
    stripped = withContainers(stripped, list, containers);
  }
  if (isScrapedThroughAgent(stripped, statusPort)) stripped = withoutPrometheusAnnotations(stripped, release);
  return withAnnotations(stripped, [[STATUS_ANNOTATION, undefined]]);
}

function reinsertOverrides(pod: PodTemplate): Parsed<PodTemplate> {
  const overrides = readOverrides(pod);
  if (!overrides.ok) return overrides;
  let result = pod;
  for (const list of ['containers', 'initContainers'] as const) {
    const present = containersOf(pod, list);
    const missing = overrides.value[list].filter((c) => findContainer(present, textAt(c, 'name')) === undefined);
    if (missing.length > 0) result = withContainers(result, list, [...present, ...missing]);
  }
  return parsed(result);
}

type Containers = { readonly [list in ContainerList]: readonly JsonObject[] };

const NONE: Containers = { containers: [], initContainers: [] };

/** What an earlier injection noted of the user's own settings for injected containers. */
function readOverrides(pod: PodTemplate): Parsed<Containers> {
  const text = annotationOf(pod, OVERRIDES_ANNOTATION);
  if (text === undefined) return parsed(NONE);
  try {
    const value = JSON.parse(text);
    if (value === null) return parsed(NONE);
    if (!isObject(value)) return failed(badOverrides('it is no JSON object'));
    for (const list of ['containers', 'initContainers']) {
      const items = getKey(value, list) ?? [];
      if (!isArray(items) || !items.every(isObject)) return failed(badOverrides(`${list} is no list of containers`));
    }
    return parsed({ containers: listAt(value, 'containers'), initContainers: listAt(value, 'initContainers') });
  } catch (error) {
    return failed(badOverrides(error instanceof Error ? error.message : 'it is no JSON'));
  }
}

function badOverrides(cause: string): Problem {
  return {
    code: 'OVERRIDES_INVALID',
    severity: 'error',
    message: `annotation ${OVERRIDES_ANNOTATION} cannot be read: ${cause}`,
    where: { pointer: '/metadata/annotations/proxy.istio.io~1overrides' },
    remedy: 'Remove the annotation: it is written by the injector, not by hand.',
  };
}

/**
 * Lays the user's settings of injected containers over the merged result (injection.md 4.4): whoever defines an
 * istio-proxy of his own customises the sidecar, and the template may not win against him. On the first injection the
 * settings are noted in an annotation, so that a later one can tell them from the template's.
 */
export function reapplyOverrides(
  merged: PodTemplate,
  original: PodTemplate,
  template: PodTemplate,
  release: Release,
): Parsed<PodTemplate> {
  const templateUser = templateUserWins(release);
  const existing = readOverrides(original);
  if (!existing.ok) return existing;
  const injectedNames = behaves(release, 'overrides-skip-injected') ? namesInjectedBefore(original) : NO_NAMES;
  const recorded: { containers: JsonObject[]; initContainers: JsonObject[] } = { containers: [], initContainers: [] };
  let result = merged;
  for (const list of ['containers', 'initContainers'] as const) {
    for (const container of containersOf(template, list)) {
      const name = textAt(container, 'name');
      if (injectedNames[list].includes(name)) continue;
      const own = findContainer(existing.value[list], name) ?? userContainer(original, list, name, release);
      if (own === undefined) continue;
      const overlay = typedOverlay(templateUser ? withTemplateUser(own, container) : own);
      if (!overlay.ok) return overlay;
      recorded[list].push(overlay.value);
      const applied = applyContainer(result, list, overlay.value);
      if (!applied.ok) return prefixed(PREFIX[list], applied.problems);
      result = applied.value;
    }
  }
  const again = annotationOf(original, STATUS_ANNOTATION) !== undefined;
  if (again || (recorded.containers.length === 0 && recorded.initContainers.length === 0)) return parsed(result);
  const noted = Object.fromEntries(Object.entries(recorded).filter(([, list]) => list.length > 0));
  return parsed(withAnnotations(result, [[OVERRIDES_ANNOTATION, stringifyGoJson(noted)]]));
}

const PREFIX: { readonly [list in ContainerList]: string } = {
  containers: 'failed to apply sidecar container: ',
  initContainers: 'failed to apply sidecar init container: ',
};

type Names = { readonly [list in ContainerList]: readonly string[] };

const NO_NAMES: Names = { containers: [], initContainers: [] };

function namesInjectedBefore(original: PodTemplate): Names {
  const status = readStatus(original);
  return status === undefined || status === 'invalid' ? NO_NAMES : status;
}

/** An init container of the template may also customise from the user's containers: istio-proxy, when it is native. */
function userContainer(
  original: PodTemplate,
  list: ContainerList,
  name: string,
  release: Release,
): JsonObject | undefined {
  if (list === 'containers') return findContainer(containersOf(original, 'containers'), name);
  const own = behaves(release, 'native-sidecars')
    ? findContainer(containersOf(original, 'containers'), name)
    : undefined;
  return own ?? findContainer(containersOf(original, 'initContainers'), name);
}

/** As Go writes the typed container: its key order, `resources` always there. The image `auto` is the template's. */
function typedOverlay(container: JsonObject): Parsed<JsonObject> {
  const typed = roundTrip('core/v1.Container', container, { unknown: 'keep', creationTimestampNull: false });
  if (!typed.ok || getKey(typed.value, 'image') !== 'auto') return typed;
  const overlay: MutableJsonObject = { ...typed.value };
  delete overlay.image;
  return parsed(overlay);
}

function templateUserWins(release: Release): boolean {
  return behaves(release, 'openshift-template-user-wins') && !behaves(release, 'init-user-adjusted');
}

/**
 * OpenShift fills in a runAsUser that the user never chose, and the redirection exempts the template's. That the template
 * has another user than the usual one is taken for the sign of it, so that TPROXY (runAsUser 0) is caught as well. The
 * user's ids are forgotten, in the annotation too.
 */
function withTemplateUser(own: JsonObject, template: JsonObject): JsonObject {
  const chosen = getKey(own, 'securityContext');
  const given = integerAt(objectAt(template, 'securityContext'), 'runAsUser');
  if (!isObject(chosen) || given === undefined || BigInt(given) === DEFAULT_PROXY_ID) return own;
  const { runAsUser: _user, runAsGroup: _group, ...others } = chosen;
  return { ...own, securityContext: others as JsonObject };
}

/** The result is typed again: a null in the overlay is a field that Go always writes, not one to be removed. */
function applyContainer(pod: PodTemplate, list: ContainerList, overlay: JsonObject): Parsed<PodTemplate> {
  const merged = mergeStrategic(pod, { spec: { [list]: [overlay] } }, 'core/v1.Pod');
  if (!merged.ok) return merged;
  const spec = roundTrip('core/v1.PodSpec', specOf(merged.value), { unknown: 'keep', creationTimestampNull: false });
  return spec.ok ? parsed({ ...merged.value, spec: spec.value }) : spec;
}

/**
 * Keeps the redirection in step with a user's own user id of the sidecar (injection.md 4.5): the rules exempt the
 * sidecar's traffic by its id, so another id without this would send it round in a circle.
 */
export function adjustInitUser(pod: PodTemplate, original: PodTemplate, proxyTproxy: boolean): PodTemplate {
  const user = objectAt(sidecarOf(original) ?? {}, 'securityContext');
  const runAsUser = getKey(user, 'runAsUser') ?? undefined;
  const runAsGroup = getKey(user, 'runAsGroup') ?? undefined;
  if (runAsUser === undefined && runAsGroup === undefined) return pod;
  const inits = containersOf(pod, 'initContainers');
  const init = [INIT_CONTAINER, VALIDATION_CONTAINER].find((name) => findContainer(inits, name) !== undefined);
  if (init === undefined) return pod;
  const tproxy = proxyTproxy || annotationOf(pod, 'sidecar.istio.io/interceptionMode') === 'TPROXY';
  let result = pod;
  if (tproxy && runAsUser !== undefined) result = withRunAs(result, PROXY_CONTAINER, { runAsUser: 0 });
  if (!tproxy && init === VALIDATION_CONTAINER) {
    result = withRunAs(result, init, {
      ...(runAsUser === undefined ? {} : { runAsUser }),
      ...(runAsGroup === undefined ? {} : { runAsGroup }),
    });
  }
  if (runAsUser === undefined || Number(runAsUser) === 0) return result;
  return withContainer(result, 'initContainers', init, (container) => withUserArgument(container, String(runAsUser)));
}

function withRunAs(pod: PodTemplate, name: string, ids: JsonObject): PodTemplate {
  const list = (['containers', 'initContainers'] as const).find(
    (candidate) => findContainer(containersOf(pod, candidate), name) !== undefined,
  );
  if (list === undefined) return pod;
  return withContainer(pod, list, name, (container) => ({
    ...container,
    securityContext: { ...objectAt(container, 'securityContext'), ...ids },
  }));
}

/** istio-iptables takes the exempt user after `-u`. */
function withUserArgument(container: JsonObject, user: string): JsonObject {
  const args = getKey(container, 'args');
  if (!isArray(args)) return container;
  const flag = args.indexOf('-u');
  return flag < 0 || flag + 1 >= args.length ? container : { ...container, args: args.with(flag + 1, user) };
}

export function prefixed(prefix: string, problems: readonly Problem[]): Parsed<never> {
  return failed(...problems.map((problem) => ({ ...problem, message: `${prefix}${problem.message}` })));
}
