import { getKey, isArray, isObject, type JsonObject, type JsonValue } from '../json.ts';
import { escapePointer, structOf, type TypeRef } from '../kube/index.ts';
import type { Problem } from '../problem.ts';
import type { PodTemplate } from './model.ts';

/**
 * JSON pointers of what a rendered template takes away from the pod: by null, by `$patch: replace` or `delete`, by
 * `$retainKeys`. Merging adds and overwrites, and `uninject` can undo that; what was erased is gone for good.
 */
export function erasedFields(pod: PodTemplate, overlay: JsonObject): readonly string[] {
  const erased: string[] = [];
  collect(pod, overlay, { kind: 'struct', name: 'core/v1.Pod' }, '', erased);
  return erased;
}

/** The warning about them, or undefined where nothing was erased. */
export function erasedProblem(erased: readonly string[]): Problem | undefined {
  if (erased.length === 0) return undefined;
  return {
    code: 'TEMPLATE_ERASED_FIELDS',
    severity: 'warning',
    message: `the template erased fields of the pod: ${erased.join(', ')}`,
    where: { pointer: erased[0] },
    remedy: 'Keep the original manifest: uninject cannot bring these fields back.',
  };
}

function collect(target: JsonObject, patch: JsonObject, type: TypeRef | undefined, at: string, erased: string[]): void {
  const directive = getKey(patch, '$patch');
  if (directive === 'replace' || directive === 'delete') {
    for (const key of Object.keys(target)) {
      if (directive === 'delete' || !Object.hasOwn(patch, key)) erased.push(`${at}/${escapePointer(key)}`);
    }
    return;
  }
  const retained = getKey(patch, '$retainKeys');
  if (isArray(retained)) {
    for (const key of Object.keys(target)) if (!retained.includes(key)) erased.push(`${at}/${escapePointer(key)}`);
  }
  for (const key of Object.keys(patch)) {
    const current = getKey(target, key);
    if (current === undefined || current === null) continue;
    const pointer = `${at}/${escapePointer(key)}`;
    const value = patch[key];
    if (value === null) erased.push(pointer);
    else if (isObject(value) && isObject(current)) collect(current, value, memberType(type, key).type, pointer, erased);
    else if (isArray(value) && isArray(current)) collectList(current, value, memberType(type, key), pointer, erased);
  }
}

type Member = { readonly type: TypeRef | undefined; readonly mergeKey: string };

function memberType(type: TypeRef | undefined, key: string): Member {
  const inner = type?.kind === 'pointer' ? type.to : type;
  if (inner?.kind === 'map') return { type: inner.of, mergeKey: '' };
  if (inner?.kind !== 'struct') return { type: undefined, mergeKey: '' };
  const field = structOf(inner.name)?.byJson.get(key);
  return { type: field?.type, mergeKey: field?.mergeKey ?? '' };
}

function collectList(
  target: readonly JsonValue[],
  patch: readonly JsonValue[],
  { type, mergeKey }: Member,
  at: string,
  erased: string[],
): void {
  if (mergeKey === '') return;
  const item = type?.kind === 'list' ? type.of : undefined;
  const replaced = patch.some((entry) => isObject(entry) && getKey(entry, '$patch') === 'replace');
  for (const [i, current] of target.entries()) {
    if (!isObject(current)) continue;
    const name = getKey(current, mergeKey);
    const entry = patch.find((candidate) => isObject(candidate) && getKey(candidate, mergeKey) === name);
    const pointer = `${at}/${i}`;
    if (!isObject(entry)) {
      if (replaced) erased.push(pointer);
    } else if (getKey(entry, '$patch') === 'delete') erased.push(pointer);
    else collect(current, entry, item, pointer, erased);
  }
}
