/** Files that others replace: editors, and kubelets, which swap a symlink of a mounted config map. */
import { type FSWatcher, readlinkSync, statSync, watch } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/**
 * Calls `changed` after any of the files may have changed, `debounce` milliseconds after the first sign of it. The
 * folders are watched and not the files, which a rename takes away from under a watch; a slow look at sizes, times and
 * links finds what a file system does not tell (network mounts, too few inotify instances). Ends with `signal`.
 */
export function watchFiles(
  files: readonly string[],
  changed: () => void,
  signal: AbortSignal,
  { debounce = 100, poll = 5_000 }: { readonly debounce?: number; readonly poll?: number } = {},
): void {
  let pending: NodeJS.Timeout | undefined;
  let last = stampOf(files);
  const hint = (): void => {
    pending ??= setTimeout(() => {
      pending = undefined;
      const stamp = stampOf(files);
      // The folder may hold others' files.
      if (stamp === last) return;
      last = stamp;
      changed();
    }, debounce);
  };
  const watchers = foldersOf(files).flatMap((folder) => watcherOf(folder, hint));
  const timer = setInterval(() => {
    if (stampOf(files) !== last) hint();
  }, poll);
  signal.addEventListener('abort', () => {
    for (const watcher of watchers) watcher.close();
    clearInterval(timer);
    clearTimeout(pending);
  });
}

function foldersOf(files: readonly string[]): readonly string[] {
  return [...new Set(files.map((file) => dirname(file)))];
}

function watcherOf(folder: string, hint: () => void): readonly FSWatcher[] {
  try {
    const watcher = watch(folder, { persistent: false }, hint);
    // The folder itself may go; the slow look finds its return.
    watcher.on('error', () => watcher.close());
    return [watcher];
  } catch {
    return [];
  }
}

/** What changes when a file does: its own times and size, and where the links of a mounted config map lead. */
function stampOf(files: readonly string[]): string {
  return files.map((file) => `${statText(file)}/${linkOf(join(dirname(file), '..data'))}/${basename(file)}`).join('\n');
}

/** A file that cannot be looked at, on a network mount for example, is a change of it and no reason to stop. */
function statText(file: string): string {
  try {
    const stat = statSync(file, { throwIfNoEntry: false });
    return `${stat?.ino}/${stat?.mtimeMs}/${stat?.size}`;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
