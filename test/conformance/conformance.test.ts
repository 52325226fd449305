/** Every case of the corpora as a test of its own. */
import { describe, expect, it } from 'vitest';
import { CORPUS, hasCorpus } from './corpus.ts';
import { suites } from './suites.ts';

for (const suite of suites()) {
  if (!hasCorpus(suite.corpus)) {
    describe(suite.name, () => {
      it.runIf(process.env.REMORA_STRICT === '1')('has its corpus', () => {
        expect.fail(`${CORPUS} has no ${suite.corpus}; set REMORA_CORPUS`);
      });
      it.skip(`not run: ${CORPUS} has no ${suite.corpus} (set REMORA_CORPUS)`, () => {});
    });
    continue;
  }
  const results = await suite.run();
  describe(suite.name, () => {
    it('has cases', () => expect(results.length).toBeGreaterThan(0));
    it.each(results.map((result) => [`${result.path}: ${result.name}`, result] as const))('%s', (_name, result) => {
      expect(result.why).toBeUndefined();
      expect(result.passed).toBe(true);
    });
  });
}
