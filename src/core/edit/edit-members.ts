import type { Node, Pair, YAMLMap, YAMLSeq } from 'yaml';
import type { JsonValue } from '../json.ts';
import { appendFlow, flowMember, insertFlow, removeFlow } from './edit-flow.ts';
import { CannotEdit, type Edit, lineEnd, lineStartOf } from './edit-state.ts';
import { type Collection, colonOf, columnOf, contentEnd, trimmedEnd, valueRange } from './places.ts';
import { indentLines, renderLines, renderPair } from './render.ts';

/** Adding, replacing and removing one member of a collection: a pair of a mapping, an item of a list. */

export function addPair(edit: Edit, map: YAMLMap, token: Collection, key: string, value: JsonValue): void {
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

export function removePair(edit: Edit, map: YAMLMap, token: Collection, pair: Pair): void {
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
export function replaceValue(edit: Edit, map: YAMLMap, token: Collection, pair: Pair, value: JsonValue): void {
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
export function addItem(edit: Edit, seq: YAMLSeq, token: Collection, next: number | undefined, item: JsonValue): void {
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

export function removeItem(edit: Edit, seq: YAMLSeq, token: Collection, index: number): void {
  if (token.type === 'flow-collection') {
    removeFlow(edit, token, index, (i) => itemEnd(edit, seq, token, i));
    return;
  }
  const dash = dashOf(token, index);
  const lineStart = lineStartOf(edit.source, dash);
  if (edit.source.slice(lineStart, dash).trim() !== '') throw new CannotEdit('written anew');
  removeLines(edit, lineStart, lineEnd(edit.source, itemEnd(edit, seq, token, index)));
}

function insertLines(edit: Edit, at: number, lines: readonly string[], column: number): void {
  const text = indentLines(lines, column)
    .map((line) => edit.style.newline + line)
    .join('');
  edit.splices.push({ start: at, end: at, text });
}
