/** Files of a running program, in a folder of its own that others may not read. */
import { mkdirSync, rmSync } from 'node:fs';
import { attempt, type FileOutcome, writeFiles } from './files.ts';

/** Makes the folder and writes all files, or none; `remove` deletes the files again. */
export function writeConfigFiles(
  folder: string,
  files: readonly { readonly path: string; readonly text: string }[],
): FileOutcome<{ readonly remove: () => void }> {
  const made = attempt(folder, 'write', () => mkdirSync(folder, { recursive: true, mode: 0o700 }));
  if (!made.ok) return made;
  const written = writeFiles(files.map(({ path, text }) => ({ path, data: text })));
  if (!written.ok) return written;
  const remove = (): void => {
    for (const { path } of files) rmSync(path, { force: true });
  };
  return { ok: true, value: { remove } };
}
