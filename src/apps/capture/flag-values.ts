import { failed, type Parsed, type Problem, parsed } from '../../core/problem.ts';
import { namespacePrefix } from '../../platform/network-namespace.ts';
import { commandRunner, type RunCommand } from '../../platform/run-command.ts';

/** The values of flags by name, as the command line has read them. */
export type FlagValues = ReadonlyMap<string, readonly string[]>;

/** What a command of this room says. */
export type Said = { readonly exitCode: 0 | 1 | 2; readonly output?: string; readonly problems?: readonly Problem[] };

export function flag(flags: FlagValues, name: string): string | undefined {
  return flags.get(name)?.at(-1);
}

export function isOn(flags: FlagValues, name: string): boolean {
  return flag(flags, name) === 'true';
}

export function usage(message: string, remedy: string): Problem {
  return { code: 'USAGE', severity: 'error', message, remedy };
}

/** Commands run in the namespace that `--netns` names, or in this one. */
export function runnerOf(flags: FlagValues): Parsed<RunCommand> {
  const namespace = flag(flags, 'netns');
  if (namespace === undefined) return parsed(commandRunner());
  const prefix = namespacePrefix(namespace);
  if (prefix !== undefined) return parsed(commandRunner(prefix));
  return failed({
    code: 'CAPTURE_NO_NAMESPACE',
    severity: 'error',
    message: `there is no network namespace "${namespace}"`,
    remedy: 'Give a name of `ip netns list`, the path of a namespace file, or pid:N of a process in it.',
  });
}
