/** A file that lines are appended to, such as an access log: written now and then, in pieces. */
import { closeSync, openSync, writeSync } from 'node:fs';

/** As Envoy writes its logs: when a second has passed, or when this much waits. */
const FLUSH_AFTER = 1000;
const FLUSH_AT = 64 * 1024;
/** A reader that is slower than the lines come loses lines; the process does not grow. */
const MOST_WAITING = 4 * 1024 * 1024;

export type AppendedFile = {
  readonly append: (line: string) => void;
  readonly close: () => void;
};

/** Opens it. `/dev/stdout` is our own output, which need not be a file that can be opened. Throws as the system does. */
export function appendTo(path: string): AppendedFile {
  const own = path === '/dev/stdout' ? 1 : path === '/dev/stderr' ? 2 : undefined;
  const descriptor = own ?? openSync(path, 'a');
  let waiting = '';
  let rest: Uint8Array = new Uint8Array();
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const bytes = Buffer.concat([rest, Buffer.from(waiting, 'utf8')]);
    waiting = '';
    rest = bytes.subarray(writeSome(descriptor, bytes));
    if (rest.length > 0) timer = setTimeout(flush, FLUSH_AFTER).unref();
  };
  return {
    append: (line) => {
      if (waiting.length + rest.length > MOST_WAITING) return;
      waiting += line;
      if (waiting.length >= FLUSH_AT) flush();
      else timer ??= setTimeout(flush, FLUSH_AFTER).unref();
    },
    close: () => {
      flush();
      if (own === undefined) closeSync(descriptor);
    },
  };
}

/** How many bytes went out. A pipe that is full takes what it can; one whose reader is gone takes nothing, for ever. */
function writeSome(descriptor: number, bytes: Uint8Array): number {
  let at = 0;
  try {
    while (at < bytes.length) at += writeSync(descriptor, bytes, at);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    return error.code === 'EAGAIN' ? at : bytes.length;
  }
  return at;
}
