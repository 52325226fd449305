// `npm run test:cluster`: the suites that need a real API server. Builds kube-apiserver once, which takes minutes.
// `npm run test:cluster -- NAME …` runs the files named. Ends with the counts, as npm test does.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { apiServer, etcd, kubectlAndHelm } from './cluster-tools.mjs';

const strict = process.env.REMORA_STRICT === '1';
const tools = { etcd: etcd(), apiServer: apiServer(), kubectl: kubectlAndHelm() };
const missing = Object.values(tools).find((tool) => tool.missing !== undefined)?.missing;
if (missing !== undefined) {
  console.log(`- cluster         not run: ${missing}`);
  finish(strict ? { passed: 0, failed: 1, skipped: 0 } : { passed: 0, failed: 0, skipped: 1 });
}
if (!existsSync('dist/remora.cjs')) {
  console.log('- cluster         not run: dist/ is missing: npm run build');
  finish({ passed: 0, failed: 1, skipped: 0 });
}

const scratch = mkdtempSync(join(tmpdir(), 'remora-test-cluster-'));
const file = join(scratch, 'result.json');
const names = process.argv.slice(2).map((name) => `test/cluster/${name}`);
const run = spawnSync(
  'npx',
  [
    'vitest',
    'run',
    '--no-file-parallelism',
    '--reporter=default',
    '--reporter=json',
    `--outputFile=${file}`,
    ...(names.length > 0 ? names : ['test/cluster']),
  ],
  {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: {
      ...process.env,
      NO_COLOR: '1',
      FORCE_COLOR: '0',
      REMORA_ETCD: tools.etcd.path,
      REMORA_KUBE_APISERVER: tools.apiServer.path,
      REMORA_KUBECTL: tools.kubectl.kubectl,
      REMORA_HELM: tools.kubectl.helm,
    },
  },
);
for (const line of run.stdout.split('\n')) if (line.includes('· ')) console.log(line.slice(line.indexOf('· ')));
if (!existsSync(file)) {
  console.log(`${run.stdout}${run.stderr}`);
  finish({ passed: 0, failed: 1, skipped: 0 });
}
const result = JSON.parse(readFileSync(file, 'utf8'));
rmSync(scratch, { recursive: true, force: true });
let broken = 0;
for (const suite of result.testResults) {
  const name = suite.name.split('/').at(-1).replace('.test.ts', '');
  const failures = suite.assertionResults.filter(({ status }) => status === 'failed');
  // A file whose set-up fails has no failed test, or none at all.
  if (suite.status === 'failed' && failures.length === 0) broken += 1;
  const passed = suite.assertionResults.filter(({ status }) => status === 'passed').length;
  const seconds = ((suite.endTime - suite.startTime) / 1000).toFixed(1);
  console.log(
    `${suite.status === 'failed' ? '✗' : '✓'} cluster ${name.padEnd(14)} ${passed} passed, ${failures.length} failed  ${seconds} s`,
  );
  for (const test of failures)
    console.log(
      `  ✗ ${test.fullName}\n      ${(test.failureMessages[0] ?? '').split('\n').slice(0, 8).join('\n      ')}`,
    );
  if (suite.status === 'failed' && failures.length === 0) console.log(`  ✗ ${suite.message}`);
}
const failed = result.numFailedTests + broken;
finish({
  passed: result.numPassedTests,
  failed: failed === 0 && run.status !== 0 ? 1 : failed,
  skipped: result.numPendingTests + result.numTodoTests,
});

function finish({ passed, failed, skipped }) {
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  process.exit(failed > 0 || (passed === 0 && skipped === 0) ? 1 : 0);
}
