import type { InjectionContext, PodTemplate } from './model.ts';
import { annotationOf, NATIVE_SIDECAR_ANNOTATION, specOf, textAt } from './pod.ts';

/** The first kubelet minor on which istiod takes native sidecars for dependable (injection.md 2.10). */
const FIRST_MINOR = 33;

/**
 * Whether the template gets `.NativeSidecars: true`: an init container with `restartPolicy: Always` as sidecar.
 *
 * | mode  | nodes            | result                                  |
 * |-------|------------------|-----------------------------------------|
 * | true  | any              | true                                    |
 * | auto  | unreadable       | false                                   |
 * | auto  | pod's node known | that kubelet's minor is at least 33     |
 * | auto  | else             | every kubelet's minor is at least 33    |
 * | false | any              | false                                   |
 */
export function detectNativeSidecars(
  mode: InjectionContext['nativeSidecars'],
  nodes: ReadonlyMap<string, string> | undefined,
  nodeName: string,
): boolean {
  if (mode !== 'auto') return mode === 'true';
  if (nodes === undefined) return false;
  const own = nodeName === '' ? undefined : nodes.get(nodeName);
  if (own !== undefined) return minorOf(own) >= FIRST_MINOR;
  for (const version of nodes.values()) if (minorOf(version) < FIRST_MINOR) return false;
  return true;
}

/** Per pod: the annotation beats the injector's mode where it is exactly `true` or `false` (1.24 and later). */
export function isNativePod(pod: PodTemplate, nativeSidecars: boolean): boolean {
  const value = annotationOf(pod, NATIVE_SIDECAR_ANNOTATION);
  if (value === 'true') return true;
  if (value === 'false') return false;
  return nativeSidecars;
}

/** The node that the pod is already bound to; empty before scheduling. */
export function nodeNameOf(pod: PodTemplate): string {
  return textAt(specOf(pod), 'nodeName');
}

/** `v1.33.0` → 33; what cannot be read counts as older than everything. */
function minorOf(version: string): number {
  const match = /^v?\d+\.(\d+)(?:[.+-]|$)/.exec(version);
  return match === null ? -1 : Number(match[1]);
}
