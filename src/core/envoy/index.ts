/**
 * What an Envoy of a sidecar is started with: its bootstrap, its command line, and listeners that carry traffic without a
 * control plane. Pure: environment, files and addresses come in as data; JSON comes out.
 *
 *   mesh file, PROXY_CONFIG, annotation ─► effectiveProxyConfig ─┐
 *   environment, labels, annotations ─► buildNodeMetadata ───────┴► buildBootstrap ─► envoy-rev.json
 *                                                                        │
 *   capture ports, addresses ─► virtualOutbound, virtualInbound ─────────┴► buildStaticBootstrap
 *   levels, drain, override ─► envoyArguments ─► command line
 *
 * Release 1.0's bootstrap is another one: buildEarlyBootstrap. Where upstream would write a file that Envoy refuses or
 * reports under a wrong name, this does better; docs/adr/0021 lists where.
 */
export { type Bootstrap, buildBootstrap } from './bootstrap.ts';
export { buildEarlyBootstrap, type EarlyBootstrapInput } from './bootstrap-1-0.ts';
export { bootstrapForCase } from './bootstrap-case.ts';
export { ACCESS_LOG_FIELDS, ACCESS_LOG_TEXT, type AccessLog } from './capture-access-log.ts';
export type { InboundPort, InboundProtocol, MtlsMode } from './capture-chains.ts';
export {
  type CaptureRequest,
  captureClusters,
  inboundSource,
  virtualInbound,
  virtualOutbound,
} from './capture-listeners.ts';
export { parseDownwardApi } from './downward-api.ts';
export {
  type EffectiveConfigRequest,
  effectiveProxyConfig,
  layerProxyConfig,
  pilotSubjectAltNames,
} from './effective-config.ts';
export { bootstrapOverride, type EnvoyArguments, envoyArguments, splitLogLevel } from './envoy-arguments.ts';
export { serviceAddress, splitHostPort } from './host-port.ts';
export { idleTimeoutOf } from './idle-timeout.ts';
export { type AddressFamilies, addressFamilies } from './node-addresses.ts';
export { buildNodeMetadata, type NodeMetadata } from './node-metadata.ts';
export { connectionLimit } from './runtime-layer.ts';
export { serviceCluster } from './service-cluster.ts';
export type { BootstrapFeatures, BootstrapInput, CloudPlatform, Locality } from './settings.ts';
export { buildStaticBootstrap, type StaticOptions } from './static-bootstrap.ts';
export { requiredSuffixes, statsTags } from './stats-config.ts';
export { readTrafficSettings, type TrafficSettings } from './traffic-settings.ts';
