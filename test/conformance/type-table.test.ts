/** The committed type table is what its script makes of the corpus. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CORPUS, hasCorpus } from './corpus.ts';

describe('the type table', () => {
  if (!hasCorpus('kubernetes-types')) {
    it.runIf(process.env.REMORA_STRICT === '1')('has its corpus', () => {
      throw new Error(`no ${CORPUS}/kubernetes-types (set REMORA_CORPUS)`);
    });
    it.skip(`not run: ${CORPUS} has no kubernetes-types (set REMORA_CORPUS)`, () => {});
    return;
  }
  it('is what scripts/generate-type-table.mjs makes', () => {
    const made = spawnSync(process.execPath, ['scripts/generate-type-table.mjs', '--print'], {
      encoding: 'utf8',
      env: { ...process.env, REMORA_CORPUS: CORPUS },
      maxBuffer: 64 * 1024 * 1024,
    });
    expect(made.stderr).toBe('');
    expect(made.stdout).toBe(readFileSync('src/core/kube/type-table.generated.ts', 'utf8'));
  });
});
