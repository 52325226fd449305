/** What holds for every strategic merge and every typed round trip. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isArray, isObject, type JsonObject, type JsonValue } from '../../src/core/json.ts';
import { diffJson, emitYaml, equal, mergeStrategic, parseYaml, roundTrip } from '../../src/core/kube/index.ts';
import { randomObject } from '../differential/random-object.ts';
import { seededRandom } from '../differential/random-template.ts';
import { randomJson } from '../differential/random-yaml.ts';

const RUNS = { numRuns: 500 };
const POD = 'core/v1.Pod';

function pod(seed: number, fill: number): JsonObject {
  const { status: _status, ...rest } = randomObject(seededRandom(seed), POD, {
    fill,
    wrong: 0,
    unquoted: 0,
  }) as JsonObject;
  return distinct(rest) as JsonObject;
}

const MERGE_KEYS = ['containerPort', 'mountPath', 'devicePath', 'ip', 'uid', 'topologyKey', 'name'];

/** Items of one key each: of two ports of the same number only the first is merged into, every time. */
function distinct(value: JsonValue): JsonValue {
  if (isArray(value)) {
    const seen = new Set<JsonValue>();
    return value.map(distinct).filter((item) => {
      const key = isObject(item) ? MERGE_KEYS.find((name) => Object.hasOwn(item, name)) : undefined;
      const id = key === undefined || !isObject(item) ? undefined : (item[key] ?? null);
      if (id === undefined) return true;
      const isNew = !seen.has(id);
      seen.add(id);
      return isNew;
    });
  }
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, distinct(member)]));
}

function merged(target: JsonObject, patch: JsonObject): JsonObject | undefined {
  const result = mergeStrategic(target, patch, POD);
  return result.ok ? result.value : undefined;
}

function typed(value: JsonObject): JsonObject {
  const result = roundTrip(POD, value, { unknown: 'keep', creationTimestampNull: false });
  if (!result.ok) throw new Error(result.problems[0]?.message);
  return result.value;
}

describe('strategic merge', () => {
  it('changes nothing when it is done again', () => {
    let compared = 0;
    fc.assert(
      fc.property(fc.integer(), fc.integer(), (a, b) => {
        const patch = pod(b, 0.12);
        const once = merged(pod(a, 0.15), patch);
        // An item without its key is added where there is no list yet, and refused where there is one.
        const twice = once === undefined ? undefined : merged(once, patch);
        if (once === undefined || twice === undefined) return;
        compared++;
        expect(diffJson(once, twice)).toEqual([]);
      }),
      RUNS,
    );
    expect(compared).toBeGreaterThan(RUNS.numRuns / 2);
  });

  it('changes neither argument', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer(), (a, b) => {
        const [target, patch] = [pod(a, 0.15), pod(b, 0.12)];
        const before = JSON.stringify([target, patch]);
        merged(target, patch);
        expect(JSON.stringify([target, patch])).toBe(before);
      }),
      RUNS,
    );
  });

  it('with nothing is the same value', () => {
    fc.assert(
      fc.property(fc.integer(), (a) => {
        const target = pod(a, 0.15);
        expect(equal(merged(target, {}) ?? null, target)).toBe(true);
      }),
      RUNS,
    );
  });
});

describe('the typed round trip', () => {
  it('is the same when it is done again', () => {
    fc.assert(
      fc.property(fc.integer(), (a) => {
        const once = typed(pod(a, 0.2));
        expect(JSON.stringify(typed(once))).toBe(JSON.stringify(once));
      }),
      RUNS,
    );
  });
});

describe('YAML', () => {
  it('reads back what it wrote', () => {
    fc.assert(
      fc.property(fc.integer(), (a) => {
        const value: JsonValue = randomJson(seededRandom(a));
        const read = parseYaml(emitYaml(value));
        // A key that would be a merge key is written without quotes, by Go too.
        if (
          JSON.stringify(value, (_key, member: unknown) => (typeof member === 'bigint' ? 0 : member)).includes('"<<":')
        ) {
          return;
        }
        expect(read.ok && equal(read.value, value)).toBe(true);
      }),
      RUNS,
    );
  });
});
