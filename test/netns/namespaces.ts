/**
 * Two network namespaces that stand for a pod and the world, joined by a cable. Nothing leaves them: all addresses are
 * the cable's, loopback, and some that the world's side has on its own loopback.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { threadId } from 'node:worker_threads';
import type { IpFamily } from '../../src/core/capture/index.ts';

export const POD = { 4: '10.77.0.2', 6: 'fd77::2' } as const;
export const WORLD = { 4: '10.77.0.1', 6: 'fd77::1' } as const;
/** Further hosts of the world, for CIDRs. */
export const HOSTS = { 4: ['9.9.9.9', '1.1.3.4', '172.30.0.10'], 6: ['2001:db8:1::9', '2001:db8:2::9'] } as const;

/** Why the suite cannot run on this machine, or undefined. */
export function missingForNetns(): string | undefined {
  if (process.platform !== 'linux') return 'network namespaces are Linux';
  if (process.getuid?.() !== 0) return 'not root';
  for (const command of ['ip', 'nft', 'iptables-nft', 'iptables-legacy', 'python3']) {
    if (spawnSync('sh', ['-c', `command -v ${command}`]).status !== 0) return `${command} is not installed`;
  }
  const name = `remora-probe-${process.pid}-${threadId}`;
  const made = spawnSync('ip', ['netns', 'add', name], { encoding: 'utf8' });
  if (made.status !== 0) return `ip netns add fails: ${made.stderr.trim()}`;
  spawnSync('ip', ['netns', 'del', name]);
  return undefined;
}

/** Runs a command to its end; throws with what it said where it fails. */
export function run(command: readonly string[], input = ''): string {
  const [file = '', ...args] = command;
  return execFileSync(file, args, { input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'], timeout: 30_000 });
}

let counter = 0;

/** A pod and its world. `close` takes everything away again. */
export class Network {
  readonly pod: string;
  readonly world: string;
  private readonly peers: Peer[] = [];

  constructor() {
    counter++;
    // Test files may run in threads of one process.
    const own = `${process.pid}-${threadId}-${counter}`;
    this.pod = `remora-pod-${own}`;
    this.world = `remora-world-${own}`;
    const p = this.pod;
    const w = this.world;
    const commands = [
      `netns add ${p}`,
      `netns add ${w}`,
      `link add eth0 netns ${p} type veth peer name cable netns ${w}`,
    ];
    for (const command of commands) run(['ip', ...command.split(' ')]);
    this.batch(p, [
      'link set lo up',
      `addr add ${POD[4]}/24 dev eth0`,
      `addr add ${POD[6]}/64 dev eth0 nodad`,
      'link set eth0 up',
      `route add default via ${WORLD[4]}`,
      `-6 route add default via ${WORLD[6]}`,
    ]);
    this.batch(w, [
      'link set lo up',
      `addr add ${WORLD[4]}/24 dev cable`,
      `addr add ${WORLD[6]}/64 dev cable nodad`,
      'link set cable up',
      ...HOSTS[4].map((address) => `addr add ${address}/32 dev lo`),
      ...HOSTS[6].map((address) => `addr add ${address}/128 dev lo nodad`),
    ]);
    this.meet();
  }

  /** Several ip commands in one process. */
  batch(namespace: string, commands: readonly string[]): void {
    const v4 = commands.filter((command) => !command.startsWith('-6 '));
    const v6 = commands.filter((command) => command.startsWith('-6 ')).map((command) => command.slice(3));
    run(['ip', '-n', namespace, '-batch', '-'], v4.join('\n'));
    if (v6.length > 0) run(['ip', '-6', '-n', namespace, '-batch', '-'], v6.join('\n'));
  }

  /** The two ends know each other's hardware addresses, so that no time limit runs out on neighbour discovery. */
  private meet(): void {
    const hardware = (namespace: string, name: string): string =>
      / link\/ether (\S+)/.exec(run(['ip', '-n', namespace, 'link', 'show', name]))?.[1] ?? '';
    const pod = hardware(this.pod, 'eth0');
    const world = hardware(this.world, 'cable');
    const known = (address: string, lladdr: string, device: string): string =>
      `neigh replace ${address} lladdr ${lladdr} dev ${device} nud permanent`;
    this.batch(this.pod, [known(WORLD[4], world, 'eth0'), known(WORLD[6], world, 'eth0')]);
    this.batch(this.world, [known(POD[4], pod, 'cable'), known(POD[6], pod, 'cable')]);
  }

  inPod(command: readonly string[], input = ''): string {
    return run(['ip', 'netns', 'exec', this.pod, ...command], input);
  }

  peer(side: 'pod' | 'world', label: string): Peer {
    const peer = new Peer(side === 'pod' ? this.pod : this.world, label);
    this.peers.push(peer);
    return peer;
  }

  close(): void {
    for (const peer of this.peers) peer.close();
    for (const namespace of [this.pod, this.world]) spawnSync('ip', ['netns', 'del', namespace]);
  }
}

export type Seen = {
  readonly error?: string;
  readonly label?: string;
  readonly port?: number;
  readonly local?: readonly [string, number];
  readonly original?: readonly [string, number] | null;
  readonly peer?: string;
};

export type Dial = {
  readonly protocol: 'tcp' | 'udp';
  readonly family: IpFamily;
  readonly to: readonly [string, number];
  readonly uid: number;
  readonly gid: number;
  readonly source?: string | undefined;
  readonly mark?: number | undefined;
  readonly transparent?: boolean | undefined;
};

/** A peer.py in a namespace. */
export class Peer {
  private readonly process: ChildProcess;
  private readonly answers: AsyncIterator<string>;

  constructor(namespace: string, label: string) {
    this.process = spawn('ip', ['netns', 'exec', namespace, '/usr/bin/python3', 'test/netns/peer.py', label], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const { stdout } = this.process;
    if (stdout === null) throw new Error('no output of the peer');
    this.answers = createInterface({ input: stdout })[Symbol.asyncIterator]();
  }

  async listen(request: {
    readonly tcp?: readonly (readonly [IpFamily, number, boolean])[];
    readonly udp?: readonly (readonly [IpFamily, string, number])[];
    readonly uid?: number;
    readonly gid?: number;
  }): Promise<void> {
    const answer = await this.ask({ do: 'listen', ...request });
    if (answer.error !== undefined) throw new Error(`listen: ${answer.error}`);
  }

  dial(request: Dial): Promise<Seen> {
    return this.ask({ do: 'dial', ...request });
  }

  /** Sends one bare TCP segment. */
  rawTcp(source: string, to: readonly [string, number], flags: number): Promise<Seen> {
    return this.ask({ do: 'raw-tcp', source, to, flags });
  }

  private async ask(request: object): Promise<Seen> {
    this.process.stdin?.write(`${JSON.stringify(request)}\n`);
    const next = await this.answers.next();
    if (next.done === true) throw new Error('the peer has ended');
    return JSON.parse(next.value) as Seen;
  }

  close(): void {
    this.process.stdin?.end();
    this.process.kill('SIGKILL');
  }
}
