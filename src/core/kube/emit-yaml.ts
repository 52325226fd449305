import { isArray, type JsonArray, type JsonObject, type JsonValue } from '../json.ts';
import { utf8Length } from '../utf8.ts';
import { compareKeys } from './emit-key-order.ts';
import { analyzeScalar } from './emit-scalar.ts';
import { EmitWriter } from './emit-writer.ts';
import { formatGoFloat, resolvePlain } from './yaml-scalar.ts';

/** Longer keys, and keys of several lines, are written as `? key`. */
const SIMPLE_KEY_BYTES = 128;

/**
 * YAML text of a value, byte for byte as sigs.k8s.io/yaml's Marshal writes it: keys in natural order, lists at the
 * column of their key, the emitter's choice of plain, quoted and literal style, folding at 80 columns. Ends with a
 * newline. Linear in the size of the output.
 */
export function emitYaml(value: JsonValue): string {
  const writer = new EmitWriter();
  node(writer, value, -2, false);
  writer.indent(0);
  return writer.text;
}

/** `indent` is that of the collection around. */
function node(writer: EmitWriter, value: JsonValue, indent: number, isMember: boolean): void {
  if (value === null) writer.word('null');
  else if (typeof value === 'string') string(writer, value, indent, false);
  else if (typeof value === 'number') writer.word(number(value));
  else if (isArray(value)) sequence(writer, value, indent, isMember);
  else if (typeof value === 'object') mapping(writer, value, indent);
  else writer.word(String(value));
}

function mapping(writer: EmitWriter, map: JsonObject, around: number): void {
  const keys = Object.keys(map);
  if (keys.length === 0) {
    writer.word('{}');
    return;
  }
  const indent = around + 2;
  for (const key of keys.sort(compareKeys)) {
    writer.indent(indent);
    if (isSimpleKey(key)) {
      string(writer, key, indent, true);
      writer.colon();
    } else {
      writer.blockIndicator('?');
      string(writer, key, indent, false);
      writer.indent(indent);
      writer.blockIndicator(':');
    }
    node(writer, map[key] ?? null, indent, true);
  }
}

/** The dashes of a list behind `key:` stand level with the key. */
function sequence(writer: EmitWriter, list: JsonArray, around: number, isMember: boolean): void {
  if (list.length === 0) {
    writer.word('[]');
    return;
  }
  const indent = isMember && !writer.isOnlyIndented ? around : around + 2;
  for (const item of list) {
    writer.indent(indent);
    writer.blockIndicator('-');
    node(writer, item, indent, false);
  }
}

// Sixty as the base, once for times: other libraries read these as numbers, so they are quoted.
const BASE60 = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/;

function string(writer: EmitWriter, text: string, around: number, isKey: boolean): void {
  const analysis = analyzeScalar(text);
  const indent = around < 0 ? 2 : around + 2;
  if (text.includes('\n')) {
    if (analysis.blockAllowed) writer.literal(text, indent);
    else writer.doubleQuoted(text, indent, !isKey);
  } else if (!isPlainText(text)) writer.doubleQuoted(text, indent, !isKey);
  else if (analysis.plainAllowed) {
    if (isKey || writer.fitsPlain(text)) writer.word(text);
    else writer.plain(text, indent, true);
  } else if (analysis.singleQuotedAllowed) writer.singleQuoted(text, indent, !isKey);
  else writer.doubleQuoted(text, indent, !isKey);
}

/**
 * Whether a text read without quotes is a string. `<<` is looked up by what it would resolve to, and yaml.v2 does not
 * resolve anything that begins with `<`.
 */
function isPlainText(text: string): boolean {
  const { kind } = resolvePlain(text);
  return (kind === 'string' && !BASE60.test(text)) || kind === 'merge';
}

function isSimpleKey(key: string): boolean {
  if (key.length > SIMPLE_KEY_BYTES || (key.length * 3 > SIMPLE_KEY_BYTES && utf8Length(key) > SIMPLE_KEY_BYTES)) {
    return false;
  }
  return !/[\n\r\u0085\u2028\u2029]/.test(key);
}

/** JSON of a float below 1e21 has no exponent, and yaml.v2 reads it as an integer where 64 bits hold it. */
function number(value: number): string {
  if (!Number.isInteger(value) || value >= 2 ** 64 || value < -(2 ** 63)) return formatGoFloat(value);
  return Number.isSafeInteger(value) ? String(value === 0 ? 0 : value) : String(BigInt(value));
}
