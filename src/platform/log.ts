/** The log of a daemon: one JSON object a line on standard output, or a line of text for a person who watches. */

import { pino } from 'pino';
import { openLines } from './line-files.ts';

export type Fields = Readonly<Record<string, unknown>>;

export type Log = {
  readonly debug: (message: string, fields?: Fields) => void;
  readonly info: (message: string, fields?: Fields) => void;
  readonly warn: (message: string, fields?: Fields) => void;
  readonly error: (message: string, fields?: Fields) => void;
};

/** Lines wait so long for company, in milliseconds: a write for each would cost a busy webhook a fifth of its time. */
const FLUSH_AFTER = 20;
const FLUSH_AT = 32_768;

/** Lines are written in order; what waits is written when the process exits, and before it goes on after an error. */
export function createLog({ format, level }: { readonly format: 'json' | 'text'; readonly level: string }): Log {
  const write = openLines(['stdout']);
  let waiting = '';
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const text = waiting;
    waiting = '';
    if (text !== '') write(text);
  };
  process.on('exit', flush);
  const logger = pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    {
      write: (line: string) => {
        waiting += format === 'json' ? line : textLine(line);
        if (waiting.length > FLUSH_AT) flush();
        else timer ??= setTimeout(flush, FLUSH_AFTER);
      },
    },
  );
  const at = (name: 'debug' | 'info' | 'warn' | 'error') => (message: string, fields?: Fields) => {
    logger[name](fields ?? {}, message);
    if (name === 'error') flush();
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

function textLine(line: string): string {
  const { level, time, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const rest = Object.entries(fields).map(
    ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return `${String(time).slice(11, 23)} ${String(level).padEnd(5)} ${[msg, ...rest].join('  ')}\n`;
}
