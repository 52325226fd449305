/**
 * Pipelines, commands and operands as closures. A tree is compiled once; what depends on the data alone is left to the
 * closures. `run.node` follows Go's own notion of "where we are" step by step, since its messages are built from it.
 */
import { fitArgument } from './assign.ts';
import {
  type CommandEval,
  compileCall,
  compileCallBuiltin,
  compileShortCircuit,
  type Eval,
  type Final,
  MISSING,
  parameterAt,
} from './call.ts';
import type { FunctionTable } from './define-func.ts';
import { fieldOf, fieldWithArguments, hasInterfaceElements } from './field.ts';
import { compileConstant, compileLiteral, compileNil } from './literal.ts';
import { type CommandNode, type IdentifierNode, type Node, nodeText, type Operand, type PipeNode } from './nodes.ts';
import { assignVariable, execError, findVariable, pushVariable, type Run } from './run.ts';
import { GoList, type GoParameter, type GoValue } from './value.ts';

/** The functions of a template; `builtins` tells which of them are Go's own, for `and`, `or` and `call`. */
export type Functions = { readonly table: FunctionTable; readonly builtins: FunctionTable };

/** A pipeline's value; nil becomes "no value", as Go unwraps interfaces between commands. Declares its variables. */
export function compilePipe(pipe: PipeNode, functions: Functions): Eval {
  const commands = pipe.commands.map((command) => compileCommand(command, functions));
  const [first, ...rest] = commands;
  if (first === undefined) return () => undefined;
  const names = pipe.variables.map((variable) => variable.path[0] ?? '');
  const evaluate: Eval =
    rest.length === 0
      ? (run, dot) => {
          run.node = pipe;
          return first(run, dot, MISSING) ?? undefined;
        }
      : (run, dot) => {
          run.node = pipe;
          let value = first(run, dot, MISSING) ?? undefined;
          for (const command of rest) value = command(run, dot, value) ?? undefined;
          return value;
        };
  if (names.length === 0) return evaluate;
  return (run, dot) => {
    const value = evaluate(run, dot);
    for (const name of names) {
      if (pipe.isAssign) assignVariable(run, name, value);
      else pushVariable(run, name, value);
    }
    return value;
  };
}

function compileCommand(command: CommandNode, functions: Functions): CommandEval {
  const [first, ...args] = command.args;
  if (first === undefined) return () => undefined;
  switch (first.kind) {
    case 'field':
    case 'variable':
    case 'chain':
      return compileFields(first, args, functions);
    case 'identifier':
      return compileFunction(first, command, args, functions);
    case 'pipe': {
      const pipe = compilePipe(first, functions);
      return (run, dot, final) => {
        refuseArguments(run, first, args.length, final);
        return pipe(run, dot);
      };
    }
    default:
      return compileConstantCommand(first, args.length);
  }
}

function compileConstantCommand(
  node: Exclude<Operand, { kind: 'field' | 'variable' | 'chain' | 'identifier' | 'pipe' }>,
  argCount: number,
): CommandEval {
  const evaluate: Eval = node.kind === 'nil' ? (run) => execError(run, 'nil is not a command') : compileConstant(node);
  return (run, dot, final) => {
    run.node = node;
    refuseArguments(run, node, argCount, final);
    return evaluate(run, dot);
  };
}

function refuseArguments(run: Run, node: Operand, argCount: number, final: Final): void {
  if (argCount > 0 || final !== MISSING) {
    execError(run, `can't give argument to non-function ${nodeText(node)}`);
  }
}

/** `.A.B`, `$x.A`, `(pipeline).A`, each perhaps with arguments for a method at the end. */
function compileFields(
  node: Extract<Operand, { kind: 'field' | 'variable' | 'chain' }>,
  argNodes: readonly Operand[],
  functions: Functions,
): CommandEval {
  const args = argNodes.map((arg) => compileArgument(arg, 'any', functions));
  const read = compileFieldPath(node, functions);
  if (argNodes.length === 0) {
    return (run, dot, final) => (final === MISSING ? read.last(run, dot) : withArguments(run, dot, final));
  }
  return (run, dot, final) => withArguments(run, dot, final);

  function withArguments(run: Run, dot: GoValue, final: Final): GoValue {
    run.node = node;
    if (read.name === undefined) {
      const value = read.last(run, dot);
      refuseArguments(run, node, args.length, final);
      return value;
    }
    const receiver = read.beforeLast(run, dot);
    const isElement = run.lastIsElement;
    run.lastIsElement = hasInterfaceElements(receiver);
    return fieldWithArguments(run, receiver, isElement, read.name, () => {
      const values = args.map((arg) => arg(run, dot));
      if (final !== MISSING) values.push(fitArgument(run, final, 'any'));
      run.node = node;
      return values;
    });
  }
}

type FieldPath = {
  /** The whole path's value. */
  readonly last: Eval;
  /** What the last field is taken from; `run.lastIsElement` then tells whether that stands in an interface{}. */
  readonly beforeLast: Eval;
  /** The last field; undefined where there is none, as in `$x`. */
  readonly name: string | undefined;
};

