import {
  GoComplex,
  type GoFunc,
  GoInt,
  GoList,
  GoMap,
  type GoObject,
  type GoParameter,
  type GoValue,
} from './value.ts';

/** A value that is none of JavaScript's own kinds and none of our classes. */
export function isObject(value: GoValue): value is GoObject {
  return (
    typeof value === 'object' &&
    value !== null &&
    !(value instanceof GoMap) &&
    !(value instanceof GoList) &&
    !(value instanceof GoInt) &&
    !(value instanceof GoComplex) &&
    value.kind !== 'func'
  );
}

export function isFunc(value: GoValue): value is GoFunc {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'func';
}

/** The Go type as `%T` prints it; `<nil>` for nil and for no value. */
export function typeOf(value: GoValue): string {
  if (value === undefined || value === null) return '<nil>';
  switch (typeof value) {
    case 'boolean':
      return 'bool';
    case 'string':
      return 'string';
    case 'number':
      return 'float64';
    default:
      break;
  }
  if (value instanceof GoComplex) return 'complex128';
  if (isFunc(value)) return funcType(value);
  return value.type;
}

/** A parameter's type as Go prints it. */
export function parameterType(parameter: GoParameter): string {
  if (parameter === 'any') return 'interface {}';
  return parameter.startsWith('go:') ? parameter.slice(3) : parameter;
}

function funcType(func: GoFunc): string {
  const types = func.signature.parameters.map(parameterType);
  const last = types.length - 1;
  if (func.signature.variadic && last >= 0) types[last] = `...${types[last]}`;
  return `func(${types.join(', ')}) interface {}`;
}
