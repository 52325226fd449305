import { quote } from './quote.ts';
import { execError, type MissingKey, type Run } from './run.ts';
import { isObject, typeOf } from './type-name.ts';
import {
  type GoComplex,
  GoFuncError,
  type GoInt,
  GoList,
  GoMap,
  type GoObject,
  type GoValue,
  NO_FIELD,
} from './value.ts';

/** A field of a struct or an element of a map, without arguments. `isElement`: whether Go holds the receiver in an interface{}. */
export function fieldOf(run: Run, receiver: GoValue, isElement: boolean, name: string): GoValue {
  if (receiver instanceof GoMap) return mapField(run, receiver, name);
  if (receiver === undefined) {
    if (run.template.missingKey === 'error') execError(run, `nil data; no entry for key ${quote(name)}`);
    return undefined;
  }
  if (receiver === null) return execError(run, `nil pointer evaluating interface {}.${name}`);
  if (!isObject(receiver)) return noField(run, receiver, isElement, name);
  const method = receiver.method(name);
  if (method !== undefined) return callMethod(run, method, name, []);
  if (receiver.kind === 'enum') return noField(run, receiver, isElement, name);
  if (receiver.nil) return execError(run, `nil pointer evaluating ${receiver.type}.${name}`);
  const field = receiver.field(name);
  return field === NO_FIELD ? noField(run, receiver, isElement, name) : field;
}

/** As {@link fieldOf} where arguments follow: only a method takes them. They are evaluated once that is certain. */
export function fieldWithArguments(
  run: Run,
  receiver: GoValue,
  isElement: boolean,
  name: string,
  evaluate: () => readonly GoValue[],
): GoValue {
  if (isObject(receiver)) {
    const method = receiver.method(name);
    if (method !== undefined) return callMethod(run, method, name, evaluate());
    fieldOf(run, receiver, isElement, name);
    return execError(run, `${name} has arguments but cannot be invoked as function`);
  }
  if (receiver instanceof GoMap) return execError(run, `${name} is not a method but has arguments`);
  return fieldOf(run, receiver, isElement, name);
}

/** Whether the elements of a list or map are interface{} to Go. */
export function hasInterfaceElements(container: GoValue): boolean {
  if (!(container instanceof GoMap) && !(container instanceof GoList)) return false;
  const { type } = container;
  return type === 'map[string]interface {}' || type === '[]interface {}' || type.endsWith(']interface {}');
}

/** What `index` gives for a missing key: nil for interface{}, which prints as no value. */
export function zeroElement(map: GoMap): GoValue {
  return map.elementZero === undefined ? null : map.elementZero;
}

function mapField(run: Run, map: GoMap, name: string): GoValue {
  const value = map.entries.get(name);
  if (value !== undefined || map.entries.has(name)) return value === undefined ? null : value;
  const missingKey: MissingKey = run.template.missingKey;
  if (missingKey === 'error') execError(run, `map has no entry for key ${quote(name)}`);
  return missingKey === 'zero' ? zeroElement(map) : undefined;
}

function noField(
  run: Run,
  receiver: boolean | string | number | GoInt | GoComplex | GoList | GoObject | Extract<GoValue, { kind: 'func' }>,
  isElement: boolean,
  name: string,
): never {
  const type = isElement ? 'interface {}' : typeOf(receiver);
  return execError(run, `can't evaluate field ${name} in type ${type}`);
}

function callMethod(
  run: Run,
  method: (args: readonly GoValue[]) => GoValue,
  name: string,
  args: readonly GoValue[],
): GoValue {
  const node = run.node;
  try {
    return method(args);
  } catch (error) {
    if (!(error instanceof GoFuncError)) throw error; // a bug of the object's owner
    run.node = node;
    return execError(run, `error calling ${name}: ${error.message}`);
  }
}
