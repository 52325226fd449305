/** eq, ne, lt, le, gt, ge: basic kinds only, never across kinds, but across signed and unsigned. */
import { compareCodePoints } from '../json.ts';
import { formatWithVerb } from './printf.ts';
import { isFunc, isObject, typeOf } from './type-name.ts';
import { GoComplex, GoFuncError, GoInt, GoList, GoMap, type GoValue } from './value.ts';

type Basic = boolean | number | string | GoInt | GoComplex;

/** `eq a b c …`: whether a equals any of the others. */
export function equalsAny(first: GoValue, others: readonly GoValue[]): boolean {
  if (others.length === 0) throw new GoFuncError('missing argument for comparison');
  return others.some((other) => equals(first, other));
}

export function isLess(a: GoValue, b: GoValue): boolean {
  const x = basicOf(a);
  const y = basicOf(b);
  if (x === undefined || y === undefined) throw new GoFuncError('invalid type for comparison');
  if (x instanceof GoInt && y instanceof GoInt) return x.value < y.value;
  if (typeof x !== typeof y || kindOf(x) !== kindOf(y)) throw incompatible(a, b);
  if (typeof x === 'number' && typeof y === 'number') return x < y;
  if (typeof x === 'string' && typeof y === 'string') return compareCodePoints(x, y) < 0;
  throw new GoFuncError('invalid type for comparison');
}

function equals(a: GoValue, b: GoValue): boolean {
  const x = basicOf(a);
  const y = basicOf(b);
  if (x === undefined && y === undefined) return equalsOther(a, b);
  if (x === undefined || y === undefined || kindOf(x) !== kindOf(y)) {
    if (a === undefined || a === null || b === undefined || b === null) return false;
    throw incompatible(a, b);
  }
  if (x instanceof GoInt && y instanceof GoInt) return x.value === y.value;
  if (x instanceof GoComplex && y instanceof GoComplex) return x.re === y.re && x.im === y.im;
  return x === y;
}

/** Nils, structs and pointers; lists, maps and functions compare with nil alone. */
function equalsOther(a: GoValue, b: GoValue): boolean {
  const isNone = (value: GoValue): boolean => value === undefined || value === null;
  if (!isNone(a) && !isNone(b) && shape(a) !== shape(b)) {
    const left = `${formatWithVerb(a, 's')}: ${typeOf(a)}`;
    throw new GoFuncError(`non-comparable types ${left}, ${typeOf(b)}: ${formatWithVerb(b, 'v')}`);
  }
  if (isNil(a) || isNil(b)) return isNil(a) === isNil(b);
  if (!isObject(a) || !isObject(b)) {
    throw new GoFuncError(`non-comparable type ${formatWithVerb(b, 's')}: ${typeOf(b)}`);
  }
  if (a === b) return true;
  return a.kind === 'struct' && b.kind === 'struct' && a.type === b.type && a.print() === b.print();
}

function basicOf(value: GoValue): Basic | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'object' || value instanceof GoInt || value instanceof GoComplex) return value;
  return isObject(value) && value.kind === 'enum' ? value.basic() : undefined;
}

function kindOf(value: Basic): string {
  if (value instanceof GoInt) return 'int';
  return value instanceof GoComplex ? 'complex' : typeof value;
}

function shape(value: GoValue): string {
  if (value instanceof GoMap) return 'map';
  if (value instanceof GoList) return 'slice';
  return isFunc(value) ? 'func' : isObject(value) ? value.kind : 'basic';
}

function isNil(value: GoValue): boolean {
  if (value === undefined || value === null) return true;
  return typeof value === 'object' && 'nil' in value && value.nil;
}

function incompatible(a: GoValue, b: GoValue): GoFuncError {
  return new GoFuncError(`incompatible types for comparison: ${typeOf(a)} and ${typeOf(b)}`);
}
