/**
 * Go's text/template in TypeScript: a template is parsed and compiled to closures once and executed many times. Output
 * and messages are those of Go 1.26, to the byte; a run is bounded in output, steps and depth, and touches nothing
 * outside: clock, random numbers and environment come in as the host.
 *
 *   text ─ lex ─► tokens ─ parse ─► trees ─ evaluate, execute ─► CompiledTemplate
 *                                                                      │ data, host, limits
 *                                            builtins, sprig ─ call ───┴─► text, or one Problem
 */
export { goBuiltins } from './builtins.ts';
export { defineFunc, type FunctionTable, functionTable } from './define-func.ts';
export { formatFloat } from './float-format.ts';
export { fromJson, toJsonValue } from './json-values.ts';
export { formatValue, sortedKeys, sprint, sprintln } from './print.ts';
export { formatPrintf } from './printf.ts';
export { quote, quoteToAscii } from './quote.ts';
export { type CompiledTemplate, DEFAULT_LIMITS, type MissingKey, type TemplateLimits } from './run.ts';
export { certificateValue, sprigFunctions } from './sprig/index.ts';
export { type CompileOptions, compileTemplate, executeTemplate } from './template.ts';
export { isTrue } from './truth.ts';
export { isFunc, isObject, typeOf } from './type-name.ts';
export { unquote } from './unquote.ts';
export * from './value.ts';
