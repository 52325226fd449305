import { behaves } from '../injection/index.ts';
import {
  getKey,
  isArray,
  isObject,
  type JsonObject,
  type JsonValue,
  type MutableJsonObject,
  setKey,
  stringifyGoJson,
} from '../json.ts';
import { parseYaml, roundTrip, type SourceDocument, type WorkloadKind, workloadKind } from '../kube/index.ts';
import { failed, type Parsed, type Problem, parsed } from '../problem.ts';
import type { Release } from '../release.ts';

/** A pod inside an object: where it stands and whose it is. */
export type Workload = {
  /** `''`, or `/items/3` inside a List. */
  readonly pointer: string;
  readonly kind: WorkloadKind;
  /** The typed object: a Pod, a Deployment … */
  readonly object: JsonObject;
  /** Its pod, or the metadata and spec of its pod template. */
  readonly pod: JsonObject;
};

/** Changes the pod of a workload; the same pod where there is nothing to change. Problems' pointers are the pod's own. */
export type PodChange = (workload: Workload) => Parsed<JsonObject>;

/** A document as Go decodes it, and what became of it. */
export type MappedDocument =
  | { readonly kind: 'untouched' }
  | { readonly kind: 'object'; readonly before: JsonObject; readonly after: JsonObject };

/**
 * Decodes a document as kube-inject does (injection.md 5.1) and gives each pod in it to `change`: of a Pod, a workload,
 * or the items of a List, Lists in Lists too. Only the kind counts. A document of another kind, an empty one, or one of
 * comments alone is untouched. Problems carry pointers into the document; those of a success are warnings.
 */
export function mapWorkloads(source: SourceDocument, release: Release, change: PodChange): Parsed<MappedDocument> {
  const raw = decode(source.text, release);
  if (!raw.ok) return raw;
  if (raw.value === null) return parsed({ kind: 'untouched' });
  if (!isObject(raw.value)) return failed(noMapping(raw.value));
  const mapped = mapObject(raw.value, '', release, change, true);
  if (!mapped.ok) return mapped;
  if (mapped.value === undefined) return parsed({ kind: 'untouched' });
  return parsed({ kind: 'object', ...mapped.value }, mapped.problems);
}

/** A document of workloads as it is decoded, nothing changed. CRLF reads as LF, as splitDocuments has it. */
export function readTyped(text: string, release: Release): Parsed<JsonObject> {
  const source = { text: text.replaceAll('\r\n', '\n'), line: 1 };
  const mapped = mapWorkloads(source, release, ({ pod }) => parsed(pod));
  if (!mapped.ok) return mapped;
  return mapped.value.kind === 'object' ? parsed(mapped.value.before) : failed(noMapping(null));
}

/**
 * YAML to JSON, scalars made strings where the type wants them. The kind is guessed from a line that says it, so that
 * the text is parsed only once; a guess that was wrong costs a second time.
 */
