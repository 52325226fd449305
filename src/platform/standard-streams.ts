/**
 * Standard input, output and error by their descriptors. `process.stdout` is left alone: making it costs milliseconds
 * at every start, and it may still hold text when the process ends.
 */
import { readSync, writeSync } from 'node:fs';
import { attempt, type FileOutcome } from './files.ts';

const CHUNK = 1 << 16;

/** All of standard input. */
export function readStandardInput(): FileOutcome<Uint8Array> {
  return attempt('standard input', 'read', readAll);
}

function readAll(): Uint8Array {
  const chunks: Buffer[] = [];
  for (;;) {
    const chunk = Buffer.allocUnsafe(CHUNK);
    const length = readChunk(chunk);
    if (length === 0) return Buffer.concat(chunks);
    chunks.push(chunk.subarray(0, length));
  }
}

function readChunk(chunk: Buffer): number {
  for (;;) {
    try {
      return readSync(0, chunk);
    } catch (error) {
      if (codeOf(error) === 'EOF') return 0;
      if (codeOf(error) !== 'EAGAIN') throw error;
      pause();
    }
  }
}

/** Writes all of it. That the reader has gone (`| head`) is no failure: there is nobody to tell. */
export function writeStandard(stream: 'output' | 'error', data: string | Uint8Array): FileOutcome<undefined> {
  return attempt(`standard ${stream}`, 'write', () => writeAll(stream === 'output' ? 1 : 2, data));
}

function writeAll(descriptor: number, data: string | Uint8Array): undefined {
  const bytes = typeof data === 'string' ? Buffer.from(data, 'utf8') : data;
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(descriptor, bytes, at);
    } catch (error) {
      if (codeOf(error) === 'EPIPE') return;
      if (codeOf(error) !== 'EAGAIN') throw error;
      pause();
    }
  }
}

/** The other side of a pipe that does not block is slow: give it a moment. */
function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
