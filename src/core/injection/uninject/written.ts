import { isObject, type JsonObject } from '../../json.ts';
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

/** Up to 1.8 it is Go code that sets labels, and the template is no pod whose keys could be read. */
export function writtenByGo(pod: PodTemplate, mentioned: (key: string) => boolean): Written {
  const annotations = new Set([...WRITTEN_ANNOTATIONS, ...Object.keys(annotationsOf(pod)).filter(mentioned)]);
  return { labels: new Set(WRITTEN_LABELS), annotations, spec: LEGACY_SPEC };
}

const LEGACY_SPEC: Written['spec'] = new Map([
  ['securityContext', ['fsGroup']],
  ['dnsConfig', []],
]);

/** A key of the pod can only come from a template, or from what sets labels and annotations, that names it. */
export function mentionedIn(cfg: InjectionConfig): (key: string) => boolean {
  const texts = [...cfg.templates.values()].map((template) => template.source);
  return (key) => Object.hasOwn(cfg.injectedAnnotations, key) || texts.some((text) => text.includes(key));
}
