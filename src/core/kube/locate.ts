import { EVENT, type YamlEvent, yamlEvents } from './yaml-events.ts';

/** Deep enough for every text that parseYaml reads. */
const MAX_DEPTH = 1000;

/** A place in a text, counted from 1. */
export type TextPosition = { readonly line: number; readonly column: number };

/**
 * Where the values that JSON pointers name stand in a YAML text. Each pointer is followed as far as it can be, so that
 * something missing is shown at what it is missing from. Empty for a text that is no YAML. All pointers are followed in
 * one walk: a List with a problem in each of ten thousand items takes no longer than one with a single problem.
 */
export function locatePointers(text: string, pointers: readonly string[]): ReadonlyMap<string, TextPosition> {
  let events: readonly YamlEvent[];
  try {
    events = yamlEvents(text, MAX_DEPTH);
  } catch {
    return new Map();
  }
  const start = events[0]?.start;
  if (start === undefined || pointers.length === 0) return new Map();
  const found = new Map<string, number>();
  follow(events, 0, start, treeOf(pointers), found);
  const starts = lineStarts(text);
  return new Map([...found].map(([pointer, offset]) => [pointer, positionOf(starts, offset)]));
}

type Branch = { readonly pointers: string[]; readonly members: Map<string, Branch> };

function treeOf(pointers: readonly string[]): Branch {
  const root: Branch = { pointers: [], members: new Map() };
  for (const pointer of new Set(pointers)) {
    let branch = root;
    for (const key of pointer.split('/').slice(1)) {
      const name = key.replaceAll('~1', '/').replaceAll('~0', '~');
      const next: Branch = branch.members.get(name) ?? { pointers: [], members: new Map() };
      branch.members.set(name, next);
      branch = next;
    }
    branch.pointers.push(pointer);
  }
  return root;
}

/** Notes where a node stands for the pointers that end at it or lead nowhere below it; gives the index behind it. */
function follow(
  events: readonly YamlEvent[],
  at: number,
  start: number,
  branch: Branch,
  found: Map<string, number>,
): number {
  note(branch, start, found);
  const kind = events[at]?.kind;
  if (branch.members.size === 0 || (kind !== EVENT.sequence && kind !== EVENT.mapping)) return after(events, at);
  let next = at + 1;
  for (let index = 0; next < events.length && events[next]?.kind !== EVENT.end; index++) {
    const key = next;
    if (kind === EVENT.mapping) next = after(events, next);
    const name = kind === EVENT.mapping ? (events[key]?.text ?? '') : String(index);
    const member = branch.members.get(name);
    next =
      member === undefined ? after(events, next) : follow(events, next, events[key]?.start ?? start, member, found);
  }
  return next + 1;
}

function note(branch: Branch, start: number, found: Map<string, number>): void {
  for (const pointer of branch.pointers) found.set(pointer, start);
  for (const member of branch.members.values()) note(member, start, found);
}

/** The index behind a whole node. */
function after(events: readonly YamlEvent[], at: number): number {
  let depth = 0;
  let index = at;
  do {
    const kind = events[index]?.kind;
    if (kind === EVENT.sequence || kind === EVENT.mapping) depth++;
    else if (kind === EVENT.end) depth--;
    index++;
  } while (depth > 0 && index < events.length);
  return index;
}

function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

function positionOf(starts: readonly number[], offset: number): TextPosition {
  let low = 0;
  let high = starts.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle;
  }
  return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
}
