import {
  getKey,
  isObject,
  type JsonObject,
  type JsonValue,
  listAt,
  type MutableJsonObject,
  setKey,
  textAt,
} from '../../json.ts';
import { equal } from '../../kube/index.ts';
import type { PodTemplate } from '../model.ts';
import { annotationOf, annotationsOf, labelsOf, metadataOf, specOf, withAnnotations } from '../pod.ts';
import { NETWORKS, shorterNetworks, without } from './known-metadata.ts';

/** What injection makes of a pod, in a form that can be compared; undefined where it fails or declines. */
export type Judge = (pod: PodTemplate) => PodTemplate | undefined;

/** Each round learns something of the user's from the differences; shipped templates need one or two. */
const ROUNDS = 5;

/**
 * The candidate, with whatever injection does not bring of itself taken for the user's and put back, until injection
 * gives `wanted`; undefined where it cannot be brought to that.
 */
export function settle(candidate: PodTemplate, wanted: PodTemplate, judge: Judge): PodTemplate | undefined {
  let current = candidate;
  for (let round = 0; round < ROUNDS; round++) {
    const result = judge(current);
    if (result === undefined) return undefined;
    if (equal(result, wanted)) return current;
    const corrected = corrections(current, result, wanted);
    if (equal(corrected, current)) return undefined;
    current = corrected;
  }
  return undefined;
}

/** Lists that are joined by name; a difference in the containers has been dealt with before. */
const BY_NAME = ['volumes', 'imagePullSecrets'] as const;
const CONTAINERS = ['containers', 'initContainers', 'ephemeralContainers'];

/**
 * Metadata first, and alone: annotations choose the template and steer it, and with the wrong ones all of its spec would
 * be taken for the user's.
 */
function corrections(current: PodTemplate, result: PodTemplate, wanted: PodTemplate): PodTemplate {
  const metadata = correctedMap(metadataOf(current), metadataOf(result), metadataOf(wanted), []);
  if (!equal(metadata, metadataOf(current))) return { ...current, metadata };
  const spec: MutableJsonObject = {
    ...correctedMap(specOf(current), specOf(result), specOf(wanted), [...CONTAINERS, ...BY_NAME]),
  };
  for (const list of BY_NAME) {
    const items = correctedList(listAt(spec, list), listAt(specOf(result), list), listAt(specOf(wanted), list));
    if (items.length > 0) spec[list] = items;
  }
  return { ...current, spec };
}

/** Where `result` is not what is wanted, the current value becomes the wanted one: it must have come from the user. */
function correctedMap(
  current: JsonObject,
  result: JsonObject,
  wanted: JsonObject,
  except: readonly string[],
): JsonObject {
  const corrected: MutableJsonObject = { ...current };
  for (const key of new Set([...Object.keys(result), ...Object.keys(wanted)])) {
    if (except.includes(key)) continue;
    const [is, shall] = [getKey(result, key), getKey(wanted, key)];
    if (shall === undefined) delete corrected[key];
    else if (is === undefined || !equal(is, shall)) {
      const own = getKey(current, key);
      const deeper = isObject(is) && isObject(shall);
      const value = deeper ? correctedMap(isObject(own) ? own : {}, is, shall, []) : shall;
      setKey(corrected, key, value);
    }
  }
  return corrected;
}

/** A named item that came out differently was the user's too, at least in what differs. */
function correctedList(
  current: readonly JsonObject[],
  result: readonly JsonObject[],
  wanted: readonly JsonObject[],
): readonly JsonObject[] {
  const named = (items: readonly JsonObject[], name: string): JsonObject | undefined =>
    items.find((item) => textAt(item, 'name') === name);
  const own = wanted.flatMap((item) => {
    const name = textAt(item, 'name');
    const present = named(current, name);
    const brought = named(result, name);
    if (brought !== undefined && equal(brought, item)) return present === undefined ? [] : [present];
    if (brought === undefined) return [item];
    return [{ ...present, name, ...correctedMap({}, brought, item, ['name']) }];
  });
  return own;
}

/** Keys of a pod that injection may have written, judged by what the templates render for it. */
export type Written = {
  readonly labels: ReadonlySet<string>;
  readonly annotations: ReadonlySet<string>;
  /** Below spec, with the keys inside where there are any. */
  readonly spec: ReadonlyMap<string, readonly string[]>;
};

/**
 * The smallest pod that still gives `wanted`: what injection brings of itself was most likely not there before. One key
 * at a time, because the second of two may only be written because of the first.
 */
export function smallest(pod: PodTemplate, wanted: PodTemplate, judge: Judge, written: Written): PodTemplate {
  let current = pod;
  const tryOut = (smaller: PodTemplate): boolean => {
    if (smaller === current) return false;
    const result = judge(smaller);
    if (result === undefined || !equal(result, wanted)) return false;
    current = smaller;
    return true;
  };
  for (const key of Object.keys(labelsOf(pod))) {
    if (written.labels.has(key)) tryOut(without(current, 'labels', [key]));
  }
  for (const key of Object.keys(annotationsOf(pod))) {
    if (!written.annotations.has(key)) continue;
    if (!tryOut(without(current, 'annotations', [key]))) tryOut(withShorterValue(current, key));
  }
  for (const [key, inner] of written.spec) {
    if (tryOut(withoutPath(current, [key]))) continue;
    for (const each of inner) tryOut(withoutPath(current, [key, each]));
  }
  return current;
}

/** Lists in annotations to which templates append, rather than replace them. */
function withShorterValue(pod: PodTemplate, key: string): PodTemplate {
  const text = annotationOf(pod, key) ?? '';
  const comma = text.lastIndexOf(',');
  if (key === EXCLUDED_PORTS && comma >= 0) return withAnnotations(pod, [[key, text.slice(0, comma)]]);
  return key === NETWORKS ? withAnnotations(pod, [[key, shorterNetworks(text)]]) : pod;
}

const EXCLUDED_PORTS = 'traffic.sidecar.istio.io/excludeInboundPorts';

function withoutPath(pod: PodTemplate, [key, inner]: readonly [string, string?]): PodTemplate {
  const value: JsonValue | undefined = getKey(specOf(pod), key);
  if (value === undefined || (inner !== undefined && !(isObject(value) && Object.hasOwn(value, inner)))) return pod;
  const spec: MutableJsonObject = { ...specOf(pod) };
  if (inner === undefined || !isObject(value)) delete spec[key];
  else {
    const { [inner]: _removed, ...rest } = value;
    if (Object.keys(rest).length === 0) delete spec[key];
    else spec[key] = rest;
  }
  return { ...pod, spec };
}
