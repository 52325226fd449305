/** Constants in a template, as values of the type that their place asks for. */
import { canBeNil, zeroOf } from './assign.ts';
import type { Eval } from './call.ts';
import { type NumberNode, nodeText, type Operand } from './nodes.ts';
import { execError } from './run.ts';
import { parameterType } from './type-name.ts';
import { GoInt, type GoParameter, type GoValue } from './value.ts';

/** A constant, or the dot, where no parameter says its type. */
export function compileConstant(node: Extract<Operand, { kind: 'bool' | 'dot' | 'number' | 'string' }>): Eval {
  switch (node.kind) {
    case 'bool': {
      const value = node.value;
      return () => value;
    }
    case 'dot':
      return (_run, dot) => dot;
    case 'string': {
      const value = node.text;
      return () => value;
    }
    case 'number': {
      const value = idealConstant(node);
      return typeof value === 'string' ? (run) => execError(run, value) : () => value;
    }
  }
}

/** The number's value where no parameter says its type: the way it is written decides. A text is an error. */
function idealConstant(node: NumberNode): GoValue {
  const { value, text } = node;
  if (value.complex !== undefined) return value.complex;
  const isHex = /^0[xX]/.test(text) && text.length > 2 && !/[pP]/.test(text);
  if (value.float !== undefined && !isHex && !text.startsWith("'") && /[.eEpP]/.test(text)) return value.float;
  if (value.int !== undefined) return new GoInt('int', value.int);
  return `${text} overflows int`;
}

/** `nil` as an argument. */
export function compileNil(node: Operand, parameter: GoParameter): Eval {
  const fits = canBeNil(parameter);
  const value = fits ? zeroOf(parameter) : undefined;
  return (run) => {
    run.node = node;
    return fits ? value : execError(run, `cannot assign nil to ${parameterType(parameter)}`);
  };
}

/** A literal takes the parameter's type where it can: `3.0` is an int to a function that wants one. */
export function compileLiteral(
  node: Extract<Operand, { kind: 'bool' | 'number' | 'string' }>,
  parameter: GoParameter,
): Eval {
  const constant = compileConstant(node);
  if (parameter === 'any' || parameter === 'reflect.Value') {
    return (run, dot) => {
      run.node = node;
      return constant(run, dot);
    };
  }
  const value = typedLiteral(node, parameter);
  return (run) => {
    run.node = node;
    if (value !== undefined) return value;
    const wanted = WANTED.get(parameter);
    const text = nodeText(node);
    if (wanted === undefined) return execError(run, `can't handle ${text} for arg of type ${parameterType(parameter)}`);
    return execError(run, `expected ${wanted}; found ${text}`);
  };
}

const WANTED: ReadonlyMap<GoParameter, string> = new Map<GoParameter, string>([
  ['string', 'string'],
  ['bool', 'bool'],
  ['int', 'integer'],
  ['int64', 'integer'],
  ['float64', 'float'],
]);

function typedLiteral(node: Extract<Operand, { kind: 'bool' | 'number' | 'string' }>, parameter: GoParameter): GoValue {
  if (node.kind === 'string') return parameter === 'string' ? node.text : undefined;
  if (node.kind === 'bool') return parameter === 'bool' ? node.value : undefined;
  if (parameter === 'float64') return node.value.float;
  if (parameter !== 'int' && parameter !== 'int64') return undefined;
  return node.value.int === undefined ? undefined : new GoInt(parameter, node.value.int);
}
