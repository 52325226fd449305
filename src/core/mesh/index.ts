/**
 * Mesh configuration: what a release says, what the operator of the mesh says, and what one pod says, laid over one
 * another. The messages are Istio's (MeshConfig, ProxyConfig), as plain protobuf JSON: a key that is absent is Go's zero
 * or nil. Descriptors beside them tell the Go names, so that templates can be shown Go structs.
 *
 *   release ─► defaults ─┐
 *   YAML ──► decode ─────┴► overlay ─► MeshConfig ─┬─► resolveProxyConfig ─► ProxyConfig ─► proxyConfigToJson
 *                              ▲                   │            ▲                             (PROXY_CONFIG)
 *                         descriptors          validation   annotation, ProxyConfig resources
 *                                                  ▲
 *   pod's annotations ─────────────────────────────┘ validateAnnotations
 *
 * How to show a message to a template as Go does, field by field of `messageDescriptor(name, release)`:
 *   .GoName            the value, else `zeroValue(field)`; undefined there is a nil pointer (message, wrapper, duration)
 *   .OneofGoName       `oneofs[i]`: the member that is set, inside a struct with that one field
 *   .GetGoName         the same as the field, but never fails on nil: `zeroOfType(field.type)`
 *   wrapper .GetValue  the plain value; `zeroOfType` on nil
 *   enum .String       the name that the JSON holds (a number that has no name stays a number)
 *   duration           `durationNanoseconds(text)` and `formatGoDuration`
 *
 * Absent on purpose: reading files, and any knowledge of templates.
 */
export {
  type AnnotationCheck,
  checkInterceptionMode,
  checkInterfaces,
  checkQuantity,
  ipRanges,
  type PortReader,
  ports,
} from './annotation-checks.ts';
export { ANNOTATION_REGISTRY, type AnnotationEntry } from './annotations.ts';
export type { Message } from './decode-message.ts';
export {
  type EnumDescriptor,
  enumDescriptor,
  type FieldDescriptor,
  type FieldType,
  fieldByInputName,
  type MessageDescriptor,
  messageDescriptor,
  messageNames,
  type OneofDescriptor,
  type ScalarType,
  type WrapperType,
} from './descriptor.ts';
export {
  durationMilliseconds,
  durationNanoseconds,
  formatGoDuration,
  formatProtoDuration,
  parseGoDuration,
} from './duration.ts';
export {
  applyProxyConfigAnnotation,
  type EffectiveProxyConfig,
  type ProxyConfigContribution,
  type ProxyConfigRequest,
  type ProxyConfigSource,
  resolveProxyConfig,
} from './effective-proxy-config.ts';
export { multiErrorText } from './go-text.ts';
export { type InstallValues, readInstallValues } from './install-values.ts';
export { addressFamily } from './ip-address.ts';
export { type OperatorTexts, readIstioOperator } from './istio-operator.ts';
export { type ParseMeshConfigOptions, parseMeshConfig } from './mesh-config.ts';
export { defaultMeshConfig, defaultProxyConfig } from './mesh-defaults.ts';
export { isZero, messagesEqual, messageToJson, withoutZeros, zeroOfType, zeroValue } from './message.ts';
export {
  type MeshConfig,
  overlayProxyConfig,
  PROXY_CONFIG_ANNOTATION,
  type ProxyConfig,
  type ProxyConfigResource,
  parseProxyConfigResource,
} from './proxy-config.ts';
export { proxyConfigToJson } from './proxy-config-json.ts';
export { annotationErrorText, annotationWarnings, validateAnnotations } from './validate-annotations.ts';
export { validateMeshConfig } from './validate-mesh-config.ts';
export { type ConfigFailure, checkProxyConfig } from './validate-proxy-config.ts';
