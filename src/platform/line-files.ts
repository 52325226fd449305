/** Log files, standard output and standard error as targets for whole lines. */
import { openSync, writeSync } from 'node:fs';

/** `stdout`, `stderr`, or a file, which is appended to; takes one line or several. A target that cannot be opened throws. */
export function openLines(targets: readonly string[]): (line: string) => void {
  const descriptors = targets.map((target) => {
    if (target === 'stdout') return 1;
    return target === 'stderr' ? 2 : openSync(target, 'a');
  });
  return (line) => {
    for (const descriptor of descriptors) writeLine(descriptor, Buffer.from(line, 'utf8'));
  };
}

/** A log whose reader is gone or slow must not stop the process: what cannot be written is lost. */
function writeLine(descriptor: number, bytes: Uint8Array): void {
  for (let at = 0, tries = 0; at < bytes.length && tries < 100; tries++) {
    try {
      at += writeSync(descriptor, bytes, at);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error)) throw error;
      if (error.code !== 'EAGAIN') return;
    }
  }
}
