/** Sprig's questions about types. */
import { defineFunc, type FunctionTable, functionTable } from '../define-func.ts';
import { typeOf } from '../type-name.ts';
import { kindOf, text } from './arguments.ts';
import { deepEqual } from './deep-equal.ts';

export const reflectFunctions: FunctionTable = functionTable(
  defineFunc('typeOf', ['any'], false, ([value]) => typeOf(value)),
  defineFunc('typeIs', ['string', 'any'], false, ([name, value]) => text(name) === typeOf(value)),
  defineFunc('typeIsLike', ['string', 'any'], false, ([name, value]) => {
    const type = typeOf(value);
    return text(name) === type || `*${text(name)}` === type;
  }),
  defineFunc('kindOf', ['any'], false, ([value]) => kindOf(value)),
  defineFunc('kindIs', ['string', 'any'], false, ([name, value]) => text(name) === kindOf(value)),
  defineFunc('deepEqual', ['any', 'any'], false, ([a, b]) => deepEqual(a, b)),
);
