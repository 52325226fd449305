import type { MutableJsonObject } from '../json.ts';
import { atLeast, type Release } from '../release.ts';
import type { Message } from './decode-message.ts';
import { messageDescriptor } from './descriptor.ts';
import { defaultProxyConfig } from './mesh-defaults.ts';
import { messagesEqual, messageToJson } from './message.ts';

/** Fields that are left out where they equal the built-in default, with the release from which they are compared. */
const COMPARED: readonly (readonly [field: string, since: number])[] = [
  ['configPath', 6],
  ['binaryPath', 6],
  ['controlPlaneAuthPolicy', 7],
  ['serviceCluster', 6],
  ['drainDuration', 6],
  ['terminationDrainDuration', 7],
  ['parentShutdownDuration', 6],
  ['discoveryAddress', 6],
  ['envoyMetricsService', 6],
  ['envoyAccessLogService', 6],
  ['tracing', 6],
  ['proxyAdminPort', 6],
  ['statNameLength', 6],
  ['statusPort', 6],
  ['concurrency', 6],
];

/**
 * Text of the environment variable PROXY_CONFIG (the template function protoToJSON on a ProxyConfig): compact protobuf
 * JSON of what differs from the release's built-in defaults, fields in the order of the Go struct, keys of maps sorted.
 * `tracing: {}` differs from no tracing and is written; a wrapper is written even when zero or false.
 */
export function proxyConfigToJson(config: Message, release: Release): string {
  const defaults = defaultProxyConfig(release);
  const differing: MutableJsonObject = { ...config };
  for (const [field, since] of COMPARED) {
    if (atLeast(release, since) && messagesEqual(config[field], defaults[field])) delete differing[field];
  }
  return messageToJson(differing, messageDescriptor('ProxyConfig', release), release);
}
