// `npm run demo`: the workload of the 2019 post, injected with a configuration of Istio 1.0 and with today's, explained,
// and taken back; then `remora demo`, which runs it: as root on Linux with live traffic, elsewhere in the simulator. What
// is given after `npm run demo --` goes to `remora demo`. Everything is printed by the real commands, only cut to fit;
// nothing needs a cluster.
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { styleText } from 'node:util';

const started = Date.now();
const colours = process.env.FORCE_COLOR !== undefined || (process.stdout.isTTY === true && !process.env.NO_COLOR);
// What a terminal holds without wrapping; a pipe is taken for one of usual width.
const width = Math.min(process.stdout.columns ?? 110, 130);
const scratch = mkdtempSync(join(tmpdir(), 'remora-demo-'));
const source = 'examples/demo-red.yaml';
const oldGeneration = [
  '--compat',
  '1.0.2',
  '--injectConfigFile',
  'examples/istio-1.0/inject-config.yaml',
  '--meshConfigFile',
  'examples/istio-1.0/mesh-config.yaml',
];
let broken = 0;

try {
  title('1', 'The decision', 'Every rule is asked in order, and says what it saw. The first with an opinion decides.');
  run(['kube-inject', '--report', '-f', source], { show: 'stderr' });

  title('2', 'The change, as Istio 1.0 made it', 'One template with [[ ]]; what it renders is appended.');
  run(['diff', ...oldGeneration, '-f', source], {
    code: 1,
    as: 'remora diff --compat 1.0.2 --injectConfigFile … -f examples/demo-red.yaml',
    lines: 14,
  });

  title(
    '3',
    'The change, as of today',
    'A partial pod is merged in. The probe of the application now goes to the sidecar.',
  );
  run(['diff', '-f', source], { code: 1, as: 'remora diff -f examples/demo-red.yaml', lines: 18 });

  title(
    '4',
    'There and back, in the file itself',
    'Comments, quoting and order survive; the way back gives the same bytes.',
  );
  const copy = join(scratch, 'demo-red.yaml');
  cpSync(source, copy);
  run(['kube-inject', '--in-place', '-f', copy], { as: 'remora kube-inject --in-place -f demo-red.yaml' });
  const once = readFileSync(copy, 'utf8');
  check(
    `${lineCount(once) - lineCount(readFileSync(source, 'utf8'))} lines came in`,
    once.includes('name: istio-proxy'),
  );
  check(
    'every comment is still there',
    commentsOf(readFileSync(source, 'utf8')).every((text) => once.includes(text)),
  );
  run(['kube-inject', '--in-place', '-f', copy], { as: 'remora kube-inject --in-place -f demo-red.yaml' });
  check('the second time nothing changes', readFileSync(copy, 'utf8') === once);
  run(['uninject', '--in-place', '-f', copy], { as: 'remora uninject --in-place -f demo-red.yaml' });
  check('the original is back, byte for byte', readFileSync(copy, 'utf8') === readFileSync(source, 'utf8'));
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
const seconds = ((Date.now() - started) / 1000).toFixed(1);
if (broken > 0) {
  console.log(paint('red', `\n${broken} step(s) failed.`));
  process.exit(1);
}
console.log(paint('dim', `\n   So far ${seconds} s, and nothing has run. Now it does.`));
title('5', 'Live', 'What the post looked at with kubectl and nsenter, on this machine: remora demo.');
const colour = colours ? { FORCE_COLOR: '1' } : {};
// A signal at the terminal reaches both; this one waits for the other's end.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => live.kill(signal));
const live = spawn('bin/remora', ['demo', ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: { ...process.env, ...colour },
});
live.once('exit', (code) => {
  if (code === 0) console.log(paint('dim', 'Next: docs/README.md, docs/demo.md'));
  process.exitCode = code ?? 1;
});

function paint(style, text) {
  return colours ? styleText(style, text) : text;
}

function title(number, text, why) {
  console.log(`\n${paint('bold', paint('cyan', `${number}  ${text}`))}\n   ${paint('dim', why)}`);
}

function run(
  args,
  { show = 'both', code = 0, as = `remora ${args.join(' ')}`, lines = Number.POSITIVE_INFINITY } = {},
) {
  console.log(`\n   ${paint('dim', '$')} ${paint('bold', as)}`);
  // The built-in configuration is shown, also on a machine that knows a cluster.
  const env = { ...process.env, KUBECONFIG: '', HOME: '/nonexistent', ...(colours ? { FORCE_COLOR: '1' } : {}) };
  const result = spawnSync('bin/remora', args, { encoding: 'utf8', env });
  const all = `${show === 'stderr' ? '' : result.stdout}${result.stderr}`.split('\n').slice(0, -1);
  for (const line of all.slice(0, lines)) console.log(line === '' ? '' : fitted(`   ${line}`));
  if (all.length > lines) console.log(paint('dim', `   … ${all.length - lines} lines more`));
  if (result.status !== code) check(`exit code ${result.status}, expected ${code}`, false);
}

function check(text, held) {
  if (!held) broken++;
  console.log(`   ${held ? paint('green', '✓') : paint('red', '✗')} ${text}`);
}

/** Cuts a line at the width of the terminal; colour codes take no room. */
function fitted(line) {
  let room = width - 1;
  let out = '';
  for (const [, code, char] of line.matchAll(/(\u001b\[[\d;]*m)|(.)/gsu)) {
    if (code !== undefined) out += code;
    else if (room-- > 0) out += char;
    else if (room === -1) out += '…';
  }
  return out;
}

function lineCount(text) {
  return text.split('\n').length - 1;
}

function commentsOf(text) {
  return text.match(/#.*$/gm) ?? [];
}
