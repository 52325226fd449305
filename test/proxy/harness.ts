/**
 * A pod with its sidecar in a network namespace, beside a world: rules by the real istio-iptables, the real agent, one of
 * the two engines, an application as a user of its own.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { envoyTool } from '../../scripts/envoy-tool.mjs';
import { Network } from '../netns/namespaces.ts';

export type Engine = 'embedded' | 'envoy';
export type Mode = 'REDIRECT' | 'TPROXY';

export type PodOptions = {
  readonly engine: Engine;
  readonly mode?: Mode;
  /** Who makes the rules: today's istio-iptables, unless the test does. */
  readonly rules?: 'none';
  /** Further words for istio-iptables, and variables of the proxy's container. */
  readonly init?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  /** The pod's /etc/resolv.conf, in place of the machine's. */
  readonly resolvConf?: string;
  /** Descriptors that the agent and its proxy may have. */
  readonly descriptors?: number;
  /** The agent starts when `go` says so, and not at once: for what has to be there before it. */
  readonly held?: boolean;
};

type Answer = Readonly<Record<string, unknown>>;

/** A program in a namespace that does what it is told: peer.mjs. */
export class Peer {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  #last = 0;

  constructor(namespace: string, uid: number) {
    this.#child = spawn(
      'ip',
      ['netns', 'exec', namespace, ...asUser(uid, uid), process.execPath, program('test/proxy/peer.mjs')],
      {
        stdio: ['pipe', 'pipe', 'inherit'],
      },
    );
    this.#child.once('exit', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('the peer has ended'));
    });
    this.#child.stdin?.on('error', () => {});
    if (this.#child.stdout === null) throw new Error('no output');
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      const { id, value, failure } = JSON.parse(line) as { id: number; value: never; failure?: string };
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (failure === undefined) waiting?.resolve(value);
      else waiting?.reject(new Error(failure));
    });
  }

  ask<T = Answer>(what: string, more: object = {}): Promise<T> {
    const id = ++this.#last;
    return new Promise<T>((done, reject) => {
      this.#waiting.set(id, { resolve: done as (value: never) => void, reject });
      this.#child.stdin?.write(`${JSON.stringify({ id, what, ...more })}\n`);
    });
  }

  close(): void {
    this.#child.kill('SIGKILL');
  }
}

/** A copy of the program where everybody may read: a checkout may stand in a folder that only its owner enters. */
let shared: string | undefined;

function sharedFolder(): string {
  if (shared !== undefined) return shared;
  shared = mkdtempSync(join(tmpdir(), 'remora-proxy-'));
  chmodSync(shared, 0o755);
  for (const part of ['bin', 'dist', 'node_modules/koffi', 'node_modules/@koromix', 'test/proxy/peer.mjs']) {
    cpSync(part, join(shared, part), { recursive: true });
  }
  return shared;
}

/** Takes it away again, with what the pods of a test file left. */
export function removeShared(): void {
  if (shared !== undefined) rmSync(shared, { recursive: true, force: true });
  shared = undefined;
  envoyCopy = undefined;
}

const program = (part: string): string => join(sharedFolder(), part);

let envoyCopy: string | undefined;

/** An Envoy that every user can run, or why there is none. */
export function envoyForAll(): { readonly path: string } | { readonly missing: string } {
  const tool = envoyTool();
  if ('missing' in tool) return tool;
  if (envoyCopy === undefined) {
    envoyCopy = program('envoy');
    const found = tool.path.includes('/')
      ? tool.path
      : spawnSync('which', [tool.path], { encoding: 'utf8' }).stdout.trim();
    cpSync(found, envoyCopy);
    chmodSync(envoyCopy, 0o755);
  }
  return { path: envoyCopy };
}

function asUser(uid: number, gid: number): readonly string[] {
  return ['setpriv', '--reuid', String(uid), '--regid', String(gid), '--clear-groups'];
}

/** The pod: `network.pod` is its namespace, `app` the application's program, `world` one outside. */
export class Pod {
  readonly network = new Network();
  readonly app: Peer;
  readonly world: Peer;
  readonly folder: string;
  readonly agent: ChildProcess;
  readonly ended: Promise<number | null>;
  said = '';

