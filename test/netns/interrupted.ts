/** istio-iptables killed at random moments, then run again: nothing may be half applied. */
import { spawn } from 'node:child_process';
import {
  type CaptureConfig,
  DEFAULT_CAPTURE_CONFIG,
  parseIptablesSave,
  planCapture,
} from '../../src/core/capture/index.ts';
import { readBack, take } from './kernel-rules.ts';
import { Network } from './namespaces.ts';
import { Random } from './random-case.ts';

export type InterruptedReport = {
  readonly rounds: number;
  readonly killed: number;
  readonly broken: readonly string[];
};

const ARGS = [
  '-p',
  '15001',
  '-z',
  '15006',
  '-u',
  '1337',
  '-m',
  'TPROXY',
  '-i',
  '*',
  '-x',
  '',
  '-b',
  '*',
  '-d',
  '15020,15021',
];

const CONFIG: CaptureConfig = {
  ...DEFAULT_CAPTURE_CONFIG,
  inboundInterceptionMode: 'TPROXY',
  inboundPortsInclude: '*',
  inboundPortsExclude: '15020,15021',
  outboundIpRangesInclude: '*',
  enableIpv6: true,
};

/** Namespaces at work at once: the time goes into waiting for processes. */
const AT_ONCE = 3;

export async function runInterrupted(rounds: number, seed: number): Promise<InterruptedReport> {
  const random = new Random(seed);
  const duration = await undisturbed();
  const moments = Array.from({ length: rounds }, () => random.next() * duration);
  const broken: string[] = [];
  let killed = 0;
  const worker = async (): Promise<void> => {
    for (let after = moments.pop(); after !== undefined; after = moments.pop()) {
      const round = await runRound(after);
      if (round.killed) killed++;
      broken.push(...round.broken);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return { rounds, killed, broken };
}

async function runRound(after: number): Promise<{ readonly killed: boolean; readonly broken: readonly string[] }> {
  const network = new Network();
  const broken: string[] = [];
  try {
    const killed = await killedRun(network.pod, after);
    const again = await wholeRun(network.pod, []);
    if (again.code !== 0)
      broken.push(`killed after ${after.toFixed(0)} ms: the next run fails: ${again.error.slice(-400)}`);
    else broken.push(...wrongState(network, after));
    const cleaned = await wholeRun(network.pod, ['--cleanup-only']);
    if (cleaned.code !== 0) broken.push(`cleanup fails: ${cleaned.error.slice(-400)}`);
    broken.push(...leftovers(network));
    return { killed, broken };
  } finally {
    network.close();
  }
}

async function undisturbed(): Promise<number> {
  const network = new Network();
  try {
    const started = performance.now();
    const run = await wholeRun(network.pod, []);
    if (run.code !== 0) throw new Error(run.error);
    return performance.now() - started;
  } finally {
    network.close();
  }
}

function start(namespace: string, more: readonly string[]) {
  const command = ['netns', 'exec', namespace, 'bin/remora', 'istio-iptables', '--dual-stack', ...ARGS, ...more];
  // A process group of its own: what a container's end kills, too.
  return spawn('ip', command, { detached: true, stdio: ['ignore', 'ignore', 'pipe'] });
}

/** Whether it was still running when it was killed. */
function killedRun(namespace: string, afterMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const child = start(namespace, []);
    const timer = setTimeout(() => {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    }, afterMs);
    child.on('close', (_code, signal) => {
      clearTimeout(timer);
      resolve(signal === 'SIGKILL');
    });
  });
}

function wholeRun(
  namespace: string,
  more: readonly string[],
): Promise<{ readonly code: number; readonly error: string }> {
  return new Promise((resolve) => {
    const child = start(namespace, more);
    let error = '';
    child.stderr?.on('data', (chunk) => {
      error += String(chunk);
    });
    child.on('close', (code) => resolve({ code: code ?? -1, error }));
  });
}

function wrongState(network: Network, after: number): readonly string[] {
  const at = `killed after ${after.toFixed(0)} ms`;
  try {
    readBack(network, take(planCapture(CONFIG)), 'nft');
  } catch (error) {
    return [`${at}: ${error instanceof Error ? error.message : String(error)}`];
  }
  const problems: string[] = [];
  for (const family of ['-4', '-6']) {
    const rules = network
      .inPod(['ip', family, 'rule', 'show'])
      .split('\n')
      .filter((line) => line.includes('fwmark 0x539'));
    if (rules.length !== 1) problems.push(`${at}: ${rules.length} routing rules of IPv${family.slice(1)}`);
    if (!network.inPod(['ip', family, 'route', 'show', 'table', '133']).includes('local default dev lo')) {
      problems.push(`${at}: no route in table 133`);
    }
  }
  if (!network.inPod(['ip', '-6', 'addr', 'show', 'dev', 'lo']).includes('::6/128')) problems.push(`${at}: no ::6`);
  const filter = network.inPod(['iptables-nft', '-t', 'filter', '-S']);
  if (filter.includes('DROP')) problems.push(`${at}: guardrails are left`);
  return problems;
}

function leftovers(network: Network): readonly string[] {
  const problems: string[] = [];
  for (const tool of ['iptables', 'ip6tables']) {
    const saved = network.inPod([`${tool}-nft-save`]);
    const family = tool === 'iptables' ? 4 : 6;
    if (take(parseIptablesSave(saved, family)).rules.length > 0 || saved.includes(':ISTIO_'))
      problems.push(`left after cleanup: ${saved}`);
  }
  for (const family of ['-4', '-6']) {
    if (network.inPod(['ip', family, 'rule', 'show']).includes('fwmark')) problems.push('a routing rule is left');
    if (network.inPod(['sh', '-c', `ip ${family} route show table 133 2>/dev/null || true`]).trim() !== '')
      problems.push('a route is left');
  }
  if (network.inPod(['ip', '-6', 'addr', 'show', 'dev', 'lo']).includes('::6/128')) problems.push('::6 is left');
  return problems;
}
