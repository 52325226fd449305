/** The timeline of releases is only as good as its tests: every row is named by one that shows its effect. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BEHAVIOURS } from '../../src/core/injection/releases.ts';
import { LATEST } from '../../src/core/release.ts';

function testFiles(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? testFiles(path) : path.endsWith('.test.ts') ? [path] : [];
  });
}

const texts = testFiles('src/core').map((file) => readFileSync(file, 'utf8'));

describe('releases.ts', () => {
  it('every row is named by a test', () => {
    // The name as a whole word: `owner-of` must not pass for `owner-of-bare-pod`.
    const unnamed = BEHAVIOURS.filter(({ id }) => {
      const name = new RegExp(`(?<![\\w-])${id}(?![\\w-])`);
      return !texts.some((text) => name.test(text));
    }).map(({ id }) => id);
    expect(unnamed).toEqual([]);
  });

  it('every row stands once and says when', () => {
    expect(new Set(BEHAVIOURS.map(({ id }) => id)).size).toBe(BEHAVIOURS.length);
    for (const row of BEHAVIOURS) {
      expect(row.introduced[0], row.id).toBeLessThanOrEqual(LATEST.minor);
      const backports = 'backports' in row ? row.backports : [];
      for (const [minor] of backports) expect(minor, row.id).toBeLessThan(row.introduced[0]);
      if ('removed' in row) expect(row.removed[0], row.id).toBeGreaterThan(row.introduced[0]);
    }
  });
});
