// What the suites that need a kernel or containers run on: installed where that can be done, as root on Debian; elsewhere
// a sentence says what is missing.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Suite → program → Debian package. */
const TOOLS = {
  netns: { ip: 'iproute2', nft: 'nftables', 'iptables-legacy': 'iptables', nsenter: 'util-linux', python3: 'python3' },
  proxy: {
    ip: 'iproute2',
    'iptables-nft': 'iptables',
    setpriv: 'util-linux',
    prlimit: 'util-linux',
    python3: 'python3',
  },
  demo: { ip: 'iproute2', iptables: 'iptables', setpriv: 'util-linux', mount: 'mount' },
  images: { ip: 'iproute2', podman: 'podman', runc: 'runc', mmdebstrap: 'mmdebstrap' },
  pods: {
    ip: 'iproute2',
    podman: 'podman',
    runc: 'runc',
    mmdebstrap: 'mmdebstrap',
    catatonit: 'catatonit',
    curl: 'curl',
  },
};

/** Installs the missing tools of the suites that are to run, and says so in one line. */
export function installTools(suites) {
  const wanted = suites.flatMap((suite) => Object.entries(TOOLS[suite] ?? {}));
  const packages = [...new Set(wanted.filter(([tool]) => !has(tool)).map(([, name]) => name))];
  if (packages.length === 0 || process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) return;
  const install = ['install', '-y', '-q', '--no-install-recommends', ...packages];
  const failure = [['update', '-q'], install].map(aptGet).find((text) => text !== undefined);
  console.log(`· tools: ${failure === undefined ? `installed ${packages.join(' ')}` : failure}`);
}

function aptGet(args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const run = spawnSync('apt-get', args, { encoding: 'utf8', env, maxBuffer: 1 << 26 });
  if (run.status === 0) return undefined;
  return `apt-get ${args.join(' ')} failed: ${run.error?.message ?? run.stderr.trim().split('\n').at(-1)}`;
}

/** Why a suite cannot run here, or undefined. */
export function missingTools(suite) {
  if (process.platform !== 'linux') return 'network namespaces are Linux';
  if (process.getuid?.() !== 0) return 'not root';
  const tools = Object.keys(TOOLS[suite]).filter((tool) => !has(tool));
  if (tools.length > 0) return `not installed: ${tools.join(', ')}`;
  const name = `remora-probe-${process.pid}`;
  const made = spawnSync('ip', ['netns', 'add', name], { encoding: 'utf8' });
  if (made.status !== 0) return `ip netns add fails: ${made.stderr.trim()}`;
  spawnSync('ip', ['netns', 'del', name]);
  return undefined;
}

function has(command) {
  return spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;
}
