import { isFunc, isObject, typeOf } from '../type-name.ts';
import { GoComplex, GoInt, GoList, GoMap, type GoObject, type GoValue } from '../value.ts';

/** reflect.DeepEqual: the types must be the same, too, and a nil slice or map is not an empty one. */
export function deepEqual(a: GoValue, b: GoValue): boolean {
  const isNone = (value: GoValue): boolean => value === undefined || value === null;
  if (isNone(a) || isNone(b)) return isNone(a) && isNone(b);
  if (a instanceof GoInt) return b instanceof GoInt && a.type === b.type && a.value === b.value;
  if (a instanceof GoList) return b instanceof GoList && equalLists(a, b);
  if (a instanceof GoMap) return b instanceof GoMap && equalMaps(a, b);
  if (a instanceof GoComplex) return b instanceof GoComplex && a.re === b.re && a.im === b.im;
  if (isFunc(a)) return false;
  if (isObject(a)) return isObject(b) && equalObjects(a, b);
  return a === b;
}

/** A key under which equal scalars meet; undefined for what must be compared element by element. */
export function scalarKey(value: GoValue): string | undefined {
  if (value === undefined || value === null) return 'nil';
  if (typeof value === 'string') return `s${value}`;
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (typeof value === 'number') return Number.isNaN(value) ? undefined : `f${value === 0 ? 0 : value}`;
  return value instanceof GoInt ? `${value.type} ${value.value}` : undefined;
}

function equalLists(a: GoList, b: GoList): boolean {
  if (a.type !== b.type || a.nil !== b.nil || a.items.length !== b.items.length) return false;
  return a.items === b.items || a.items.every((item, i) => deepEqual(item, b.items[i]));
}

function equalMaps(a: GoMap, b: GoMap): boolean {
  if (a.type !== b.type || a.nil !== b.nil || a.entries.size !== b.entries.size) return false;
  if (a.entries === b.entries) return true;
  for (const [key, value] of a.entries) {
    if (!b.entries.has(key) || !deepEqual(value, b.entries.get(key))) return false;
  }
  return true;
}

/** Objects show no fields to compare one by one: their JSON stands for them, and their text where they have none. */
function equalObjects(a: GoObject, b: GoObject): boolean {
  if (a === b) return true;
  if (typeOf(a) !== typeOf(b) || a.nil !== b.nil) return false;
  if (a.nil) return true;
  if (a.kind === 'enum') return deepEqual(a.basic(), b.basic());
  const left = a.toJson();
  return left === undefined ? a.print() === b.print() : deepEqual(left, b.toJson());
}