  constructor(options: PodOptions) {
    const { engine, mode = 'REDIRECT', init = [], env = {}, args = [], descriptors } = options;
    if (options.resolvConf !== undefined) {
      // `ip netns exec` puts it over the machine's.
      mkdirSync(`/etc/netns/${this.network.pod}`, { recursive: true });
      writeFileSync(`/etc/netns/${this.network.pod}/resolv.conf`, options.resolvConf);
    }
    this.folder = mkdtempSync(join(sharedFolder(), 'pod-'));
    chmodSync(this.folder, 0o777);
    mkdirSync(join(this.folder, 'etc/istio/pod'), { recursive: true });
    spawnSync('chmod', ['-R', '777', join(this.folder, 'etc')]);
    const rules = [
      '-p',
      '15001',
      '-z',
      '15006',
      '-u',
      '1337',
      '-m',
      mode,
      '-i',
      '*',
      '-b',
      '*',
      '-d',
      '15090,15021,15020',
    ];
    if (options.rules !== 'none') {
      this.network.inPod([
        process.execPath,
        program('bin/remora'),
        'istio-iptables',
        ...rules,
        '--dual-stack',
        ...init,
      ]);
    }
    const uid = mode === 'TPROXY' ? 0 : 1337;
    const envoy = engine === 'envoy' ? envoyForAll() : undefined;
    const variables = {
      PATH: process.env.PATH ?? '',
      POD_NAME: 'web-0',
      POD_NAMESPACE: 'shop',
      INSTANCE_IP: '10.77.0.2',
      ISTIO_META_WORKLOAD_NAME: 'web',
      ISTIO_META_CLUSTER_ID: 'Kubernetes',
      ISTIO_META_INTERCEPTION_MODE: mode,
      ISTIO_METAJSON_LABELS: JSON.stringify({
        app: 'web',
        version: 'v1',
        'service.istio.io/canonical-name': 'web',
        'service.istio.io/canonical-revision': 'v1',
      }),
      ISTIO_DUAL_STACK: 'true',
      REMORA_ACCESS_LOG_FILE: join(this.folder, 'access.log'),
      REMORA_ACCESS_LOG_ENCODING: 'JSON',
      ...(envoy !== undefined && 'path' in envoy ? { REMORA_ENVOY: envoy.path } : {}),
      ...env,
    };
    const words = [
      process.execPath,
      program('bin/remora'),
      'pilot-agent',
      'proxy',
      'sidecar',
      '--engine',
      engine,
      '--concurrency',
      '1',
      ...args,
    ];
    const limits = descriptors === undefined ? [] : ['prlimit', `--nofile=${descriptors}:${descriptors}`];
    const gate = options.held === true ? ['sh', '-c', 'read -r _ && exec "$@"', 'sh'] : [];
    this.agent = spawn('ip', ['netns', 'exec', this.network.pod, ...gate, ...limits, ...asUser(uid, 1337), ...words], {
      cwd: this.folder,
      env: variables,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    // The agent has no input, as in a container.
    if (options.held !== true) this.agent.stdin?.end();
    for (const stream of [this.agent.stdout, this.agent.stderr]) {
      stream?.on('data', (chunk) => {
        this.said += String(chunk);
      });
    }
    this.ended = new Promise((done) => this.agent.once('exit', (code) => done(code)));
    this.app = new Peer(this.network.pod, 1000);
    this.world = new Peer(this.network.world, 0);
  }

  /** Starts an agent that was held. */
  go(): void {
    this.agent.stdin?.end('\n');
  }

  /** Waits until the pod is ready, as the kubelet would. */
  async ready(): Promise<this> {
    for (let i = 0; i < 150; i++) {
      const answer = await this.world.ask('request', {
        host: '10.77.0.2',
        port: 15021,
        path: '/healthz/ready',
        timeout: 1000,
      });
      if (answer.status === 200) return this;
      await new Promise((done) => setTimeout(done, 100));
    }
    throw new Error(`the pod is not ready: ${this.said}`);
  }

  /** Lines of the access log; `least` of them are waited for, since both engines write once a second. */
  async log(least: number, matching: (line: LogLine) => boolean = () => true): Promise<readonly LogLine[]> {
    let lines: LogLine[] = [];
    for (let i = 0; i < 50; i++) {
      lines = this.#lines().filter(matching);
      if (lines.length >= least) break;
      await new Promise((done) => setTimeout(done, 100));
    }
    return lines;
  }

  /** Lines as they are written. */
  async rawLog(least: number): Promise<readonly string[]> {
    await this.log(least, () => true);
    return this.#written();
  }

  #lines(): LogLine[] {
    return this.#written().map((line) => (line.startsWith('{') ? (JSON.parse(line) as LogLine) : { line }));
  }

  /** Without a last line that is half written. */
  #written(): string[] {
    const file = join(this.folder, 'access.log');
    return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
  }

  async metrics(): Promise<string> {
    const answer = await this.world.ask<{ body: string }>('request', {
      host: '10.77.0.2',
      port: 15020,
      path: '/stats/prometheus',
    });
    return answer.body;
  }

  /** Of the proxy itself: the agent's child. */
  proxyPid(): number {
    return this.#pids().proxy;
  }

  agentPid(): number {
    return this.#pids().agent;
  }

  /** `ip netns exec` becomes what it runs, so that the child of the test is the agent. */
  #pids(): { readonly agent: number; readonly proxy: number } {
    const agent = this.agent.pid ?? 0;
    const children = readFileSync(`/proc/${agent}/task/${agent}/children`, 'utf8').trim().split(' ');
    return { agent, proxy: Number(children[0]) };
  }

  residentBytes(pid: number): number {
    const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Number(kilobytes) * 1024;
  }

  close(): void {
    this.app.close();
    this.world.close();
    const pids = spawnSync('ip', ['netns', 'pids', this.network.pod], { encoding: 'utf8' }).stdout.trim();
    for (const pid of pids.split('\n').filter((line) => line !== '')) spawnSync('kill', ['-9', pid]);
    this.network.close();
    rmSync(`/etc/netns/${this.network.pod}`, { recursive: true, force: true });
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export type LogLine = Readonly<Record<string, string | number | null>>;
