/** The functions that every Go template has. */
import { decodeUtf8, encodeUtf8, utf8Length } from '../utf8.ts';
import { prepareArgument } from './assign.ts';
import { equalsAny, isLess } from './compare.ts';
import { defineFunc, type FunctionTable, functionTable } from './define-func.ts';
import { escapeHtml, escapeJs, escapeQuery, escaperText } from './escape.ts';
import { zeroElement } from './field.ts';
import { sprint, sprintln } from './print.ts';
import { formatPrintf } from './printf.ts';
import { isTrue } from './truth.ts';
import { isFunc, isObject, typeOf } from './type-name.ts';
import { type CallContext, type GoFunc, GoFuncError, GoInt, GoList, GoMap, type GoValue } from './value.ts';

/** `len`, `index`, … as Go 1.26 has them. `and`, `or` and `call` are here for their names; the engine compiles them itself. */
export const goBuiltins: FunctionTable = functionTable(
  defineFunc('and', ['reflect.Value', 'reflect.Value'], true, ([first]) => first),
  defineFunc('or', ['reflect.Value', 'reflect.Value'], true, ([first]) => first),
  defineFunc('not', ['reflect.Value'], false, ([value]) => !isTrue(value)),
  defineFunc('eq', ['reflect.Value', 'reflect.Value'], true, ([first, ...others]) => equalsAny(first, others)),
  defineFunc('ne', ['reflect.Value', 'reflect.Value'], false, ([a, b]) => !equalsAny(a, [b])),
  defineFunc('lt', ['reflect.Value', 'reflect.Value'], false, ([a, b]) => isLess(a, b)),
  defineFunc('le', ['reflect.Value', 'reflect.Value'], false, ([a, b]) => isLess(a, b) || equalsAny(a, [b])),
  defineFunc('gt', ['reflect.Value', 'reflect.Value'], false, ([a, b]) => !isLess(a, b) && !equalsAny(a, [b])),
  defineFunc('ge', ['reflect.Value', 'reflect.Value'], false, ([a, b]) => !isLess(a, b)),
  defineFunc('len', ['reflect.Value'], false, ([value]) => new GoInt('int', BigInt(length(value)))),
  defineFunc('index', ['reflect.Value', 'reflect.Value'], true, ([item, ...keys]) => index(item, keys)),
  defineFunc('slice', ['reflect.Value', 'reflect.Value'], true, ([item, ...bounds]) => slice(item, bounds)),
  defineFunc('print', ['any'], true, (args) => sprint(args)),
  defineFunc('println', ['any'], true, (args) => sprintln(args)),
  defineFunc('printf', ['string', 'any'], true, ([format, ...args]) => formatPrintf(String(format), args)),
  defineFunc('html', ['any'], true, (args) => escapeHtml(escaperText(args))),
  defineFunc('js', ['any'], true, (args) => escapeJs(escaperText(args))),
  defineFunc('urlquery', ['any'], true, (args) => escapeQuery(escaperText(args))),
  callNamed('call'),
);

/** `call`, with the text of its first argument for the messages. */
export function callNamed(callee: string): GoFunc {
  return defineFunc('call', ['reflect.Value', 'reflect.Value'], true, ([func, ...args], context) =>
    callValue(callee, func, args, context),
  );
}

function callValue(callee: string, func: GoValue, args: readonly GoValue[], context: CallContext): GoValue {
  if (func === undefined || func === null) throw new GoFuncError('call of nil');
  if (!isFunc(func)) throw new GoFuncError(`non-function ${callee} of type ${typeOf(func)}`);
  const { parameters, variadic } = func.signature;
  const fixed = parameters.length - 1;
  if (variadic ? args.length < fixed : args.length !== parameters.length) {
    const want = variadic ? `want at least ${fixed}` : `want ${parameters.length}`;
    throw new GoFuncError(`wrong number of args for ${callee}: got ${args.length} ${want}`);
  }
  const prepared = args.map((arg, i) => {
    const parameter = (variadic && i >= fixed ? parameters.at(-1) : parameters[i]) ?? 'any';
    const result = prepareArgument(arg, parameter);
    if (typeof result === 'string') throw new GoFuncError(`arg ${i}: ${result}`);
    return result.value;
  });
  return func.call(prepared, context);
}

