import type { JsonObject } from '../json.ts';
import { formatProtoDuration, parseGoDuration } from '../mesh/index.ts';

/**
 * After which an idle TCP connection ends, from node metadata IDLE_TIMEOUT (agent.md 15.1), as a protobuf duration.
 * undefined: nobody said, or what was said is no duration.
 */
export function idleTimeoutOf(metadata: JsonObject): string | undefined {
  const text = metadata.IDLE_TIMEOUT;
  const nanoseconds = typeof text === 'string' ? parseGoDuration(text) : undefined;
  return typeof nanoseconds === 'bigint' && nanoseconds > 0n ? formatProtoDuration(nanoseconds) : undefined;
}
