/** A process as a container runtime starts one: in a network namespace, as a user, with few capabilities. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Readable, Writable } from 'node:stream';

export type ContainerRequest = {
  readonly namespace: string;
  readonly uid: number;
  readonly gid: number;
  readonly capabilities: readonly string[];
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly command: readonly string[];
  /** Files and folders that the user could not reach: made visible under another path, for this process only. */
  readonly mounts: readonly { readonly from: string; readonly to: string }[];
  /** A descriptor that takes both outputs; absent: they are pipes, and so is standard input. */
  readonly log?: number;
};

type ContainerEnd = { readonly code: number | undefined; readonly signal: string | undefined };

export type Container = {
  readonly pid: number;
  readonly input: Writable | undefined;
  readonly output: Readable | undefined;
  readonly error: Readable | undefined;
  readonly ended: Promise<ContainerEnd>;
  readonly signal: (name: NodeJS.Signals) => void;
};

/**
 * Starts it. It has a process group of its own, so that a Ctrl-C at the terminal is ours to pass on; and is told to end
 * by the kernel when we are gone.
 */
export function startContainer(request: ContainerRequest): Container {
  const { namespace, folder, env, log } = request;
  const stdio = log === undefined ? (['pipe', 'pipe', 'pipe'] as const) : (['ignore', log, log] as const);
  const words = ['netns', 'exec', namespace, ...mounting(request), ...asUser(request), ...request.command];
  const child: ChildProcess = spawn('ip', words, { cwd: folder, env: { ...env }, stdio: [...stdio], detached: true });
  const ended = new Promise<ContainerEnd>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code: code ?? undefined, signal: signal ?? undefined }));
    child.once('error', () => resolve({ code: 127, signal: undefined }));
  });
  return {
    pid: child.pid ?? 0,
    input: child.stdin ?? undefined,
    output: child.stdout ?? undefined,
    error: child.stderr ?? undefined,
    ended,
    signal: (name) => child.kill(name),
  };
}

/** `ip netns exec` has given the process a mount namespace of its own, so what is mounted there goes with it. */
function mounting({ mounts }: ContainerRequest): readonly string[] {
  if (mounts.length === 0) return [];
  const script =
    'n=$1; shift; while [ "$n" -gt 0 ]; do mount --bind "$1" "$2" || exit 1; shift 2; n=$((n-1)); done; exec "$@"';
  return ['sh', '-c', script, 'sh', String(mounts.length), ...mounts.flatMap(({ from, to }) => [from, to])];
}

function asUser({ uid, gid, capabilities }: ContainerRequest): readonly string[] {
  const kept = ['-all', ...capabilities.map((name) => `+${name}`)].join(',');
  // Root has what the bounding set leaves; who is not root gets it by the ambient set.
  const ambient = uid === 0 || capabilities.length === 0 ? [] : [`--ambient-caps=${kept}`];
  return [
    'setpriv',
    `--reuid=${uid}`,
    `--regid=${gid}`,
    '--clear-groups',
    `--inh-caps=${uid === 0 ? '-all' : kept}`,
    ...ambient,
    `--bounding-set=${kept}`,
    '--pdeathsig=TERM',
    '--',
  ];
}

/** Who a process runs as, in the eyes of the kernel. */
export function userOf(pid: number): { readonly uid: number; readonly gid: number } | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const id = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
    return { uid: id('Uid'), gid: id('Gid') };
  } catch {
    return undefined;
  }
}

/** Whether any user may go down to it and read it, and run it where that is asked. */
export function openToAll(path: string, toRun: boolean): boolean {
  try {
    const own = statSync(path);
    const needed = own.isDirectory() || toRun ? 0o5 : 0o4;
    if ((own.mode & needed) !== needed) return false;
    for (let at = dirname(path); ; at = dirname(at)) {
      if ((statSync(at).mode & 0o1) === 0) return false;
      if (at === dirname(at)) return true;
    }
  } catch {
    return false;
  }
}
