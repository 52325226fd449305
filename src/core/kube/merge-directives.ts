import { compareCodePoints, isArray, isObject, type JsonValue, type MutableJsonObject, setKey } from '../json.ts';
import { ProblemError } from '../problem.ts';

/** The keys with which a strategic merge patch says more than the new value. */
export const DIRECTIVE = '$patch';
export const RETAIN_KEYS = '$retainKeys';
export const SET_ORDER = '$setElementOrder/';
export const DELETE_PRIMITIVES = '$deleteFromPrimitiveList/';

function isDirectiveKey(key: string): boolean {
  return key === DIRECTIVE || key === RETAIN_KEYS || key.startsWith(SET_ORDER) || key.startsWith(DELETE_PRIMITIVES);
}

/**
 * A value that is taken over as it is, nulls included, without the directives in it. apimachinery leaves them there, and
 * the typed decode that follows drops them; ours keeps what it does not know, so they go here. Shared where there are none.
 */
export function withoutDirectives(value: JsonValue): JsonValue {
  if (isArray(value)) {
    let changed = false;
    const out = value.map((item) => {
      const next = withoutDirectives(item);
      if (next !== item) changed = true;
      return next;
    });
    return changed ? out : value;
  }
  if (!isObject(value)) return value;
  const out: MutableJsonObject = {};
  let changed = false;
  for (const key in value) {
    const member = value[key] ?? null;
    const next = isDirectiveKey(key) ? undefined : withoutDirectives(member);
    if (next !== member) changed = true;
    if (next !== undefined) setKey(out, key, next);
  }
  return changed ? out : value;
}

/** A map as fmt prints it: `map[image:x name:y]`. */
export function goMap(value: JsonValue): string {
  if (isArray(value)) return `[${value.map(goMap).join(' ')}]`;
  if (!isObject(value)) return value === null ? '<nil>' : String(value);
  const keys = Object.keys(value).sort(compareCodePoints);
  return `map[${keys.map((key) => `${key}:${goMap(value[key] ?? null)}`).join(' ')}]`;
}

export function mergeProblem(message: string, pointer: string, remedy: string): ProblemError {
  return new ProblemError({ code: 'MERGE_FAILED', severity: 'error', message, where: { pointer }, remedy });
}
