/** What a function needs from outside, or an error that names it: without a host a template is deterministic. */
import { type CallContext, GoFuncError } from '../value.ts';

export function hostNow(context: CallContext): number {
  const { now } = context.host;
  if (now === undefined) throw new GoFuncError('no clock is given to this template');
  return now();
}

export function hostRandom(context: CallContext, length: number): Uint8Array {
  const { random } = context.host;
  if (random === undefined) throw new GoFuncError('no source of random numbers is given to this template');
  return random(length);
}

/** A random integer from 0 to below `limit` (at most 2^32), each with the same chance. */
export function randomBelow(context: CallContext, limit: number): number {
  const fair = 2 ** 32 - (2 ** 32 % limit);
  for (;;) {
    const [a = 0, b = 0, c = 0, d = 0] = hostRandom(context, 4);
    const value = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
    if (value < fair) return value % limit;
  }
}

export function hostEnv(context: CallContext, name: string): string {
  const { env } = context.host;
  if (env === undefined) throw new GoFuncError('no environment is given to this template');
  return env(name) ?? '';
}
