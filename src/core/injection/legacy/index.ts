/**
 * Injection as of Istio 1.0 to 1.8. A template renders a small spec of lists, and their items are appended to the pod;
 * Go code of the release then rewrites probes, sets labels and writes the patch operation by operation.
 *
 *   decide ─► render ─► SidecarSpec ─► finish (concurrency, cluster) ─┬─► append   (kube-inject, 1.0 to 1.7)
 *                                                                     └─► patch    (webhook; kube-inject of 1.8)
 *
 * The two ways differ in more than their form: see the tables in append.ts and patch.ts. From 1.9 on a template renders
 * a partial pod, and nothing of this room runs.
 */
export { injectLegacy } from './inject-legacy.ts';
export { type LegacyParameters, validateLegacyParameters } from './parameters.ts';
export { type RenderHost, renderFunction } from './render-function.ts';
