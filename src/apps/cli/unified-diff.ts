import type { Paint } from '../../platform/terminal.ts';
import { diffLines, type LineRun } from './line-diff.ts';

export type DiffSides = {
  readonly oldName: string;
  readonly newName: string;
  readonly before: string;
  readonly after: string;
  /** What a hunk is about, by its first old line (from 1); shown behind the second `@@`. */
  readonly heading?: (line: number) => string;
};

/** Unchanged lines around a change. */
const CONTEXT = 3;

/** A unified diff as `diff -u` writes it, which `patch` reads; empty where the texts are equal. */
export function unifiedDiff({ oldName, newName, before, after, heading }: DiffSides, paint: Paint): string {
  if (before === after) return '';
  const [old, fresh] = [linesOf(before), linesOf(after)];
  const head = [paint('bold', `--- ${oldName}`), paint('bold', `+++ ${newName}`)];
  const hunks = hunksOf(diffLines(old, fresh)).map((hunk) => hunkText(hunk, old, fresh, heading, paint));
  return `${[...head, ...hunks.flat()].join('\n')}\n`;
}

/** Lines with their ends, so that a missing last newline and CRLF are differences too. */
function linesOf(text: string): readonly string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** Changes that are closer than two contexts share a hunk. */
function hunksOf(runs: readonly LineRun[]): readonly (readonly LineRun[])[] {
  const hunks: LineRun[][] = [];
  let hunk: LineRun[] = [];
  let changed = false;
  runs.forEach((run, i) => {
    if (run.kind !== 'same') {
      hunk.push(run);
      changed = true;
    } else if (!changed) hunk = [tail(run)];
    else if (i === runs.length - 1) hunk.push(head(run));
    else if (run.count <= 2 * CONTEXT) hunk.push(run);
    else {
      hunks.push([...hunk, head(run)]);
      hunk = [tail(run)];
      changed = false;
    }
  });
  return changed ? [...hunks, hunk] : hunks;
}

function head(run: LineRun): LineRun {
  return { ...run, count: Math.min(run.count, CONTEXT) };
}

function tail(run: LineRun): LineRun {
  const skipped = Math.max(0, run.count - CONTEXT);
  return { ...run, old: run.old + skipped, new: run.new + skipped, count: run.count - skipped };
}

function hunkText(
  hunk: readonly LineRun[],
  old: readonly string[],
  fresh: readonly string[],
  heading: DiffSides['heading'],
  paint: Paint,
): readonly string[] {
  const count = (kind: LineRun['kind']): number =>
    hunk.reduce((sum, run) => sum + (run.kind === kind || run.kind === 'same' ? run.count : 0), 0);
  const first = hunk[0] ?? { old: 0, new: 0 };
  const about = heading?.(first.old + 1) ?? '';
  const range = `@@ -${span(first.old, count('removed'))} +${span(first.new, count('added'))} @@`;
  return [
    `${paint('cyan', range)}${about === '' ? '' : ` ${about}`}`,
    ...hunk.flatMap((run) => runText(run, old, fresh, paint)),
  ];
}

/** An empty side is named by the line before it. */
function span(start: number, count: number): string {
  return count === 1 ? String(start + 1) : `${count === 0 ? start : start + 1},${count}`;
}

function runText(run: LineRun, old: readonly string[], fresh: readonly string[], paint: Paint): readonly string[] {
  const lines =
    run.kind === 'added' ? fresh.slice(run.new, run.new + run.count) : old.slice(run.old, run.old + run.count);
  return lines.flatMap((line) => {
    const text = line.replace(/\n$/, '');
    const shown =
      run.kind === 'same' ? ` ${text}` : run.kind === 'added' ? paint('green', `+${text}`) : paint('red', `-${text}`);
    return line.endsWith('\n') ? [shown] : [shown, '\\ No newline at end of file'];
  });
}
