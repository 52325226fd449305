import { isObject, type JsonObject, stringifyGoJson, textAt } from '../../json.ts';
import type { PodTemplate } from '../model.ts';
import { annotationOf, STATUS_ANNOTATION } from '../pod.ts';
import type { SidecarSpec } from './sidecar-spec.ts';

/** Names of what an earlier injection brought. */
export type InjectedNames = {
  readonly initContainers: readonly string[];
  readonly containers: readonly string[];
  readonly volumes: readonly string[];
  readonly imagePullSecrets: readonly string[];
};

const LISTS = ['initContainers', 'containers', 'volumes', 'imagePullSecrets'] as const;

/** The text of `sidecar.istio.io/status` up to 1.8 (injection.md 4.10): an empty list is `null`. */
export function legacyStatusText(spec: SidecarSpec, version: string): string {
  const lists = LISTS.map((list) => {
    const names = spec[list].map((item) => textAt(item, 'name'));
    return [list, names.length === 0 ? null : names] as const;
  });
  return stringifyGoJson({ version, ...Object.fromEntries(lists) });
}

/** What pods had that were injected before there was a status: a user's own istio-proxy is taken for one. */
const BEFORE_STATUS: InjectedNames = {
  initContainers: ['istio-init', 'enable-core-dump'],
  containers: ['istio-proxy'],
  volumes: ['istio-certs', 'istio-envoy'],
  imagePullSecrets: [],
};

/** The names in the status annotation where at least one is there, else those of the time before it. */
export function injectedBefore(pod: PodTemplate): InjectedNames {
  const text = annotationOf(pod, STATUS_ANNOTATION);
  const status = text === undefined ? undefined : parseStatus(text);
  return status !== undefined && LISTS.some((list) => status[list].length > 0) ? status : BEFORE_STATUS;
}

function parseStatus(text: string): InjectedNames | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (!isObject(value as JsonObject)) return undefined;
    const status = value as JsonObject;
    const ok = LISTS.every((list) => isNameList(status[list]));
    if (!ok) return undefined;
    const [initContainers, containers, volumes, imagePullSecrets] = LISTS.map((list) => names(status[list]));
    return {
      initContainers: initContainers ?? [],
      containers: containers ?? [],
      volumes: volumes ?? [],
      imagePullSecrets: imagePullSecrets ?? [],
    };
  } catch {
    return undefined;
  }
}

function isNameList(value: unknown): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.every((n) => typeof n === 'string'));
}

function names(value: unknown): readonly string[] {
  return Array.isArray(value) ? (value as readonly string[]) : [];
}
