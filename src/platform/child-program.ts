/** A program that runs beside us until it ends; its output is ours. */
import { spawn } from 'node:child_process';

type ProgramEnd = { readonly code: number | undefined; readonly signal: string | undefined };

export type ChildProgram = {
  readonly pid: number;
  readonly kill: (signal: NodeJS.Signals) => void;
  readonly ended: Promise<ProgramEnd>;
};

export type ProgramRequest = {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
};

/**
 * Starts it. Fails with the system's error where it cannot be started. Standard output and error are handed down as
 * they are, and not copied: a program that opens /dev/stdout needs a file there, and Node would give it a socket.
 */
export function startProgram({ file, args, env, user }: ProgramRequest): Promise<ChildProgram> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { env, stdio: ['ignore', 'inherit', 'inherit'], ...(user ?? {}) });
    const ended = new Promise<ProgramEnd>((end) => {
      child.once('exit', (code, signal) => end({ code: code ?? undefined, signal: signal ?? undefined }));
    });
    child.once('error', reject);
    child.once('spawn', () => {
      child.off('error', reject);
      // A signal that does not arrive is no reason to fall over.
      child.on('error', () => {});
      resolve({ pid: child.pid ?? 0, kill: (signal) => child.kill(signal), ended });
    });
  });
}
