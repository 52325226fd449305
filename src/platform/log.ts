/** The log of a daemon: one JSON object a line on standard output, or a line of text for a person who watches. */
import { writeSync } from 'node:fs';
import { pino } from 'pino';

export type Fields = Readonly<Record<string, unknown>>;

export type Log = {
  readonly debug: (message: string, fields?: Fields) => void;
  readonly info: (message: string, fields?: Fields) => void;
  readonly warn: (message: string, fields?: Fields) => void;
  readonly error: (message: string, fields?: Fields) => void;
};

export function createLog({ format, level }: { readonly format: 'json' | 'text'; readonly level: string }): Log {
  const logger = pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line: string) => writeLine(format === 'json' ? line : textLine(line)) },
  );
  const at = (name: 'debug' | 'info' | 'warn' | 'error') => (message: string, fields?: Fields) => {
    logger[name](fields ?? {}, message);
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** A log whose reader is gone or slow must not stop the process: what cannot be written is lost. */
function writeLine(line: string): void {
  try {
    writeSync(1, line);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
  }
}

function textLine(line: string): string {
  const { level, time, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const rest = Object.entries(fields).map(
    ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return `${String(time).slice(11, 23)} ${String(level).padEnd(5)} ${[msg, ...rest].join('  ')}\n`;
}
