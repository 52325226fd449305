import { isFunc } from './type-name.ts';
import { GoComplex, GoInt, GoList, GoMap, type GoValue } from './value.ts';

/** Whether `if` takes the value for true: not nil, not zero, not empty. A struct is always true. */
export function isTrue(value: GoValue): boolean {
  if (value === undefined || value === null) return false;
  switch (typeof value) {
    case 'boolean':
      return value;
    case 'string':
      return value.length > 0;
    case 'number':
      return value !== 0; // NaN is true in Go, too
    default:
      break;
  }
  if (value instanceof GoMap) return value.entries.size > 0;
  if (value instanceof GoList) return value.items.length > 0;
  if (value instanceof GoInt) return value.value !== 0n;
  if (value instanceof GoComplex) return value.re !== 0 || value.im !== 0;
  if (isFunc(value)) return true;
  if (value.kind === 'pointer') return !value.nil;
  return value.kind === 'struct' || isTrue(value.basic());
}
