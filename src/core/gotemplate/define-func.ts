import type { CallContext, GoFunc, GoParameter, GoValue } from './value.ts';

/** Functions by the name that templates call them by. */
export type FunctionTable = ReadonlyMap<string, GoFunc>;

/**
 * A function for templates. The engine checks and converts the arguments by the parameters (the last of them repeated
 * when `variadic`) before it calls: `call` may rely on their number and types. `any` receives null for "no value" and
 * nil; `reflect.Value` receives "no value" as undefined. Throw GoFuncError for `error calling NAME: TEXT`.
 */
export function defineFunc(
  name: string,
  parameters: readonly GoParameter[],
  variadic: boolean,
  call: (args: readonly GoValue[], context: CallContext) => GoValue,
): GoFunc {
  return { kind: 'func', name, signature: { parameters, variadic }, call };
}

/** A table of functions, each under its own name; a later one replaces an earlier one. */
export function functionTable(...functions: readonly GoFunc[]): FunctionTable {
  return new Map(functions.map((func) => [func.name, func]));
}
