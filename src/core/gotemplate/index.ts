export { defineFunc, type FunctionTable, functionTable } from './define-func.ts';
export { formatFloat } from './float-format.ts';
export { fromJson, toJsonValue } from './json-values.ts';
export { formatValue, sortedKeys, sprint, sprintln } from './print.ts';
export { formatPrintf } from './printf.ts';
export { quote, quoteToAscii } from './quote.ts';
export { isTrue } from './truth.ts';
export { isFunc, isObject, typeOf } from './type-name.ts';
export * from './value.ts';
