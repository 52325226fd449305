/** The agent's log lines, in the forms of pilot-agent: `time<TAB>level<TAB>[scope<TAB>]message`, or JSON. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'none';

const RANK: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3, fatal: 4, none: 5 };

export type LogLevels = ReadonlyMap<string, LogLevel>;

export const DEFAULT_LEVELS: LogLevels = new Map([['default', 'info']]);

/**
 * `--log_output_level`: `scope:level,…`; without a scope it is for `default`, and `all` is for every one. undefined:
 * a level that does not exist. Scopes that nothing here logs to are taken and do nothing.
 */
export function parseLogLevels(text: string): LogLevels | undefined {
  const levels = new Map(DEFAULT_LEVELS);
  for (const part of text.split(',').map((item) => item.trim())) {
    if (part === '') continue;
    const at = part.indexOf(':');
    const [scope, level] = at < 0 ? ['default', part] : [part.slice(0, at), part.slice(at + 1)];
    if (!isLevel(level)) return undefined;
    levels.set(scope === 'all' ? 'default' : scope, level);
    if (scope === 'all') for (const name of levels.keys()) levels.set(name, level);
  }
  return levels;
}

function isLevel(text: string): text is LogLevel {
  return Object.hasOwn(RANK, text);
}

export function isLogged(levels: LogLevels, scope: string, level: LogLevel): boolean {
  const least = levels.get(scope) ?? levels.get('default') ?? 'info';
  return RANK[level] >= RANK[least] && least !== 'none';
}

export type LogEntry = {
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly level: LogLevel;
  readonly scope: string;
  readonly message: string;
};

/** One line with its newline; what would break a line out of a message is escaped. */
export function logLine({ time, level, scope, message }: LogEntry, json: boolean): string {
  const stamp = time.replace(/\.(\d{3})Z$/, '.$1000Z');
  if (json) return `${JSON.stringify({ level, time: stamp, scope, msg: message })}\n`;
  const name = scope === 'default' ? '' : `${scope}\t`;
  return `${stamp}\t${level}\t${name}${message.replaceAll('\n', '\\n')}\n`;
}
