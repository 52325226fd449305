import { getKey, type JsonObject, objectAt } from '../json.ts';

/**
 * Worker threads of Envoy as `.EstimatedConcurrency` (1.11 to 1.17).
 *
 * | ProxyConfig.concurrency | annotation proxyCPULimit | proxyCPU | values limits.cpu | requests.cpu | threads            |
 * |-------------------------|--------------------------|----------|-------------------|--------------|--------------------|
 * | absent                  |                          |          |                   |              | 2                  |
 * | above 0                 |                          |          |                   |              | as given           |
 * | 0                       | present                  |          |                   |              | its cores          |
 * | 0                       | absent                   | present  |                   |              | its cores          |
 * | 0                       | absent                   | absent   | present           |              | its cores          |
 * | 0                       | absent                   | absent   | absent            | present      | its cores          |
 * | 0                       | absent                   | absent   | absent            | absent       | 2                  |
 *
 * Cores are rounded up. An annotation that is no quantity leads to 2 without asking the values.
 */
export function estimatedConcurrency(
  concurrency: number | undefined,
  annotations: JsonObject,
  valuesJson: JsonObject,
): number {
  if (concurrency === undefined) return DEFAULT_CONCURRENCY;
  if (concurrency > 0) return concurrency;
  for (const name of ['sidecar.istio.io/proxyCPULimit', 'sidecar.istio.io/proxyCPU']) {
    const value = getKey(annotations, name);
    if (typeof value === 'string') return coresOf(value) ?? DEFAULT_CONCURRENCY;
  }
  const resources = objectAt(objectAt(objectAt(valuesJson, 'global'), 'proxy'), 'resources');
  for (const key of ['limits', 'requests']) {
    const cpu = getKey(objectAt(resources, key), 'cpu');
    const cores = cpu === undefined || cpu === null ? undefined : coresOf(String(cpu));
    if (cores !== undefined) return cores;
  }
  return DEFAULT_CONCURRENCY;
}

/** What Envoy was given up to 1.17 where nobody asked for anything: two threads do for a sidecar. */
const DEFAULT_CONCURRENCY = 2;

/** `2000m` → 2, `1.5` → 2; undefined where it is no CPU quantity. */
export function coresOf(text: string): number | undefined {
  const match = /^([+-]?\d+(?:\.\d*)?|[+-]?\.\d+)(n|u|m|k|M|G|Ki|Mi|Gi|)$/.exec(text);
  if (match === null) return undefined;
  const scale = SCALES.get(match[2] ?? '') ?? 1;
  return Math.ceil(Math.ceil(Number(match[1]) * scale * 1000) / 1000);
}

const SCALES: ReadonlyMap<string, number> = new Map([
  ['n', 1e-9],
  ['u', 1e-6],
  ['m', 1e-3],
  ['', 1],
  ['k', 1e3],
  ['M', 1e6],
  ['G', 1e9],
  ['Ki', 2 ** 10],
  ['Mi', 2 ** 20],
  ['Gi', 2 ** 30],
]);
