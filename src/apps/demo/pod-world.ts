import { chownSync, closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { APPLICATION_UID, type InjectedPod, OUTSIDE, SUBNET } from '../../core/demo/index.ts';
import { type Container, startContainer } from '../../platform/container-process.ts';
import { makePodNetwork, namespacesNamed, processesIn, removeNamespace } from '../../platform/pod-network.ts';
import { startOf } from '../../platform/processes.ts';
import type { Call, CallResult } from './application.ts';
import { PREFIX } from './leftovers.ts';
import { findSelf, type Program } from './own-program.ts';
import type { Engine } from './requirements.ts';
import { ApplicationTalk, gather } from './talk.ts';

type Part = InjectedPod['part']['part'] | 'outside';

/** As the image of the sidecar has it. */
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** How long a sidecar has to end by itself before it is killed; it was told to drain for one second. */
const PATIENCE = 2_500;

export type InitEnd = { readonly exitCode: number; readonly output: string; readonly milliseconds: number };

/** The pods, as long as they run. A class: it holds processes, namespaces and files, and takes them away again. */
export class PodWorld {
  /** Its number and the moment of its start name a process for good: a later demo knows what was left behind. */
  readonly name = `${PREFIX}${process.pid}-${startOf(process.pid) ?? '0'}`;
  readonly folder = join(tmpdir(), this.name);
  readonly #engine: Engine;
  readonly #program: Program;
  readonly #containers: Container[] = [];
  readonly #applications = new Map<Part, ApplicationTalk>();

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#program = findSelf(this.folder, engine);
  }

  namespaceOf(part: Part): string {
    return `${this.name}-${part}`;
  }

  /** A sentence where the kernel refuses. */
  make(pods: readonly InjectedPod[]): string | undefined {
    // Not recursive: whoever has made a folder of this name before us is not trusted.
    mkdirSync(this.folder, { mode: 0o755 });
    for (const { to, folder } of this.#program.mounts) {
      if (folder) mkdirSync(to, { recursive: true });
      else writeFileSync(to, '');
    }
    for (const pod of pods) this.#makeFolders(pod);
    mkdirSync(join(this.folder, 'outside'));
    return makePodNetwork({
      outside: { namespace: this.namespaceOf('outside'), gateway: OUTSIDE.gateway, addresses: [OUTSIDE.address] },
      pods: pods.map(({ part }) => ({ namespace: this.namespaceOf(part.part), address: part.address })),
      prefix: SUBNET.prefix,
      interface: SUBNET.interface,
    });
  }

  /** The paths of the container, below a folder of the pod's own: all of Istio's are relative. */
  #makeFolders({ part, proxy, files, folders }: InjectedPod): void {
    const root = join(this.folder, part.part);
    mkdirSync(root);
    for (const folder of folders) {
      mkdirSync(join(root, folder), { recursive: true });
      chownSync(join(root, folder), proxy.uid, proxy.gid);
    }
    for (const { path, text } of files) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
  }

  /** istio-init, to its end. */
  async init({ part, init }: InjectedPod): Promise<InitEnd> {
    const started = performance.now();
    const container = this.#start({
      part: part.part,
      process: init,
      env: Object.fromEntries(init.env),
      command: ['pilot-agent', ...init.args],
    });
    const output = gather(container);
    const { code } = await container.ended;
    return {
      exitCode: code ?? 128,
      output: await output,
      milliseconds: Math.round(performance.now() - started),
    };
  }

  /** istio-proxy, in the background. Its output is a file that belongs to its user, as runc makes it. */
  startSidecar({ part, proxy }: InjectedPod): Container {
    const log = openSync(this.#logOf(part.part), 'a', 0o640);
    try {
      chownSync(this.#logOf(part.part), proxy.uid, proxy.gid);
      return this.#start({
        part: part.part,
        process: proxy,
        env: {
          ...Object.fromEntries(proxy.env),
          REMORA_ENGINE: this.#engine.name,
          ...(this.#program.envoy === undefined ? {} : { REMORA_ENVOY: this.#program.envoy }),
        },
        command: ['pilot-agent', ...proxy.args],
        log,
      });
    } finally {
      closeSync(log);
    }
  }

  #logOf(part: Part): string {
    return join(this.folder, part, 'istio-proxy.log');
  }

  /** What istio-proxy has written so far. */
  logOf(part: Part): string {
    try {
      return readFileSync(this.#logOf(part), 'utf8');
    } catch {
      return '';
    }
  }

  /** Starts a pod's application and waits until it listens. */
  async startApplication(part: Part, name: string, port: number): Promise<number> {
    const container = this.#start({
      part,
      process: { uid: APPLICATION_UID, gid: APPLICATION_UID, capabilities: port < 1024 ? ['net_bind_service'] : [] },
      env: {},
      command: ['demo', 'application', `--name=${name}`, `--port=${port}`],
    });
    const application = new ApplicationTalk(container);
    this.#applications.set(part, application);
    await application.listening(name);
    return container.pid;
  }

  /** Has a pod's application call. */
  call(part: Part, call: Call): Promise<CallResult> {
    const application = this.#applications.get(part);
    if (application === undefined) throw new Error(`no application runs in ${part}`);
    return application.call(call);
  }

  #start(request: {
    readonly part: Part;
    readonly process: { readonly uid: number; readonly gid: number; readonly capabilities: readonly string[] };
    readonly env: Readonly<Record<string, string>>;
    readonly command: readonly string[];
    readonly log?: number;
  }): Container {
    const container = startContainer({
      namespace: this.namespaceOf(request.part),
      uid: request.process.uid,
      gid: request.process.gid,
      capabilities: request.process.capabilities,
      folder: join(this.folder, request.part),
      env: { PATH, ...request.env },
      command: [...this.#program.command, ...request.command],
      mounts: this.#program.mounts,
      ...(request.log === undefined ? {} : { log: request.log }),
    });
    this.#containers.push(container);
    return container;
  }

  /** Takes everything away, goes on past what fails, and gives what is left. */
  async remove(): Promise<readonly string[]> {
    for (const container of this.#containers) container.signal('SIGTERM');
    for (const { input } of this.#containers) input?.destroy();
    const all = Promise.all(this.#containers.map(({ ended }) => ended));
    await Promise.race([all, pause(PATIENCE)]);
    return this.removeNow();
  }

  /** The same without waiting for anybody. */
  removeNow(): readonly string[] {
    const failures = namespacesNamed(this.name).flatMap((name) => removeNamespace(name) ?? []);
    try {
      rmSync(this.folder, { recursive: true, force: true });
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
    }
    return [...failures, ...namespacesNamed(this.name)];
  }

  running(): readonly number[] {
    return namespacesNamed(this.name).flatMap((name) => processesIn(name));
  }
}

function pause(milliseconds: number): Promise<void> {
  // What is waited for holds the process; this must not.
  return wait(milliseconds, undefined, { ref: false });
}
