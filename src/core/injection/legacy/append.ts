import { type JsonObject, listAt, type MutableJsonObject, textAt } from '../../json.ts';
import type { Release } from '../../release.ts';
import type { PodTemplate } from '../model.ts';
import {
  containersOf,
  PROXY_CONTAINER,
  STATUS_ANNOTATION,
  specOf,
  withAnnotations,
  withContainers,
  withEnv,
  withLabels,
  withSidecar,
} from '../pod.ts';
import { behaves } from '../releases.ts';
import { appendedLabels } from './labels.ts';
import type { LegacyProbes } from './probes.ts';
import type { SidecarSpec } from './sidecar-spec.ts';

export type AppendContent = {
  readonly spec: SidecarSpec;
  readonly status: string;
  readonly probes: LegacyProbes | undefined;
  readonly hold: boolean;
  readonly revision: string;
  /** With fsGroup; undefined where it stays as it is. */
  readonly securityContext: JsonObject | undefined;
};

/**
 * kube-inject of 1.0 to 1.7: the items go behind the pod's own, and nothing of an earlier injection is removed, so that
 * a second run of 1.0 to 1.2 doubles everything.
 *
 * | part             | releases    | otherwise                                             |
 * |------------------|-------------|-------------------------------------------------------|
 * | imagePullSecrets | from 1.6    | left out, although the webhook has them               |
 * | dnsConfig        | from 1.1    | the pod's own is lost also where the template has none |
 * | podRedirectAnnot | 1.3 to 1.7  |                                                       |
 * | labels           | 1.5 to 1.7  |                                                       |
 * | Prometheus       | never       | the webhook of 1.6 and 1.7 only                       |
 */
export function appendSpec(pod: PodTemplate, content: AppendContent, release: Release): PodTemplate {
  const lists = withLists(withProbes(pod, content.probes), content, release);
  const told = withTold(lists, content.probes);
  const annotated = withAnnotations(told, [...redirectAnnotations(content.spec), [STATUS_ANNOTATION, content.status]]);
  return withLabels(annotated, appendedLabels(pod, content.revision, release));
}

function withLists(pod: PodTemplate, { spec, hold, securityContext }: AppendContent, release: Release): PodTemplate {
  const own = specOf(pod);
  const appended: MutableJsonObject = { ...own };
  const append = (list: 'initContainers' | 'volumes' | 'imagePullSecrets'): void => {
    if (spec[list].length > 0) appended[list] = [...listAt(own, list), ...spec[list]];
  };
  append('initContainers');
  append('volumes');
  if (behaves(release, 'kube-inject-image-pull-secrets')) append('imagePullSecrets');
  appended.containers = joined(containersOf(pod, 'containers'), spec.containers, hold);
  if (behaves(release, 'dns-config')) {
    if (spec.dnsConfig === undefined) delete appended.dnsConfig;
    else appended.dnsConfig = spec.dnsConfig;
  }
  if (securityContext !== undefined) appended.securityContext = securityContext;
  return { ...pod, spec: appended };
}

/** Where the application waits for it (1.7), the sidecar is the very first. */
function joined(own: readonly JsonObject[], injected: readonly JsonObject[], hold: boolean): readonly JsonObject[] {
  const sidecar = hold ? injected.find((item) => textAt(item, 'name') === PROXY_CONTAINER) : undefined;
  if (sidecar === undefined) return [...own, ...injected];
  return [sidecar, ...own, ...injected.filter((item) => item !== sidecar)];
}

/** Probes are only touched where the agent's port is known; nothing stands before the pod's own containers yet. */
function withProbes(pod: PodTemplate, probes: LegacyProbes | undefined): PodTemplate {
  if (probes?.agentPort === undefined) return pod;
  const containers = [...containersOf(pod, 'containers')];
  for (const { container, kind, probe } of probes.rewritten) {
    containers[container] = { ...containers[container], [kind]: probe };
  }
  return withContainers(pod, 'containers', containers);
}

function withTold(pod: PodTemplate, probes: LegacyProbes | undefined): PodTemplate {
  if (probes?.agentPort === undefined) return pod;
  return withSidecar(pod, (sidecar) => withEnv(sidecar, 'ISTIO_KUBE_APP_PROBERS', probes.told));
}

/** An empty value is not set: the annotation registry's loop skips it. */
function redirectAnnotations(spec: SidecarSpec): readonly (readonly [string, string])[] {
  return Object.keys(spec.redirectAnnotations)
    .map((name) => [name, textAt(spec.redirectAnnotations, name)] as const)
    .filter(([, value]) => value !== '');
}
