import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openToAll } from '../../platform/container-process.ts';
import type { Engine } from './requirements.ts';

export type Program = {
  /** Words that start this program, as any user can. */
  readonly command: readonly string[];
  readonly envoy: string | undefined;
  readonly mounts: readonly { readonly from: string; readonly to: string; readonly folder: boolean }[];
};

/**
 * This program, as a user without rights can run it. Where its files lie below a folder that is closed to others (a
 * checkout in root's home), they are made visible elsewhere.
 */
export function findSelf(folder: string, { envoy }: Engine): Program {
  const mounts: { from: string; to: string; folder: boolean }[] = [];
  const open = (from: string, name: string): string => {
    if (openToAll(from, true)) return from;
    const to = join(folder, name);
    mounts.push({ from, to, folder: false });
    return to;
  };
  const root = dirname(dirname(realpathSync(process.argv[1] ?? '')));
  const node = open(realpathSync(process.execPath), 'node');
  const proxy = envoy === undefined ? undefined : open(realpathSync(envoy), 'envoy');
  if (openToAll(root, true)) return { command: [node, join(root, 'bin', 'remora')], envoy: proxy, mounts };
  // The folder itself would stay closed under another name, too.
  for (const name of PROGRAM_PARTS.filter((part) => existsSync(join(root, part)))) {
    mounts.push({ from: join(root, name), to: join(folder, 'remora', name), folder: true });
  }
  return { command: [node, join(folder, 'remora', 'bin', 'remora')], envoy: proxy, mounts };
}

/** What of an installed program is needed to run it. */
const PROGRAM_PARTS = ['bin', 'dist', 'node_modules'];
