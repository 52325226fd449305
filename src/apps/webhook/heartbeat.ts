import { utimesSync, writeFileSync } from 'node:fs';

/** The health check of 1.0 (injection.md 6.8): the text `ok` is written to a file at every interval, in milliseconds. */
export function startHeartbeat(
  { file, interval }: { readonly file: string; readonly interval: number },
  signal: AbortSignal,
): Promise<void> {
  const beat = (): void => {
    writeFileSync(file, 'ok');
    utimesSync(file, new Date(), new Date());
  };
  beat();
  return new Promise((resolve, reject) => {
    const timer = setInterval(() => {
      try {
        beat();
      } catch (error) {
        clearInterval(timer);
        reject(error);
      }
    }, interval);
    signal.addEventListener('abort', () => {
      clearInterval(timer);
      resolve();
    });
  });
}
