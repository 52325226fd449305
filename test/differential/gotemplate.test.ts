/**
 * The template engine against Go's own on random templates. Where Go is absent the results are those recorded by
 * `REMORA_RECORD=1 npx vitest run test/differential/gotemplate.test.ts` on a machine that has it.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compileTemplate, executeTemplate, fromJson } from '../../src/core/gotemplate/index.ts';
import type { Problem } from '../../src/core/problem.ts';
import { encodeUtf8 } from '../../src/core/utf8.ts';
import { askGoPeer, buildGoPeer } from './go-peer.ts';
import { randomTemplate, seededRandom, TEMPLATE_DATA } from './random-template.ts';

const RECORDED = resolve('test/differential/recorded/gotemplate.jsonl');
const SEED = 20261124;
const LIVE_CASES = Number(process.env.REMORA_DIFFERENTIAL_CASES ?? 1500);
const RECORDED_CASES = 300;

type Case = {
  readonly template: string;
  readonly left: string;
  readonly right: string;
  readonly missingKey: 'default' | 'zero' | 'error';
};
type Result = {
  readonly phase: 'done' | 'parse' | 'exec' | 'panic' | 'timeout';
  readonly output?: string;
  readonly message?: string;
};
type Recording = { readonly go: string; readonly cases: readonly (Case & { readonly result: Result })[] };

function generate(count: number, seed: number): readonly Case[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => {
    const template = randomTemplate(random);
    const missingKey = random.pick(['default', 'default', 'default', 'zero', 'error'] as const);
    if (!random.chance(0.1)) return { template, left: '', right: '', missingKey };
    const [left, right] = random.pick<readonly [string, string]>([
      ['[[', ']]'],
      ['<%', '%>'],
      ['((', '))'],
    ]);
    return { template: template.replaceAll('{{', left).replaceAll('}}', right), left, right, missingKey };
  });
}

function record(): Recording | undefined {
  const program = buildGoPeer('template');
  if (program === undefined) return undefined;
  const isRecording = process.env.REMORA_RECORD === '1';
  if (isRecording && process.env.CI !== undefined) throw new Error('REMORA_RECORD is for developers, not for CI');
  const seed = Number(process.env.REMORA_DIFFERENTIAL_SEED ?? SEED);
  const cases = generate(isRecording ? RECORDED_CASES : LIVE_CASES, seed);
  const answer = askGoPeer(
    program,
    cases.map((one) => ({ ...one, data: TEMPLATE_DATA })),
  ) as { readonly go: string; readonly results: readonly Result[] };
  const recording = {
    go: answer.go,
    cases: cases.map((one, i) => ({ ...one, result: answer.results[i] ?? { phase: 'panic' as const } })),
  };
  if (isRecording) {
    const lines = [{ go: recording.go }, ...recording.cases].map((line) => JSON.stringify(line));
    writeFileSync(RECORDED, `${lines.join('\n')}\n`);
  }
  return recording;
}

/** One JSON value a line: the Go version, then the cases. */
function readRecording(): Recording {
  const [head, ...cases] = readFileSync(RECORDED, 'utf8').trimEnd().split('\n');
  const { go } = JSON.parse(head ?? '{}') as { readonly go: string };
  return { go, cases: cases.map((line) => JSON.parse(line) as Case & { readonly result: Result }) };
}

const live = record();
const recording = live ?? readRecording();
if (live === undefined)
  console.warn(`no Go here: compared with the results of ${recording.go} in ${join('test/differential/recorded')}`);
const data = fromJson(TEMPLATE_DATA);

/** Go before 1.26 words some messages otherwise; what fails, and where, has not changed. */
const sameWords = recording.go.startsWith('go1.26');

describe(`templates as ${recording.go} runs them (${live === undefined ? 'recorded' : 'live'})`, () => {
  it('has cases of every kind', () => {
    for (const phase of ['done', 'parse', 'exec']) {
      expect(recording.cases.filter((one) => one.result.phase === phase).length).toBeGreaterThan(20);
    }
  });

  it('gives the same output, or the same error at the same place', () => {
    const differences: string[] = [];
    for (const one of recording.cases) {
      const difference = compare(one, one.result);
      if (difference !== undefined)
        differences.push(`${JSON.stringify(one.template)} (${one.missingKey})\n${difference}`);
    }
    expect(differences.slice(0, 20).join('\n\n')).toBe('');
  });
});

function compare(one: Case, want: Result): string | undefined {
  if (want.phase === 'panic' || want.phase === 'timeout') return undefined;
  const got = run(one);
  const isLimit = got.problem?.code === 'TEMPLATE_LIMIT';
  if (isLimit && want.phase === 'exec') return undefined;
  if (got.phase !== want.phase || got.output !== (want.output ?? '')) return describeDifference(want, got);
  const message = want.message === undefined ? '' : Buffer.from(want.message, 'base64').toString('utf8');
  const ours = Buffer.from(encodeUtf8(got.problem?.message ?? '')).toString('utf8');
  if (sameWords ? ours !== message : place(ours) !== place(message)) return describeDifference(want, got);
  return undefined;
}

type Outcome = { readonly phase: Result['phase']; readonly output: string; readonly problem?: Problem | undefined };

function run(one: Case): Outcome {
  const compiled = compileTemplate(one.template, { ...one, name: 't' });
  if (!compiled.ok) return { phase: 'parse', output: '', problem: compiled.problems[0] };
  const executed = executeTemplate(compiled.value, data);
  if (!executed.ok) return { phase: 'exec', output: '', problem: executed.problems[0] };
  return { phase: 'done', output: Buffer.from(encodeUtf8(executed.value)).toString('base64') };
}

function place(message: string): string {
  return /^template: t:\d+(?::\d+)?/.exec(message)?.[0] ?? message;
}

function describeDifference(want: Result, got: Outcome): string {
  const text = (base64: string | undefined): string =>
    JSON.stringify(Buffer.from(base64 ?? '', 'base64').toString('utf8'));
  return (
    `  want ${want.phase} ${want.message === undefined ? text(want.output) : text(want.message)}\n` +
    `  got  ${got.phase} ${got.problem === undefined ? text(got.output) : JSON.stringify(got.problem.message)}`
  );
}
