/**
 * Where the golden data of other projects is. It is read from there and never copied into the repository, so a machine
 * without it can still run every other test; the suites that need it then say so.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The corpus' folder: `REMORA_CORPUS`, else `../shared/corpus` beside the repository. */
export const CORPUS = resolve(process.env.REMORA_CORPUS ?? '../shared/corpus');

/** Whether a part of the corpus, such as `injection/head`, is there. */
export function hasCorpus(part: string): boolean {
  return existsSync(join(CORPUS, part));
}

export function readCorpus(...path: readonly string[]): string {
  return readFileSync(join(CORPUS, ...path), 'utf8');
}

/** One case run one way, with what went wrong where it did not pass. */
export type CaseResult = {
  readonly suite: string;
  /** How it was run: `kube-inject`, `webhook`, … or the group of a table. */
  readonly path: string;
  readonly name: string;
  readonly passed: boolean;
  /** Whether the text was equal byte for byte; undefined where the comparison is of structure. */
  readonly byteEqual?: boolean | undefined;
  readonly why?: string | undefined;
};
