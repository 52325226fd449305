/**
 * YAML read and written as sigs.k8s.io/yaml does it, on hand-picked and on random input. Where Go is absent the answers
 * are those recorded by `REMORA_RECORD=1 npx vitest run test/differential/yaml.test.ts`.
 */
import { describe, expect, it } from 'vitest';
import { isArray, isObject, type JsonValue, stringifyGoJson } from '../../src/core/json.ts';
import { compareKeys } from '../../src/core/kube/emit-key-order.ts';
import { emitYaml, parseYaml } from '../../src/core/kube/index.ts';
import { randomJson, randomYaml, SCALARS } from './random-yaml.ts';
import { answersOf } from './recorded-answers.ts';
import { YAML_TEXTS } from './yaml-cases.ts';

type Case = { readonly op: 'read' | 'write'; readonly text: string };
type Result = { readonly output?: string; readonly error?: string };

const written = (value: JsonValue): Case => ({ op: 'write', text: stringifyGoJson(value) });

const answered = answersOf<Case, Result>({
  name: 'yaml',
  peer: 'yaml',
  seed: 20261125,
  liveCases: 6000,
  recordedCases: 500,
  fixed: [
    ...YAML_TEXTS.map((text): Case => ({ op: 'read', text })),
    ...SCALARS.flatMap((text): Case[] => [
      { op: 'read', text: `a: ${text}\n` },
      { op: 'read', text: `[${text}]\n` },
      written({ a: text }),
      written({ [text]: text }),
      written([text, [text]]),
    ]),
  ],
  random: (random) => (random.chance(0.5) ? { op: 'read', text: randomYaml(random) } : written(randomJson(random))),
  ask: (one) => ({ op: one.op, text: Buffer.from(one.text).toString('base64') }),
});

function decode(base64: string | undefined): string {
  return Buffer.from(base64 ?? '', 'base64').toString('utf8');
}

/** What differs, in words, or undefined. */
function compare(one: Case, want: Result): string | undefined {
  // Bytes that are no UTF-8 (of `!!binary`): Go escapes what it puts in their place, we write it.
  const output = decode(want.output).replaceAll('\\ufffd', '\ufffd');
  const ours = one.op === 'read' ? read(one.text) : write(one.text);
  if (want.error !== undefined)
    return ours.error === undefined ? `want error ${want.error}\n  got  ${ours.output}` : undefined;
  // We refuse a null key at once, Go when it makes JSON: not where a later key of the same name has replaced its mapping.
  if (ours.error?.endsWith('unsupported map key of type: null')) return undefined;
  if (ours.error !== undefined) return `want ${output}\n  got error ${ours.error}`;
  return ours.output === output ? undefined : `want ${JSON.stringify(output)}\n  got  ${JSON.stringify(ours.output)}`;
}

function read(text: string): { readonly output?: string; readonly error?: string } {
  const value = parseYaml(text);
  if (!value.ok) return { error: value.problems[0]?.message ?? '' };
  return { output: stringifyGoJson(value.value, { sortKeys: true, escapeHtml: true }) };
}

/** The value of a JSON text is what our reader makes of it: JSON is YAML. */
function write(json: string): { readonly output?: string; readonly error?: string } {
  const value = parseYaml(json);
  if (!value.ok) return { error: value.problems[0]?.message ?? '' };
  return { output: emitYaml(value.value) };
}

/** `{}: a`: yaml.v2 loses sight of the key there and reads `{}`; we say that a mapping is no key, as it does elsewhere. */
const EMPTY_FLOW_KEY = /(?:\{\s*\}|\[\s*\])[^\n]*:/;

/**
 * Whether yaml.v2's order of keys is none: `9Ω` before `10a` (9 < 10), `10a` before `1x` (digits before letters), `1x` before
 * `9Ω` (1 < 9). Go then writes them in whatever order its map gives.
 */
function hasNoOrder(json: string): boolean {
  const check = (value: JsonValue): boolean => {
    if (isArray(value)) return value.some(check);
    if (!isObject(value)) return false;
    const keys = Object.keys(value).sort(compareKeys);
    const isCyclic = keys.some((a, i) => keys.slice(i + 1).some((b) => compareKeys(a, b) > 0));
    return isCyclic || Object.values(value).some(check);
  };
  const value = parseYaml(json);
  return value.ok && check(value.value);
}

describe(`YAML as ${answered.go} reads and writes it (${answered.live ? 'live' : 'recorded'}, seed ${answered.seed})`, () => {
  it('has cases of every kind', () => {
    for (const op of ['read', 'write'] as const) {
      const some = answered.cases.filter((one) => one.op === op);
      expect(some.filter((one) => one.result.error === undefined).length).toBeGreaterThan(150);
    }
    expect(answered.cases.filter((one) => one.result.error !== undefined).length).toBeGreaterThan(50);
  });

  it.each(['read', 'write'] as const)('%s', (op) => {
    const differences: string[] = [];
    for (const one of answered.cases) {
      if (one.op === 'read' && EMPTY_FLOW_KEY.test(one.text)) continue;
      if (one.op !== op || one.result.error?.startsWith('timeout') || (op === 'write' && hasNoOrder(one.text)))
        continue;
      const difference = compare(one, one.result);
      if (difference !== undefined) differences.push(`${JSON.stringify(one.text)}\n  ${difference}`);
    }
    expect(`${differences.length}\n${differences.slice(0, 25).join('\n\n')}`).toBe('0\n');
  });
});
