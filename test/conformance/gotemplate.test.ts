/** What the table of all suites does not show: that errors name Go's place, and mostly use its very words. */
import { describe, expect, it } from 'vitest';
import { hasCorpus } from './corpus.ts';
import { readTemplateCases, runTemplateCase } from './gotemplate.ts';

describe.runIf(hasCorpus('gotemplate'))('error messages of the gotemplate corpus', () => {
  const errors = readTemplateCases()
    .map(runTemplateCase)
    .flatMap((outcome) => (outcome.passed && outcome.error !== undefined ? [outcome.error] : []));

  it('name the same line and column', () => {
    expect(errors.filter((error) => !error.samePosition).map((error) => error.texts)).toEqual([]);
  });

  it('are word for word the same in nine of ten cases: the corpus has those of Go 1.19', () => {
    const same = errors.filter((error) => error.sameMessage).length;
    console.log(`· gotemplate: ${same} of ${errors.length} error messages are Go 1.19's to the letter`);
    expect(same / errors.length).toBeGreaterThan(0.9);
  });
});
