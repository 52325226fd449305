import { isLogged, type LogLevel, type LogLevels, logLine } from '../../core/agent/index.ts';
import { openLines } from '../../platform/line-files.ts';

export type AgentLog = {
  readonly debug: (message: string, scope?: string) => void;
  readonly info: (message: string, scope?: string) => void;
  readonly warn: (message: string, scope?: string) => void;
  readonly error: (message: string, scope?: string) => void;
};

/** The agent's log, as `--log_output_level`, `--log_as_json` and `--log_target` say. */
export function openAgentLog(levels: LogLevels, json: boolean, targets: readonly string[]): AgentLog {
  const write = openLines(targets);
  const at =
    (level: LogLevel) =>
    (message: string, scope = 'default'): void => {
      if (!isLogged(levels, scope, level)) return;
      write(logLine({ time: new Date().toISOString(), level, scope, message }, json));
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
