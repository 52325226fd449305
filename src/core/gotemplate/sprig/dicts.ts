/** Sprig's dictionary functions. `set`, `unset` and the merges change their first argument, as they do in Go. */
import { defineFunc, type FunctionTable, functionTable } from '../define-func.ts';
import { sortedKeys } from '../print.ts';
import { isFunc, typeOf } from '../type-name.ts';
import { GoFuncError, GoList, GoMap, type GoParameter, type GoValue } from '../value.ts';
import { asText, goStrings, map, text } from './arguments.ts';
import { MergeConflict, mergeMaps } from './merge.ts';

const DICT: GoParameter = 'map[string]interface {}';

export const dictFunctions: FunctionTable = functionTable(
  defineFunc('dict', ['any'], true, (values) => {
    const entries = new Map<string, GoValue>();
    for (let i = 0; i < values.length; i += 2)
      entries.set(asText(values[i]), i + 1 < values.length ? values[i + 1] : '');
    return new GoMap(entries);
  }),
  defineFunc('get', [DICT, 'string'], false, ([dict, key]) => {
    const { entries } = map(dict);
    return entries.has(text(key)) ? (entries.get(text(key)) ?? null) : '';
  }),
  defineFunc('set', [DICT, 'string', 'any'], false, ([dict, key, value]) => {
    const target = map(dict);
    if (target.nil) throw new GoFuncError('assignment to entry in nil map');
    target.entries.set(text(key), value ?? null);
    return target;
  }),
  defineFunc('unset', [DICT, 'string'], false, ([dict, key]) => {
    map(dict).entries.delete(text(key));
    return map(dict);
  }),
  defineFunc('hasKey', [DICT, 'string'], false, ([dict, key]) => map(dict).entries.has(text(key))),
  defineFunc('pluck', ['string', DICT], true, ([key, ...dicts]) => {
    const found = dicts.map((dict) => map(dict).entries).filter((entries) => entries.has(text(key)));
    return new GoList(found.map((entries) => entries.get(text(key)) ?? null));
  }),
  // Go's order is random here; ours is sorted, so that a template has one output.
  defineFunc('keys', [DICT], true, (dicts) => goStrings(dicts.flatMap((dict) => sortedKeys(map(dict))))),
  defineFunc('values', [DICT], false, ([dict]) => {
    const { entries } = map(dict);
    return new GoList(sortedKeys(map(dict)).map((key) => entries.get(key) ?? null));
  }),
  defineFunc('pick', [DICT, 'string'], true, ([dict, ...keys]) => {
    const { entries } = map(dict);
    const picked = keys.map(text).filter((key) => entries.has(key));
    return new GoMap(new Map(picked.map((key) => [key, entries.get(key)])));
  }),
  defineFunc('omit', [DICT, 'string'], true, ([dict, ...keys]) => {
    const omitted = new Set(keys.map(text));
    return new GoMap(new Map([...map(dict).entries].filter(([key]) => !omitted.has(key))));
  }),
  ...(['merge', 'mustMerge', 'mergeOverwrite', 'mustMergeOverwrite'] as const).map((name) =>
    defineFunc(name, [DICT, DICT], true, ([target, ...sources], context) => {
      const overwrite = name.endsWith('Overwrite');
      let merged = map(target);
      try {
        for (const source of sources) merged = mergeMaps(merged, map(source), overwrite, context);
      } catch (error) {
        // What Sprig gives instead of an error.
        if (error instanceof MergeConflict && !name.startsWith('must')) return '';
        throw error;
      }
      return merged;
    }),
  ),
  ...['deepCopy', 'mustDeepCopy'].map((name) =>
    defineFunc(name, ['any'], false, ([value], context) => {
      if (value === null || value === undefined) {
        throw new GoFuncError('reflect: call of reflect.Value.Type on zero Value');
      }
      return deepCopy(value, context.step);
    }),
  ),
  defineFunc('dig', ['any'], true, (values) => dig(values)),
);

/** Lists and maps anew, all else as it is: nothing else can be changed by a template. */
function deepCopy(value: GoValue, step: (count: number) => void): GoValue {
  if (value instanceof GoList) {
    step(value.items.length);
    return new GoList(
      value.items.map((item) => deepCopy(item, step)),
      value.type,
      value.nil,
    );
  }
  if (!(value instanceof GoMap)) return value;
  step(value.entries.size);
  const entries = new Map<string, GoValue>();
  for (const [key, member] of value.entries) entries.set(key, deepCopy(member, step));
  return new GoMap(entries, value.type, value.elementZero, value.nil);
}

/** `dig "a" "b" DEFAULT DICT`: the value at the path, or the default where a key is missing. */
function dig(values: readonly GoValue[]): GoValue {
  if (values.length < 3) throw new GoFuncError('dig needs at least three arguments');
  const path = values.slice(0, -2);
  let dict = asDict(values.at(-1));
  for (const key of path) if (typeof key !== 'string') throw badAssertion(key, 'string');
  for (let i = 0; ; i++) {
    const key = text(path[i]);
    if (!dict.entries.has(key)) return values.at(-2) ?? null;
    const value = dict.entries.get(key) ?? null;
    if (i === path.length - 1) return value;
    dict = asDict(value);
  }
}

function asDict(value: GoValue): GoMap {
  if (value instanceof GoMap && value.type === DICT) return value;
  throw badAssertion(value, DICT);
}

/** The panic of a type assertion. */
function badAssertion(value: GoValue, wanted: string): GoFuncError {
  const own = value === null || value === undefined ? 'nil' : isFunc(value) ? 'func' : typeOf(value);
  return new GoFuncError(`interface conversion: interface {} is ${own}, not ${wanted}`);
}
