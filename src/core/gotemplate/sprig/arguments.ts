/** What all functions here need: their arguments as JavaScript values, results as Go values, and Go's panics. */
import { formatValue } from '../print.ts';
import { isFunc, isObject, typeOf } from '../type-name.ts';
import { GoComplex, GoFuncError, GoInt, GoList, GoMap, type GoValue } from '../value.ts';
import { fromByteText } from './byte-text.ts';

/** The engine has checked the type already: another one is a bug. */
export function text(value: GoValue): string {
  if (typeof value === 'string') return value;
  throw new TypeError(`want a string, got ${typeOf(value)}`);
}

export function int(value: GoValue): bigint {
  if (value instanceof GoInt) return value.value;
  throw new TypeError(`want an integer, got ${typeOf(value)}`);
}

/** An int as a number: exact below 2^53, and beyond that as good as infinite for a length or an index. */
export function size(value: GoValue): number {
  return Number(int(value));
}

export function map(value: GoValue): GoMap {
  if (value instanceof GoMap) return value;
  throw new TypeError(`want a map, got ${typeOf(value)}`);
}

export function goInt(value: number | bigint): GoInt {
  return new GoInt('int', BigInt(value));
}

export function goInt64(value: bigint): GoInt {
  return new GoInt('int64', BigInt.asIntN(64, value));
}

export function goStrings(items: readonly string[], isNil = false): GoList {
  return new GoList(items, '[]string', isNil);
}

/** A nil slice, which prints as `[]`. */
export const NIL_LIST = new GoList([], '[]interface {}', true);

/** The panic of `reflect.TypeOf(nil).Kind()` and of any other use of a nil pointer. */
export function nilPointer(): never {
  throw new GoFuncError('runtime error: invalid memory address or nil pointer dereference');
}

export function sliceBounds(what: string): never {
  throw new GoFuncError(`runtime error: slice bounds out of range ${what}`);
}

/** reflect.Kind's name. */
export function kindOf(value: GoValue): string {
  if (value === undefined || value === null) return 'invalid';
  switch (typeof value) {
    case 'string':
      return 'string';
    case 'boolean':
      return 'bool';
    case 'number':
      return 'float64';
    default:
      break;
  }
  if (value instanceof GoInt) return value.type;
  if (value instanceof GoList) return 'slice';
  if (value instanceof GoMap) return 'map';
  if (value instanceof GoComplex) return 'complex128';
  if (isFunc(value)) return 'func';
  if (value.kind === 'pointer') return 'ptr';
  return value.kind === 'struct' ? 'struct' : kindOf(value.basic());
}

/** A value as text: strings and bytes as they are, others as `%v`. */
export function asText(value: GoValue): string {
  if (typeof value === 'string') return value;
  return value instanceof GoList && value.type === '[]uint8' ? bytesText(value) : formatValue(value);
}

/** Anything as a list of texts: nil elements are dropped, one value is a list of one. */
export function asTexts(value: GoValue): readonly string[] {
  if (value === undefined || value === null) return [];
  if (!(value instanceof GoList)) return [asText(value)];
  const texts: string[] = [];
  for (const item of value.items) if (item !== undefined && item !== null) texts.push(asText(item));
  return texts;
}

/** Sprig's idea of "not set": false, zero, and what has no length; a struct is always set. */
export function isEmpty(value: GoValue): boolean {
  if (value === undefined || value === null) return true;
  switch (typeof value) {
    case 'string':
      return value.length === 0;
    case 'boolean':
      return !value;
    case 'number':
      return value === 0;
    default:
      break;
  }
  if (value instanceof GoInt) return value.value === 0n;
  if (value instanceof GoList) return value.items.length === 0;
  if (value instanceof GoMap) return value.entries.size === 0;
  if (value instanceof GoComplex) return value.re === 0 && value.im === 0;
  if (!isObject(value)) return false;
  if (value.kind === 'pointer') return value.nil;
  return value.kind === 'enum' && isEmpty(value.basic());
}

function bytesText(list: GoList): string {
  return fromByteText(list.items.map((item) => String.fromCharCode(Number(int(item)))).join(''));
}
