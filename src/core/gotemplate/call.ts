/** Calling a function of the table: argument count, conversion, and errors with Go's texts. */
import { ProblemError } from '../problem.ts';
import { fitArgument } from './assign.ts';
import { callNamed } from './builtins.ts';
import { exhaustion } from './exhaustion.ts';
import type { Node } from './nodes.ts';
import { execError, limitError, type Run, step } from './run.ts';
import { isTrue } from './truth.ts';
import { typeOf } from './type-name.ts';
import { type GoFunc, GoList, type GoParameter, type GoValue } from './value.ts';

/** Stands for "no value comes down the pipeline". */
export const MISSING: unique symbol = Symbol('missing');
export type Final = GoValue | typeof MISSING;

export type Eval = (run: Run, dot: GoValue) => GoValue;
export type CommandEval = (run: Run, dot: GoValue, final: Final) => GoValue;

/** Parameter of the argument at an index; undefined beyond the last one of a function that is not variadic. */
export function parameterAt(func: GoFunc, index: number): GoParameter | undefined {
  const { parameters, variadic } = func.signature;
  return variadic && index >= parameters.length - 1 ? parameters.at(-1) : parameters[index];
}

/** `node` is what an error names: the command, or the identifier where the function is an argument itself. */
export function compileCall(func: GoFunc, name: string, node: Node, args: readonly Eval[]): CommandEval {
  const { parameters, variadic } = func.signature;
  const count = args.length;
  const fixed = parameters.length - 1;
  const finalParameter = parameterAt(func, count) ?? 'any';
  return (run, dot, final) => {
    const given = final === MISSING ? count : count + 1;
    if (variadic ? given < fixed : given !== parameters.length) {
      const want = variadic ? `at least ${fixed} got ${count}` : `${parameters.length} got ${given}`;
      execError(run, `wrong number of args for ${name}: want ${want}`);
    }
    const values: GoValue[] = [];
    for (const arg of args) values.push(arg(run, dot));
    if (final !== MISSING) values.push(fitArgument(run, final, finalParameter));
    return invoke(run, func, name, node, values);
  };
}

/** `and` and `or` evaluate no further than they need, and give back the operand that decided. */
export function compileShortCircuit(name: 'and' | 'or', args: readonly Eval[]): CommandEval {
  const decisive = name === 'or';
  return (run, dot, final) => {
    if (args.length === 0 && final === MISSING) {
      execError(run, `wrong number of args for ${name}: want at least 1 got 0`);
    }
    step(run, 1);
    let value: GoValue;
    for (const arg of args) {
      value = arg(run, dot);
      if (isTrue(value) === decisive) return value;
    }
    return final === MISSING ? value : final;
  };
}

/** `call`: its first argument is the function, whose text appears in messages. */
export function compileCallBuiltin(
  func: GoFunc,
  callee: string | undefined,
  node: Node,
  args: readonly Eval[],
): CommandEval {
  if (callee !== undefined) return compileCall(callNamed(callee), 'call', node, args);
  const withFinal = (final: Final): string =>
    typeof final === 'string' ? final : `<${typeOf(final === MISSING ? undefined : final)} Value>`;
  return (run, dot, final) =>
    compileCall(final === MISSING ? func : callNamed(withFinal(final)), 'call', node, args)(run, dot, final);
}

function invoke(run: Run, func: GoFunc, name: string, node: Node, values: readonly GoValue[]): GoValue {
  step(run, 1);
  let result: GoValue;
  try {
    result = func.call(values, run.context);
  } catch (error) {
    if (exhaustion(error) !== undefined) throw error;
    run.node = node;
    if (error instanceof ProblemError) {
      if (error.problem.where !== undefined) throw error;
      return limitError(run, error.problem.message);
    }
    // Go turns a panic of a function into its error, too.
    return execError(run, `error calling ${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (typeof result === 'string') {
    if (result.length >= 16) weigh(run, node, result.length);
  } else if (result instanceof GoList && result.items.length > 8) step(run, result.items.length >> 3);
  return result;
}

/** A long string counts for several steps: doubling one in a loop must end early. */
function weigh(run: Run, node: Node, length: number): void {
  step(run, length >> 4);
  if (length > run.limits.outputBytes) {
    run.node = node;
    limitError(run, `a value of more than ${run.limits.outputBytes} bytes`);
  }
}
