/** Fitting a value to a parameter, with Go's messages. */
import { execError, type Run } from './run.ts';
import { isObject, parameterType, typeOf } from './type-name.ts';
import { GoInt, GoList, GoMap, type GoParameter, type GoValue } from './value.ts';

/** The value as the parameter takes it, or an execution error. */
export function fitArgument(run: Run, value: GoValue, parameter: GoParameter): GoValue {
  if (parameter === 'any') return value === undefined ? null : value;
  if (parameter === 'reflect.Value') return value;
  if (value === undefined) {
    if (canBeNil(parameter)) return zeroOf(parameter);
    return execError(run, `invalid value; expected ${parameterType(parameter)}`);
  }
  if (isAssignable(value, parameter)) return value;
  return dereferenced(run, value, parameter);
}

/** Whether an untyped nil may stand for the parameter. */
export function canBeNil(parameter: GoParameter): boolean {
  if (parameter === 'any' || parameter === 'reflect.Value') return true;
  return /^(?:go:)?(?:map\[|\[\]|\*|func\()/.test(parameter);
}

export function zeroOf(parameter: GoParameter): GoValue {
  const type = parameterType(parameter);
  if (type.startsWith('map[')) return new GoMap(new Map(), type, type.endsWith(']string') ? '' : undefined, true);
  if (type.startsWith('[]')) return new GoList([], type, true);
  return parameter === 'reflect.Value' ? undefined : null;
}

/** Whether Go would assign the value to the type without a conversion. Never for nil. */
function isAssignable(value: GoValue, parameter: GoParameter): boolean {
  switch (parameter) {
    case 'any':
    case 'reflect.Value':
      return true;
    case 'string':
      return typeof value === 'string';
    case 'bool':
      return typeof value === 'boolean';
    case 'float64':
      return typeof value === 'number';
    case 'int':
    case 'int64':
      return value instanceof GoInt && value.type === parameter;
    default:
      return value !== null && typeOf(value) === parameterType(parameter);
  }
}

/** Go takes a pointer for its element, and the other way round; then it gives up. */
function dereferenced(run: Run, value: GoValue, parameter: GoParameter): GoValue {
  const type = parameterType(parameter);
  const own = value === null ? 'interface {}' : typeOf(value);
  if (isObject(value) && own === `*${type}`) {
    return value.nil ? execError(run, `dereference of nil pointer of type ${type}`) : value;
  }
  if (isObject(value) && type === `*${own}`) return value;
  return execError(run, `wrong type for value; expected ${type}; got ${own}`);
}

/** What `call` and `index` do with an argument: integers convert to one another. Gives Go's message where it cannot. */
export function prepareArgument(value: GoValue, parameter: GoParameter): { value: GoValue } | string {
  const type = parameterType(parameter);
  if (value === undefined || value === null) {
    return canBeNil(parameter) ? { value: zeroOf(parameter) } : `value is nil; should be of type ${type}`;
  }
  if (isAssignable(value, parameter)) return { value };
  if (value instanceof GoInt && (type === 'int' || type === 'int64')) {
    return { value: new GoInt(type, BigInt.asIntN(64, value.value)) };
  }
  return `value has type ${typeOf(value)}; should be ${type}`;
}
