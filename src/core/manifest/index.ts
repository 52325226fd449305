/**
 * Manifests: the files that people keep their workloads in. This room finds the pods in a stream of YAML documents, has
 * them injected (or what was injected taken out again), and writes the result: as `istioctl kube-inject` prints it, or
 * into the very file with everything else left as it stands.
 *
 *   text ─► documents ─► workloads ─► inject ─► ManifestResult ─┬─► renderManifest ─► the text of kube-inject
 *                                                               └─► edits ─► the same file, changed in place
 *
 * Absent on purpose: reading and writing files.
 */

export { type EditedManifest, injectInPlace } from './in-place.ts';
export { injectManifest } from './inject-manifest.ts';
export type { DocumentResult, ManifestFile, ManifestResult, ManifestSettings, WorkloadResult } from './model.ts';
export { renderManifest, renderManifestJson } from './render.ts';
export { uninjectInPlace } from './uninject-in-place.ts';
export { type UninjectedWorkload, uninjectManifest } from './uninject-manifest.ts';
