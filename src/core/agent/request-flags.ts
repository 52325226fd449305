import { failed, type Parsed, parsed } from '../problem.ts';
import { badFlag } from './setting-problem.ts';

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
      return failed(
        badFlag(`invalid argument ${JSON.stringify(value)} for --${name}: it must be a whole number`, name),
      );
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

function readValues(words: readonly string[], names: readonly string[]): Parsed<Values> {
  const values = new Map<string, string>();
  const operands: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    if (!word.startsWith('--')) {
      operands.push(word);
      continue;
    }
    const [, name = '', joined] = /^--([^=]*)(?:=([\s\S]*))?$/.exec(word) ?? [];
    // Unknown ones are ignored, as on every command of pilot-agent.
    const known = names.includes(name);
    const value = joined ?? (known ? words[++i] : undefined);
    if (!known) continue;
    if (value === undefined) return failed(badFlag(`flag needs an argument: --${name}`, name));
    values.set(name, value);
  }
  return parsed({ values, operands });
}
