/**
 * Kubernetes as data: its YAML, its types, and the ways in which objects are merged, compared and selected. Nothing here
 * knows what a sidecar is.
 *
 *   text ─► splitDocuments ─► parseYaml ─► roundTrip ─► value ─► mergeStrategic ─► value ─► diffJson ─► patch
 *                                │             │                       │                      │
 *                                └──── type table (structs, tags, merge keys) ────────────────┘      emitYaml ─► text
 */
export { type DiffOptions, diffJson, longestIncreasing } from './diff-json.ts';
export { type SourceDocument, type SplitOptions, splitDocuments } from './documents.ts';
export { emitYaml } from './emit-yaml.ts';
export { applyJsonPatch, equal, type JsonPatch, type JsonPatchOperation } from './json-patch.ts';
export { dropUnknown } from './known-fields.ts';
export { isEmptySelector, matchSelector, type SelectorMatch } from './label-selector.ts';
export { locatePointers, type TextPosition } from './locate.ts';
export { canonicalQuantity, parseQuantity, type QuantityError, type QuantityResult } from './quantity.ts';
export { escapePointer, type RoundTripOptions, roundTrip } from './round-trip.ts';
export { mergeStrategic } from './strategic-merge.ts';
export { dereference, type Field, fieldsOf, type StructType, structOf, type TypeRef } from './type-table.ts';
export { type TypeGeneration, type WorkloadKind, workloadKind } from './workload-kinds.ts';
export { type ParseYamlOptions, parseYaml } from './yaml.ts';
export { formatGoFloat } from './yaml-scalar.ts';