function decode(text: string, release: Release): Parsed<JsonValue> {
  const hint = /^kind:[ \t]*["']?([A-Za-z]+)["']?[ \t]*(?:#.*)?$/m.exec(text)?.[1] ?? '';
  const guessed = typeOf(hint, release);
  const value = parseYaml(text, guessed === undefined ? {} : { schema: guessed });
  if (!value.ok || !isObject(value.value)) return value;
  const actual = typeOf(kindOf(value.value), release);
  return actual === guessed ? value : parseYaml(text, actual === undefined ? {} : { schema: actual });
}

function typeOf(kind: string, release: Release): string | undefined {
  return workloadKind(kind, generation(release))?.type;
}

/** Up to 1.8 workloads were decoded as extensions/v1beta1 and its kin. */
function generation(release: Release): 'old' | 'current' {
  return behaves(release, 'workloads-apps-v1') ? 'current' : 'old';
}

type Mapped = { readonly before: JsonObject; readonly after: JsonObject };

/** Undefined for an object that passes through. `decoded`: scalars are coerced already. */
function mapObject(
  object: JsonObject,
  pointer: string,
  release: Release,
  change: PodChange,
  decoded: boolean,
): Parsed<Mapped | undefined> {
  const name = kindOf(object);
  if (name === 'List') return mapList(object, pointer, release, change);
  const kind = workloadKind(name, generation(release));
  if (kind === undefined) return parsed(undefined);
  const coerced = decoded ? parsed<JsonValue>(object) : parseYaml(stringifyGoJson(object), { schema: kind.type });
  if (!coerced.ok) return at(pointer, coerced);
  return at(pointer, mapWorkload(coerced.value as JsonObject, pointer, kind, release, change));
}

function mapWorkload(
  object: JsonObject,
  pointer: string,
  kind: WorkloadKind,
  release: Release,
  change: PodChange,
): Parsed<Mapped> {
  const before = typed(kind.type, object, release);
  if (!before.ok) return before;
  const template = templateOf(before.value, kind);
  if (template === undefined) return failed(noTemplate());
  const changed = change({ pointer, kind, object: before.value, pod: template });
  if (!changed.ok) return failed(...changed.problems.map((problem) => intoObject(problem, kind)));
  const warnings = changed.problems.map((problem) => intoObject(problem, kind));
  if (changed.value === template) return parsed({ before: before.value, after: before.value }, warnings);
  const after = typed(kind.type, withPod(before.value, kind, changed.value), release);
  return after.ok ? parsed({ before: before.value, after: after.value }, warnings) : after;
}

/** A List is typed itself; its items are raw, and each is decoded by its own kind. */
function mapList(list: JsonObject, pointer: string, release: Release, change: PodChange): Parsed<Mapped> {
  const items = getKey(list, 'items');
  const before: JsonValue[] = [];
  const after: JsonValue[] = [];
  const problems: Problem[] = [];
  let broken = false;
  for (const [i, item] of (isArray(items) ? items : []).entries()) {
    const mapped = isObject(item)
      ? mapObject(item, `${pointer}/items/${i}`, release, change, false)
      : parsed<Mapped | undefined>(undefined);
    problems.push(...mapped.problems);
    if (!mapped.ok) broken = true;
    before.push(mapped.ok && mapped.value !== undefined ? mapped.value.before : item);
    after.push(mapped.ok && mapped.value !== undefined ? mapped.value.after : item);
  }
  if (broken) return failed(...problems);
  const shell = (content: readonly JsonValue[]): Parsed<JsonObject> =>
    roundTrip('meta/v1.RawList', { ...list, items: content }, { unknown: 'keep', creationTimestampNull: false });
  const was = shell(before);
  const is = shell(after);
  if (!was.ok) return was;
  return is.ok ? parsed({ before: was.value, after: is.value }, problems) : is;
}

function typed(type: string, object: JsonObject, release: Release): Parsed<JsonObject> {
  return roundTrip(type, object, {
    unknown: 'keep',
    creationTimestampNull: behaves(release, 'creation-timestamp-null'),
  });
}

/** Metadata and spec as a pod; undefined where the kind wants a template and has none. */
function templateOf(object: JsonObject, kind: WorkloadKind): JsonObject | undefined {
  if (kind.kind === 'Pod') return object;
  if (kind.requiredTemplate && !isObject(valueAt(object, ['spec', 'template']))) return undefined;
  const metadata = valueAt(object, kind.metadataPath);
  const spec = valueAt(object, kind.specPath);
  return { metadata: isObject(metadata) ? metadata : {}, spec: isObject(spec) ? spec : {} };
}

function withPod(object: JsonObject, kind: WorkloadKind, pod: JsonObject): JsonObject {
  if (kind.kind === 'Pod') return pod;
  const metadata = withValue(object, kind.metadataPath, getKey(pod, 'metadata') ?? {});
  return withValue(metadata, kind.specPath, getKey(pod, 'spec') ?? {});
}

function valueAt(object: JsonObject, path: readonly string[]): JsonValue | undefined {
  let value: JsonValue | undefined = object;
  for (const key of path) value = isObject(value) ? getKey(value, key) : undefined;
  return value;
}

function withValue(object: JsonObject, path: readonly string[], value: JsonValue): JsonObject {
  const [key = '', ...rest] = path;
  const copy: MutableJsonObject = { ...object };
  const inner = getKey(object, key);
  setKey(copy, key, rest.length === 0 ? value : withValue(isObject(inner) ? inner : {}, rest, value));
  return copy;
}

function kindOf(object: JsonObject): string {
  const kind = getKey(object, 'kind');
  return typeof kind === 'string' ? kind : '';
}

// Pointers.

function at<T>(prefix: string, result: Parsed<T>): Parsed<T> {
  if (prefix === '') return result;
  const problems = result.problems.map((problem) =>
    problem.where?.file === undefined
      ? { ...problem, where: { pointer: `${prefix}${problem.where?.pointer ?? ''}` } }
      : problem,
  );
  return result.ok ? { ...result, problems } : { ok: false, problems };
}

/** From a pointer into the pod to one into the object. */
function intoObject(problem: Problem, kind: WorkloadKind): Problem {
  const pointer = problem.where?.pointer;
  if (pointer === undefined || kind.kind === 'Pod') return problem;
  const moved = pointer.startsWith('/metadata')
    ? `/${kind.metadataPath.join('/')}${pointer.slice('/metadata'.length)}`
    : pointer.startsWith('/spec')
      ? `/${kind.specPath.join('/')}${pointer.slice('/spec'.length)}`
      : pointer;
  return { ...problem, where: { ...problem.where, pointer: moved } };
}

function noMapping(value: JsonValue): Problem {
  const found = isArray(value) ? 'a list' : value === null ? 'empty' : `a ${typeof value}`;
  return {
    code: 'POD_INVALID',
    severity: 'error',
    message: `a Kubernetes object is a mapping, and this document is ${found}`,
    where: { pointer: '' },
    remedy: 'Check that this is a manifest, and how it is indented.',
  };
}

function noTemplate(): Problem {
  return {
    code: 'POD_INVALID',
    severity: 'error',
    message: 'spec.template is required value',
    where: { pointer: '/spec' },
    remedy: 'Give the pod template of the workload.',
  };
}
