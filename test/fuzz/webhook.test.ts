import { afterAll, describe, expect, it } from 'vitest';
import { cleanUp } from '../webhook/process.ts';
import { fuzzWebhook } from './webhook.ts';

const seconds = Number(process.env.REMORA_FUZZ_SECONDS ?? 10);
const seed = Number(process.env.REMORA_FUZZ_SEED ?? Date.now() % 2 ** 32);

/** A leak of 200 bytes a request would be more within a minute. */
const FLAT_MIB = 2;

describe('the webhook under mutated reviews and abuse', () => {
  const folders: string[] = [];
  afterAll(() => cleanUp(folders));

  it(
    `answers everything well, and keeps its heap, for ${seconds} s (seed ${seed})`,
    async () => {
      const report = await fuzzWebhook(seconds, seed);
      folders.push(report.folder);
      console.log(
        `· fuzz webhook: seed ${report.seed}, ${report.reviews} reviews, ${report.abuses} abuses, ${JSON.stringify(report.outcomes)}, heap over the second half ${report.heap.join(' ')} MiB`,
      );
      expect(report.finds.join('\n')).toBe('');
      expect(report.reviews).toBeGreaterThan(seconds * 5);
      expect(report.outcomes.injected).toBeGreaterThan(0);
      expect(report.abuses).toBeGreaterThan(seconds);
      const [first = 0, second = 0] = report.heap;
      const [last = 0, before = 0] = report.heap.toReversed();
      expect(Math.min(last, before) - Math.max(first, second)).toBeLessThan(FLAT_MIB);
      expect(report.sockets).toBeLessThanOrEqual(2);
    },
    (seconds + 90) * 1000,
  );
});
