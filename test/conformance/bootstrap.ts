/** Envoy's bootstrap: golden files compared as plain JSON (stricter than protobuf's rules), and the tables beside them. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { bootstrapForCase } from '../../src/core/envoy/index.ts';
import type { JsonObject, JsonValue } from '../../src/core/json.ts';
import { diffJson, equal } from '../../src/core/kube/index.ts';
import { runBootstrapTables } from './bootstrap-tables.ts';
import { type CaseResult, CORPUS, readCorpus } from './corpus.ts';

type GoldenCase = {
  readonly input: JsonObject;
  readonly expected: { readonly golden: string; readonly lightstepAccessTokenFile?: boolean };
};

export function runBootstrap(): readonly CaseResult[] {
  return [...goldenCases('.'), ...goldenCases('1.0.2'), ...runBootstrapTables()];
}

function goldenCases(folder: string): readonly CaseResult[] {
  return readdirSync(join(CORPUS, 'bootstrap', folder))
    .filter((file) => file.endsWith('.json') && !file.endsWith('_golden.json') && !file.startsWith('table-'))
    .sort()
    .map((file) => {
      const testCase = JSON.parse(readCorpus('bootstrap', folder, file)) as GoldenCase;
      const why = runGolden(folder, testCase);
      return { suite: 'bootstrap', path: folder === '.' ? 'head' : folder, name: file, passed: why === undefined, why };
    });
}

function runGolden(folder: string, testCase: GoldenCase): string | undefined {
  const built = bootstrapForCase(testCase as unknown as JsonObject);
  if (!built.ok) return built.problems.map(({ message }) => message).join('; ');
  const generated = JSON.parse(asCompared(JSON.stringify(built.value.config, null, 2))) as JsonValue;
  const golden = JSON.parse(
    asCompared(withoutTrailingCommas(readCorpus('bootstrap', folder, testCase.expected.golden))),
  );
  if (!equal(generated, golden as JsonValue)) {
    return JSON.stringify(diffJson(golden as JsonValue, generated)).slice(0, 600);
  }
  const token = built.value.tokenFile !== undefined;
  return token === (testCase.expected.lightstepAccessTokenFile ?? false) ? undefined : `token file: ${token}`;
}

/** The replacements of the corpus' README: paths that depend on the machine. */
function asCompared(text: string): string {
  return text
    .replace(/("access_token_file": ").*(lightstep_access_token.txt")/g, '$1/test-path/$2')
    .replace(/("path": ".*\/XDS")/g, '"path": "/tmp/XDS"');
}

function withoutTrailingCommas(text: string): string {
  return text.replace(/,(\s*[}\]])/g, '$1');
}
