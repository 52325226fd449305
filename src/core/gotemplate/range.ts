import { formatValue, sortedKeys } from './print.ts';
import { type Cursor, execError, type Run } from './run.ts';
import { isObject } from './type-name.ts';
import { GoInt, GoList, GoMap, type GoValue } from './value.ts';

/**
 * What a range goes through: lists, maps by sorted key, and from Go 1.24 on the integers from 0 to below a number.
 * Undefined where there is nothing.
 */
export function rangeOver(run: Run, value: GoValue, variables: number): Cursor | undefined {
  if (value === undefined || value === null) return undefined;
  if (value instanceof GoList) return value.items.length === 0 ? undefined : overList(value.items);
  if (value instanceof GoMap) return value.entries.size === 0 ? undefined : overMap(value);
  const basic = isObject(value) && value.kind === 'enum' ? value.basic() : value;
  if (!(basic instanceof GoInt)) return execError(run, `range can't iterate over ${formatValue(value)}`);
  if (variables > 1) execError(run, `can't use ${formatValue(value)} to iterate over more than one variable`);
  return basic.value > 0n ? overInteger(basic) : undefined;
}

function overList(items: readonly GoValue[]): Cursor {
  let i = -1;
  return cursor((at) => {
    if (++i >= items.length) return false;
    at.key = new GoInt('int', BigInt(i));
    at.element = items[i];
    return true;
  });
}

function overMap(map: GoMap): Cursor {
  const keys = sortedKeys(map);
  let i = -1;
  return cursor((at) => {
    const key = keys[++i];
    if (key === undefined) return false;
    at.key = key;
    at.element = map.entries.get(key);
    return true;
  });
}

function overInteger(end: GoInt): Cursor {
  let i = -1n;
  return cursor((at) => {
    if (++i >= end.value) return false;
    at.element = new GoInt(end.type, i);
    return true;
  });
}

function cursor(advance: (at: Cursor) => boolean): Cursor {
  const at: Cursor = {
    key: undefined,
    element: undefined,
    advance: () => {
      const found = advance(at);
      if (found && at.element === undefined) at.element = null; // an element is never "no value"
      return found;
    },
  };
  return at;
}
