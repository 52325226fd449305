/** Where two texts differ, line by line. Knows nothing of manifests. */
import { longestIncreasing } from '../../core/kube/index.ts';

/** Lines that both have, that only the old has, or that only the new has; counted from 0. */
export type LineRun = {
  readonly kind: 'same' | 'removed' | 'added';
  readonly old: number;
  readonly new: number;
  readonly count: number;
};

/**
 * Lines that occur once on either side and stand in the same order are kept (patience diff: a person sees these as the
 * same); what lies between two of them is compared by Myers' shortest edit, up to a bound, so that the work stays
 * linear in practice.
 */
export function diffLines(before: readonly string[], after: readonly string[]): readonly LineRun[] {
  const steps: LineRun[] = [];
  compare({ before, after, out: steps }, 0, before.length, 0, after.length);
  return joined(steps);
}

type Texts = { readonly before: readonly string[]; readonly after: readonly string[]; readonly out: LineRun[] };

function compare(texts: Texts, oldStart: number, oldEnd: number, newStart: number, newEnd: number): void {
  const { before, after, out } = texts;
  let [a, b] = [oldStart, newStart];
  while (a < oldEnd && b < newEnd && before[a] === after[b]) {
    a++;
    b++;
  }
  let [x, y] = [oldEnd, newEnd];
  while (x > a && y > b && before[x - 1] === after[y - 1]) {
    x--;
    y--;
  }
  push(out, 'same', oldStart, newStart, a - oldStart);
  between(texts, a, x, b, y);
  push(out, 'same', x, y, oldEnd - x);
}

function between(texts: Texts, a: number, x: number, b: number, y: number): void {
  if (a === x || b === y) {
    push(texts.out, 'removed', a, b, x - a);
    push(texts.out, 'added', x, b, y - b);
    return;
  }
  const anchors = anchorsOf(texts, a, x, b, y);
  if (anchors.length === 0) {
    shortestEdit(texts, a, x, b, y);
    return;
  }
  let [old, fresh] = [a, b];
  for (const [oldAnchor, newAnchor] of anchors) {
    compare(texts, old, oldAnchor, fresh, newAnchor);
    push(texts.out, 'same', oldAnchor, newAnchor, 1);
    [old, fresh] = [oldAnchor + 1, newAnchor + 1];
  }
  compare(texts, old, x, fresh, y);
}

/** Lines that are unique on both sides, as many as keep their order. */
function anchorsOf(
  { before, after }: Texts,
  a: number,
  x: number,
  b: number,
  y: number,
): readonly (readonly [number, number])[] {
  const [old, fresh] = [uniqueLines(before, a, x), uniqueLines(after, b, y)];
  const pairs: (readonly [number, number])[] = [];
  for (const [line, at] of old) {
    const other = fresh.get(line);
    if (at !== -1 && other !== undefined && other !== -1) pairs.push([at, other]);
  }
  const kept = longestIncreasing(pairs.map(([, other]) => other));
  return pairs.filter((_, i) => kept.has(i));
}

/** Position by line; -1 where the line occurs more than once. */
function uniqueLines(lines: readonly string[], start: number, end: number): ReadonlyMap<string, number> {
  const places = new Map<string, number>();
  for (let i = start; i < end; i++) {
    const line = lines[i] ?? '';
    places.set(line, places.has(line) ? -1 : i);
  }
  return places;
}

/** Edits beyond which a shortest one is not looked for: all old lines out, all new lines in. */
const MAX_EDITS = 400;

/** Myers 1986: the furthest reach on each diagonal, edit by edit, kept to walk back. */
function shortestEdit({ before, after, out }: Texts, a: number, x: number, b: number, y: number): void {
  const [n, m] = [x - a, y - b];
  const limit = Math.min(n + m, MAX_EDITS);
  const reach = new Map<number, number>([[1, 0]]);
  const history: ReadonlyMap<number, number>[] = [];
  for (let edits = 0; edits <= limit; edits++) {
    history.push(new Map(reach));
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      let i = down(reach, diagonal, edits) ? (reach.get(diagonal + 1) ?? 0) : (reach.get(diagonal - 1) ?? 0) + 1;
      while (i < n && i - diagonal < m && before[a + i] === after[b + i - diagonal]) i++;
      reach.set(diagonal, i);
      if (i >= n && i - diagonal >= m) {
        out.push(...walkBack(history, n, m).map((run) => ({ ...run, old: run.old + a, new: run.new + b })));
        return;
      }
    }
  }
  push(out, 'removed', a, b, n);
  push(out, 'added', x, b, m);
}

function down(reach: ReadonlyMap<number, number>, diagonal: number, edits: number): boolean {
  if (diagonal === -edits) return true;
  return diagonal !== edits && (reach.get(diagonal - 1) ?? 0) < (reach.get(diagonal + 1) ?? 0);
}

function walkBack(history: readonly ReadonlyMap<number, number>[], n: number, m: number): readonly LineRun[] {
  const runs: LineRun[] = [];
  let [i, j] = [n, m];
  for (let edits = history.length - 1; edits >= 0; edits--) {
    const reach = history[edits] ?? new Map<number, number>();
    const diagonal = i - j;
    const added = down(reach, diagonal, edits);
    const from = added ? diagonal + 1 : diagonal - 1;
    const [oldFrom, newFrom] = edits === 0 ? [0, 0] : [reach.get(from) ?? 0, (reach.get(from) ?? 0) - from];
    const start = edits === 0 ? 0 : added ? oldFrom : oldFrom + 1;
    runs.push({ kind: 'same', old: start, new: start - diagonal, count: i - start });
    if (edits > 0) runs.push({ kind: added ? 'added' : 'removed', old: oldFrom, new: newFrom, count: 1 });
    [i, j] = [oldFrom, newFrom];
  }
  return runs.reverse().filter(({ count }) => count > 0);
}

function push(out: LineRun[], kind: LineRun['kind'], old: number, fresh: number, count: number): void {
  if (count > 0) out.push({ kind, old, new: fresh, count });
}

/** Neighbours of a kind as one; within a change the removed lines come first. */
function joined(runs: readonly LineRun[]): readonly LineRun[] {
  const result: LineRun[] = [];
  for (let at = 0; at < runs.length; ) {
    const start = at;
    while (at < runs.length && runs[at]?.kind !== 'same') at++;
    const change = runs.slice(start, at);
    const first = change[0];
    if (first !== undefined) {
      const count = (kind: LineRun['kind']): number =>
        change.reduce((sum, run) => sum + (run.kind === kind ? run.count : 0), 0);
      push(result, 'removed', first.old, first.new, count('removed'));
      push(result, 'added', first.old + count('removed'), first.new, count('added'));
    }
    const same = runs[at];
    if (same === undefined) continue;
    const last = result.at(-1);
    if (last?.kind === 'same') result[result.length - 1] = { ...last, count: last.count + same.count };
    else result.push(same);
    at++;
  }
  return result;
}
