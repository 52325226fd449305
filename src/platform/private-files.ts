/** Files of a running program, in a folder of its own that others may not read. */
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { attempt, type FileOutcome, writeFiles } from './files.ts';

/** Makes the folder and writes all files, or none; `remove` deletes the files again. */
export function writeConfigFiles(
  folder: string,
  files: readonly { readonly path: string; readonly text: string }[],
): FileOutcome<{ readonly remove: () => void }> {
  const made = attempt(folder, 'write', () => makeFolder(folder));
  if (!made.ok) return made;
  const written = writeFiles(files.map(({ path, text }) => ({ path, data: text })));
  if (!written.ok) return written;
  const remove = (): void => {
    for (const { path } of files) rmSync(path, { force: true });
  };
  return { ok: true, value: { remove } };
}

/** Node's own `recursive` never ends below /proc, where making a folder says that its parent is missing (Node 20). */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  const parent = dirname(folder);
  if (parent !== folder) makeFolder(parent);
  mkdirSync(folder, { mode: 0o700 });
}
