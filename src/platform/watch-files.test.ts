import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { watchFiles } from './watch-files.ts';

let folder: string;
let over: AbortController;
let calls = 0;
const at = (...names: readonly string[]): string => join(folder, ...names);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'remora-watch-'));
  over = new AbortController();
  calls = 0;
});

afterEach(() => {
  over.abort();
  rmSync(folder, { recursive: true, force: true });
});

function watch(files: readonly string[], poll = 60_000): void {
  watchFiles(
    files,
    () => {
      calls += 1;
    },
    over.signal,
    { debounce: 20, poll },
  );
}

/** Until it was called so often, and then a little for a call too many. */
async function called(times: number): Promise<void> {
  const ends = Date.now() + 3_000;
  while (calls < times && Date.now() < ends) await pause(5);
  await pause(60);
  expect(calls).toBe(times);
}

describe('files that change', () => {
  it('by a write, several of which count once', async () => {
    writeFileSync(at('a'), '1');
    writeFileSync(at('b'), '1');
    watch([at('a'), at('b')]);
    writeFileSync(at('a'), '22');
    writeFileSync(at('b'), '22');
    await called(1);
    writeFileSync(at('a'), '333');
    await called(2);
  });

  it('by a rename over them, and by their end and return', async () => {
    writeFileSync(at('a'), '1');
    watch([at('a')]);
    writeFileSync(at('aside'), '2');
    renameSync(at('aside'), at('a'));
    await called(1);
    rmSync(at('a'));
    await called(2);
    writeFileSync(at('a'), '1');
    await called(3);
  });

  it("by the swap of a mounted config map's link, though size and time stay", async () => {
    const time = new Date(1_700_000_000_000);
    for (const version of ['..1', '..2']) {
      mkdirSync(at(version));
      writeFileSync(at(version, 'config'), version.slice(0, 2));
      utimesSync(at(version, 'config'), time, time);
    }
    symlinkSync('..1', at('..data'));
    symlinkSync(join('..data', 'config'), at('config'));
    watch([at('config')]);
    symlinkSync('..2', at('..data_tmp'));
    renameSync(at('..data_tmp'), at('..data'));
    await called(1);
  });

  it('in a folder that comes later are found by the slow look', async () => {
    watch([at('later', 'a')], 30);
    await called(0);
    mkdirSync(at('later'));
    writeFileSync(at('later', 'a'), '1');
    await called(1);
    writeFileSync(at('later', 'a'), '22');
    await called(2);
  });
});

describe('no change', () => {
  it("is what happens to others' files of the folder", async () => {
    writeFileSync(at('a'), '1');
    watch([at('a')]);
    writeFileSync(at('b'), '1');
    await called(0);
  });

  it('is told after the end', async () => {
    writeFileSync(at('a'), '1');
    watch([at('a')]);
    over.abort();
    writeFileSync(at('a'), '22');
    await called(0);
  });
});
