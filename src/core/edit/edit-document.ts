import {
  type Alias,
  type CST,
  type Document,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  visit,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { getKey, isArray, isObject, type JsonArray, type JsonObject, type JsonValue } from '../json.ts';
import { alignLists } from './align.ts';
import { appendFlow, flowMember, insertFlow, removeFlow } from './edit-flow.ts';
import { CannotEdit, type Edit, lineEnd, lineStartOf } from './edit-state.ts';
import { jsonEqual } from './equal.ts';
import { indentLines, renderFlow, renderLines, renderPair, type Style } from './render.ts';
import type { Splice } from './splice.ts';

/**
 * The splices that make a document say `after` where it said `before`, and touch nothing else. `before` and `after` are
 * the document's values as the engine sees them: parts equal in both stay as they are written, however that is.
 */
export function editDocument(
  source: string,
  document: Document.Parsed,
  before: JsonObject,
  after: JsonObject,
  style: Style,
): readonly Splice[] {
  const edit: Edit = { source, style, splices: [], changed: new Set(), grown: new Set() };
  if (!isMap(document.contents)) throw new CannotEdit('the document is no mapping');
  editMap(edit, document.contents as YAMLMap, before, after);
  return [...withAdditionsAfterRemovals(edit), ...expandedAliases(edit, document)];
}

/**
 * What is added behind a line that goes is planned at the end of that line, and the line goes with its newline: the two
 * become one splice, in which the addition stands where the line stood.
 */
function withAdditionsAfterRemovals(edit: Edit): readonly Splice[] {
  const removals = edit.splices.filter(({ start, end, text }) => start < end && text === '');
  const removalOf = ({ start, end }: Splice): Splice | undefined =>
    start === end ? removals.find((removal) => removal.start < start && start < removal.end) : undefined;
  return edit.splices.flatMap((splice) => {
    if (removalOf(splice) !== undefined) return [];
    const added = removals.includes(splice) ? edit.splices.filter((other) => removalOf(other) === splice) : [];
    if (added.length === 0) return [splice];
    const text = added.map((addition) => addition.text).join('');
    return [{ ...splice, text: text.replace(/^\r?\n/, '') + edit.style.newline }];
  });
}

function editMap(edit: Edit, map: YAMLMap, before: JsonObject, after: JsonObject): void {
  edit.changed.add(map);
  const token = collectionToken(map);
  const pairs = new Map<string, Pair>();
  for (const pair of map.items) pairs.set(keyText(pair), pair);
  // Added last: what an inner collection gets at its end comes before what this one gets there.
  const added: (readonly [string, JsonValue])[] = [];
  for (const [key, value] of Object.entries(before)) {
    const next = getKey(after, key);
    if (next !== undefined && jsonEqual(value, next)) continue;
    const pair = pairs.get(key);
    if (pair === undefined) {
      // Written by a merge key or not written at all (a default of the type): a pair of its own overrides either.
      if (next === undefined) {
        if (map.items.some((p) => keyText(p) === '<<')) throw new CannotEdit('a key that a merge key brings cannot go');
        continue;
      }
      added.push([key, next]);
    } else if (next === undefined) removePair(edit, map, token, pair);
    else editPair(edit, map, token, pair, value, next);
  }
  for (const [key, value] of Object.entries(after)) {
    if (getKey(before, key) !== undefined) continue;
    // The text may hold a key that the value had not: null, or something empty that the type does not write.
    const pair = pairs.get(key);
    if (pair === undefined) added.push([key, value]);
    else replaceValue(edit, map, token, pair, value);
  }
  for (const [key, value] of added) addPair(edit, map, token, key, value);
}

function editPair(edit: Edit, map: YAMLMap, token: Collection, pair: Pair, before: JsonValue, after: JsonValue): void {
  const mark = edit.splices.length;
  try {
    editValue(edit, pair.value as Node | null, before, after);
  } catch (error) {
    if (!(error instanceof CannotEdit)) throw error;
    edit.splices.length = mark;
    replaceValue(edit, map, token, pair, after);
  }
}

/** Edits inside a collection where both values are of its kind; anything else is for the caller to replace. */
function editValue(edit: Edit, node: Node | null, before: JsonValue, after: JsonValue): void {
  const filled = (value: JsonValue): boolean =>
    isArray(value) ? value.length > 0 : Object.keys(value ?? {}).length > 0;
  if (isMap(node) && isObject(before) && isObject(after) && filled(after) && node.items.length > 0) {
    editMap(edit, node, before, after);
    return;
  }
  if (isSeq(node) && isArray(before) && isArray(after) && filled(after) && node.items.length > 0) {
    editSeq(edit, node, before, after);
    return;
  }
  throw new CannotEdit('not a collection of the same kind');
}

function editSeq(edit: Edit, seq: YAMLSeq, before: JsonArray, after: JsonArray): void {
  const token = collectionToken(seq);
  if (seq.items.length !== before.length) throw new CannotEdit('the list has items that its value has not');
  edit.changed.add(seq);
  const { kept } = alignLists(before, after);
  const stays = new Set(kept.filter((index) => index !== undefined));
  if (stays.size === 0) throw new CannotEdit('nothing of the list stays');
  before.forEach((_item, i) => {
    if (!stays.has(i)) removeItem(edit, seq, token, i);
  });
  after.forEach((item, i) => {
    const index = kept[i];
    if (index === undefined) {
      const next = kept.slice(i + 1).find((k) => k !== undefined);
      addItem(edit, seq, token, next, item);
    } else if (!jsonEqual(before[index] ?? null, item)) {
      editItem(edit, seq, token, index, before[index] ?? null, item);
    }
  });
}

function editItem(
  edit: Edit,
  seq: YAMLSeq,
  token: Collection,
  index: number,
  before: JsonValue,
  after: JsonValue,
): void {
  const node = seq.items[index] as Node;
  const mark = edit.splices.length;
  try {
    editValue(edit, node, before, after);
  } catch (error) {
    if (!(error instanceof CannotEdit)) throw error;
    edit.splices.length = mark;
    const [start, end] = valueRange(node);
    edit.changed.add(node);
    edit.splices.push({ start, end: trimmedEnd(edit.source, start, end), text: itemText(edit, token, after) });
  }
}

/** An item on the line of its dash: a scalar as YAML writes it, anything longer in flow style. */
function itemText(edit: Edit, token: Collection, value: JsonValue): string {
  if (token.type === 'flow-collection') return flowMember(edit, token, undefined, value);
  const lines = renderLines(value, edit.style);
  return lines.length === 1 && (typeof value !== 'object' || value === null) ? (lines[0] ?? '') : renderFlow(value);
}

// ---- places in the text -------------------------------------------------------------------------------------------

type Collection = CST.BlockMap | CST.BlockSequence | CST.FlowCollection;

function collectionToken(node: YAMLMap | YAMLSeq): Collection {
  const token = node.srcToken;
  if (token?.type === 'block-map' || token?.type === 'block-seq' || token?.type === 'flow-collection') return token;
  throw new CannotEdit('the collection has no place in the text');
}

function valueRange(node: Node): readonly [number, number] {
  const range = node.range;
  if (range === undefined || range === null) throw new CannotEdit('the value has no place in the text');
  return [range[0], range[1]];
}

/** Offset of the colon of a pair. */
function colonOf(map: YAMLMap, token: Collection, pair: Pair): number {
  const item = token.items[map.items.indexOf(pair)];
  const colon = item !== undefined && 'sep' in item ? item.sep?.find((t) => t.type === 'map-value-ind') : undefined;
  if (colon === undefined) throw new CannotEdit('the pair has no colon');
  return colon.offset;
}

/** Column at which the keys of a block mapping, or the dashes of a block list, stand. */
function columnOf(source: string, offset: number): number {
  return offset - lineStartOf(source, offset);
}

/** Where the written content of a node ends, without the newline that a block takes with it. */
function contentEnd(source: string, node: Node | null, fallback: number): number {
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

function trimmedEnd(source: string, start: number, end: number): number {
  let at = end;
  while (at > start && /\s/.test(source[at - 1] ?? '')) at--;
  return at;
}

function insertLines(edit: Edit, at: number, lines: readonly string[], column: number): void {
  const text = indentLines(lines, column)
    .map((line) => edit.style.newline + line)
    .join('');
  edit.splices.push({ start: at, end: at, text });
}

// ---- mappings -----------------------------------------------------------------------------------------------------

function addPair(edit: Edit, map: YAMLMap, token: Collection, key: string, value: JsonValue): void {
  const last = map.items.at(-1);
  if (last === undefined) throw new CannotEdit('an empty mapping is replaced as a whole');
  const end = pairEnd(edit, map, token, last);
  if (token.type === 'flow-collection') {
    appendFlow(edit, token, end, flowMember(edit, token, key, value));
  } else
    insertLines(
      edit,
      lineEnd(edit.source, end),
      renderPair(key, value, edit.style),
      columnOf(edit.source, token.offset),
    );
}

function pairEnd(edit: Edit, map: YAMLMap, token: Collection, pair: Pair): number {
  const fallback = colonOf(map, token, pair) + 1;
  return contentEnd(edit.source, pair.value as Node | null, fallback);
}

function removePair(edit: Edit, map: YAMLMap, token: Collection, pair: Pair): void {
  if (map.items.length === 1) throw new CannotEdit('written anew');
  if (token.type === 'flow-collection') {
    const ends = (index: number): number => pairEnd(edit, map, token, map.items[index] as Pair);
    removeFlow(edit, token, map.items.indexOf(pair), ends);
    return;
  }
  const key = pair.key as Node;
  const [start] = valueRange(key);
  const end = lineEnd(edit.source, pairEnd(edit, map, token, pair));
  const lineStart = lineStartOf(edit.source, start);
  // The first key of a list item shares its line with the dash: the next key takes its place there.
  if (edit.source.slice(lineStart, start).trim() !== '') {
    const next = map.items[map.items.indexOf(pair) + 1];
    if (next === undefined) throw new CannotEdit('written anew');
    edit.splices.push({ start, end: valueRange(next.key as Node)[0], text: '' });
    return;
  }
  removeLines(edit, lineStart, end);
}

function removeLines(edit: Edit, lineStart: number, end: number): void {
  const { source } = edit;
  if (source[end] === '\r' || source[end] === '\n') {
    edit.splices.push({ start: lineStart, end: end + (source[end] === '\r' ? 2 : 1), text: '' });
  } else {
    const before = source[lineStart - 2] === '\r' ? lineStart - 2 : Math.max(0, lineStart - 1);
    edit.splices.push({ start: before, end, text: '' });
  }
}

/** Writes the value of a pair anew, its anchor, if any, kept where it is. */
function replaceValue(edit: Edit, map: YAMLMap, token: Collection, pair: Pair, value: JsonValue): void {
  const node = pair.value as Node | null;
  if (node !== null) edit.changed.add(node);
  const colon = colonOf(map, token, pair);
  const [start, rawEnd] = node === null || node.range === undefined ? [colon + 1, colon + 1] : valueRange(node);
  const end = trimmedEnd(edit.source, start, rawEnd);
  if (token.type === 'flow-collection') {
    const gap = start === end && edit.source[start - 1] === ':' ? ' ' : '';
    edit.splices.push({ start, end, text: gap + flowMember(edit, token, undefined, value) });
    return;
  }
  const [head = '', ...rest] = renderPair('k', value, edit.style);
  const first = head.slice('k:'.length);
  const column = columnOf(edit.source, token.offset);
  const gap = /\s/.test(edit.source[start - 1] ?? '') ? first.replace(/^ /, '') : first;
  if (rest.length === 0 && edit.source.slice(colon, start).includes('\n')) {
    // Below the key a list may stand in the key's own column, and nothing else may: the value moves up beside it.
    removeLines(edit, lineStartOf(edit.source, start), lineEnd(edit.source, end));
    edit.splices.push({ start: colon + 1, end: colon + 1, text: first });
    return;
  }
  if (rest.length === 0) {
    edit.splices.push({ start, end, text: gap });
    return;
  }
  // A value of several lines: what stood behind the colon goes, the new lines come after the line and its comment.
  if (edit.source.slice(colon, start).includes('\n')) {
    const lineStart = lineStartOf(edit.source, start);
    removeLines(edit, lineStart, lineEnd(edit.source, end));
    insertLines(edit, lineEnd(edit.source, colon), rest, column);
    return;
  }
  const spaceStart = first === '' ? trimmedEnd(edit.source, colon + 1, start) : start;
  edit.splices.push({ start: spaceStart, end, text: gap });
  insertLines(edit, lineEnd(edit.source, end), rest, column);
}

// ---- lists --------------------------------------------------------------------------------------------------------

function dashOf(token: Collection, index: number): number {
  const dash = token.items[index]?.start.find((t) => t.type === 'seq-item-ind');
  if (dash === undefined) throw new CannotEdit('the list item has no dash');
  return dash.offset;
}

function itemEnd(edit: Edit, seq: YAMLSeq, token: Collection, index: number): number {
  const fallback = token.type === 'flow-collection' ? 0 : dashOf(token, index) + 1;
  return contentEnd(edit.source, seq.items[index] as Node | null, fallback);
}

/** Adds an item before the one at `next`, or at the end where `next` is undefined. */
function addItem(edit: Edit, seq: YAMLSeq, token: Collection, next: number | undefined, item: JsonValue): void {
  if (token.type === 'flow-collection') {
    if (next === undefined) {
      const end = itemEnd(edit, seq, token, seq.items.length - 1);
      appendFlow(edit, token, end, flowMember(edit, token, undefined, item));
    } else insertFlow(edit, token, next, flowMember(edit, token, undefined, item));
    return;
  }
  const column = columnOf(edit.source, token.offset);
  const lines = renderLines([item], edit.style);
  if (next === undefined) {
    insertLines(edit, lineEnd(edit.source, itemEnd(edit, seq, token, seq.items.length - 1)), lines, column);
    return;
  }
  const dash = dashOf(token, next);
  const lineStart = lineStartOf(edit.source, dash);
  if (edit.source.slice(lineStart, dash).trim() !== '') {
    // A list inside a list: `- - a`. The new item takes the place and the old one moves to a line of its own.
    const [first = '', ...rest] = lines;
    const text = [first, ...indentLines(rest, column), `${' '.repeat(column)}`].join(edit.style.newline);
    edit.splices.push({ start: dash, end: dash, text });
    return;
  }
  const at = commentStart(edit.source, lineStart);
  const text = indentLines(lines, column)
    .map((line) => line + edit.style.newline)
    .join('');
  edit.splices.push({ start: at, end: at, text });
}

/** The start of the comment lines right above a line: they belong to the item below. */
function commentStart(source: string, lineStart: number): number {
  let at = lineStart;
  for (;;) {
    const previous = source.lastIndexOf('\n', at - 2) + 1;
    if (at === 0 || !/^\s*#/.test(source.slice(previous, at))) return at;
    at = previous;
  }
}

function removeItem(edit: Edit, seq: YAMLSeq, token: Collection, index: number): void {
  if (token.type === 'flow-collection') {
    removeFlow(edit, token, index, (i) => itemEnd(edit, seq, token, i));
    return;
  }
  const dash = dashOf(token, index);
  const lineStart = lineStartOf(edit.source, dash);
  if (edit.source.slice(lineStart, dash).trim() !== '') throw new CannotEdit('written anew');
  removeLines(edit, lineStart, lineEnd(edit.source, itemEnd(edit, seq, token, index)));
}

// ---- aliases ------------------------------------------------------------------------------------------------------

/** An alias of something that changed would change with it: it is written out with what it said before. */
function expandedAliases(edit: Edit, document: Document.Parsed): readonly Splice[] {
  const found: Splice[] = [];
  const covered = edit.splices;
  visit(document, {
    Alias(_key, alias: Alias) {
      const target = alias.resolve(document);
      if (target === undefined || !edit.changed.has(target) || alias.range === undefined || alias.range === null)
        return;
      const [start, end] = [alias.range[0], alias.range[1]];
      if (covered.some((splice) => splice.start <= start && splice.end >= end)) return;
      found.push({ start, end, text: renderFlow(target.toJS(document) as JsonValue) });
    },
  });
  return found;
}

function keyText(pair: Pair): string {
  const key = pair.key as Node & { value?: unknown; source?: string };
  return typeof key.value === 'string' ? key.value : String(key.source ?? key.value);
}
