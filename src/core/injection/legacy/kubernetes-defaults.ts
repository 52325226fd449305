import {
  getKey,
  type JsonObject,
  type JsonValue,
  listAt,
  type MutableJsonObject,
  objectAt,
  textAt,
} from '../../json.ts';
import { canonicalQuantity, roundTrip } from '../../kube/index.ts';
import type { SidecarSpec } from './sidecar-spec.ts';

/**
 * The defaults of Kubernetes 1.10 on what is injected (injection.md 4.1): 1.0's webhook set them itself, because API
 * servers of its time did not default what a webhook added.
 */
export function withKubernetesDefaults(spec: SidecarSpec): SidecarSpec {
  return {
    ...spec,
    initContainers: spec.initContainers.map((item) => inOrder('core/v1.Container', container(item))),
    containers: spec.containers.map((item) => inOrder('core/v1.Container', container(item))),
    volumes: spec.volumes.map((item) => inOrder('core/v1.Volume', volume(item))),
  };
}

/** A default stands where Go's struct has it, not at the end. */
function inOrder(type: string, item: JsonObject): JsonObject {
  const typed = roundTrip(type, item, { unknown: 'keep', creationTimestampNull: false });
  return typed.ok ? typed.value : item;
}

function container(item: JsonObject): JsonObject {
  const out: MutableJsonObject = {
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: pullPolicy(textAt(item, 'image')),
    ...item,
  };
  if (item.ports !== undefined) out.ports = listAt(item, 'ports').map((port) => ({ protocol: 'TCP', ...port }));
  if (item.env !== undefined) out.env = listAt(item, 'env').map(environmentVariable);
  if (item.resources !== undefined) out.resources = resources(objectAt(item, 'resources'));
  for (const kind of ['livenessProbe', 'readinessProbe']) {
    if (item[kind] !== undefined) out[kind] = probe(objectAt(item, kind));
  }
  if (item.lifecycle !== undefined) out.lifecycle = lifecycle(objectAt(item, 'lifecycle'));
  return out;
}

/** A reference as Docker reads it: registry, path, tag, digest. */
const REFERENCE =
  /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*(?::\d+)?\/)?[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*(?::(\w[\w.-]{0,127}))?(?:@([A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}))?$/;

/** Always for `latest`, also where it is only implied; an unreadable or absent reference counts as pinned. */
function pullPolicy(image: string): string {
  const match = REFERENCE.exec(image);
  if (match === null || /^[a-f0-9]{64}$/.test(image)) return 'IfNotPresent';
  const [, tag, digest] = match;
  return tag === 'latest' || (tag === undefined && digest === undefined) ? 'Always' : 'IfNotPresent';
}

function environmentVariable(item: JsonObject): JsonObject {
  const source = objectAt(item, 'valueFrom');
  if (source.fieldRef === undefined) return item;
  return { ...item, valueFrom: { ...source, fieldRef: fieldReference(objectAt(source, 'fieldRef')) } };
}

function fieldReference(reference: JsonObject): JsonObject {
  return { apiVersion: 'v1', ...reference };
}

/** A request that is not given is the limit. */
function resources(item: JsonObject): JsonObject {
  const limits = item.limits === undefined ? undefined : rounded(objectAt(item, 'limits'));
  const requests = item.requests === undefined ? undefined : rounded(objectAt(item, 'requests'));
  return {
    ...item,
    ...(limits === undefined ? {} : { limits }),
    ...(limits === undefined && requests === undefined ? {} : { requests: { ...limits, ...requests } }),
  };
}

function rounded(quantities: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.keys(quantities).map((name) => [name, roundedToMilli(String(quantities[name] ?? '0'))]),
  );
}

/** Canonical quantities finer than milli end in u or n. */
function roundedToMilli(text: string): string {
  const fine = /^(-?\d+)([un])$/.exec(text);
  if (fine === null) return text;
  const milli = Math.ceil(Number(fine[1]) / (fine[2] === 'u' ? 1e3 : 1e6));
  return canonicalQuantity(`${milli}m`) ?? text;
}

function probe(item: JsonObject): JsonObject {
  return handler({ timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3, ...item });
}

function lifecycle(item: JsonObject): JsonObject {
  return Object.fromEntries(Object.keys(item).map((hook) => [hook, handler(objectAt(item, hook))]));
}

function handler(item: JsonObject): JsonObject {
  return item.httpGet === undefined
    ? item
    : { ...item, httpGet: { path: '/', scheme: 'HTTP', ...objectAt(item, 'httpGet') } };
}

/** What a source lacks; any other source has no defaults. */
const SOURCES: ReadonlyMap<string, (source: JsonObject) => JsonObject> = new Map<string, (s: JsonObject) => JsonObject>(
  [
    ['secret', (source) => ({ defaultMode: FILE_MODE, ...source })],
    ['configMap', (source) => ({ defaultMode: FILE_MODE, ...source })],
    ['downwardAPI', (source) => withItems({ defaultMode: FILE_MODE, ...source })],
    ['projected', (source) => withSources({ defaultMode: FILE_MODE, ...source })],
    ['hostPath', (source) => ({ type: '', ...source })],
    ['iscsi', (source) => ({ iscsiInterface: 'default', ...source })],
    ['rbd', (source) => ({ pool: 'rbd', user: 'admin', keyring: '/etc/ceph/keyring', ...source })],
    [
      'azureDisk',
      (source) => ({ cachingMode: 'ReadWrite', kind: 'Shared', fsType: 'ext4', readOnly: false, ...source }),
    ],
    ['scaleIO', (source) => ({ storageMode: 'ThinProvisioned', fsType: 'xfs', ...source })],
  ],
);

/** 0644. */
const FILE_MODE = 420;

function volume(item: JsonObject): JsonObject {
  const kinds = Object.keys(item).filter((key) => key !== 'name');
  if (kinds.length === 0) return { ...item, emptyDir: {} };
  const out: MutableJsonObject = { ...item };
  for (const kind of kinds) {
    const complete = SOURCES.get(kind);
    if (complete !== undefined) out[kind] = complete(objectAt(item, kind));
  }
  return out;
}

function withItems(source: JsonObject): JsonObject {
  if (source.items === undefined) return source;
  const items = listAt(source, 'items').map((item): JsonValue => {
    return item.fieldRef === undefined ? item : { ...item, fieldRef: fieldReference(objectAt(item, 'fieldRef')) };
  });
  return { ...source, items };
}

function withSources(source: JsonObject): JsonObject {
  if (source.sources === undefined) return source;
  const sources = listAt(source, 'sources').map((item): JsonValue => {
    const downward = getKey(item, 'downwardAPI');
    return downward === undefined ? item : { ...item, downwardAPI: withItems(objectAt(item, 'downwardAPI')) };
  });
  return { ...source, sources };
}
