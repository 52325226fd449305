/**
 * How every figure here is taken: warm up, then several runs, and the median of them, since a machine that does other
 * things disturbs single runs by half. Nothing is cached between calls that the program itself would not have.
 */

/** One line of the table. */
export type Figure = {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What issue and README promise, for comparison by eye; nothing fails when it is missed. */
  readonly aim?: string | undefined;
  /** What was measured on what. */
  readonly note?: string | undefined;
};

/** The middle of the values, or of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** Milliseconds of one call, the median of `runs` runs that each call often enough to last about `runMs`. */
export function millisecondsPerCall(call: () => void, { warmMs = 1500, runMs = 300, runs = 9 } = {}): number {
  let calls = 0;
  const warm = performance.now();
  do {
    call();
    calls++;
  } while (performance.now() - warm < warmMs);
  const perRun = Math.max(1, Math.round((calls * runMs) / (performance.now() - warm)));
  return median(Array.from({ length: runs }, () => timed(call, perRun) / perRun));
}

/** Medians of calls that take turns, so that a slow moment of the machine meets all of them. */
export function interleaved(calls: readonly (() => void)[], { warm = 1, runs = 9 } = {}): readonly number[] {
  for (let i = 0; i < warm; i++) for (const call of calls) call();
  const times = calls.map((): number[] => []);
  for (let i = 0; i < runs; i++) for (const [n, call] of calls.entries()) times[n]?.push(timed(call, 1));
  return times.map(median);
}

function timed(call: () => void, times: number): number {
  const start = performance.now();
  for (let i = 0; i < times; i++) call();
  return performance.now() - start;
}
