import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isFolder, listFolder, readFile, writeFiles } from './files.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'remora-files-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string): string => join(folder, name);

describe('writing files', () => {
  it('makes new ones and replaces old ones, with their mode, through links', () => {
    writeFileSync(at('old'), 'before');
    chmodSync(at('old'), 0o604);
    symlinkSync('old', at('link'));
    const done = writeFiles([
      { path: at('new'), data: 'text é' },
      { path: at('link'), data: Uint8Array.of(0xff) },
    ]);
    expect(done.ok).toBe(true);
    expect(readFileSync(at('new'), 'utf8')).toBe('text é');
    expect([...readFileSync(at('old'))]).toEqual([0xff]);
    expect(statSync(at('old')).mode & 0o777).toBe(0o604);
    expect(readdirSync(folder).sort()).toEqual(['link', 'new', 'old']);
  });

  it('keep their owner and group, as far as the system allows', () => {
    writeFileSync(at('a'), 'before');
    // Only root may give a file away; anybody else sees that its own stays its own.
    if (process.getuid?.() === 0) chownSync(at('a'), 1234, 5678);
    const { uid, gid } = statSync(at('a'));
    expect(writeFiles([{ path: at('a'), data: 'after' }]).ok).toBe(true);
    expect(statSync(at('a'))).toMatchObject({ uid, gid });
    expect(readFileSync(at('a'), 'utf8')).toBe('after');
  });

  it('writes none where one cannot be written, and leaves nothing behind', () => {
    writeFileSync(at('a'), 'before');
    mkdirSync(at('folder'));
    for (const bad of ['none/x', 'folder', 'a/x']) {
      const done = writeFiles([
        { path: at('a'), data: 'after' },
        { path: at(bad), data: 'x' },
      ]);
      expect(done).toMatchObject({ ok: false, failure: { path: at(bad) } });
      expect(readFileSync(at('a'), 'utf8')).toBe('before');
    }
    expect(readdirSync(folder).sort()).toEqual(['a', 'folder']);
  });

  it('a broken link is replaced by its target, an empty list does nothing', () => {
    symlinkSync('later', at('link'));
    expect(writeFiles([{ path: at('link'), data: 'x' }]).ok).toBe(true);
    expect(readFileSync(at('link'), 'utf8')).toBe('x');
    expect(writeFiles([]).ok).toBe(true);
  });
});

describe('reading', () => {
  it("fails in Go's words", () => {
    expect(readFile(at('none'))).toEqual({
      ok: false,
      failure: { path: at('none'), message: `open ${at('none')}: no such file or directory` },
    });
    expect(readFile(folder)).toMatchObject({ failure: { message: `open ${folder}: is a directory` } });
    expect(listFolder(at('none')).ok).toBe(false);
    expect([isFolder(folder), isFolder(at('none'))]).toEqual([true, false]);
  });
});
