/** The processes that this one sees, from /proc. */
import { readdirSync, readFileSync } from 'node:fs';

export type SeenProcess = { readonly pid: number; readonly parent: number };

/** All of them, but for those that have ended. */
export function seenProcesses(): readonly SeenProcess[] {
  return readdirSync('/proc').flatMap((name) => {
    const [state, parent] = /^\d+$/.test(name) ? (processFields(Number(name)) ?? []) : [];
    return state === undefined || state === 'Z' ? [] : [{ pid: Number(name), parent: Number(parent) }];
  });
}

/** When a process was started, in ticks since the machine's start; with its number it names a process for good. */
export function startOf(pid: number): string | undefined {
  return processFields(pid)?.[19];
}

/** What stands in `stat` behind the name, from the state on. The name may hold anything, so that its end is looked for. */
function processFields(pid: number): readonly string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
