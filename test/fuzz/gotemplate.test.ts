import { describe, expect, it } from 'vitest';
import { fuzzTemplates } from './gotemplate.ts';

const seconds = Number(process.env.REMORA_FUZZ_SECONDS ?? 5);
const seed = Number(process.env.REMORA_FUZZ_SEED ?? Date.now() % 2 ** 32);

describe('the template engine on random input', () => {
  it(
    `gives a text or a Problem for ${seconds} s (seed ${seed})`,
    () => {
      const report = fuzzTemplates(seconds, seed);
      console.log(
        `· fuzz gotemplate: seed ${report.seed}, ${report.iterations} iterations, ${JSON.stringify(report.outcomes)}`,
      );
      expect(report.finds.join('\n')).toBe('');
      expect(report.iterations).toBeGreaterThan(0);
    },
    (seconds + 60) * 1000,
  );
});
