import { EVENT, type YamlEvent, yamlEvents } from './yaml-events.ts';

/** Deep enough for every text that parseYaml reads. */
const MAX_DEPTH = 1000;

/**
 * Where the value that a JSON pointer names stands in a YAML text: 1-based line and column. As far as the pointer can be
 * followed, so that something missing is shown at what it is missing from. Undefined for a text that is no YAML.
 */
export function locatePointer(
  text: string,
  pointer: string,
): { readonly line: number; readonly column: number } | undefined {
  let events: readonly YamlEvent[];
  try {
    events = yamlEvents(text, MAX_DEPTH);
  } catch {
    return undefined;
  }
  const keys = pointer
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  let at = 0;
  let start = events[0]?.start;
  for (const key of keys) {
    const next = child(events, at, key);
    if (next === undefined) break;
    at = next.value;
    start = events[next.key]?.start ?? start;
  }
  if (start === undefined) return undefined;
  const before = text.slice(0, start);
  return { line: before.split('\n').length, column: start - (before.lastIndexOf('\n') + 1) + 1 };
}

/** Indices of the events of a member: where its key (or its item) stands, and where its value begins. */
function child(
  events: readonly YamlEvent[],
  parent: number,
  key: string,
): { readonly key: number; readonly value: number } | undefined {
  const kind = events[parent]?.kind;
  let at = parent + 1;
  for (let index = 0; at < events.length && events[at]?.kind !== EVENT.end; index++) {
    if (kind === EVENT.sequence) {
      if (String(index) === key) return { key: at, value: at };
      at = after(events, at);
    } else if (kind === EVENT.mapping) {
      const value = after(events, at);
      if (events[at]?.text === key) return { key: at, value };
      at = after(events, value);
    } else return undefined;
  }
  return undefined;
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
