import { getKey, isArray, isObject, type JsonObject, type JsonValue, textAt } from '../json.ts';
import { equal, escapePointer, structOf, type TypeRef } from '../kube/index.ts';
import type { Problem } from '../problem.ts';
import type { PodTemplate } from './model.ts';
import { annotationOf, containersOf, STATUS_ANNOTATION } from './pod.ts';

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
  if (Object.hasOwn(overlay, '$patch')) return ['/metadata', '/spec'];
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
export function erasedProblem(erased: readonly string[], pod: PodTemplate): Problem | undefined {
  if (erased.length === 0) return undefined;
  const told = [...new Set(erased)].map((pointer) => `${pointer}${containerNames(pod, pointer)}`);
  return {
    code: 'TEMPLATE_ERASED_FIELDS',
    severity: 'warning',
    message: `the template erased fields of the pod: ${told.join(', ')}`,
    where: { pointer: erased[0] },
    remedy: 'Keep the original manifest: uninject cannot bring these fields back.',
  };
}

/** ` (container app)`: a person knows containers by name, and a pointer only has their number. */
function containerNames(pod: PodTemplate, pointer: string): string {
  const [part, list, index, ...deeper] = pointer.split('/').slice(1);
  if (part !== 'spec' || deeper.length > 0) return '';
  const lists = (['initContainers', 'containers'] as const).filter((key) => list === undefined || list === key);
  const names = lists
    .flatMap((key) => containersOf(pod, key).filter((_, i) => index === undefined || String(i) === index))
    .map((container) => textAt(container, 'name'));
  return names.length === 0 ? '' : ` (${names.length === 1 ? 'container' : 'containers'} ${names.join(' ')})`;
}

function collect(target: JsonObject, patch: JsonObject, type: TypeRef | undefined, at: string, found: Found): void {
  const directive = getKey(patch, '$patch');
  if (directive === 'replace') {
    collectReplaced(target, patch, type, at, found);
    return;
  }
  if (directive === 'delete') {
    found.pointers.push(...Object.keys(target).map((key) => `${at}/${escapePointer(key)}`));
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

/** What of the target is not in what takes its place: nothing is merged there, whatever the type says. */
function collectReplaced(
  target: JsonObject,
  patch: JsonObject,
  type: TypeRef | undefined,
  at: string,
  found: Found,
): void {
  for (const key of Object.keys(target)) {
    const current = target[key] ?? null;
    const value = getKey(patch, key);
    // What Go writes for nothing, such as `resources: {}`.
    if (current === null || (isObject(current) && Object.keys(current).length === 0)) continue;
    const pointer = `${at}/${escapePointer(key)}`;
    const member = memberType(type, key);
    if (value === undefined || value === null) found.pointers.push(pointer);
    else if (isObject(value) && isObject(current)) collectReplaced(current, value, member.type, pointer, found);
    else if (isArray(value) && isArray(current) && member.mergeKey !== '') {
      collectReplacedList(current, value, member, pointer, found);
    } else if (found.overwritten && !equal(current, value)) found.pointers.push(pointer);
  }
}

function collectReplacedList(
  target: readonly JsonValue[],
  patch: readonly JsonValue[],
  { type, mergeKey }: Member,
  at: string,
  found: Found,
): void {
  const item = type?.kind === 'list' ? type.of : undefined;
  for (const [i, current] of target.entries()) {
    if (!isObject(current)) continue;
    const name = getKey(current, mergeKey);
    const entry = patch.find((candidate) => isObject(candidate) && getKey(candidate, mergeKey) === name);
    if (isObject(entry)) collectReplaced(current, entry, item, `${at}/${i}`, found);
    else found.pointers.push(`${at}/${i}`);
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
