import { isObject, type JsonObject } from '../../json.ts';
import { roundTrip } from '../../kube/index.ts';
import type { Problem } from '../../problem.ts';
import { erasingFields } from '../erased-fields.ts';
import { inject, renderOverlays } from '../inject.ts';
import type { InjectionConfig, InjectionContext, PodTemplate } from '../model.ts';
import { annotationsOf, labelsOf, metadataOf, STATUS_ANNOTATION, specOf, withAnnotations } from '../pod.ts';
import { type InjectedNames, NAMED_LISTS, readInjectedNames } from './injected-names.ts';
import { WRITTEN_ANNOTATIONS, WRITTEN_LABELS, without, withoutRecognised, withoutWritten } from './known-metadata.ts';
import { lostProbes, putBack } from './put-back.ts';
import { type Judge, settle, smallest, type Written } from './search.ts';
import { ownSidecarChoices, takeOut } from './take-out.ts';

export type UninjectOutcome =
  | {
      readonly kind: 'uninjected';
      readonly pod: PodTemplate;
      /** Injecting `pod` again gives the pod as received. False where no configuration was given, or another. */
      readonly verified: boolean;
      readonly problems: readonly Problem[];
    }
  | { readonly kind: 'not-injected'; readonly pod: PodTemplate; readonly problems: readonly Problem[] };

type By = { readonly at: InjectionContext; readonly cfg: InjectionConfig };

/**
 * Takes the sidecar and all else that injection brought out of a pod again. `by` is the configuration that injected it
 * and the pod's circumstances, as `inject` takes them: with it, the result is one that injection turns into exactly this
 * pod, and the smallest such. Without, or where another configuration is given, Istio's usual templates are assumed.
 *
 * Where several pods give this one, nothing can tell them apart, and the most likely is taken:
 *
 * | in the injected pod                        | was most likely        | and could have been                      |
 * |--------------------------------------------|------------------------|------------------------------------------|
 * | a label or annotation as injection sets it | not there              | there, with that very value              |
 * | a volume or secret as the template has it  | not there              | there, exactly so                        |
 * | a probe's port number, of a named port     | the name               | the number                               |
 * | settings of the sidecar                    | the last container     | anywhere, with or without image: auto    |
 * | a container that injection moves           | where it stands        | anywhere                                 |
 * | metrics of the application                 | prometheus.io/port …   | another spelling, such as prometheus_io_port |
 * | targets of metrics                         | PORT:PATH each         | without /metrics, or with blanks         |
 */
export function uninject(pod: PodTemplate, by?: By): UninjectOutcome {
  const names = readInjectedNames(pod);
  if (names === undefined) return { kind: 'not-injected', pod, problems: [notInjected()] };
  if (names === 'invalid') return { kind: 'not-injected', pod, problems: [unreadableStatus()] };
  const found = by === undefined ? undefined : search(pod, names, by);
  const result = found?.pod ?? recognised(pod, names);
  return {
    kind: 'uninjected',
    pod: result,
    verified: found !== undefined,
    problems: [
      ...lostProblem(result),
      ...erasingProblem(found?.overlays ?? []),
      ...(found === undefined && by !== undefined ? [otherConfiguration()] : []),
    ],
  };
}

/** The pod that was, with what the templates render for it: nothing, up to 1.8. */
type Found = { readonly pod: PodTemplate; readonly overlays: readonly JsonObject[] };

function search(pod: PodTemplate, names: InjectedNames, { at, cfg }: By): Found | undefined {
  const wanted = comparable(pod);
  const by = { at: revisionOf(names, at), cfg };
  const judge = judgeOf(by);
  const mentioned = mentionedIn(cfg);
  for (const own of ownSidecarChoices(pod)) {
    const candidate = withoutWritten(putBack(takeOut(pod, names, own), pod));
    // Without all that a template could have written it is found in a few rounds; some templates insist on a key.
    const bare = withoutMentioned(candidate, mentioned);
    const settled = settle(bare, wanted, judge) ?? settle(candidate, wanted, judge);
    if (settled === undefined) continue;
    const overlays = cfg.generation === 'list' ? [] : renderOverlays(settled, by.at, cfg);
    const written = cfg.generation === 'list' ? writtenByGo(settled, mentioned) : writtenBy(overlays, cfg);
    return { pod: smallest(settled, wanted, judge, written), overlays };
  }
  return undefined;
}

function withoutMentioned(pod: PodTemplate, mentioned: (key: string) => boolean): PodTemplate {
  const labels = Object.keys(labelsOf(pod)).filter(mentioned);
  const annotations = Object.keys(annotationsOf(pod)).filter(mentioned);
  return without(without(pod, 'labels', labels), 'annotations', annotations);
}

