import { getKey, isArray, isObject, type JsonValue } from '../../json.ts';
import type { PodTemplate } from '../model.ts';
import { annotationOf, STATUS_ANNOTATION } from '../pod.ts';

export const NAMED_LISTS = ['initContainers', 'containers', 'volumes', 'imagePullSecrets'] as const;

type NamedList = (typeof NAMED_LISTS)[number];

/** What the status annotation says was injected, in either of its forms. */
export type InjectedNames = { readonly [list in NamedList]: readonly string[] } & {
  /** As shown there; undefined before 1.11. */
  readonly revision: string | undefined;
  /** Of a release up to 1.8: only its status has a version. */
  readonly legacy: boolean;
};

/** Undefined for a pod that was not injected, `invalid` where the annotation is no status. */
export function readInjectedNames(pod: PodTemplate): InjectedNames | 'invalid' | undefined {
  const text = annotationOf(pod, STATUS_ANNOTATION);
  if (text === undefined) return undefined;
  let value: JsonValue;
  try {
    value = JSON.parse(text);
  } catch {
    return 'invalid';
  }
  if (!isObject(value)) return 'invalid';
  const status = value;
  const lists = NAMED_LISTS.map((list) => namesIn(getKey(status, list)));
  const [initContainers, containers, volumes, imagePullSecrets] = lists;
  if (!initContainers || !containers || !volumes || !imagePullSecrets) return 'invalid';
  const revision = getKey(status, 'revision');
  return {
    initContainers,
    containers,
    volumes,
    imagePullSecrets,
    revision: typeof revision === 'string' ? revision : undefined,
    legacy: Object.hasOwn(status, 'version'),
  };
}

function namesIn(value: JsonValue | undefined): readonly string[] | undefined {
  if (value === undefined || value === null) return [];
  if (!isArray(value)) return undefined;
  return value.every((name) => typeof name === 'string') ? value : undefined;
}
