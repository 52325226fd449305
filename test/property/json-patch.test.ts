/** What holds for every JSON Patch that we make, and for every one that we apply. */
import fc from 'fast-check';
import fastJsonPatch, { type Operation } from 'fast-json-patch';
import { describe, expect, it } from 'vitest';
import { type JsonValue, type MutableJsonObject, setKey } from '../../src/core/json.ts';
import { applyJsonPatch, diffJson, equal, type JsonPatch } from '../../src/core/kube/index.ts';
import { randomObject } from '../differential/random-object.ts';
import { seededRandom } from '../differential/random-template.ts';

const RUNS = { numRuns: 1000 };

const plainKey = fc.oneof(
  fc.constantFrom('a', 'b', 'c', 'name', '', '0', '-', '/', '~', '~0', '~1', 'a/b', 'm~n', 'é'),
  fc.string({ maxLength: 4 }).filter((key) => key !== '__proto__'),
);
const anyKey = fc.oneof({ weight: 8, arbitrary: plainKey }, fc.constantFrom('__proto__', 'constructor', 'toString'));

function jsonOf(key: fc.Arbitrary<string>): fc.Arbitrary<JsonValue> {
  return fc.letrec<{ value: JsonValue }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc.constantFrom<JsonValue>(null, true, false, 0, 1, -1, 1.5, '', 'a', 'b', 2n ** 60n),
      fc.array(tie('value'), { maxLength: 5 }),
      fc.array(fc.tuple(key, tie('value')), { maxLength: 5 }).map((members) => {
        const out: MutableJsonObject = {};
        for (const [name, member] of members) setKey(out, name, member);
        return out;
      }),
    ),
  })).value;
}

/** A pod and one that came from it by changing, dropping and inserting parts. */
const podPair = fc.tuple(fc.integer(), fc.integer()).map(([seed, other]): readonly [JsonValue, JsonValue] => {
  const options = { fill: 0.15, wrong: 0, unquoted: 0 };
  const from = randomObject(seededRandom(seed), 'core/v1.Pod', options);
  const random = seededRandom(other);
  if (random.chance(0.2)) return [from, randomObject(random, 'core/v1.Pod', options)];
  const mutate = (value: JsonValue): JsonValue => {
    if (random.chance(0.03)) return random.pick([null, 'changed', 7, [], {}] as [JsonValue, ...JsonValue[]]);
    if (Array.isArray(value)) {
      const kept = value.filter(() => random.chance(0.9)).map((item: JsonValue) => mutate(item));
      if (random.chance(0.2)) kept.splice(random.below(kept.length + 1), 0, { name: 'added' });
      return random.chance(0.1) ? kept.reverse() : kept;
    }
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .filter(() => random.chance(0.95))
        .map(([key, member]) => [key, mutate(member)]),
    );
  };
  return [from, mutate(from)];
});

function applied(doc: JsonValue, patch: JsonPatch): JsonValue {
  const result = applyJsonPatch(doc, patch);
  if (!result.ok) throw new Error(`${result.problems[0]?.message} in ${JSON.stringify(patch)}`);
  return result.value;
}

const snapshot = (value: JsonValue): string =>
  JSON.stringify(value, (_key, member: unknown) => (typeof member === 'bigint' ? `${member}n` : member));

describe('JSON Patch', () => {
  it('leads from any value to any other, and changes neither', () => {
    fc.assert(
      fc.property(jsonOf(anyKey), jsonOf(anyKey), (from, to) => {
        const [before, after] = [snapshot(from), snapshot(to)];
        expect(equal(applied(from, diffJson(from, to)), to)).toBe(true);
        expect([snapshot(from), snapshot(to)]).toEqual([before, after]);
      }),
      RUNS,
    );
  });

  it('leads from any pod to any other, lists matched by merge key', () => {
    fc.assert(
      fc.property(podPair, ([from, to]) => {
        const patch = diffJson(from, to, { type: 'core/v1.Pod' });
        expect(equal(applied(from, patch), to)).toBe(true);
      }),
      RUNS,
    );
  });

  it('is nothing between equal values, however they are made', () => {
    fc.assert(
      fc.property(jsonOf(anyKey), (value) => {
        expect(diffJson(value, structuredClone(value))).toEqual([]);
      }),
      RUNS,
    );
  });

  it('is read the same way by fast-json-patch', () => {
    const withoutBig = jsonOf(plainKey).map((value) => JSON.parse(snapshot(value)) as JsonValue);
    fc.assert(
      fc.property(withoutBig, withoutBig, (from, to) => {
        const patch = diffJson(from, to) as readonly Operation[];
        const theirs = fastJsonPatch.applyPatch(structuredClone(from), structuredClone(patch), true).newDocument;
        expect(equal(theirs as JsonValue, to)).toBe(true);
      }),
      RUNS,
    );
  });

  it("applies fast-json-patch's patches as it does", () => {
    const object = jsonOf(plainKey).map((value) => JSON.parse(snapshot({ value })) as { readonly value: JsonValue });
    fc.assert(
      fc.property(object, object, (from, to) => {
        const patch = fastJsonPatch.compare(from, to) as unknown as JsonPatch;
        expect(equal(applied(from, patch), to)).toBe(true);
      }),
      RUNS,
    );
  });
});
