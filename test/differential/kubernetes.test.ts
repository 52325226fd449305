/**
 * Strategic merge, the typed round trip, quantities, selectors and document separators as apimachinery does them, on random
 * input. Where Go is absent the answers are those recorded by
 * `REMORA_RECORD=1 npx vitest run test/differential/kubernetes.test.ts`.
 */
import { describe, expect, it } from 'vitest';
import { isArray, isObject, type JsonObject, type JsonValue, stringifyGoJson } from '../../src/core/json.ts';
import {
  canonicalQuantity,
  diffJson,
  emitYaml,
  matchSelector,
  mergeStrategic,
  parseYaml,
  roundTrip,
  splitDocuments,
} from '../../src/core/kube/index.ts';
import { randomObject, randomPatch } from './random-object.ts';
import type { Random } from './random-template.ts';
import { answersOf } from './recorded-answers.ts';

const OPERATIONS = ['merge', 'roundtrip', 'decode', 'quantity', 'select', 'split'] as const;
type Operation = (typeof OPERATIONS)[number];
type Case = { readonly op: Operation; readonly type?: string; readonly a: string; readonly b?: string };
type Result = { readonly output?: string; readonly error?: string };

const TYPES: Readonly<Record<string, string>> = {
  Pod: 'core/v1.Pod',
  ReplicationController: 'core/v1.ReplicationController',
  Deployment: 'apps/v1.Deployment',
  StatefulSet: 'apps/v1.StatefulSet',
  DaemonSet: 'apps/v1.DaemonSet',
  ReplicaSet: 'apps/v1.ReplicaSet',
  Job: 'batch/v1.Job',
  CronJob: 'batch/v1.CronJob',
};

const text = (value: JsonValue): string => stringifyGoJson(value);

function randomCase(random: Random): Case {
  const { below, chance, pick } = random;
  const kind = below(20);
  if (kind < 8) {
    const target = randomObject(random, 'core/v1.Pod', { fill: 0.15, wrong: chance(0.1) ? 0.01 : 0, unquoted: 0 });
    return { op: 'merge', a: text(target), b: text(randomPatch(random, 'core/v1.Pod')) };
  }
  const type = chance(0.5) ? 'Pod' : pick(Object.keys(TYPES) as [string, ...string[]]);
  const depth = type === 'Pod' ? 6 : type === 'CronJob' ? 9 : 8;
  const wrong = chance(0.4) ? 0.02 : 0;
  if (kind < 13) {
    const value = randomObject(random, TYPES[type] ?? '', { fill: 0.2, wrong, unquoted: 0 }, depth);
    return { op: 'roundtrip', type, a: text(value) };
  }
  if (kind < 16) {
    const value = randomObject(random, TYPES[type] ?? '', { fill: 0.2, wrong, unquoted: 0.2 }, depth);
    return { op: 'decode', type, a: emitYaml(value) };
  }
  if (kind < 18) return { op: 'quantity', a: text(randomQuantity(random)) };
  if (kind === 18) return { op: 'select', ...randomSelector(random) };
  const lines = [
    '---\n',
    '---\n',
    '--- \n',
    '---\t\n',
    '--- # c\n',
    '--- x\n',
    '---x\n',
    ' ---\n',
    'a: b\n',
    '# c\n',
    '\n',
    '  \n',
    '---\r\n',
    'a\r\n',
    '...\n',
    '----\n',
  ];
  const stream = Array.from({ length: below(9) }, () => pick(lines as [string, ...string[]])).join('');
  return { op: 'split', a: chance(0.2) ? stream.replace(/\n$/, '') : stream };
}

function randomQuantity({ below, chance, pick }: Random): string {
  const digits = (length: number): string =>
    Array.from({ length }, () => pick(['0', '0', '1', '5', '2', '4', '9'])).join('');
  const suffix = pick([
    '',
    '',
    'n',
    'u',
    'm',
    'k',
    'M',
    'G',
    'T',
    'P',
    'E',
    'Ki',
    'Mi',
    'Gi',
    'Ti',
    'Pi',
    'Ei',
    'e3',
    'E3',
    'e-3',
    'e1',
    'e+2',
    'K',
    'i',
    'mi',
    'e',
    ' ',
  ]);
  const body = chance(0.1)
    ? pick(['1024', '1048576', '1000', '1000000', '2048', '8', '512'])
    : digits(below(chance(0.1) ? 22 : 8));
  return `${chance(0.1) ? pick(['-', '+', '--']) : ''}${body}${chance(0.4) ? `.${digits(below(chance(0.1) ? 14 : 5))}` : ''}${suffix}`;
}

