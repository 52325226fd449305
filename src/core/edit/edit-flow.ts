import type { CST } from 'yaml';
import type { JsonValue } from '../json.ts';
import { CannotEdit, type Edit, lineEnd, lineStartOf } from './edit-state.ts';
import { renderFlow, renderFlowLines } from './render.ts';

/**
 * Flow collections, `{a: 1}` and `[1, 2]`, and with them JSON. What is added looks like the rest: on the same line where
 * the collection has one line, else on lines of its own with the indentation of the first member.
 */

/** How the members of a collection of several lines are indented: all of them, and one in another. */
type Layout = { readonly pad: string; readonly step: string };

/** A member as text: of a mapping with its key, of a list without. */
export function flowMember(edit: Edit, token: CST.FlowCollection, key: string | undefined, value: JsonValue): string {
  const layout = layoutOf(edit, token);
  const head = key === undefined ? '' : `${JSON.stringify(key)}: `;
  if (layout === undefined) return head + renderFlow(value);
  return head + renderFlowLines(value, layout.step).join(edit.style.newline + layout.pad);
}

/** Adds a member behind the last one, which ends at `end`. */
export function appendFlow(edit: Edit, token: CST.FlowCollection, end: number, member: string): void {
  const again = edit.grown.has(token);
  edit.grown.add(token);
  const comma = trailingComma(edit.source, end);
  const behind = comma === undefined ? end : comma + 1;
  const layout = layoutOf(edit, token);
  if (layout === undefined) {
    const separator = again || comma === undefined ? ', ' : ' ';
    edit.splices.push({ start: behind, end: behind, text: separator + member });
    return;
  }
  if (!again && comma === undefined) edit.splices.push({ start: end, end, text: ',' });
  // Behind the comment of the last line, unless the collection closes on it.
  const line = lineEnd(edit.source, behind);
  const at = line > closeOf(token) ? behind : line;
  const text = `${again ? ',' : ''}${edit.style.newline}${layout.pad}${member}`;
  edit.splices.push({ start: at, end: at, text });
}

/** Adds a list item before the one at `index`. */
export function insertFlow(edit: Edit, token: CST.FlowCollection, index: number, member: string): void {
  const start = memberStart(token, index);
  const layout = layoutOf(edit, token);
  const separator = layout === undefined ? ', ' : `,${edit.style.newline}${layout.pad}`;
  edit.splices.push({ start, end: start, text: member + separator });
}

/** Takes a member out, with the comma that then separates nothing. `ends` gives where the content of a member ends. */
export function removeFlow(
  edit: Edit,
  token: CST.FlowCollection,
  index: number,
  ends: (index: number) => number,
): void {
  if (index > 0) edit.splices.push({ start: ends(index - 1), end: ends(index), text: '' });
  else edit.splices.push({ start: memberStart(token, 0), end: memberStart(token, 1), text: '' });
}

/** Undefined where the first member stands on the line of the bracket. */
function layoutOf({ source }: Edit, token: CST.FlowCollection): Layout | undefined {
  if (token.items.length === 0) return undefined;
  const first = memberStart(token, 0);
  const lineStart = lineStartOf(source, first);
  const pad = source.slice(lineStart, first);
  if (lineStart <= token.offset || pad.trim() !== '') return undefined;
  const outer = /^[ \t]*/.exec(source.slice(lineStartOf(source, token.offset), token.offset))?.[0] ?? '';
  return { pad, step: pad.startsWith(outer) && pad.length > outer.length ? pad.slice(outer.length) : '  ' };
}

/** Where a member begins: its anchor or tag, its key, or its value. */
function memberStart(token: CST.FlowCollection, index: number): number {
  const item = token.items[index];
  const mark = item?.start.find(({ type }) => type === 'anchor' || type === 'tag' || type === 'explicit-key-ind');
  const offset = mark?.offset ?? item?.key?.offset ?? item?.value?.offset;
  if (offset === undefined) throw new CannotEdit('the member has no place in the text');
  return offset;
}

function closeOf(token: CST.FlowCollection): number {
  const close = token.end.find(({ type }) => type === 'flow-map-end' || type === 'flow-seq-end');
  if (close === undefined) throw new CannotEdit('the collection is not closed');
  return close.offset;
}

/** The offset of a comma with nothing but blanks and comments between it and `end`. */
function trailingComma(source: string, end: number): number | undefined {
  const found = /^(?:\s|(?<=\s)#[^\n]*)*,/.exec(source.slice(end, lineEnd(source, lineEnd(source, end) + 1)));
  return found === null ? undefined : end + found[0].length - 1;
}
