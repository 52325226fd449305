import type { JsonObject } from '../../json.ts';
import { roundTrip } from '../../kube/index.ts';
import type { Problem } from '../../problem.ts';
import { inject, renderOverlays } from '../inject.ts';
import type { InjectionConfig, InjectionContext, PodTemplate } from '../model.ts';
import {
  annotationsOf,
  labelsOf,
  metadataOf,
  OVERRIDES_ANNOTATION,
  STATUS_ANNOTATION,
  specOf,
  withAnnotations,
} from '../pod.ts';
import { type InjectedNames, readInjectedNames } from './injected-names.ts';
import { without, withoutRecognised, withoutWritten } from './known-metadata.ts';
import { putBack } from './put-back.ts';
import { type Judge, settle, smallest } from './search.ts';
import { ownSidecarChoices, takeOut } from './take-out.ts';
import { withToldMetadata } from './told-metadata.ts';
import { erasingProblem, lostProblem, notInjected, otherConfiguration, unreadableStatus } from './uninject-problems.ts';
import { mentionedIn, writtenBy, writtenByGo } from './written.ts';

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
    const restored = putBack(takeOut(pod, names, own), pod);
    const settled = firstSettled(candidates(restored, pod, mentioned), wanted, judge);
    if (settled === undefined) continue;
    const overlays = cfg.generation === 'list' ? [] : renderOverlays(settled, by.at, cfg);
    const written = cfg.generation === 'list' ? writtenByGo(settled, cfg) : writtenBy(overlays, cfg);
    return { pod: smallest(settled, wanted, judge, written), overlays };
  }
  return undefined;
}

/** From the likeliest to the least: templates that insist on a key, or tell the sidecar of it, need some of it kept. */
function* candidates(
  restored: PodTemplate,
  injected: PodTemplate,
  mentioned: (key: string) => boolean,
): Generator<PodTemplate> {
  const told = withToldMetadata(restored, injected);
  if (told !== undefined) yield told;
  const unwritten = withoutWritten(restored);
  yield withoutMentioned(unwritten, mentioned);
  yield unwritten;
  yield without(restored, 'annotations', [STATUS_ANNOTATION, OVERRIDES_ANNOTATION]);
}

function firstSettled(pods: Iterable<PodTemplate>, wanted: PodTemplate, judge: Judge): PodTemplate | undefined {
  for (const pod of pods) {
    const settled = settle(pod, wanted, judge);
    if (settled !== undefined) return settled;
  }
  return undefined;
}

/** Without all that a template could have written, a pod is found in a few rounds. */
function withoutMentioned(pod: PodTemplate, mentioned: (key: string) => boolean): PodTemplate {
  const labels = Object.keys(labelsOf(pod)).filter(mentioned);
  const annotations = Object.keys(annotationsOf(pod)).filter(mentioned);
  return without(without(pod, 'labels', labels), 'annotations', annotations);
}

function recognised(pod: PodTemplate, names: InjectedNames): PodTemplate {
  const [own = 'last'] = ownSidecarChoices(pod);
  const restored = putBack(takeOut(pod, names, own), pod);
  return withoutRecognised(withToldMetadata(restored, pod) ?? restored, pod, names);
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