/** Besides what the templates bring, Go code writes the network's label and the configured annotations. */
function writtenBy(overlays: readonly JsonObject[], cfg: InjectionConfig): Written {
  const labels = new Set<string>(['topology.istio.io/network']);
  const annotations = new Set<string>(Object.keys(cfg.injectedAnnotations));
  const spec = new Map<string, readonly string[]>();
  for (const overlay of overlays) {
    for (const key of Object.keys(labelsOf(overlay))) labels.add(key);
    for (const key of Object.keys(annotationsOf(overlay))) annotations.add(key);
    for (const [key, value] of Object.entries(specOf(overlay))) {
      if (!NAMED_LISTS.some((list) => list === key)) spec.set(key, isObject(value) ? Object.keys(value) : []);
    }
  }
  return { labels, annotations, spec };
}

/** Up to 1.8 it is Go code that sets labels, and the template is no pod whose keys could be read. */
function writtenByGo(pod: PodTemplate, mentioned: (key: string) => boolean): Written {
  const annotations = new Set([...WRITTEN_ANNOTATIONS, ...Object.keys(annotationsOf(pod)).filter(mentioned)]);
  return { labels: new Set(WRITTEN_LABELS), annotations, spec: LEGACY_SPEC };
}

const LEGACY_SPEC: Written['spec'] = new Map([
  ['securityContext', ['fsGroup']],
  ['dnsConfig', []],
]);

function recognised(pod: PodTemplate, names: InjectedNames): PodTemplate {
  const [own = 'last'] = ownSidecarChoices(pod);
  return withoutRecognised(putBack(takeOut(pod, names, own), pod), pod, names);
}

function judgeOf({ at, cfg }: By): Judge {
  return (candidate) => {
    const outcome = inject(candidate, at, cfg);
    return outcome.kind === 'injected' ? comparable(outcome.pod) : undefined;
  };
}

/** The pod says by which revision it was injected; that of the caller counts where it shows as the same. */
function revisionOf(names: InjectedNames, at: InjectionContext): InjectionContext {
  if (names.revision === undefined || (at.revision || 'default') === names.revision) return at;
  return { ...at, revision: names.revision };
}

/** In the one form of Go's types, without the status: its version tells which text the template had, and nothing else. */
function comparable(pod: PodTemplate): PodTemplate {
  const bare: JsonObject = { metadata: metadataOf(pod), spec: specOf(pod) };
  const typed = roundTrip('core/v1.Pod', bare, { unknown: 'keep', creationTimestampNull: false });
  return withAnnotations(typed.ok ? typed.value : bare, [[STATUS_ANNOTATION, undefined]]);
}

/** A key of the pod can only come from a template, or from what sets labels and annotations, that names it. */
function mentionedIn(cfg: InjectionConfig): (key: string) => boolean {
  const texts = [...cfg.templates.values()].map((template) => template.source);
  return (key) => Object.hasOwn(cfg.injectedAnnotations, key) || texts.some((text) => text.includes(key));
}

/** What the templates erased is in the injected pod no more; only that they do erase there can be told. */
function erasingProblem(overlays: readonly JsonObject[]): readonly Problem[] {
  const erasing = [...new Set(overlays.flatMap(erasingFields))];
  if (erasing.length === 0) return [];
  return [
    {
      code: 'TEMPLATE_ERASED_FIELDS',
      severity: 'warning',
      message: `the template erases what a pod has at ${erasing.join(', ')}: it is not known whether this pod had anything there`,
      where: { pointer: erasing[0] },
      remedy: 'Compare with the original manifest, and put back there what is missing.',
    },
  ];
}

function notInjected(): Problem {
  return {
    code: 'NOT_INJECTED',
    severity: 'warning',
    message: `the pod has no annotation ${STATUS_ANNOTATION}: nothing to take out`,
    where: { pointer: '/metadata/annotations' },
    remedy: 'Nothing, where it was never injected; otherwise restore the annotation.',
  };
}

function unreadableStatus(): Problem {
  return {
    code: 'STATUS_INVALID',
    severity: 'error',
    message: `annotation ${STATUS_ANNOTATION} does not say what was injected`,
    where: { pointer: '/metadata/annotations/sidecar.istio.io~1status' },
    remedy: 'Restore the annotation as injection wrote it, or go back to the original manifest.',
  };
}

function otherConfiguration(): Problem {
  return {
    code: 'UNINJECT_UNVERIFIED',
    severity: 'warning',
    message: 'with this configuration, injection does not give this pod: what Istio usually adds was taken out',
    where: { pointer: '' },
    remedy: 'Give the configuration that the pod was injected with, and compare the result with the original.',
  };
}

function lostProblem(pod: PodTemplate): readonly Problem[] {
  const lost = lostProbes(pod);
  if (lost.length === 0) return [];
  return [
    {
      code: 'UNINJECT_UNVERIFIED',
      severity: 'warning',
      message: `probes that ask the agent, which was never told the original: ${lost.join(', ')}`,
      where: { pointer: lost[0] },
      remedy: 'Write these probes anew: as they are, they ask a sidecar that is no longer there.',
    },
  ];
}
