/**
 * Injection as of Istio 1.0 to 1.8. A template renders a small spec of lists, and their items are appended to the pod;
 * Go code of the release then rewrites probes, sets labels and writes the patch operation by operation.
 *
 *   decide ─► prepare ─► render ─► SidecarSpec ─┬─► append ─► pod        (kube-inject, 1.0 to 1.7)
 *                                               └─► patch  ─► operations (webhook; kube-inject of 1.8)
 *
 * The two ways differ in more than their form: see the tables in append.ts and create-patch.ts. From 1.9 on a template
 * renders a partial pod, and nothing of this room runs.
 */
export { injectLegacy } from './inject-legacy.ts';
export { type LegacyParameters, validateLegacyParameters } from './parameters.ts';
