// `npm test`: everything that this machine can run, one line a suite, and the counts at the end. A suite that cannot run
// says why; under REMORA_STRICT=1 (set by .ci/run) that is a failure. `npm test -- NAME …` runs the suites named.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { kubectlAndHelm } from './cluster-tools.mjs';
import { envoyTool } from './envoy-tool.mjs';
import { installTools, missingTools } from './kernel-tools.mjs';

const strict = process.env.REMORA_STRICT === '1';
const corpus = resolve(process.env.REMORA_CORPUS ?? '../shared/corpus');
const scratch = mkdtempSync(join(tmpdir(), 'remora-test-'));
const go = spawnSync('go', ['version'], { encoding: 'utf8' });

const suites = [
  // First, since conformance and cli run the program itself.
  { name: 'build', command: ['node', 'scripts/build.mjs'] },
  { name: 'lint', command: ['npx', 'biome', 'ci', '--colors=off', '.'] },
  { name: 'types', command: ['npx', 'tsc', '-b'] },
  { name: 'unused', command: ['npx', 'knip'] },
  { name: 'unit', vitest: ['src'] },
  { name: 'architecture', vitest: ['test/architecture'] },
  { name: 'property', vitest: ['test/property'] },
  { name: 'golden', vitest: ['test/golden'] },
  { name: 'cli', vitest: ['test/cli'] },
  {
    name: 'conformance',
    vitest: ['test/conformance'],
    missing: () => (existsSync(corpus) ? undefined : `no corpus at ${corpus}; set REMORA_CORPUS`),
  },
  {
    name: 'differential',
    vitest: ['test/differential'],
    note: go.status === 0 ? undefined : 'Go is not installed: recorded answers of real Go are used',
  },
  {
    name: 'webhook',
    vitest: ['test/webhook'],
    missing: () => (existsSync(corpus) ? undefined : `no corpus at ${corpus}; set REMORA_CORPUS`),
  },
  { name: 'helm', vitest: ['test/helm'], missing: () => kubectlAndHelm().missing },
  { name: 'envoy', vitest: ['test/envoy'], missing: () => envoyTool().missing },
  { name: 'fuzz', vitest: ['test/fuzz'] },
  { name: 'netns', kernel: true, vitest: ['test/netns'], missing: () => missingTools('netns') },
  { name: 'proxy', kernel: true, vitest: ['test/proxy'], missing: () => missingTools('proxy') },
  { name: 'demo', kernel: true, vitest: ['test/demo'], missing: () => missingTools('demo') },
  { name: 'images', kernel: true, vitest: ['test/images'], missing: () => missingTools('images') },
  { name: 'pods', kernel: true, vitest: ['test/pods'], missing: () => missingTools('pods') },
];

const total = { passed: 0, failed: 0, skipped: 0 };
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !suites.some((suite) => suite.name === name));
if (unknown.length > 0) {
  console.error(`no suite is named ${unknown.join(', ')}; there are ${suites.map(({ name }) => name).join(', ')}`);
  rmSync(scratch, { recursive: true, force: true });
  process.exit(2);
}
installTools(wanted.length > 0 ? wanted : suites.map(({ name }) => name));
const chosen = suites.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
// The program itself first; then two lanes side by side, since those on the kernel mostly wait.
await runLane(chosen.filter(({ name }) => name === 'build'));
const others = chosen.filter(({ name }) => name !== 'build');
await Promise.all([runLane(others.filter(({ kernel }) => !kernel)), runLane(others.filter(({ kernel }) => kernel))]);
rmSync(scratch, { recursive: true, force: true });
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(total.failed > 0 || total.passed === 0 ? 1 : 0);

async function runLane(lane) {
  for (const suite of lane) {
    const why = suite.missing?.();
    if (why !== undefined) {
      const counts = strict ? { passed: 0, failed: 1, skipped: 0 } : { passed: 0, failed: 0, skipped: 1 };
      report(suite.name, counts, 0, `not run: ${why}`);
      continue;
    }
    const started = Date.now();
    const counts = suite.vitest === undefined ? await runCommand(suite) : await runVitest(suite);
    report(suite.name, counts, Date.now() - started, suite.note);
  }
}

/** A program to its end, with what it printed. */
function run(file, args, env = process.env) {
  return new Promise((resolve) => {
    const child = spawn(file, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text;
    });
    child.once('error', (error) => resolve({ status: 127, stdout, stderr: `${stderr}${error.message}\n` }));
    child.once('close', (status) => resolve({ status, stdout, stderr }));
  });
}

async function runCommand(suite) {
  const ran = await run(suite.command[0], suite.command.slice(1));
  if (ran.status === 0) return { passed: 1, failed: 0, skipped: 0 };
  process.stdout.write(`${ran.stdout}${ran.stderr}`);
  return { passed: 0, failed: 1, skipped: 0 };
}

async function runVitest(suite) {
  const file = join(scratch, `${suite.name}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile=${file}`];
  const words = ['vitest', 'run', '--pool=threads', '--no-isolate', ...reporters, ...suite.vitest];
  const ran = await run('npx', words, { ...process.env, FORCE_COLOR: '0', NO_COLOR: '1' });
  // What suites say of themselves (seeds, counts, coverage) is part of the record.
  process.stdout.write(
    ran.stdout
      .split('\n')
      .map((line) => line.slice(Math.max(0, line.indexOf('· '))))
      .filter((line) => line.startsWith('· '))
      .map((line) => `${line}\n`)
      .join(''),
  );
  if (!existsSync(file)) {
    process.stdout.write(`${ran.stdout}${ran.stderr}`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
  const result = JSON.parse(readFileSync(file, 'utf8'));
  for (const failure of result.testResults.flatMap((f) => failures(f))) console.log(`  ✗ ${failure}`);
  const broken = result.testResults.filter((f) => f.status === 'failed' && f.assertionResults.length === 0).length;
  const failed = result.numFailedTests + broken;
  return {
    passed: result.numPassedTests,
    failed: failed === 0 && ran.status !== 0 ? 1 : failed,
    skipped: result.numPendingTests + result.numTodoTests,
  };
}

function failures(file) {
  const own = file.assertionResults
    .filter((test) => test.status === 'failed')
    .map(
      (test) => `${test.fullName}\n      ${(test.failureMessages[0] ?? '').split('\n').slice(0, 6).join('\n      ')}`,
    );
  return file.assertionResults.length === 0 && file.status === 'failed' ? [`${file.name}: ${file.message}`] : own;
}

function report(name, counts, ms, note) {
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped += counts.skipped;
  const mark = counts.failed > 0 ? '✗' : counts.passed > 0 ? '✓' : '-';
  const text = `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`;
  console.log(
    `${mark} ${name.padEnd(14)} ${text.padEnd(40)} ${(ms / 1000).toFixed(1)} s${note === undefined ? '' : `  (${note})`}`,
  );
}
