import type { TemplateHost } from '../gotemplate/index.ts';
import { textAt } from '../json.ts';
import type { Release } from '../release.ts';
import type { InjectionContext, PodTemplate } from './model.ts';
import { annotationOf, NATIVE_SIDECAR_ANNOTATION, specOf } from './pod.ts';
import { behaves } from './releases.ts';

/** The first kubelet minor on which istiod takes native sidecars for dependable (injection.md 2.10). */
const FIRST_MINOR = 33;

type Mode = InjectionContext['nativeSidecars'];

/** The injector's variable, which templates up to 1.26 read on their own. */
const MODE_VARIABLE = 'ENABLE_NATIVE_SIDECARS';

/** Whether injection of this pod makes a native sidecar, as far as the injector decides it and no annotation. */
export function usesNativeSidecars(pod: PodTemplate, at: InjectionContext, release: Release): boolean {
  const mode = modeOf(at);
  if (mode === 'auto' && !behaves(release, 'native-sidecars-automatic')) return false;
  return detectNativeSidecars(mode, at.nodes, nodeNameOf(pod));
}

/** Nobody says it explicitly: then the injector's environment does. */
function modeOf({ nativeSidecars, host }: InjectionContext): Mode {
  const variable = nativeSidecars === 'auto' ? host.env?.(MODE_VARIABLE) : undefined;
  return variable === 'true' || variable === 'false' ? variable : nativeSidecars;
}

/**
 * The host that templates see: without `.NativeSidecars` (up to 1.26) they ask the environment, which has to say the
 * same as the injector's mode, or the sidecar would be native in one half of the injection only.
 */
export function templateHost(at: InjectionContext, release: Release): TemplateHost {
  const mode = modeOf(at);
  if (mode === 'auto' || behaves(release, 'native-sidecars-field')) return at.host;
  return { ...at.host, env: (name) => (name === MODE_VARIABLE ? mode : at.host.env?.(name)) };
}

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
  mode: Mode,
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
function nodeNameOf(pod: PodTemplate): string {
  return textAt(specOf(pod), 'nodeName');
}

/** `v1.33.0` → 33; what cannot be read counts as older than everything. */
function minorOf(version: string): number {
  const match = /^v?\d+\.(\d+)(?:[.+-]|$)/.exec(version);
  return match === null ? -1 : Number(match[1]);
}
