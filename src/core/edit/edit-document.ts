import { type Alias, type Document, isMap, isSeq, type Node, type Pair, visit, type YAMLMap, type YAMLSeq } from 'yaml';
import { getKey, isArray, isObject, type JsonArray, type JsonObject, type JsonValue } from '../json.ts';
import { alignLists } from './align.ts';
import { flowMember } from './edit-flow.ts';
import { addItem, addPair, removeItem, removePair, replaceValue } from './edit-members.ts';
import { CannotEdit, type Edit } from './edit-state.ts';
import { jsonEqual } from './equal.ts';
import { type Collection, collectionToken, trimmedEnd, valueRange } from './places.ts';
import { renderFlow, renderLines, type Style } from './render.ts';
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
