/** `npm run conformance [-- --verbose] [SUITE …]`: a table per suite with passed, total and byte-equal counts. */
import { type CaseResult, CORPUS, hasCorpus } from './corpus.ts';
import { suites } from './suites.ts';

const verbose = process.argv.includes('--verbose');
const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));

console.log(`${'suite'.padEnd(20)} ${'path'.padEnd(30)} ${'passed'.padStart(11)} ${'byte-equal'.padStart(11)}`);
let failures = 0;
for (const suite of suites()) {
  if (wanted.length > 0 && !wanted.some((name) => suite.name.includes(name))) continue;
  if (!hasCorpus(suite.corpus)) {
    console.log(`${suite.name.padEnd(20)} not run: ${CORPUS} has no ${suite.corpus} (set REMORA_CORPUS)`);
    failures += process.env.REMORA_STRICT === '1' ? 1 : 0;
    continue;
  }
  const results = await suite.run();
  for (const [path, rows] of byPath(results)) {
    const passed = rows.filter((row) => row.passed).length;
    const compared = rows.filter((row) => row.byteEqual !== undefined);
    const equal = compared.filter((row) => row.byteEqual).length;
    const bytes = compared.length > 0 ? `${equal}/${compared.length}` : '-';
    console.log(
      `${suite.name.padEnd(20)} ${path.padEnd(30)} ${`${passed}/${rows.length}`.padStart(11)} ${bytes.padStart(11)}`,
    );
  }
  for (const miss of results.filter((row) => !row.passed)) {
    failures++;
    if (verbose || failures <= 20) console.log(`  ✗ ${miss.path} ${miss.name}: ${(miss.why ?? '').slice(0, 400)}`);
  }
}
if (failures > 0) console.log(`${failures} not passed${verbose ? '' : ' (--verbose shows all)'}`);
process.exit(failures > 0 ? 1 : 0);

function byPath(results: readonly CaseResult[]): ReadonlyMap<string, CaseResult[]> {
  const rows = new Map<string, CaseResult[]>();
  for (const result of results) {
    const list = rows.get(result.path);
    if (list === undefined) rows.set(result.path, [result]);
    else list.push(result);
  }
  return rows;
}
