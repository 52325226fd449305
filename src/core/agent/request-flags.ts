import { failed, type Parsed, parsed } from '../problem.ts';
import { readFlagWords } from './flag-words.ts';
import { badFlag, wrongValue } from './setting-problem.ts';

export type WaitRequest = {
  readonly url: string;
  readonly timeoutMilliseconds: number;
  readonly periodMilliseconds: number;
  readonly requestTimeoutMilliseconds: number;
};

export type DebugRequest = {
  readonly port: number;
  readonly method: string;
  readonly path: string;
  readonly body: string | undefined;
};

/** `pilot-agent wait` (agent.md 13). */
export function readWaitFlags(words: readonly string[]): Parsed<WaitRequest> {
  const read = readValues(words, ['url', 'timeoutSeconds', 'periodMillis', 'requestTimeoutMillis']);
  if (!read.ok) return read;
  const { values } = read.value;
  for (const name of ['timeoutSeconds', 'periodMillis', 'requestTimeoutMillis']) {
    const value = values.get(name);
    if (value !== undefined && !/^\d{1,9}$/.test(value)) {
      return failed(wrongValue(name, value, 'a whole number'));
    }
  }
  return parsed({
    url: values.get('url') ?? 'http://localhost:15021/healthz/ready',
    timeoutMilliseconds: Number(values.get('timeoutSeconds') ?? 60) * 1000,
    periodMilliseconds: Number(values.get('periodMillis') ?? 500),
    requestTimeoutMilliseconds: Number(values.get('requestTimeoutMillis') ?? 500),
  });
}

const DEBUG_PORTS = [15000, 15004, 15020, 15021];

/** `pilot-agent request METHOD PATH [BODY]`: to the proxy's admin port, or to one of the agent's. */
export function readRequestFlags(words: readonly string[]): Parsed<DebugRequest> {
  const read = readValues(words, ['debug-port']);
  if (!read.ok) return read;
  const { values, operands } = read.value;
  const port = Number(values.get('debug-port') ?? 15000);
  if (!DEBUG_PORTS.includes(port)) {
    const message = `--debug-port is ${values.get('debug-port')}; it must be one of ${DEBUG_PORTS.join(', ')}`;
    return failed(badFlag(message, 'debug-port'));
  }
  const [method, path, body] = operands;
  if (method === undefined || path === undefined || operands.length > 3) {
    return failed({
      code: 'USAGE',
      severity: 'error',
      message: `request takes a method, a path and perhaps a body; there are ${operands.length} words`,
      remedy: 'For example: pilot-agent request --debug-port=15020 POST drain.',
    });
  }
  return parsed({ port, method: method.toUpperCase(), path: `/${path.replace(/^\//, '')}`, body });
}

type Values = { readonly values: ReadonlyMap<string, string>; readonly operands: readonly string[] };

/** Of the log, which every command of pilot-agent takes; these two do not log. */
const LOG_FLAGS = ['log_output_level', 'log_target', 'log_stacktrace_level', 'log_caller', 'log_rotate', 'vklog'];

/** Unlike `proxy`, these commands refuse flags that they do not know, as upstream. */
function readValues(words: readonly string[], names: readonly string[]): Parsed<Values> {
  const read = readFlagWords(words, (name) =>
    name === 'log_as_json' ? 'switch' : names.includes(name) || LOG_FLAGS.includes(name) ? 'value' : undefined,
  );
  if (!read.ok) return read;
  const { given, operands, unknown } = read.value;
  const [first] = unknown;
  if (first !== undefined) return failed(badFlag(`unknown flag: ${first}`, first.slice(2)));
  return parsed({ values: new Map(given.map(({ name, value }) => [name, value])), operands });
}
