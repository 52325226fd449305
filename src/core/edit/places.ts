import { type CST, isMap, isScalar, isSeq, type Node, type Pair, type YAMLMap, type YAMLSeq } from 'yaml';
import { CannotEdit, lineStartOf } from './edit-state.ts';

/** Where nodes stand in the text. What has no place there throws CannotEdit. */
export type Collection = CST.BlockMap | CST.BlockSequence | CST.FlowCollection;

export function collectionToken(node: YAMLMap | YAMLSeq): Collection {
  const token = node.srcToken;
  if (token?.type === 'block-map' || token?.type === 'block-seq' || token?.type === 'flow-collection') return token;
  throw new CannotEdit('the collection has no place in the text');
}

export function valueRange(node: Node): readonly [number, number] {
  const range = node.range;
  if (range === undefined || range === null) throw new CannotEdit('the value has no place in the text');
  return [range[0], range[1]];
}

/** Offset of the colon of a pair. */
export function colonOf(map: YAMLMap, token: Collection, pair: Pair): number {
  const item = token.items[map.items.indexOf(pair)];
  const colon = item !== undefined && 'sep' in item ? item.sep?.find((t) => t.type === 'map-value-ind') : undefined;
  if (colon === undefined) throw new CannotEdit('the pair has no colon');
  return colon.offset;
}

/** Column at which the keys of a block mapping, or the dashes of a block list, stand. */
export function columnOf(source: string, offset: number): number {
  return offset - lineStartOf(source, offset);
}

/** Where the written content of a node ends, without the newline that a block takes with it. */
export function contentEnd(source: string, node: Node | null, fallback: number): number {
  if (node === null || node.range === undefined || node.range === null) return fallback;
  if (node.range[1] === node.range[0]) return Math.max(fallback, node.range[0]);
  const kept = keptEnd(source, node);
  return kept ?? trimmedEnd(source, node.range[0], node.range[1]);
}

/** Where a node ends whose last line is one of a `|+` scalar: the blank lines at its end are part of the value. */
function keptEnd(source: string, node: Node): number | undefined {
  let last: Node | null | undefined = node;
  while (isMap(last) || isSeq(last)) {
    if (collectionToken(last as YAMLMap | YAMLSeq).type === 'flow-collection') return undefined;
    last = isMap(last) ? (last.items.at(-1)?.value as Node | null | undefined) : (last.items.at(-1) as Node | null);
  }
  if (!isScalar(last) || last.range === undefined || last.range === null) return undefined;
  const [start, end] = last.range;
  if (last.type !== 'BLOCK_LITERAL' && last.type !== 'BLOCK_FOLDED') return undefined;
  if (!/^[|>]\d?\+/.test(source.slice(start, start + 3))) return undefined;
  return source[end - 1] !== '\n' ? end : source[end - 2] === '\r' ? end - 2 : end - 1;
}

export function trimmedEnd(source: string, start: number, end: number): number {
  let at = end;
  while (at > start && /\s/.test(source[at - 1] ?? '')) at--;
  return at;
}
