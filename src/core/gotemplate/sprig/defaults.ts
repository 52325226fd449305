/** Sprig's functions about what is empty, and its JSON. */
import { defineFunc, type FunctionTable, functionTable } from '../define-func.ts';
import { type CallContext, type GoFunc, GoFuncError, type GoValue } from '../value.ts';
import { isEmpty, text } from './arguments.ts';
import { PartialJson, readJson } from './json-reader.ts';
import { indentJson, writeJson } from './json-writer.ts';

export const defaultFunctions: FunctionTable = functionTable(
  defineFunc('default', ['any', 'any'], true, ([fallback, given]) => (isEmpty(given) ? fallback : given)),
  defineFunc('empty', ['any'], false, ([value]) => isEmpty(value)),
  defineFunc('coalesce', ['any'], true, (values) => values.find((value) => !isEmpty(value)) ?? null),
  defineFunc('all', ['any'], true, (values) => !values.some(isEmpty)),
  defineFunc('any', ['any'], true, (values) => values.some((value) => !isEmpty(value))),
  defineFunc('ternary', ['any', 'any', 'bool'], false, ([yes, no, condition]) => (condition === true ? yes : no)),
  defineFunc('fail', ['string'], false, ([message]) => {
    throw new GoFuncError(text(message));
  }),

  ...jsonPair('FromJson', null, ([value], context) => readJson(text(value), context)),
  ...jsonPair('ToJson', '', ([value], context) => writeJson(value, true, context)),
  ...jsonPair('ToPrettyJson', '', ([value], context) => indentJson(writeJson(value, true, context), context)),
  // The one of which Sprig ignores no error.
  defineFunc('toRawJson', ['any'], false, ([value], context) => writeJson(value, false, context)),
  defineFunc('mustToRawJson', ['any'], false, ([value], context) => writeJson(value, false, context)),
);

/** `mustX`, which fails, and `x`, which gives `otherwise` instead. */
function jsonPair(
  name: 'FromJson' | 'ToJson' | 'ToPrettyJson',
  otherwise: GoValue,
  call: (args: readonly GoValue[], context: CallContext) => GoValue,
): readonly GoFunc[] {
  const parameter = name === 'FromJson' ? 'string' : 'any';
  const lenient = (args: readonly GoValue[], context: CallContext): GoValue => {
    try {
      return call(args, context);
    } catch (error) {
      if (error instanceof PartialJson) return error.value;
      if (error instanceof GoFuncError) return otherwise;
      throw error;
    }
  };
  return [
    defineFunc(`must${name}`, [parameter], false, call),
    defineFunc(name.charAt(0).toLowerCase() + name.slice(1), [parameter], false, lenient),
  ];
}