function randomSelector({ below, chance, pick }: Random): { readonly a: string; readonly b: string } {
  const keys: [string, ...string[]] = ['app', 'tier', 'x.y/z'];
  const values: [string, ...string[]] = ['web', 'db', '', 'a'];
  const labels = Object.fromEntries(Array.from({ length: below(4) }, () => [pick(keys), pick(values)]));
  const expressions = Array.from({ length: below(3) }, () => ({
    key: pick(keys),
    operator: chance(0.05) ? pick(['in', 'Nope', '']) : pick(['In', 'NotIn', 'Exists', 'DoesNotExist']),
    values: chance(0.4) ? [] : Array.from({ length: below(3) }, () => pick(values)),
  }));
  const selector = {
    ...(chance(0.5) ? { matchLabels: Object.fromEntries([[pick(keys), pick(values)]]) } : {}),
    ...(expressions.length > 0 ? { matchExpressions: expressions } : {}),
  };
  return { a: text(selector), b: text(labels) };
}

const answered = answersOf<Case, Result>({
  name: 'kubernetes',
  peer: 'kubernetes',
  seed: 20261125,
  liveCases: 4000,
  recordedCases: 150,
  fixed: [],
  random: randomCase,
  ask: (one) => one,
});

type Answer = { readonly output?: string | undefined; readonly error?: string | undefined };

function answer(one: Case): Answer {
  const type = TYPES[one.type ?? 'Pod'] ?? '';
  switch (one.op) {
    case 'merge': {
      const merged = mergeStrategic(object(one.a), object(one.b ?? ''), type);
      if (!merged.ok) return { error: merged.problems[0]?.message };
      return { output: stringifyGoJson(merged.value, { sortKeys: true, escapeHtml: true }) };
    }
    case 'roundtrip': {
      const typed = roundTrip(type, object(one.a), { unknown: 'drop', creationTimestampNull: false });
      return typed.ok ? { output: stringifyGoJson(typed.value) } : { error: typed.problems[0]?.message };
    }
    case 'decode': {
      const read = parseYaml(one.a, { schema: type });
      if (!read.ok) return { error: read.problems[0]?.message };
      const typed = roundTrip(type, isObject(read.value) ? read.value : {}, {
        unknown: 'drop',
        creationTimestampNull: false,
      });
      return typed.ok ? { output: emitYaml(typed.value) } : { error: typed.problems[0]?.message };
    }
    case 'quantity': {
      const canonical = canonicalQuantity(JSON.parse(one.a) as string);
      return canonical === undefined ? { error: 'no quantity' } : { output: JSON.stringify(canonical) };
    }
    case 'select': {
      const match = matchSelector(object(one.a), JSON.parse(one.b ?? '{}') as Record<string, string>);
      return match.kind === 'invalid' ? { error: match.reason } : { output: String(match.kind === 'match') };
    }
    case 'split': {
      const split = splitDocuments(one.a, { separators: 'strict' });
      if (!split.ok) return { error: split.problems[0]?.message };
      return { output: stringifyGoJson(split.value.map((document) => document.text)) };
    }
  }
}

/** apimachinery leaves directives in what it takes over as it is, for the typed decode to drop; we take them out at once. */
function withoutDirectives(result: Result): Result {
  if (result.output === undefined) return result;
  const clean = (value: JsonValue): JsonValue => {
    if (isArray(value)) return value.map(clean);
    if (!isObject(value)) return value;
    return Object.fromEntries(
      Object.entries(value)
        .filter(([key]) => !key.startsWith('$'))
        .map(([key, member]) => [key, clean(member)]),
    );
  };
  return { output: text(clean(JSON.parse(result.output) as JsonValue)) };
}

/** What our answer would have to change to be Go's. */
function difference(want: Result, ours: Answer): string {
  if (want.error !== undefined || ours.error !== undefined) {
    return `want ${want.error ?? want.output}\n  got  ${ours.error ?? ours.output}`;
  }
  try {
    const patch = diffJson(JSON.parse(ours.output ?? ''), JSON.parse(want.output ?? ''));
    if (patch.length > 0) return JSON.stringify(patch);
  } catch {
    // No JSON: shown as it is.
  }
  return `want ${want.output}\n  got  ${ours.output}`;
}

function object(json: string): JsonObject {
  return JSON.parse(json) as JsonObject;
}

describe(`Kubernetes as ${answered.go} has it (${answered.live ? 'live' : 'recorded'}, seed ${answered.seed})`, () => {
  it('has cases of every kind', () => {
    for (const op of OPERATIONS) {
      const some = answered.cases.filter((one) => one.op === op);
      expect(some.filter((one) => one.result.error === undefined).length).toBeGreaterThan(1);
    }
  });

  it.each(OPERATIONS)('%s', (op) => {
    const differences: string[] = [];
    for (const one of answered.cases) {
      if (one.op !== op || one.result.error?.startsWith('panic')) continue;
      const ours = answer(one);
      const want = one.op === 'merge' ? withoutDirectives(one.result) : one.result;
      const isSame = want.error === undefined ? ours.output === (want.output ?? '') : ours.error !== undefined;
      if (isSame) continue;
      differences.push(`${one.type ?? ''} ${one.a}\n  with ${one.b ?? ''}\n  ${difference(want, ours)}`);
    }
    expect(`${differences.length}\n${differences.slice(0, 25).join('\n\n')}`).toBe('0\n');
  });
});
