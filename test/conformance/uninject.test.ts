/** What injection added comes out again, in every case of the corpus; what cannot is a list with reasons, and exact. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CORPUS, hasCorpus } from './corpus.ts';
import { roundTrips } from './uninject.ts';

type Inexact = {
  readonly corpus: readonly {
    readonly case: string;
    /** Whether injection and uninject say that something is gone. */
    readonly told: boolean;
    readonly reason: string;
  }[];
};

const listed = JSON.parse(readFileSync('test/golden/uninject-inexact.json', 'utf8')) as Inexact;

for (const release of ['1.0.2', '1.20.0', 'head']) {
  describe(`uninject, injection/${release}`, () => {
    if (!hasCorpus(`injection/${release}`)) {
      it.runIf(process.env.REMORA_STRICT === '1')('has its corpus', () => {
        expect.fail(`${CORPUS} has no injection/${release}; set REMORA_CORPUS`);
      });
      it.skip(`not run: ${CORPUS} has no injection/${release} (set REMORA_CORPUS)`, () => {});
      return;
    }
    const results = roundTrips(release);

    it('has cases, and most of them are injected', () => {
      expect(results.length).toBeGreaterThan(30);
      expect(results.filter(({ injected }) => injected > 0).length).toBeGreaterThan(results.length * 0.8);
    });

    it('the cases that do not come back are those that are listed, no more and no fewer', () => {
      const missed = results.filter(({ lost }) => lost !== undefined).map(({ name }) => `${release} ${name}`);
      const wanted = listed.corpus.map((entry) => entry.case).filter((name) => name.startsWith(`${release} `));
      expect(missed).toEqual(wanted);
    });

    it.each(results.map((result) => [result.name, result] as const))(
      '%s',
      (name, { lost, verified, told, inPlace, withoutRecord }) => {
        const inexact = listed.corpus.find((entry) => entry.case === `${release} ${name}`);
        if (inexact === undefined) expect([lost, withoutRecord]).toEqual([undefined, undefined]);
        else expect(told.filter((code) => code === 'TEMPLATE_ERASED_FIELDS')).toHaveLength(inexact.told ? 2 : 0);
        expect(verified).toBe(true);
        expect(inPlace).toBeUndefined();
      },
    );
  });
}
