import { type JsonObject, type JsonValue, listAt, textAt } from '../../json.ts';
import { escapePointer, type JsonPatch, type JsonPatchOperation } from '../../kube/index.ts';
import type { Release } from '../../release.ts';
import type { PodTemplate } from '../model.ts';
import {
  annotationsOf,
  type ContainerList,
  containersOf,
  labelsOf,
  PROXY_CONTAINER,
  specOf,
  VALIDATION_CONTAINER,
} from '../pod.ts';
import { behaves } from '../releases.ts';
import { type LegacyProbes, probeOperations } from './probes.ts';
import type { SidecarSpec } from './sidecar-spec.ts';
import { injectedBefore } from './status.ts';

/** What is written into a pod, all of it known. */
export type PatchContent = {
  readonly spec: SidecarSpec;
  /** In the order in which they are written. */
  readonly annotations: readonly (readonly [string, string])[];
  /** Those that the pod lacks. */
  readonly labels: readonly (readonly [string, string])[];
  readonly securityContext: JsonObject | undefined;
  readonly probes: LegacyProbes | undefined;
  readonly hold: boolean;
};

/**
 * The JSON patch of the webhook of 1.0 to 1.8, operation by operation in upstream's order (injection.md 4.1).
 *
 * | step        | releases   | operations                                                                             |
 * |-------------|------------|----------------------------------------------------------------------------------------|
 * | probes      | 1.7, 1.8   | replace each probe                                                                     |
 * | remove      | all        | per list, what was injected before, the highest index first                            |
 * | add         | all        | per list: the first item makes a list that was empty, the others go to its end         |
 * | add         | from 1.1   | dnsConfig, securityContext                                                             |
 * | annotations | all        | the first makes the map where there is none                                            |
 * | labels      | 1.5 to 1.8 | likewise                                                                               |
 * | probes      | 1.1 to 1.6 | replace each probe: wrong where a container before it was removed, as upstream         |
 *
 * A list that the removals emptied is not made again: its items are added to its end.
 */
export function createPatch(pod: PodTemplate, content: PatchContent, release: Release): JsonPatch {
  const { spec, securityContext } = content;
  const probesFirst = behaves(release, 'probes-patched-first');
  const rewritten = probeOperations(content.probes, release);
  return [
    ...(probesFirst ? rewritten : []),
    ...removals(pod),
    ...containerAdditions(pod, 'initContainers', content, release),
    ...containerAdditions(pod, 'containers', content, release),
    ...additions(listAt(specOf(pod), 'volumes').length, spec.volumes, '/spec/volumes'),
    ...additions(listAt(specOf(pod), 'imagePullSecrets').length, spec.imagePullSecrets, '/spec/imagePullSecrets'),
    ...(spec.dnsConfig === undefined ? [] : [add('/spec/dnsConfig', spec.dnsConfig)]),
    ...(securityContext === undefined ? [] : [add('/spec/securityContext', securityContext)]),
    ...mapAdditions(annotationsOf(pod), content.annotations, '/metadata/annotations'),
    ...mapAdditions(labelsOf(pod), content.labels, '/metadata/labels'),
    ...(probesFirst ? [] : rewritten),
  ];
}

function add(path: string, value: JsonValue): JsonPatchOperation {
  return { op: 'add', path, value };
}

function removals(pod: PodTemplate): readonly JsonPatchOperation[] {
  const before = injectedBefore(pod);
  return (['initContainers', 'containers', 'volumes', 'imagePullSecrets'] as const).flatMap((list) => {
    const found = listAt(specOf(pod), list).flatMap((item, i) =>
      before[list].includes(textAt(item, 'name')) ? [i] : [],
    );
    return found.reverse().map((i): JsonPatchOperation => ({ op: 'remove', path: `/spec/${list}/${i}` }));
  });
}

function containerAdditions(
  pod: PodTemplate,
  list: ContainerList,
  { spec, hold }: PatchContent,
  release: Release,
): readonly JsonPatchOperation[] {
  const present = containersOf(pod, list);
  const mount = behaves(release, 'service-account-mount') ? serviceAccountMount(present) : undefined;
  const items = spec[list].map((item) =>
    mount !== undefined && textAt(item, 'name') === PROXY_CONTAINER
      ? { ...item, volumeMounts: [...listAt(item, 'volumeMounts'), mount] }
      : item,
  );
  const inFront = (item: JsonObject): boolean => {
    const name = textAt(item, 'name');
    if (name === VALIDATION_CONTAINER) return behaves(release, 'validation-container-first');
    return name === PROXY_CONTAINER && hold;
  };
  return additions(present.length, items, `/spec/${list}`, inFront);
}

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/** The application's own mount of its token, the last one: Envoy presents the token to the SDS server. */
function serviceAccountMount(containers: readonly JsonObject[]): JsonObject | undefined {
  return containers
    .flatMap((container) => listAt(container, 'volumeMounts'))
    .findLast((mount) => textAt(mount, 'mountPath') === SERVICE_ACCOUNT);
}

function additions(
  present: number,
  items: readonly JsonObject[],
  path: string,
  inFront: (item: JsonObject) => boolean = () => false,
): readonly JsonPatchOperation[] {
  return items.map((item, i) => {
    if (present === 0 && i === 0) return add(path, [item]);
    return add(`${path}/${inFront(item) ? '0' : '-'}`, item);
  });
}

function mapAdditions(
  present: JsonObject,
  entries: readonly (readonly [string, string])[],
  path: string,
): readonly JsonPatchOperation[] {
  const empty = Object.keys(present).length === 0;
  return entries.map(([key, value], i): JsonPatchOperation => {
    if (empty && i === 0) return add(path, { [key]: value });
    const at = `${path}/${escapePointer(key)}`;
    return textAt(present, key) === '' ? add(at, value) : { op: 'replace', path: at, value };
  });
}
