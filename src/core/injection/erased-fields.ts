import { getKey, isArray, isObject, type JsonObject, type JsonValue } from '../json.ts';
import { equal, escapePointer, structOf, type TypeRef } from '../kube/index.ts';
import type { Problem } from '../problem.ts';
import type { PodTemplate } from './model.ts';
import { annotationOf, STATUS_ANNOTATION } from './pod.ts';

/**
 * JSON pointers of what a rendered template takes away from the pod for good: by null, by `$patch: replace` or `delete`,
 * by `$retainKeys`, or by another value in its place. What merging only adds, `uninject` takes out again.
 *
 * Another value does not count inside a container, because the user's own settings are laid over the template's again
 * and noted in an annotation; nor where it contains the old one, because templates lengthen lists in annotations; nor in
 * a pod that was injected before, whose values may be an earlier template's.
 */
export function erasedFields(pod: PodTemplate, overlay: JsonObject): readonly string[] {
  const found: Found = { pointers: [], overwritten: annotationOf(pod, STATUS_ANNOTATION) === undefined };
  collect(pod, overlay, { kind: 'struct', name: 'core/v1.Pod' }, '', found);
  return found.pointers;
}

type Found = { readonly pointers: string[]; readonly overwritten: boolean };

/**
 * Pointers at which the overlay takes away whatever the pod may have had there, for `uninject`, which has only the pod
 * without it. Containers are left out, and nulls in volumes, which only keep a template's own volume without a source.
 */
export function erasingFields(overlay: JsonObject): readonly string[] {
  const found: string[] = [];
  for (const part of ['metadata', 'spec']) {
    const fields = getKey(overlay, part);
    if (isObject(fields)) collectDirectives(fields, `/${part}`, found);
  }
  return found;
}

const BY_NAME = ['/spec/containers', '/spec/initContainers', '/spec/volumes', '/spec/imagePullSecrets'];

function collectDirectives(value: JsonObject, at: string, found: string[]): void {
  if (Object.hasOwn(value, '$patch') || Object.hasOwn(value, '$retainKeys')) {
    found.push(at);
    return;
  }
  for (const key of Object.keys(value)) {
    const pointer = `${at}/${escapePointer(key)}`;
    const inner = value[key];
    if (inner === null) found.push(pointer);
    else if (isObject(inner)) collectDirectives(inner, pointer, found);
    else if (isArray(inner)) collectListDirectives(inner, pointer, found);
  }
}

function collectListDirectives(items: readonly JsonValue[], at: string, found: string[]): void {
  for (const item of items) {
    if (!isObject(item)) continue;
    const directive = getKey(item, '$patch');
    const name = getKey(item, 'name');
    if (directive === 'replace') found.push(at);
    else if (directive === 'delete') found.push(typeof name === 'string' ? `${at}/${escapePointer(name)}` : at);
    else if (!BY_NAME.includes(at)) collectDirectives(item, at, found);
  }
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

function collect(target: JsonObject, patch: JsonObject, type: TypeRef | undefined, at: string, found: Found): void {
  const directive = getKey(patch, '$patch');
  if (directive === 'replace' || directive === 'delete') {
    for (const key of Object.keys(target)) {
      if (directive === 'delete' || !Object.hasOwn(patch, key)) found.pointers.push(`${at}/${escapePointer(key)}`);
    }
    return;
  }
  const retained = getKey(patch, '$retainKeys');
  if (isArray(retained)) {
    for (const key of Object.keys(target)) {
      if (!retained.includes(key)) found.pointers.push(`${at}/${escapePointer(key)}`);
    }
  }
  for (const key of Object.keys(patch)) {
    const current = getKey(target, key);
    const value = getKey(patch, key);
    if (current === undefined || current === null || value === undefined) continue;
    const pointer = `${at}/${escapePointer(key)}`;
    const member = memberType(type, key);
    if (value === null) found.pointers.push(pointer);
    else if (isObject(value) && isObject(current)) collect(current, value, member.type, pointer, found);
    else if (isArray(value) && isArray(current) && member.mergeKey !== '') {
      collectList(current, value, member, pointer, found);
    } else if (found.overwritten && isLost(current, value, pointer)) found.pointers.push(pointer);
  }
}

const CONTAINER = /^\/spec\/(?:containers|initContainers)\/\d+\//;

function isLost(current: JsonValue, value: JsonValue, pointer: string): boolean {
  if (equal(current, value) || CONTAINER.test(pointer)) return false;
  // A JSON list is lengthened before its bracket.
  return !(typeof current === 'string' && typeof value === 'string' && value.includes(current.replace(/\]$/, '')));
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
  found: Found,
): void {
  const item = type?.kind === 'list' ? type.of : undefined;
  const replaced = patch.some((entry) => isObject(entry) && getKey(entry, '$patch') === 'replace');
  for (const [i, current] of target.entries()) {
    if (!isObject(current)) continue;
    const name = getKey(current, mergeKey);
    const entry = patch.find((candidate) => isObject(candidate) && getKey(candidate, mergeKey) === name);
    const pointer = `${at}/${i}`;
    if (!isObject(entry)) {
      if (replaced) found.pointers.push(pointer);
    } else if (getKey(entry, '$patch') === 'delete') found.pointers.push(pointer);
    else collect(current, entry, item, pointer, found);
  }
}
