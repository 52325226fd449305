/** The public JSON Patch test suite: every enabled case, applied. */

import type { JsonValue } from '../../src/core/json.ts';
import { applyJsonPatch, equal } from '../../src/core/kube/index.ts';
import { type CaseResult, readCorpus } from './corpus.ts';

type PatchCase = {
  readonly comment?: string;
  readonly doc: JsonValue;
  readonly patch: JsonValue;
  readonly expected?: JsonValue;
  readonly error?: string;
  readonly disabled?: boolean;
};

export function runJsonPatch(): readonly CaseResult[] {
  return ['tests.json', 'spec_tests.json'].flatMap((file) =>
    (JSON.parse(readCorpus('json-patch', file)) as readonly PatchCase[])
      .map((testCase, i) => ({ testCase, i }))
      .filter(({ testCase }) => testCase.disabled !== true && testCase.patch !== undefined)
      .map(({ testCase, i }) => {
        const why = runCase(testCase);
        return {
          suite: 'json-patch',
          path: file,
          name: `${i} ${testCase.comment ?? ''}`,
          passed: why === undefined,
          why,
        };
      }),
  );
}

function runCase(testCase: PatchCase): string | undefined {
  const result = applyJsonPatch(testCase.doc, testCase.patch);
  if (testCase.error !== undefined) return result.ok ? `applied, although: ${testCase.error}` : undefined;
  if (!result.ok) return result.problems[0]?.message;
  if (testCase.expected === undefined) return undefined;
  return equal(result.value, testCase.expected) ? undefined : `got ${JSON.stringify(result.value)}`;
}