function length(value: GoValue): number {
  if (typeof value === 'string') return utf8Length(value);
  if (value instanceof GoMap) return value.entries.size;
  if (value instanceof GoList) return value.items.length;
  if (value === undefined) throw new GoFuncError('reflect: call of reflect.Value.Type on zero Value');
  if (value === null || isNilPointer(value)) throw new GoFuncError('len of nil pointer');
  throw new GoFuncError(`len of type ${elementType(value)}`);
}

function index(item: GoValue, keys: readonly GoValue[]): GoValue {
  if (item === undefined || item === null) throw new GoFuncError('index of untyped nil');
  let value: GoValue = item;
  for (const key of keys) value = indexOnce(value, key);
  return value;
}

function indexOnce(item: GoValue, key: GoValue): GoValue {
  if (item === undefined || item === null || isNilPointer(item)) throw new GoFuncError('index of nil pointer');
  if (item instanceof GoMap) {
    const prepared = prepareArgument(key, 'string');
    if (typeof prepared === 'string') throw new GoFuncError(prepared);
    const value = item.entries.get(String(prepared.value));
    return value === undefined ? zeroElement(item) : value;
  }
  if (item instanceof GoList) {
    const at = bound(key, item.items.length);
    if (at === item.items.length) throw new GoFuncError('reflect: slice index out of range');
    return item.items[at];
  }
  if (typeof item === 'string') {
    const bytes = encodeUtf8(item);
    const at = bound(key, bytes.length);
    if (at === bytes.length) throw new GoFuncError('reflect: string index out of range');
    return new GoInt('uint8', BigInt(bytes[at] ?? 0));
  }
  throw new GoFuncError(`can't index item of type ${elementType(item)}`);
}

function slice(item: GoValue, bounds: readonly GoValue[]): GoValue {
  if (item === undefined || item === null) throw new GoFuncError('slice of untyped nil');
  if (isNilPointer(item)) throw new GoFuncError('slice of nil pointer');
  if (bounds.length > 3) throw new GoFuncError(`too many slice indexes: ${bounds.length}`);
  if (typeof item !== 'string' && !(item instanceof GoList)) {
    throw new GoFuncError(`can't slice item of type ${elementType(item)}`);
  }
  if (typeof item === 'string' && bounds.length === 3) throw new GoFuncError('cannot 3-index slice a string');
  const bytes = typeof item === 'string' ? encodeUtf8(item) : undefined;
  const size = item instanceof GoList ? item.items.length : (bytes?.length ?? 0);
  const [from = 0, to = size, capacity] = bounds.map((value) => bound(value, size));
  if (from > to) throw new GoFuncError(`invalid slice index: ${from} > ${to}`);
  if (capacity !== undefined && to > capacity) throw new GoFuncError(`invalid slice index: ${to} > ${capacity}`);
  if (item instanceof GoList) return new GoList(item.items.slice(from, to), item.type, item.nil);
  return bytes === undefined ? '' : decodeUtf8(bytes.subarray(from, to));
}

/** An index as a number from 0 to the capacity. Go's message says `%d` of what it was given. */
function bound(index: GoValue, capacity: number): number {
  if (index === undefined || index === null) throw new GoFuncError('cannot index slice/array with nil');
  const int = isObject(index) && index.kind === 'enum' ? index.basic() : index;
  if (!(int instanceof GoInt)) throw new GoFuncError(`cannot index slice/array with type ${typeOf(index)}`);
  if (int.value < 0n || int.value > BigInt(capacity)) {
    throw new GoFuncError(`index out of range: ${BigInt.asIntN(64, int.value)}`);
  }
  return Number(int.value);
}

function isNilPointer(value: GoValue): boolean {
  return isObject(value) && value.kind === 'pointer' && value.nil;
}

/** The type behind a pointer. */
function elementType(value: GoValue): string {
  const type = typeOf(value);
  return type.startsWith('*') ? type.slice(1) : type;
}
