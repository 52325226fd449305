/**
 * What a Go program answers to generated cases: live where Go is, else as recorded by `REMORA_RECORD=1 npx vitest run
 * test/differential/NAME.test.ts` on a machine that has it.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { askGoPeer, buildGoPeer } from './go-peer.ts';
import { type Random, seededRandom } from './random-template.ts';

export type Answered<Case, Result> = {
  /** Go's version, and whether it ran now. */
  readonly go: string;
  readonly live: boolean;
  readonly seed: number;
  readonly cases: readonly (Case & { readonly result: Result })[];
};

export type Comparison<Case> = {
  /** Names the recording. */
  readonly name: string;
  readonly peer: string;
  readonly seed: number;
  readonly liveCases: number;
  readonly recordedCases: number;
  /** Asked whatever the seed, before the random ones. */
  readonly fixed: readonly Case[];
  readonly random: (random: Random) => Case;
  /** The case as the program takes it. */
  readonly ask: (one: Case) => unknown;
};

export function answersOf<Case extends object, Result>(comparison: Comparison<Case>): Answered<Case, Result> {
  const file = resolve('test/differential/recorded', `${comparison.name}.jsonl`);
  const program = buildGoPeer(comparison.peer);
  if (program === undefined) {
    const [head, ...lines] = readFileSync(file, 'utf8').trimEnd().split('\n');
    const { go, seed } = JSON.parse(head ?? '{}') as { readonly go: string; readonly seed: number };
    console.warn(`no Go here: compared with the answers of ${go} in test/differential/recorded`);
    return { go, seed, live: false, cases: lines.map((line) => JSON.parse(line) as Case & { result: Result }) };
  }
  const isRecording = process.env.REMORA_RECORD === '1';
  if (isRecording && process.env.CI !== undefined) throw new Error('REMORA_RECORD is for developers, not for CI');
  const seed = Number(process.env.REMORA_DIFFERENTIAL_SEED ?? comparison.seed);
  const random = seededRandom(seed);
  const count = isRecording
    ? comparison.recordedCases
    : Number(process.env.REMORA_DIFFERENTIAL_CASES ?? comparison.liveCases);
  const cases = [...comparison.fixed, ...Array.from({ length: count }, () => comparison.random(random))];
  const answer = askGoPeer(program, cases.map(comparison.ask)) as { go: string; results: readonly Result[] };
  const answered = cases.map((one, i) => ({ ...one, result: answer.results[i] as Result }));
  if (isRecording) {
    const lines = [{ go: answer.go, seed }, ...answered].map((line) => JSON.stringify(line));
    writeFileSync(file, `${lines.join('\n')}\n`);
  }
  return { go: answer.go, seed, live: true, cases: answered };
}
