import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plain } from '../../platform/terminal.ts';
import { diffLines } from './line-diff.ts';
import { unifiedDiff } from './unified-diff.ts';

function diff(before: string, after: string): string {
  return unifiedDiff({ oldName: 'a', newName: 'b', before, after, heading: (line) => `line ${line}` }, plain);
}

/** Takes a unified diff for what it says. */
function patched(before: string, patch: string): string {
  const old = before.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const out: string[] = [];
  let at = 0;
  const lines = patch.split('\n').slice(2, -1);
  lines.forEach((line, i) => {
    const text = lines[i + 1]?.startsWith('\\') ? line.slice(1) : `${line.slice(1)}\n`;
    const hunk = /^@@ -(\d+)(?:,(\d+))? \+/.exec(line);
    if (hunk !== null) {
      const start = Number(hunk[1]) - (hunk[2] === '0' ? 0 : 1);
      out.push(...old.slice(at, start));
      at = start;
    } else if (line.startsWith('+')) out.push(text);
    else if (!line.startsWith('\\')) {
      expect(old[at]).toBe(text);
      if (line.startsWith(' ')) out.push(text);
      at++;
    }
  });
  return [...out, ...old.slice(at)].join('');
}

describe('unified diff', () => {
  it('is as diff -u writes it', () => {
    const before = 'a\nb\nc\nd\ne\nf\ng\nh\n';
    expect(diff(before, 'a\nb\nc\nd\nX\nf\ng\nh\nnew\n')).toBe(
      '--- a\n+++ b\n@@ -2,7 +2,8 @@ line 2\n b\n c\n d\n-e\n+X\n f\n g\n h\n+new\n',
    );
    expect(diff(before, before)).toBe('');
    expect(diff('', 'a\n')).toBe('--- a\n+++ b\n@@ -0,0 +1 @@ line 1\n+a\n');
    expect(diff('a\n', 'a')).toBe('--- a\n+++ b\n@@ -1 +1 @@ line 1\n-a\n+a\n\\ No newline at end of file\n');
  });

  it('makes a hunk of its own of what is far away', () => {
    const lines = Array.from({ length: 40 }, (_, i) => `${i}\n`);
    const after = lines.with(5, 'x\n').with(30, 'y\n');
    expect(diff(lines.join(''), after.join('')).match(/^@@.*$/gm)).toEqual([
      '@@ -3,7 +3,7 @@ line 3',
      '@@ -28,7 +28,7 @@ line 28',
    ]);
  });

  it('keeps unique lines in place where a shortest edit would mix blocks', () => {
    const block = (name: string): string[] => ['- env:', `  - ${name}`, '  ports:', '  - 80'];
    const runs = diffLines([...block('a'), ...block('c')], [...block('a'), ...block('b'), ...block('c')]);
    expect(runs.filter(({ kind }) => kind !== 'same')).toMatchObject([{ kind: 'added', count: 4 }]);
  });

  const text = fc.array(fc.constantFrom('a', 'b', 'c', '- x', '', '  y'), { maxLength: 40 }).map((l) => l.join('\n'));

  it('applied, gives the other text', () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        const patch = diff(before, after);
        expect(before === after ? before : patched(before, patch)).toBe(after);
      }),
      { numRuns: 500 },
    );
  });

  it('is done with texts that have nothing in common, and with long ones', () => {
    const many = (word: string): string => `${word}\n`.repeat(20_000);
    expect(diff(many('a'), many('b'))).toContain('@@ -1,20000 +1,20000 @@');
    const half = Array.from({ length: 30_000 }, (_, i) => `${i % 7}\n`).join('');
    expect(patched(half, diff(half, half.replaceAll('3\n6', '3\nx\n6').replaceAll('4\n5\n', '')))).not.toBe(half);
  });
});
