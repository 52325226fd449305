// `npm run demo`: the workload of the 2019 post, injected with a configuration of Istio 1.0 and with today's, explained,
// and taken back. Everything below is printed by the real commands; nothing needs a cluster.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pc from 'picocolors';

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
  title('1', 'The decision', 'Which rule decides, and on what evidence. No cluster is asked.');
  run(['kube-inject', '--report', '-f', source], { show: 'stderr' });

  title(
    '2',
    'The change, by a configuration of Istio 1.0',
    'One template with [[ ]], rendered to lists that are appended.',
  );
  run(['diff', ...oldGeneration, '-f', source], { code: 1 });

  title(
    '3',
    'The change, by the built-in configuration of today',
    'A partial pod, merged. The probe now goes to the sidecar.',
  );
  run(['diff', '-f', source], { code: 1 });

  title(
    '4',
    'There and back, in place',
    'Comments, quoting and order of the file survive; the way back gives the same bytes.',
  );
  const copy = join(scratch, 'demo-red.yaml');
  cpSync(source, copy);
  run(['kube-inject', '--in-place', '-f', copy], { as: 'remora kube-inject --in-place -f demo-red.yaml' });
  const once = readFileSync(copy, 'utf8');
  run(['kube-inject', '--in-place', '-f', copy], { as: 'remora kube-inject --in-place -f demo-red.yaml', quiet: true });
  check('a second injection changes nothing', readFileSync(copy, 'utf8') === once);
  run(['uninject', '--in-place', '-f', copy], { as: 'remora uninject --in-place -f demo-red.yaml' });
  check('uninject gives back the original, byte for byte', readFileSync(copy, 'utf8') === readFileSync(source, 'utf8'));
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
console.log(broken === 0 ? pc.green('\nThe demo did what it said.') : pc.red(`\n${broken} step(s) failed.`));
process.exit(broken === 0 ? 0 : 1);

function title(number, text, why) {
  console.log(`\n${pc.bold(pc.cyan(`${number}  ${text}`))}\n   ${pc.dim(why)}`);
}

function run(args, { show = 'both', code = 0, as = `remora ${args.join(' ')}`, quiet = false } = {}) {
  console.log(`\n${pc.dim('$')} ${pc.bold(as)}`);
  const env = { ...process.env, ...(process.stdout.isTTY && !process.env.NO_COLOR ? { FORCE_COLOR: '1' } : {}) };
  const result = spawnSync('bin/remora', args, { encoding: 'utf8', env });
  if (!quiet) {
    if (show !== 'stderr') process.stdout.write(indent(result.stdout));
    process.stdout.write(indent(result.stderr));
  }
  if (result.status !== code) check(`exit code ${result.status}, expected ${code}`, false);
}

function check(text, held) {
  if (!held) broken++;
  console.log(`   ${held ? pc.green('✓') : pc.red('✗')} ${text}`);
}

function indent(text) {
  return text.replace(/^(?=.)/gm, '   ');
}
