/** Lines `name: value` of Envoy's `/stats`. */

/** The value of the line that begins with a name; a line must have exactly one colon. undefined: no such line. */
export function statValue(stats: string, name: string): number | undefined {
  for (const line of stats.split('\n')) {
    if (!line.startsWith(name)) continue;
    const parts = line.split(':');
    const value = parts.length === 2 ? (parts[1] ?? '').trim() : '';
    if (/^\d{1,15}$/.test(value)) return Number(value);
  }
  return undefined;
}

const OWN = ['listener.admin.downstream_cx_active', 'listener.admin.main_thread.downstream_cx_active'];

/** Connections of the pod's own traffic (agent.md 9, step 5); undefined where the answer holds none to count. */
export function activeConnections(stats: string, ownPorts: readonly number[]): number | undefined {
  if (stats.trim() === '') return undefined;
  // Upstream excludes `0.0.0.0` only, so that on IPv6 the count never gets to zero (hazard 4).
  const own = new Set([
    ...OWN,
    ...ownPorts.flatMap((port) =>
      ['0.0.0.0', '::', '[::]'].map((address) => `listener.${address}_${port}.downstream_cx_active`),
    ),
  ]);
  let count = 0;
  for (const line of stats.split('\n')) {
    const at = line.lastIndexOf(':');
    const name = line.slice(0, at).trim();
    if (at < 0 || !name.startsWith('listener.') || !name.endsWith('.downstream_cx_active')) continue;
    if (name.includes('worker_') || name.startsWith('listener.envoy_internal_') || own.has(name)) continue;
    const value = line.slice(at + 1).trim();
    if (/^\d{1,15}$/.test(value)) count += Number(value);
  }
  return count;
}

export type DrainStep = 'wait' | 'stop';

/** With EXIT_ON_ZERO_ACTIVE_CONNECTIONS, once a second: wait on, or end the proxy. `failures` counts those in a row. */
export function drainStep(connections: number | undefined | 'failed', failures: number): DrainStep {
  if (connections === 'failed') return failures >= 5 ? 'stop' : 'wait';
  return connections === undefined || connections === 0 ? 'stop' : 'wait';
}
