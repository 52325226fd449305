import { execFileSync, spawnSync } from 'node:child_process';
import {
  DEFAULT_CAPTURE_CONFIG,
  type Packet,
  planCapture,
  renderIptablesRestore,
  simulatePacket,
} from '../src/core/capture/index.ts';
import { type Figure, interleaved, millisecondsPerCall } from './measure.ts';

const ARGUMENTS = ['-p', '15001', '-z', '15006', '-u', '1337', '-m', 'REDIRECT', '-i', '*', '-x', '', '-b', '*'];
const EXCLUDED = '15090,15021,15020';

/** The init container's process against iptables-restore alone with the same texts, and paths a second. */
export function captureFigures(): readonly Figure[] {
  return [...initFigures(), simulatorFigure()];
}

/** Both in a fresh namespace each time; making the namespace is not measured. */
function initFigures(): readonly Figure[] {
  const why = process.getuid?.() !== 0 ? 'not root' : missingCommand();
  if (why !== undefined) {
    console.error(`capture: the init process is not measured: ${why}`);
    return [];
  }
  const texts = textsOf();
  const pods = new Pods();
  try {
    const remora = (): void => pods.run(['bin/remora', 'istio-iptables', ...ARGUMENTS, '-d', EXCLUDED, '--dual-stack']);
    const restore = (): void => {
      pods.run(['iptables-nft-restore', '--noflush'], texts[4]);
      pods.run(['ip6tables-nft-restore', '--noflush'], texts[6]);
    };
    const node = (): void => pods.run([process.execPath, '-e', '0']);
    const fresh = (): void => pods.next();
    const [, own = Number.NaN, , theirs = Number.NaN, , bare = Number.NaN] = interleaved(
      [fresh, remora, fresh, restore, fresh, node],
      { warm: 2, runs: 25 },
    );
    return [
      { name: 'istio-iptables, whole process', value: own, unit: 'ms', note: 'IPv4 and IPv6, fresh namespace' },
      { name: 'iptables-nft-restore, both', value: theirs, unit: 'ms', note: 'the same texts' },
      { name: 'istio-iptables against restore', value: own / theirs, unit: '×', aim: '≤ 3.0' },
      { name: 'node -e 0 in a namespace', value: bare, unit: 'ms', note: 'of that, what Node takes' },
    ];
  } finally {
    pods.close();
  }
}

function missingCommand(): string | undefined {
  const found = (command: string): boolean => spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;
  const missing = ['ip', 'iptables-nft-restore', 'ip6tables-nft-restore'].find((command) => !found(command));
  return missing === undefined ? undefined : `${missing} is not installed`;
}

/** Namespaces with an address of each family, one after the other. */
class Pods {
  private readonly name = `remora-bench-${process.pid}`;
  private made = false;

  next(): void {
    this.close();
    const ip = (...args: readonly string[]) => execFileSync('ip', args);
    ip('netns', 'add', this.name);
    this.made = true;
    ip('-n', this.name, 'link', 'set', 'lo', 'up');
    ip('-n', this.name, 'addr', 'add', '10.77.0.2/32', 'dev', 'lo');
    ip('-n', this.name, '-6', 'addr', 'add', 'fd77::2/128', 'dev', 'lo', 'nodad');
  }

  run(command: readonly string[], input = ''): void {
    const words = [`--net=/run/netns/${this.name}`, '--', ...command];
    const { status, stderr } = spawnSync('nsenter', words, { input, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${command.join(' ')} exited with ${status}: ${stderr}`);
  }

  close(): void {
    if (this.made) execFileSync('ip', ['netns', 'del', this.name]);
    this.made = false;
  }
}

function usualPlan() {
  const plan = planCapture({
    ...DEFAULT_CAPTURE_CONFIG,
    inboundPortsInclude: '*',
    inboundPortsExclude: EXCLUDED,
    outboundIpRangesInclude: '*',
    enableIpv6: true,
  });
  if (!plan.ok) throw new Error('no plan');
  return plan.value;
}

function textsOf(): { readonly 4: string; readonly 6: string } {
  const plan = usualPlan();
  return { 4: renderIptablesRestore(plan, 4), 6: renderIptablesRestore(plan, 6) };
}

function simulatorFigure(): Figure {
  const rules = usualPlan();
  const network = {
    interfaces: [{ name: 'eth0', addresses: ['192.0.2.10', '2001:db8::10'] }],
    defaultInterface: 'eth0',
    routes: rules.routes,
  };
  const packet: Packet = {
    family: 4,
    protocol: 'tcp',
    destination: '10.0.0.5',
    port: 80,
    from: { kind: 'process', uid: 1000, gid: 1000 },
  };
  const ms = millisecondsPerCall(() => void simulatePacket(rules, packet, network), { warmMs: 500 });
  return { name: 'simulatePacket', value: 1000 / ms, unit: '/s', note: 'a call of the application, usual rules' };
}
