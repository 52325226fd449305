/**
 * Mesh and proxy configuration: what the mesh operator says, laid over what the release says, for one pod.
 */
export { DecodeError, type Message } from './decode-message.ts';
export {
  type EnumDescriptor,
  enumDescriptor,
  type FieldDescriptor,
  type FieldType,
  type MessageDescriptor,
  messageDescriptor,
  messageNames,
  type OneofDescriptor,
  type ScalarType,
  type WrapperType,
} from './descriptor.ts';
export { durationNanoseconds, formatGoDuration, formatProtoDuration, parseGoDuration } from './duration.ts';
export {
  applyProxyConfigAnnotation,
  type EffectiveProxyConfig,
  type ProxyConfigContribution,
  type ProxyConfigRequest,
  type ProxyConfigSource,
  resolveProxyConfig,
} from './effective-proxy-config.ts';
export { type ParseMeshConfigOptions, parseMeshConfig } from './mesh-config.ts';
export { defaultMeshConfig, defaultProxyConfig } from './mesh-defaults.ts';
export { messagesEqual, messageToJson, withoutZeros, zeroOfType, zeroValue } from './message.ts';
export {
  type MeshConfig,
  overlayProxyConfig,
  PROXY_CONFIG_ANNOTATION,
  type ProxyConfig,
  type ProxyConfigResource,
  parseProxyConfigResource,
} from './proxy-config.ts';
export { proxyConfigToJson } from './proxy-config-json.ts';
