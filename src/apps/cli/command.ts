import type { Paint } from '../../platform/terminal.ts';
import type { Arguments } from './arguments.ts';
import type { Flag } from './flags.ts';

/** What a command may use of the process. */
export type Surroundings = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly paintOutput: Paint;
  readonly paintError: Paint;
};

/** Everything that a command has to say, at once: nothing is printed before it is known whether it failed. */
export type CommandResult = {
  /** 0: done. 1: something is wrong with the input (`diff`: there is a difference). 2: the command line is. */
  readonly exitCode: 0 | 1 | 2;
  readonly output?: string | Uint8Array;
  readonly error?: string;
};

export type Run = (args: Arguments, surroundings: Surroundings) => CommandResult | Promise<CommandResult>;

/** A drop-in for a program of Istio's, which reads its own words and has exit codes of its own. It speaks for itself. */
export type RawRun = (words: readonly string[], surroundings: Surroundings) => Promise<number>;

/** A command as data. Its code is loaded when it is called. */
export type Command = {
  /** As typed; `template render` is two words. */
  readonly name: string;
  readonly aliases: readonly string[];
  /** Arguments that are no flags, as the usage line shows them. */
  readonly operands: string;
  readonly what: string;
  /** A paragraph or two under the usage line. */
  readonly about: string;
  readonly flags: readonly Flag[];
  readonly examples: readonly Example[];
  readonly load: () => Promise<Run>;
  /** In place of `load`, for a drop-in. */
  readonly loadRaw?: () => Promise<RawRun>;
};

type Example = { readonly what: string; readonly line: string };
