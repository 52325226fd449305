/** A named pipe from which another process's lines are read. */
import { constants, openSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { makeFifo } from './libc.ts';

/** A line longer than this is none of ours; it is dropped, so that memory stays bounded. */
const LONGEST_LINE = 1 << 20;

export type Fifo = { readonly close: () => void };

/** Makes the pipe anew and gives each whole line that is written to it. Throws where it cannot be made. */
export function readFifoLines(path: string, onLine: (line: string) => void): Fifo {
  rmSync(path, { force: true });
  makeFifo(path);
  // For writing too: then neither opening nor reading ever sees an end, whoever comes and goes.
  const socket = new Socket({
    fd: openSync(path, constants.O_RDWR | constants.O_NONBLOCK),
    readable: true,
    writable: false,
  });
  let rest = '';
  socket.setEncoding('utf8');
  socket.on('data', (chunk) => {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > LONGEST_LINE) rest = '';
    for (const line of lines) onLine(line);
  });
  socket.on('error', () => {});
  return {
    close: () => {
      socket.destroy();
      rmSync(path, { force: true });
    },
  };
}