function compileFieldPath(
  node: Extract<Operand, { kind: 'field' | 'variable' | 'chain' }>,
  functions: Functions,
): FieldPath {
  const start = compileReceiver(node, functions);
  const path = node.kind === 'variable' ? node.path.slice(1) : node.path;
  const name = path.at(-1);
  const inner = path.slice(0, -1);
  const beforeLast: Eval = (run, dot) => {
    run.node = node;
    let value = start.value(run, dot);
    let isElement = start.isElement(run);
    for (const step of inner) {
      const container = value;
      value = fieldOf(run, value, isElement, step);
      isElement = hasInterfaceElements(container);
    }
    run.lastIsElement = isElement;
    return value;
  };
  if (name === undefined) return { last: beforeLast, beforeLast, name };
  return {
    last: (run, dot) => {
      const receiver = beforeLast(run, dot);
      const isElement = run.lastIsElement;
      run.lastIsElement = hasInterfaceElements(receiver);
      return fieldOf(run, receiver, isElement, name);
    },
    beforeLast,
    name,
  };
}

/** What the fields are taken from, and whether Go holds it in an interface{}. */
function compileReceiver(
  node: Extract<Operand, { kind: 'field' | 'variable' | 'chain' }>,
  functions: Functions,
): { value: Eval; isElement: (run: Run) => boolean } {
  if (node.kind === 'field') return { value: (_run, dot) => dot, isElement: (run) => run.dotIsElement };
  if (node.kind === 'variable') {
    const name = node.path[0] ?? '';
    let found = 0;
    return {
      value: (run) => {
        found = findVariable(run, name);
        return run.values[found];
      },
      isElement: (run) => run.areElements[found] ?? false,
    };
  }
  const inner = compileOperand(node.node, functions);
  return {
    value: (run, dot) => {
      run.node = node.node;
      return inner(run, dot);
    },
    isElement: () => false,
  };
}

function compileFunction(
  node: IdentifierNode,
  errorNode: Node,
  argNodes: readonly Operand[],
  functions: Functions,
): CommandEval {
  const name = node.name;
  const func = functions.table.get(name);
  if (func === undefined) {
    return (run) => {
      run.node = node;
      return execError(run, `"${name}" is not a defined function`);
    };
  }
  const isBuiltin = functions.builtins.get(name) === func;
  const args = argNodes.map((arg, i) => compileArgument(arg, parameterAt(func, i) ?? 'any', functions));
  let call: CommandEval;
  if (isBuiltin && (name === 'and' || name === 'or')) call = compileShortCircuit(name, args);
  else if (isBuiltin && name === 'call') {
    const callee = argNodes[0];
    call = compileCallBuiltin(func, callee === undefined ? undefined : nodeText(callee), errorNode, args);
  } else if (isBuiltin && name === 'slice') {
    call = compileCall(
      func,
      name,
      errorNode,
      args.map((arg, i) => (i === 0 ? arg : asSliceBound(argNodes[i], arg))),
    );
  } else call = compileCall(func, name, errorNode, args);
  return (run, dot, final) => {
    run.node = node;
    return call(run, dot, final);
  };
}

/** A value whose type prints as `interface {}`. */
const IN_INTERFACE = new GoList([], 'interface {}');

/** Alone among the builtins, `slice` does not look into interfaces: no element of a list of anything is a bound to it. */
function asSliceBound(node: Operand | undefined, evaluate: Eval): Eval {
  if (node?.kind === 'dot') return (run, dot) => (run.dotIsElement ? IN_INTERFACE : evaluate(run, dot));
  if (node?.kind !== 'field' && node?.kind !== 'variable' && node?.kind !== 'chain') return evaluate;
  return (run, dot) => {
    const value = evaluate(run, dot);
    return run.lastIsElement && value !== undefined ? IN_INTERFACE : value;
  };
}

/** An argument, fitted to its parameter. */
function compileArgument(node: Operand, parameter: GoParameter, functions: Functions): Eval {
  switch (node.kind) {
    case 'nil':
      return compileNil(node, parameter);
    case 'bool':
    case 'number':
    case 'string':
      return compileLiteral(node, parameter);
    case 'dot':
      return (run, dot) => {
        run.node = node;
        return fitArgument(run, dot, parameter);
      };
    default: {
      const evaluate = compileOperand(node, functions);
      if (parameter === 'reflect.Value') {
        return (run, dot) => {
          run.node = node;
          return evaluate(run, dot);
        };
      }
      return (run, dot) => {
        run.node = node;
        return fitArgument(run, evaluate(run, dot), parameter);
      };
    }
  }
}

/** An operand that stands alone, without arguments. */
function compileOperand(node: Operand, functions: Functions): Eval {
  switch (node.kind) {
    case 'pipe':
      return compilePipe(node, functions);
    case 'identifier': {
      const call = compileFunction(node, node, [], functions);
      return (run, dot) => call(run, dot, MISSING);
    }
    case 'field':
    case 'variable':
    case 'chain':
      return compileFieldPath(node, functions).last;
    case 'nil':
      return () => undefined;
    default:
      return compileConstant(node);
  }
}
