/** mergo 1.0.2's merge of maps, which `merge` and `mergeOverwrite` are. */
import { isObject } from '../type-name.ts';
import { type CallContext, GoFuncError, GoMap, type GoValue } from '../value.ts';
import { isEmpty } from './arguments.ts';

/**
 * Fills `target` from `source` in place and gives it back; a nil target gives a new map. Nested maps are merged where
 * both sides have one; what only the source has is shared with it, not copied.
 *
 * | target        | source        | merge  | mergeOverwrite |
 * | ------------- | ------------- | ------ | -------------- |
 * | missing, empty | anything      | source | source         |
 * | map           | map           | merged | merged         |
 * | anything else | nil           | target | nil            |
 * | anything else | anything else | target | source         |
 */
export function mergeMaps(target: GoMap, source: GoMap, overwrite: boolean, context: CallContext): GoMap {
  if (target.nil && source.nil) return target;
  const into = target.nil ? new GoMap(new Map(), target.type, target.elementZero) : target;
  fill(into, source, overwrite, context);
  return into;
}

/** What mergo gives as an error, where other mistakes are panics. */
export class MergeConflict extends GoFuncError {}

function fill(target: GoMap, source: GoMap, overwrite: boolean, context: CallContext): void {
  context.step(source.entries.size);
  for (const [key, value] of [...source.entries]) {
    const present = target.entries.get(key) ?? null;
    if (value === null || value === undefined) {
      if (overwrite) assign(target, key, null, source);
      continue;
    }
    if (!overwrite && clashes(present, value)) throw new MergeConflict('src and dst must be of same type');
    const bothMaps = value instanceof GoMap && present instanceof GoMap;
    if (bothMaps && !present.nil) fill(present, value, overwrite, context);
    if (bothMaps && !isEmpty(present)) continue;
    if (overwrite || isEmpty(present)) assign(target, key, value, source);
  }
}

/** A pointer is merged only with another one. */
function clashes(present: GoValue, value: GoValue): boolean {
  if (!isObject(present) || present.kind !== 'pointer' || present.nil) return false;
  return value instanceof GoMap || (isObject(value) && value.kind === 'struct' && `*${value.type}` !== present.type);
}

/** A map of strings takes no element of a map of interfaces. */
function assign(target: GoMap, key: string, value: GoValue, source: GoMap): void {
  if (target.elementZero !== undefined && source.elementZero === undefined) {
    const element = target.type.slice(target.type.indexOf(']') + 1);
    throw new GoFuncError(`reflect.Value.SetMapIndex: value of type interface {} is not assignable to type ${element}`);
  }
  target.entries.set(key, value);
}
