/** Sprig's list functions. None changes its argument; the results are []interface {}. */
import { defineFunc, type FunctionTable, functionTable } from '../define-func.ts';
import { type CallContext, type GoFunc, GoFuncError, GoList, type GoParameter, type GoValue } from '../value.ts';
import { int, isEmpty, kindOf, NIL_LIST, nilPointer } from './arguments.ts';
import { toInt64 } from './cast.ts';
import { deepEqual, scalarKey } from './deep-equal.ts';

type Call = (args: readonly GoValue[], context: CallContext) => GoValue;

export const listFunctions: FunctionTable = functionTable(
  ...['list', 'tuple'].map((name) => defineFunc(name, ['any'], true, (items) => new GoList(items))),
  ...['append', 'push', 'mustAppend', 'mustPush'].map((name) =>
    defineFunc(name, ['any', 'any'], false, ([list, item]) => new GoList([...itemsOf(list, 'push on'), item ?? null])),
  ),
  ...both('prepend', ['any', 'any'], ([list, item]) => new GoList([item ?? null, ...itemsOf(list, 'prepend on')])),
  ...both('first', ['any'], ([list]) => itemsOf(list, 'find first on')[0] ?? null),
  ...both('last', ['any'], ([list]) => itemsOf(list, 'find last on').at(-1) ?? null),
  ...both('rest', ['any'], ([list]) => {
    const items = itemsOf(list, 'find rest on');
    return items.length === 0 ? NIL_LIST : new GoList(items.slice(1));
  }),
  ...both('initial', ['any'], ([list]) => {
    const items = itemsOf(list, 'find initial on');
    return items.length === 0 ? NIL_LIST : new GoList(items.slice(0, -1));
  }),
  ...both('reverse', ['any'], ([list]) => new GoList(itemsOf(list, 'find reverse on').toReversed())),
  ...both('compact', ['any'], ([list]) => new GoList(itemsOf(list, 'compact on').filter((item) => !isEmpty(item)))),
  ...both('uniq', ['any'], ([list], context) => new GoList(unique(itemsOf(list, 'find uniq on'), context))),
  ...both(
    'without',
    ['any', 'any'],
    ([list, ...omitted], context) => {
      const isOmitted = membership(omitted, context);
      return new GoList(itemsOf(list, 'find without on').filter((item) => !isOmitted(item)));
    },
    true,
  ),
  ...both('has', ['any', 'any'], ([needle, list], context) => {
    if (list === null || list === undefined) return false;
    const items = itemsOf(list, 'find has on');
    context.step(items.length >> 3);
    return items.some((item) => deepEqual(needle, item));
  }),
  ...both('slice', ['any', 'any'], ([list, ...indices]) => slice(list, indices), true),
  ...both('chunk', ['int', 'any'], ([size, list], context) => chunk(Number(int(size)), list, context)),
  defineFunc('concat', ['any'], true, (lists, context) => {
    const items = lists.flatMap((list) => {
      if (list instanceof GoList) return list.items;
      if (list === null || list === undefined) return nilPointer();
      throw new GoFuncError(`Cannot concat type ${kindOf(list)} as list`);
    });
    context.step(items.length >> 3);
    return items.length === 0 ? NIL_LIST : new GoList(items);
  }),
);

/** The function and its `must…` twin: to a template they are the same, since Go turns the panic of the one into an error. */
function both(name: string, parameters: readonly GoParameter[], call: Call, variadic = false): readonly GoFunc[] {
  const twin = `must${name.charAt(0).toUpperCase()}${name.slice(1)}`;
  return [name, twin].map((each) => defineFunc(each, parameters, variadic, call));
}

function itemsOf(list: GoValue, action: string): readonly GoValue[] {
  if (list instanceof GoList) return list.items;
  if (list === null || list === undefined) return nilPointer();
  throw new GoFuncError(`Cannot ${action} type ${kindOf(list)}`);
}

/** Whether a value equals one of the others: scalars by a lookup, others one by one. */
function membership(values: readonly GoValue[], context: CallContext): (value: GoValue) => boolean {
  const scalars = new Set<string>();
  const composites: GoValue[] = [];
  for (const value of values) {
    const key = scalarKey(value);
    if (key === undefined) composites.push(value);
    else scalars.add(key);
  }
  return (value) => {
    const key = scalarKey(value);
    if (key !== undefined) return scalars.has(key);
    context.step(composites.length);
    return composites.some((other) => deepEqual(value, other));
  };
}

function unique(items: readonly GoValue[], context: CallContext): readonly GoValue[] {
  const scalars = new Set<string>();
  const composites: GoValue[] = [];
  return items.filter((item) => {
    const key = scalarKey(item);
    if (key !== undefined) return scalars.size !== scalars.add(key).size;
    context.step(composites.length);
    if (composites.some((other) => deepEqual(item, other))) return false;
    composites.push(item);
    return true;
  });
}

function slice(list: GoValue, indices: readonly GoValue[]): GoValue {
  if (!(list instanceof GoList)) {
    if (list === null || list === undefined) return nilPointer();
    throw new GoFuncError(`list should be type of slice or array but ${kindOf(list)}`);
  }
  const length = list.items.length;
  if (length === 0) return null;
  const start = indices.length > 0 ? Number(toInt64(indices[0])) : 0;
  const end = indices.length > 1 ? Number(toInt64(indices[1])) : length;
  if (start < 0 || end < start || end > length) {
    throw new GoFuncError('reflect.Value.Slice: slice index out of bounds');
  }
  return new GoList(list.items.slice(start, end), list.type);
}

/** Lists of `size` items. The odd sizes follow from Go's floating-point way to count the chunks. */
function chunk(size: number, list: GoValue, context: CallContext): GoList {
  const items = list instanceof GoList ? list.items : itemsOfChunk(list);
  const count = Math.floor((items.length - 1) / size) + 1;
  if (!Number.isFinite(count) || count < 0) return badLength();
  context.step(items.length >> 3);
  const chunks: GoList[] = [];
  for (let i = 0; i < count; i++) {
    const length = i === count - 1 ? Math.floor(items.length % size) || size : size;
    if (length < 0) return badLength();
    chunks.push(new GoList(items.slice(i * size, i * size + length)));
  }
  return new GoList(chunks, '[][]interface {}');
}

function itemsOfChunk(list: GoValue): never {
  if (list === null || list === undefined) return nilPointer();
  throw new GoFuncError(`Cannot chunk type ${kindOf(list)}`);
}

function badLength(): never {
  throw new GoFuncError('runtime error: makeslice: len out of range');
}
