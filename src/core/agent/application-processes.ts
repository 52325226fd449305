/** A process as far as it matters here. */
export type ProcessFacts = { readonly pid: number; readonly parent: number };

/**
 * The application's processes in a pod that shares its process namespace: all but the agent and its children, and
 * process 1, which is the pod's own and waits for ever.
 */
export function applicationProcesses(all: readonly ProcessFacts[], agent: number): readonly ProcessFacts[] {
  const parents = new Map(all.map(({ pid, parent }) => [pid, parent]));
  const isOurs = (pid: number): boolean => {
    // As deep as the tree can be at most: a loop, which the kernel does not make, would end as well.
    for (let at: number | undefined = pid, i = 0; at !== undefined && at > 0 && i <= all.length; i++) {
      if (at === agent) return true;
      at = parents.get(at);
    }
    return false;
  };
  return all.filter(({ pid }) => pid !== 1 && !isOurs(pid));
}

export type ApplicationWatch = {
  readonly seen: boolean;
  /** How often in a row none was there. */
  readonly absent: number;
};

export const NOT_SEEN: ApplicationWatch = { seen: false, absent: 0 };

/** One look may fall between the end of a container and its restart, or between two processes of a script. */
const LOOKS = 3;

/** What is known after another look; `ended` once the application was there and has stayed away. */
export function watchApplication(
  before: ApplicationWatch,
  count: number,
): ApplicationWatch & { readonly ended: boolean } {
  const seen = before.seen || count > 0;
  const absent = count > 0 ? 0 : before.absent + 1;
  return { seen, absent, ended: seen && absent >= LOOKS };
}
