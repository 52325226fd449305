/** Files: whole reads, and writes that either happen completely or not at all. */
import {
  chmodSync,
  chownSync,
  closeSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** What the system said, in Go's words (`open app.yaml: no such file or directory`), which is what istioctl prints. */
export type FileFailure = { readonly path: string; readonly message: string };

export type FileOutcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: FileFailure };

export function readFile(path: string): FileOutcome<Uint8Array> {
  return attempt(path, 'open', () => readFileSync(path));
}

export function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** When the file was last written, in milliseconds; undefined: there is none. */
export function modifiedAt(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs;
}

/** The names in a folder, in no particular order. */
export function listFolder(path: string): FileOutcome<readonly string[]> {
  return attempt(path, 'open', () => readdirSync(path));
}

export type FileToWrite = { readonly path: string; readonly data: string | Uint8Array };

/**
 * Writes all files or none: every text goes to a file beside its target first, and only when all are there are they
 * renamed into place. Links are followed, an existing file keeps its mode and, where
 * the system allows it, its owner. What is no regular file (`/dev/stdout`, a
 * pipe) cannot be replaced and is written to directly, last. Gives the first failure, after which nothing is changed
 * unless a rename itself failed.
 */
export function writeFiles(files: readonly FileToWrite[]): FileOutcome<undefined> {
  const staged: { readonly from: string; readonly to: string }[] = [];
  const direct: FileToWrite[] = [];
  const outcome = firstFailure(files, (file) => {
    const target = existing(file.path);
    if (target?.kind === 'folder') throw Object.assign(new Error('EISDIR'), { code: 'EISDIR' });
    if (target?.kind === 'other') {
      direct.push(file);
      return;
    }
    const to = target?.path ?? file.path;
    const from = join(dirname(to), `.${basename(to)}.${process.pid}-${staged.length}.tmp`);
    staged.push({ from, to });
    writeWhole(from, file.data, target);
  });
  const done = outcome.ok ? finish(staged, direct) : outcome;
  for (const { from } of staged) rmSync(from, { force: true });
  return done;
}

function finish(
  staged: readonly { readonly from: string; readonly to: string }[],
  direct: readonly FileToWrite[],
): FileOutcome<undefined> {
  const renamed = firstFailure(
    staged.map(({ from, to }) => ({ path: to, from })),
    ({ from, path }) => renameSync(from, path),
  );
  return renamed.ok ? firstFailure(direct, ({ path, data }) => writeFileSync(path, data)) : renamed;
}

type Existing = { readonly path: string; readonly kind: 'file' | 'folder' | 'other' } & Attributes;

type Attributes = { readonly mode: number; readonly uid: number; readonly gid: number };

function existing(path: string): Existing | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return undefined;
  const kind = stat.isFile() ? 'file' : stat.isDirectory() ? 'folder' : 'other';
  return { path: realpathSync(path), kind, mode: stat.mode & 0o7777, uid: stat.uid, gid: stat.gid };
}

/** On the disk before it is renamed: a crash in between must leave the old text or the new, never an empty file. */
function writeWhole(path: string, data: FileToWrite['data'], like: Attributes | undefined): void {
  const file = openSync(path, 'wx', like?.mode ?? 0o666);
  try {
    const bytes = typeof data === 'string' ? Buffer.from(data, 'utf8') : data;
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  if (like === undefined) return;
  keepOwner(path, like);
  // The mode of openSync goes through the umask, and a change of owner clears setuid.
  chmodSync(path, like.mode);
}

/** Root may give files away, others at most to a group of theirs; a file system without owners refuses all. */
function keepOwner(path: string, { uid, gid }: Attributes): void {
  const own = statSync(path);
  for (const wanted of [
    { uid, gid },
    { uid: own.uid, gid },
  ]) {
    if (own.uid === wanted.uid && own.gid === wanted.gid) return;
    try {
      chownSync(path, wanted.uid, wanted.gid);
      return;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && typeof error.code === 'string')) throw error;
    }
  }
}

function firstFailure<T extends { readonly path: string }>(
  items: readonly T[],
  act: (item: T) => void,
): FileOutcome<undefined> {
  for (const item of items) {
    const outcome = attempt(item.path, 'open', () => act(item));
    if (!outcome.ok) return outcome;
  }
  return { ok: true, value: undefined };
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EISDIR: 'is a directory',
  ENOTDIR: 'not a directory',
  EROFS: 'read-only file system',
  ENOSPC: 'no space left on device',
  ENAMETOOLONG: 'file name too long',
  ELOOP: 'too many levels of symbolic links',
  EIO: 'input/output error',
};

/** Errors of the system become values; anything else is a bug and passes. */
export function attempt<T>(path: string, verb: 'open' | 'read' | 'write', act: () => T): FileOutcome<T> {
  try {
    return { ok: true, value: act() };
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') throw error;
    return { ok: false, failure: { path, message: `${verb} ${path}: ${REASONS[error.code] ?? error.message}` } };
  }
}
