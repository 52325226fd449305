import { isArray, isObject, type JsonObject } from '../json.ts';
import { objectsOf, textOf } from './fields.ts';

/** Istio's checks of meshConfig.localityLbSetting (ValidateLocalityLbSetting); each text is Istio's. */
export function checkLocalityLoadBalancing(setting: JsonObject): readonly string[] {
  const distribute = objectsOf(setting.distribute);
  const failover = objectsOf(setting.failover);
  if (distribute.length > 0 && failover.length > 0) {
    return ["can not simultaneously specify 'distribute' and 'failover'"];
  }
  const priorities = isArray(setting.failoverPriority) ? setting.failoverPriority : [];
  const topology = priorities.find((label) => typeof label === 'string' && TOPOLOGY_LABELS.has(label));
  if (failover.length > 0 && topology !== undefined) {
    return [`can not simultaneously set 'failover' and topology label '${topology}' in 'failover_priority'`];
  }
  return [...checkDistribute(distribute), ...failover.flatMap(checkFailover)];
}

const TOPOLOGY_LABELS: ReadonlySet<string> = new Set([
  'topology.kubernetes.io/region',
  'topology.kubernetes.io/zone',
  'topology.istio.io/subzone',
]);

function checkDistribute(distribute: readonly JsonObject[]): readonly string[] {
  const failures: string[] = [];
  for (const item of distribute) {
    const weights = isObject(item.to) ? item.to : {};
    const values = Object.values(weights).map(Number);
    if (values.some((weight) => weight <= 0 || weight > 100)) {
      return [...failures, 'locality weight must be in range [1, 100]'];
    }
    const total = values.reduce((sum, weight) => sum + weight, 0);
    if (total !== 100) return [...failures, `total locality weight ${total} != 100`];
    failures.push(...checkLocalities(Object.keys(weights)));
  }
  return [...failures, ...checkLocalities(distribute.map((item) => textOf(item.from)))];
}

/** No locality may lie inside another; the first one that is wrong is told. */
function checkLocalities(localities: readonly string[]): readonly string[] {
  const seen: string[][] = [];
  for (const locality of localities) {
    const stars = locality.split('*').length - 1;
    if (stars > 1 || (stars === 1 && !locality.endsWith('*'))) {
      return [`locality ${locality} wildcard '*' number can not exceed 1 and must be in the end`];
    }
    const parts = locality.split('/');
    const place = [...parts.slice(0, 2), ...(parts.length > 2 ? [parts.slice(2).join('/')] : [])];
    if (place.includes('')) return [`locality ${locality} must not contain empty region/zone/subzone info`];
    const known = place.at(-1) === '*' ? place.slice(0, -1) : place;
    if (seen.some((other) => contains(other, known) || contains(known, other))) {
      return [`locality ${locality} overlap with previous specified ones`];
    }
    seen.push(known);
  }
  return [];
}

function contains(outer: readonly string[], inner: readonly string[]): boolean {
  return outer.every((part, index) => inner[index] === part);
}

function checkFailover(failover: JsonObject): readonly string[] {
  const ends = [textOf(failover.from), textOf(failover.to)];
  const failures: string[] = [];
  if (ends[0] === ends[1]) failures.push('locality lb failover settings must specify different regions');
  if (ends.some((end) => end.includes('/'))) failures.push('locality lb failover only specify region');
  if (ends.some((end) => end.includes('*'))) {
    failures.push("locality lb failover region should not contain '*' wildcard");
  }
  return failures;
}
