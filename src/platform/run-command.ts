import { spawnSync } from 'node:child_process';

export type CommandOutcome = {
  /** Exit status; 127 where the program was not found, 128 + N where signal N ended it. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
};

/** Runs a program to its end. It never throws: a program that is missing is an outcome. */
export type RunCommand = (command: readonly string[], input?: string) => CommandOutcome;

/** A program of this machine; `prefix` stands before every command, such as nsenter's. */
export function commandRunner(prefix: readonly string[] = [], env: NodeJS.ProcessEnv = process.env): RunCommand {
  return (command, input = '') => {
    const [file = '', ...args] = [...prefix, ...command];
    const run = spawnSync(file, args, { input, encoding: 'utf8', env, maxBuffer: 1 << 28, timeout: 60_000 });
    if (run.error !== undefined) {
      const missing = 'code' in run.error && run.error.code === 'ENOENT';
      return {
        status: missing ? 127 : 126,
        stdout: run.stdout ?? '',
        stderr: missing ? `${file}: not found` : run.error.message,
      };
    }
    return { status: run.status ?? 128, stdout: run.stdout, stderr: run.stderr };
  };
}
