import { failed, type Parsed, type Problem, parsed } from '../../core/problem.ts';
import { type FileFailure, type FileToWrite, writeFiles } from '../../platform/files.ts';
import { type Arguments, flagText } from './arguments.ts';

/** Writes all files or none, with a Problem where it cannot. */
export function writeResults(files: readonly FileToWrite[]): Parsed<undefined> {
  const done = writeFiles(files);
  if (done.ok) return parsed(undefined);
  return failed(unwritable(done.failure));
}

export function unwritable({ path, message }: FileFailure): Problem {
  return {
    code: 'FILE_UNWRITABLE',
    severity: 'error',
    message,
    where: { file: path },
    remedy: 'Check that the folder exists and may be written, then run the command again.',
  };
}

/** To the file of `--output`, or given back for standard output. */
export function writeOutput<T extends string | Uint8Array>(data: T, args: Arguments): Parsed<T | ''> {
  if (toStandardOutput(args)) return parsed(data);
  const done = writeResults([{ path: flagText(args, 'output') ?? '', data }]);
  return done.ok ? parsed('') : done;
}

/** `-` is standard output, as it is standard input for `-f`. */
export function toStandardOutput(args: Arguments): boolean {
  return ['', '-'].includes(flagText(args, 'output') ?? '');
}
