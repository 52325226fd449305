/** The processes that this one sees, from /proc. */
import { readdirSync, readFileSync } from 'node:fs';

export type SeenProcess = { readonly pid: number; readonly parent: number; readonly name: string };

/** All of them, but for those that end while they are looked at. */
export function seenProcesses(): readonly SeenProcess[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      // The name is in parentheses and may hold anything, so the rest is found from the end.
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      const end = stat.lastIndexOf(')');
      const [state = '', parent = ''] = stat.slice(end + 2).split(' ');
      if (state === 'Z') return [];
      return [{ pid: Number(name), parent: Number(parent), name: stat.slice(stat.indexOf('(') + 1, end) }];
    } catch {
      return [];
    }
  });
}
