import { isObject, type JsonObject } from '../../json.ts';
import { ANNOTATION_REGISTRY } from '../../mesh/index.ts';
import type { InjectionConfig, PodTemplate } from '../model.ts';
import { annotationsOf, labelsOf, specOf } from '../pod.ts';
import { NAMED_LISTS } from './injected-names.ts';
import { WRITTEN_ANNOTATIONS, WRITTEN_LABELS } from './known-metadata.ts';
import type { Written } from './search.ts';

/** Besides what the templates bring, Go code writes the network's label and the configured annotations. */
export function writtenBy(overlays: readonly JsonObject[], cfg: InjectionConfig): Written {
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

/**
 * Up to 1.8 it is Go code that sets labels, and annotations for the CNI plugin; the template is no pod whose keys could
 * be read, so that every annotation in its text may be one.
 */
export function writtenByGo(pod: PodTemplate, cfg: InjectionConfig): Written {
  const annotations = new Set([...WRITTEN_ANNOTATIONS, ...Object.keys(annotationsOf(pod)).filter(namedIn(cfg))]);
  return { labels: new Set(WRITTEN_LABELS), annotations, spec: LEGACY_SPEC };
}

const LEGACY_SPEC: Written['spec'] = new Map([
  ['securityContext', ['fsGroup']],
  ['dnsConfig', []],
]);

/**
 * Keys that may have been written because the pod did not have them: those that a template names, or that are injected
 * by configuration, but not those that are known to be the user's to set (`app`, `sidecar.istio.io/inject` …). Where a
 * template writes one of these all the same, `writtenBy` finds it.
 */
export function mentionedIn(cfg: InjectionConfig): (key: string) => boolean {
  const named = namedIn(cfg);
  return (key) => Object.hasOwn(cfg.injectedAnnotations, key) || (!READ_ONLY.has(key) && named(key));
}

function namedIn(cfg: InjectionConfig): (key: string) => boolean {
  const texts = [...cfg.templates.values()].map((template) => template.source);
  return (key) => texts.some((text) => text.includes(key));
}

const READ_ONLY: ReadonlySet<string> = new Set(
  ANNOTATION_REGISTRY.filter(({ on, access }) => on === 'pod' && access === 'read')
    .map(({ name }) => name)
    .filter((name) => !ANNOTATION_REGISTRY.some((other) => other.name === name && other.access !== 'read')),
);
