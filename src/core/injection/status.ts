import { isObject, type JsonObject, listAt, stringifyGoJson, textAt } from '../json.ts';
import type { Release } from '../release.ts';
import type { PodTemplate } from './model.ts';
import { annotationOf, containersOf, STATUS_ANNOTATION, specOf } from './pod.ts';
import { behaves } from './releases.ts';

/** What the status annotation says about an earlier injection. */
export type InjectionStatus = {
  readonly containers: readonly string[];
  readonly initContainers: readonly string[];
};

/**
 * The text of `sidecar.istio.io/status`: the names of what the templates brought, in the order of the rendered pod,
 * before overrides and reordering; a list without names is `null` (injection.md 4.10). `revision` is there from 1.11.
 */
export function statusText(template: PodTemplate, revision: string, release: Release): string {
  const spec = specOf(template);
  const status: JsonObject = {
    initContainers: namesOf(containersOf(template, 'initContainers')),
    containers: namesOf(containersOf(template, 'containers')),
    volumes: namesOf(listAt(spec, 'volumes')),
    imagePullSecrets: namesOf(listAt(spec, 'imagePullSecrets')),
  };
  const shown = revision === '' ? 'default' : revision;
  return stringifyGoJson(behaves(release, 'status-revision') ? { ...status, revision: shown } : status);
}

function namesOf(items: readonly JsonObject[]): readonly string[] | null {
  return items.length === 0 ? null : items.map((item) => textAt(item, 'name'));
}

/** The status of an earlier injection; undefined without annotation, `invalid` where it is no status. */
export function readStatus(pod: PodTemplate): InjectionStatus | 'invalid' | undefined {
  const text = annotationOf(pod, STATUS_ANNOTATION);
  if (text === undefined) return undefined;
  try {
    const value = JSON.parse(text);
    if (!isObject(value)) return 'invalid';
    const containers = names(value.containers);
    const initContainers = names(value.initContainers);
    return containers === undefined || initContainers === undefined ? 'invalid' : { containers, initContainers };
  } catch {
    return 'invalid';
  }
}

function names(value: unknown): readonly string[] | undefined {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) return undefined;
  return value.every((name) => typeof name === 'string') ? value : undefined;
}
