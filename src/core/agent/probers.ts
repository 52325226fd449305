import { isObject, type JsonObject, type JsonValue } from '../json.ts';
import { failed, type Parsed, type Problem, parsed } from '../problem.ts';
import { badSetting } from './setting-problem.ts';

export type Prober = {
  readonly kind: 'http' | 'tcp' | 'grpc';
  readonly port: number;
  /** http: with a leading slash; may hold a query. */
  readonly path: string;
  readonly https: boolean;
  /** grpc: empty for the server as a whole. */
  readonly service: string;
  /** 0: no limit, and for gRPC immediate failure, as upstream (hazard 7). */
  readonly timeoutSeconds: number;
};

const VARIABLE = 'ISTIO_KUBE_APP_PROBERS';
const PATH = /^\/(app-health|app-lifecycle)\/[^/]+\/(livez|readyz|startupz|prestopz|poststartz)$/;
const PATH_TEXT = '^/(app-health|app-lifecycle)/[^/]+/(livez|readyz|startupz|prestopz|poststartz)$';
const KINDS = [
  ['httpGet', 'http'],
  ['tcpSocket', 'tcp'],
  ['grpc', 'grpc'],
] as const;

/** The probes that the agent answers for the kubelet, by request path (agent.md 11). Empty text: none. */
export function parseProbers(text: string): Parsed<ReadonlyMap<string, Prober>> {
  if (text === '') return parsed(new Map());
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch (error) {
    return failed(badSetting(`failed to decode app prober ${String(error)}: ${text.slice(0, 80)}`, VARIABLE));
  }
  if (value === null) return parsed(new Map());
  if (!isObject(value)) return failed(badSetting('failed to decode app prober: not a JSON object', VARIABLE));
  const probers = new Map<string, Prober>();
  const problems: Problem[] = [];
  for (const [path, prober] of Object.entries(value)) {
    const read = readProber(path, prober);
    if (typeof read === 'string') problems.push(badSetting(read, VARIABLE));
    else probers.set(path, read);
  }
  return problems.length > 0 ? failed(...problems) : parsed(probers);
}

function readProber(path: string, value: JsonValue): Prober | string {
  if (!PATH.test(path)) return `invalid path, must be in form of regex pattern ${PATH_TEXT}: ${path}`;
  const prober = isObject(value) ? value : {};
  const actions = KINDS.flatMap(([name, kind]) => {
    const action = member(prober, name);
    return isObject(action) ? [{ action, kind }] : [];
  });
  const [only] = actions;
  if (only === undefined || actions.length !== 1) {
    return `invalid prober type, must be one of type httpGet, tcpSocket or gRPC: ${path}`;
  }
  const { action, kind } = only;
  const port = member(action, 'port');
  if (typeof port !== 'number' || !Number.isInteger(port)) {
    return `invalid prober config for ${path}, the port must be int type, not ${JSON.stringify(port)}`;
  }
  if (port < 1 || port > 65535) return `invalid prober config for ${path}, the port must be int type from 1 to 65535`;
  const timeout = member(prober, 'timeoutSeconds');
  const given = text(action, 'path');
  return {
    kind,
    port,
    path: given.startsWith('/') ? given : `/${given}`,
    https: text(action, 'scheme') === 'HTTPS',
    service: text(action, 'service'),
    timeoutSeconds: typeof timeout === 'number' && timeout > 0 ? timeout : 0,
  };
}

/** Go finds a member by its exact name first, then without regard to case. */
function member(object: JsonObject, name: string): JsonValue | undefined {
  if (Object.hasOwn(object, name)) return object[name];
  const found = Object.keys(object).find((key) => key.toLowerCase() === name.toLowerCase());
  return found === undefined ? undefined : object[found];
}

function text(object: JsonObject, name: string): string {
  const value = member(object, name);
  return typeof value === 'string' ? value : '';
}
