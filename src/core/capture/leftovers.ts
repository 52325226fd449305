import { CHAIN_PREFIX } from './rules.ts';

/**
 * Commands that take away every chain of ours in the output of a save command, with the rules elsewhere that jump to
 * one: what another configuration, or another release, has left.
 */
export function foreignLeftovers(saved: string): readonly (readonly string[])[] {
  const jumps: (readonly string[])[] = [];
  const flushes: (readonly string[])[] = [];
  const deletions: (readonly string[])[] = [];
  let table = '';
  for (const raw of saved.split('\n')) {
    const line = raw.trim();
    if (line.startsWith('*')) table = line.slice(1).trim();
    const chain = /^:(\S+) /.exec(line)?.[1];
    if (chain?.startsWith(CHAIN_PREFIX)) {
      flushes.push(['-t', table, '-F', chain]);
      deletions.push(['-t', table, '-X', chain]);
    }
    const rule = /^-A (\S+) (.*)$/.exec(line);
    const target = / ?-j (\S+)(?: |$)/.exec(rule?.[2] ?? '')?.[1] ?? '';
    if (rule !== null && !rule[1]?.startsWith(CHAIN_PREFIX) && target.startsWith(CHAIN_PREFIX)) {
      jumps.push(['-t', table, '-D', rule[1] ?? '', ...(rule[2] ?? '').split(' ')]);
    }
  }
  return [...jumps, ...flushes, ...deletions];
}
