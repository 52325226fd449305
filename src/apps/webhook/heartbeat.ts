import { writeFileSync } from 'node:fs';
import type { Log } from '../../platform/log.ts';

export type Heartbeat = {
  readonly file: string;
  /** Milliseconds. */
  readonly interval: number;
};

/**
 * The health check of 1.0 (injection.md 6.8): the text `ok` is written to a file at every interval. Where it cannot be
 * written the probe fails and the pod is restarted; the log says why.
 */
export function startHeartbeat({ file, interval }: Heartbeat, log: Log, signal: AbortSignal): Promise<void> {
  let failing = false;
  const beat = (): void => {
    try {
      writeFileSync(file, 'ok');
      failing = false;
    } catch (error) {
      if (!failing) log.error('the health file cannot be written', { file, error: String(error) });
      failing = true;
    }
  };
  beat();
  return new Promise((resolve) => {
    const timer = setInterval(beat, interval);
    signal.addEventListener('abort', () => {
      clearInterval(timer);
      resolve();
    });
  });
}
