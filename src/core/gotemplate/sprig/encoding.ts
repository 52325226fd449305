/** Sprig's base64 and base32. A text that cannot be decoded gives the error's text instead of an error. */
import { decodeUtf8, encodeUtf8 } from '../../utf8.ts';
import { defineFunc, type FunctionTable, functionTable } from '../define-func.ts';
import { GoFuncError } from '../value.ts';
import { text } from './arguments.ts';
import { decodeBase32, decodeBase64, encodeBase32, encodeBase64 } from './base-encoding.ts';

export const encodingFunctions: FunctionTable = functionTable(
  defineFunc('b64enc', ['string'], false, ([value]) => encodeBase64(encodeUtf8(text(value)))),
  defineFunc('b64dec', ['string'], false, ([value]) => decoded(text(value), decodeBase64)),
  defineFunc('b32enc', ['string'], false, ([value]) => encodeBase32(encodeUtf8(text(value)))),
  defineFunc('b32dec', ['string'], false, ([value]) => decoded(text(value), decodeBase32)),
);

function decoded(value: string, decode: (text: string) => Uint8Array): string {
  try {
    return decodeUtf8(decode(value));
  } catch (error) {
    if (error instanceof GoFuncError) return error.message;
    throw error;
  }
}
