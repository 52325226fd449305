import { isObject, type JsonObject, type JsonValue } from '../json.ts';
import { durationNanoseconds, parseMeshConfig } from '../mesh/index.ts';
import { type Parsed, parsed } from '../problem.ts';
import { LATEST } from '../release.ts';
import type { AccessLog } from './capture-access-log.ts';

/** How the static listeners treat traffic: what a control plane would have told them. */
export type TrafficSettings = {
  readonly outboundPort: number;
  readonly inboundPort: number;
  readonly registryOnly: boolean;
  readonly detectionTimeout: string;
  readonly accessLog: AccessLog | undefined;
};

/**
 * Istio waits for ever by default, so that a client of a server that speaks first hangs on a port that nobody declared;
 * without a control plane every port is such a one (agent.md 15.2).
 */
const DETECTION_TIMEOUT = '5s';

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Reads them from the mesh config file, where there is one; the access log may be set by variables as well, since a
 * sidecar has no mesh file: REMORA_ACCESS_LOG_FILE, _ENCODING, _FORMAT. As in Istio, there is no log by default.
 */
export function readTrafficSettings(meshFile: string | undefined, env: Variables): Parsed<TrafficSettings> {
  const mesh = parseMeshConfig(meshFile ?? '', { release: LATEST });
  if (!mesh.ok) return mesh;
  const config: JsonObject = mesh.value;
  // REGISTRY_ONLY is the zero of its enum: a policy without a mode is that one.
  const policy = isObject(config.outboundTrafficPolicy) ? config.outboundTrafficPolicy : undefined;
  const timeout = text(config.protocolDetectionTimeout);
  return parsed(
    {
      outboundPort: port(config.proxyListenPort, 15001),
      inboundPort: port(config.proxyInboundListenPort, 15006),
      registryOnly: policy !== undefined && policy.mode !== 'ALLOW_ANY',
      detectionTimeout: timeout !== '' && durationNanoseconds(timeout) > 0n ? timeout : DETECTION_TIMEOUT,
      accessLog: accessLog(config, env),
    },
    mesh.problems,
  );
}

function accessLog(mesh: JsonObject, env: Variables): AccessLog | undefined {
  const path = env.REMORA_ACCESS_LOG_FILE ?? text(mesh.accessLogFile);
  if (path === '') return undefined;
  const encoding = (env.REMORA_ACCESS_LOG_ENCODING ?? text(mesh.accessLogEncoding)).toUpperCase();
  const format = env.REMORA_ACCESS_LOG_FORMAT ?? text(mesh.accessLogFormat);
  return { path, encoding: encoding === 'JSON' ? 'JSON' : 'TEXT', ...(format === '' ? {} : { format }) };
}

function text(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : '';
}

function port(value: JsonValue | undefined, fallback: number): number {
  return typeof value === 'number' && value > 0 ? value : fallback;
}
