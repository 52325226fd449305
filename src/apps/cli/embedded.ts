import { writeStandard } from '../../platform/standard-streams.ts';
import { runEmbedded } from '../proxy/index.ts';
import { type Arguments, flagText, usage } from './arguments.ts';
import type { CommandResult, Surroundings } from './command.ts';
import { failure, usageFailure } from './failure.ts';

/** `remora proxy embedded -c FILE`: runs until it gets SIGTERM. */
export async function proxyEmbedded(args: Arguments, surroundings: Surroundings): Promise<CommandResult> {
  const file = flagText(args, 'config');
  if (file === undefined) {
    const problem = usage(
      'proxy embedded needs -c FILE',
      'Give the configuration that the agent writes: -c embedded-rev.json.',
    );
    return usageFailure([problem], 'proxy embedded', args, surroundings);
  }
  const ended = await runEmbedded(file, (message) => {
    writeStandard('error', `${new Date().toISOString()}\tinfo\tproxy\t${message}\n`);
  });
  if (!ended.ok) return failure(ended.problems, args, surroundings);
  // Connections that are still open do not keep a proxy that was told to end.
  process.exit(ended.value);
}
