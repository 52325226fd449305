/**
 * Images without a registry: a base made of Debian packages and the Node of this machine, once, in a cache outside the
 * repository; images and containers in a store of their own, which goes when the tests end.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

export const BASE = 'localhost/remora-base:test';

/** Why containers cannot be built and run on this machine, or undefined. */
export function missingForImages(): string | undefined {
  if (process.platform !== 'linux') return 'containers are Linux';
  if (process.getuid?.() !== 0) return 'not root';
  for (const command of ['podman', 'runc', 'ip', 'iptables-nft']) {
    if (!has(command)) return `${command} is not installed`;
  }
  if (!existsSync(baseFile()) && !has('mmdebstrap')) return 'mmdebstrap is not installed, and no base image is kept';
  return existsSync('dist/remora.cjs') ? undefined : 'dist/ is missing: npm run build';
}

function has(command: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;
}

/** Of another Node, another base. */
function baseFile(): string {
  const folder = process.env.REMORA_IMAGE_CACHE ?? join(homedir(), '.cache', 'remora', 'images');
  return join(folder, `base-${debian()}-node-${process.version}-${process.arch}.tar`);
}

function debian(): string {
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  return /^VERSION_CODENAME=(\w+)$/m.exec(release)?.[1] ?? 'bookworm';
}

function makeBase(): string {
  const file = baseFile();
  if (existsSync(file)) return file;
  mkdirSync(join(file, '..'), { recursive: true });
  const aside = mkdtempSync(join(tmpdir(), 'remora-base-'));
  try {
    const tar = join(aside, 'base.tar');
    must(['mmdebstrap', '--variant=minbase', '--include=iptables,nftables,iproute2', debian(), tar]);
    mkdirSync(join(aside, 'usr/local/bin'), { recursive: true });
    copyFileSync(process.execPath, join(aside, 'usr/local/bin/node'));
    must(['tar', '-rf', tar, '-C', aside, '--owner=0', '--group=0', 'usr/local/bin/node']);
    copyFileSync(tar, `${file}.${process.pid}`);
    renameSync(`${file}.${process.pid}`, file);
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
  return file;
}

function must(command: readonly string[], env: NodeJS.ProcessEnv = process.env): string {
  const [file = '', ...args] = command;
  const run = spawnSync(file, args, { encoding: 'utf8', env, maxBuffer: 1 << 26 });
  if (run.status !== 0) throw new Error(`${command.join(' ')}: ${run.error?.message ?? run.stderr.slice(-2000)}`);
  return run.stdout;
}

export type Ran = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

/** A store with the base in it. */
export class Store {
  private readonly folder = mkdtempSync(join(tmpdir(), 'remora-images-'));
  private readonly env: NodeJS.ProcessEnv;

  constructor() {
    const settings = join(this.folder, 'containers.conf');
    // Debian's podman 4.3 under hybrid cgroups: runc, and limits that need no systemd.
    writeFileSync(
      settings,
      '[containers]\ndefault_ulimits=["nofile=1024:1024","nproc=4096:4096"]\n[engine]\ncgroup_manager="cgroupfs"\nevents_logger="file"\nruntime="runc"\n',
    );
    this.env = { ...process.env, CONTAINERS_CONF: settings };
    must([...this.podman(), 'import', makeBase(), BASE], this.env);
  }

  private podman(): readonly string[] {
    return ['podman', '--root', join(this.folder, 'store'), '--runroot', join(this.folder, 'run')];
  }

  /** Builds a target of a Dockerfile as it is shipped, in the root of the repository. */
  build(dockerfile: string, target: string, more: Readonly<Record<string, string>> = {}): string {
    const tag = `localhost/remora-${target}:test`;
    const given = Object.entries({ BASE, ...more }).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]);
    const args = ['build', '--isolation', 'chroot', '--target', target, ...given, '-t', tag, '-f', dockerfile, '.'];
    must([...this.podman(), ...args], this.env);
    return tag;
  }

  /** An image that holds one file. */
  imageOf(tag: string, file: string, at: string): string {
    const root = mkdtempSync(join(this.folder, 'root-'));
    mkdirSync(join(root, at, '..'), { recursive: true });
    copyFileSync(file, join(root, at));
    chmodSync(join(root, at), 0o755);
    const tar = join(this.folder, 'image.tar');
    must(['tar', '-cf', tar, '-C', root, '--owner=0', '--group=0', '.']);
    must([...this.podman(), 'import', tar, tag], this.env);
    rmSync(root, { recursive: true });
    rmSync(tar);
    return tag;
  }

  /** Any command of podman's, in a network namespace where one is named. */
  podmanIn(namespace: string | undefined, args: readonly string[], input = ''): Ran {
    const enter = namespace === undefined ? [] : ['nsenter', `--net=/run/netns/${namespace}`, '--'];
    const [file = '', ...rest] = [...enter, ...this.podman(), ...args];
    const run = spawnSync(file, rest, { encoding: 'utf8', env: this.env, input, timeout: 60_000 });
    return { code: run.status, stdout: run.stdout, stderr: run.stderr };
  }

  run(image: string, flags: readonly string[], args: readonly string[]): Ran {
    const [file = '', ...rest] = [...this.podman(), 'run', '--rm', ...flags, image, ...args];
    const run = spawnSync(file, rest, { encoding: 'utf8', env: this.env, timeout: 60_000 });
    return { code: run.status, stdout: run.stdout, stderr: run.stderr };
  }

  /** One that does not end by itself; signals go through to it. */
  start(image: string, flags: readonly string[], args: readonly string[]): ChildProcess {
    const [file = '', ...rest] = [...this.podman(), 'run', '--rm', ...flags, image, ...args];
    return spawn(file, rest, { env: this.env, stdio: ['ignore', 'pipe', 'pipe'] });
  }

  close(): void {
    // The store mounts itself, and what a container left behind stays mounted in it.
    const mounts = readFileSync('/proc/mounts', 'utf8')
      .split('\n')
      .map((line) => line.split(' ')[1] ?? '');
    for (const mount of mounts.filter((at) => at.startsWith(this.folder)).reverse()) spawnSync('umount', ['-l', mount]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}
