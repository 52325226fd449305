import { setTimeout as pause } from 'node:timers/promises';
import {
  accessLogOf,
  CLIENT,
  type CountedRule,
  compareWithKernel,
  countsBetween,
  type DemoReport,
  type InjectedPod,
  type InterceptionMode,
  type Logs,
  OUTSIDE,
  ownLogOf,
  type PodReport,
  type PodScene,
  RED,
  type Sample,
  type SentRequest,
  type StoryPacket,
  simulateRequest,
  startChecks,
  trafficChecks,
  trailOf,
} from '../../core/demo/index.ts';
import { type Container, userOf } from '../../platform/container-process.ts';
import type { CallResult } from './application.ts';
import type { Narrator } from './narrator.ts';
import type { PodWorld } from './pod-world.ts';
import { type Counters, readCounters, sceneOf, scrape, seenPeer } from './witnesses.ts';

/** A sidecar that is not ready by then will not be: Envoy needs two seconds on a slow machine. */
const READY_WITHIN = 20_000;

/** Envoy writes its log once a second. */
const WITNESSES_WITHIN = 6_000;

type Reading = {
  readonly counters: Counters;
  readonly metrics: ReadonlyMap<string, readonly Sample[]>;
};

/** The story with a kernel: each chapter is told when it has happened. */
export class LiveStory {
  readonly #world: PodWorld;
  readonly #pods: readonly InjectedPod[];
  readonly #mode: InterceptionMode;
  readonly #wanted: number;
  readonly #narrator: Narrator;
  readonly #sidecars = new Map<string, Container>();
  #stopped = false;
  #lost: string | undefined;
  #before: Counters = new Map();

  constructor(
    world: PodWorld,
    pods: readonly InjectedPod[],
    options: { readonly mode: InterceptionMode; readonly requests: number },
    narrator: Narrator,
  ) {
    this.#world = world;
    this.#pods = pods;
    this.#mode = options.mode;
    this.#wanted = options.requests;
    this.#narrator = narrator;
  }

  async tell(): Promise<void> {
    const narrator = this.#narrator;
    const refused = this.#world.make(this.#pods);
    if (refused !== undefined) throw new Error(`the pods' network cannot be made: ${refused}`);
    this.#change(({ part }) => ({ networkNamespace: this.#world.namespaceOf(part.part) }));
    narrator.chapter('cast');
    narrator.chapter('injection');

    await this.#runInits();
    narrator.chapter('init');
    await this.#startAll();
    narrator.check(...startChecks(narrator.report.pods));
    narrator.chapter('proxy');

    const probe = await this.#call('outside', `http://${RED.address}:15020/app-health/${RED.workload}/livez`);
    // In this order: between the two readings of the counters there is one request, and nothing else.
    const metrics = await this.#scrape();
    const before: Reading = { metrics, counters: this.#readCounters() };
    this.#before = before.counters;
    const first = await this.#send('pod-to-pod', 1);
    const packets = this.#compare(before.counters, this.#readCounters());
    narrator.update({ packets: packets.map(({ path: _, ...shown }) => shown) });
    await this.#sendAll(first);
    narrator.chapter('requests');

    await this.#hearWitnesses(before, this.#readCounters(), probe.status);
    for (const chapter of ['rules', 'packet', 'logs', 'metrics', 'checks'] as const) narrator.chapter(chapter);
  }

  /** Nothing more is told: what it waits for is being taken away. */
  stop(): void {
    this.#stopped = true;
  }

  /** A sidecar that ends while the story goes on is what the story must tell. */
  #goOn(): void {
    if (this.#stopped) throw new Error('stopped');
    if (this.#lost !== undefined) throw new Error(this.#lost);
  }

  #watch({ part }: InjectedPod, sidecar: Container): void {
    this.#sidecars.set(part.part, sidecar);
    void sidecar.ended.then(({ code, signal }) => {
      const said = this.#world.logOf(part.part).trim().split('\n').at(-1) ?? '';
      this.#lost ??= `the sidecar of ${part.workload} has ended with ${signal ?? `code ${code}`}: ${said}`;
    });
  }

  async #runInits(): Promise<void> {
    const ends = await Promise.all(this.#pods.map((pod) => this.#world.init(pod)));
    this.#goOn();
    this.#change((pod, i) => ({ init: { ...pod.report.init, ...ends[i] } }));
    const bad = ends.findIndex(({ exitCode }) => exitCode !== 0);
    if (bad < 0) return;
    const said = ends[bad]?.output.trim().split('\n').at(-1) ?? '';
    throw new Error(`istio-init of ${this.#pods[bad]?.part.workload} ended with ${ends[bad]?.exitCode}: ${said}`);
  }

  async #startAll(): Promise<void> {
    const started = performance.now();
    for (const pod of this.#pods) this.#watch(pod, this.#world.startSidecar(pod));
    const applications = await Promise.all([
      ...this.#pods.map(({ part }) => this.#world.startApplication(part.part, part.workload, part.port)),
      this.#world.startApplication('outside', 'outside', OUTSIDE.port),
    ]);
    this.#goOn();
    const ready = await Promise.all(this.#pods.map((pod) => this.#untilReady(pod, started)));
    this.#change(({ part, report }, i) => {
      const pid = this.#sidecars.get(part.part)?.pid ?? 0;
      const application = applications[i] ?? 0;
      const milliseconds = ready[i];
      return {
        ready: milliseconds !== undefined,
        proxy: {
          ...report.proxy,
          pid,
          runsAs: userOf(pid) ?? NOBODY,
          ...(milliseconds === undefined ? {} : { milliseconds }),
        },
        application: { pid: application, runsAs: userOf(application) ?? NOBODY },
      };
    });
  }

  /** Asks as the kubelet does. Gives milliseconds since the start; undefined: it never was. */
  async #untilReady({ part }: InjectedPod, started: number): Promise<number | undefined> {
    while (performance.now() - started < READY_WITHIN) {
      const { status } = await this.#call('outside', `http://${part.address}:15021/healthz/ready`);
      if (status === 200) return Math.round(performance.now() - started);
      await pause(50);
    }
    return undefined;
  }

  /** One request was sent already, alone. */
  async #sendAll(first: SentRequest): Promise<void> {
    const requests = [first];
    const others = Math.max(1, Math.floor(this.#wanted / 2));
    const legs = [
      ['pod-to-pod', 2, this.#wanted],
      ['out', 1, others],
      ['in', 1, others],
    ] as const;
    this.#narrator.update({ requests });
    for (const [leg, from, to] of legs) {
      for (let n = from; n <= to; n++) {
        requests.push(await this.#send(leg, n));
        this.#narrator.update({ requests: [...requests] });
      }
    }
  }

  async #send(leg: SentRequest['leg'], n: number): Promise<SentRequest> {
    const path = `/${leg}/${n}`;
    const target = leg === 'out' ? OUTSIDE : RED;
    const result = await this.#call(
      leg === 'in' ? 'outside' : 'client',
      `http://${target.address}:${target.port}${path}`,
      {
        host: leg === 'out' ? 'outside' : RED.workload,
      },
    );
    return {
      leg,
      path,
      status: result.status,
      milliseconds: result.milliseconds,
      from: result.from,
      seenPeer: seenPeer(result),
      ...(result.error === undefined ? {} : { error: result.error }),
    };
  }

  async #call(
    part: 'client' | 'outside',
    url: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<CallResult> {
    const result = await this.#world.call(part, { url, headers: { 'user-agent': 'remora-demo', ...headers } });
    this.#goOn();
    return result;
  }

  #compare(before: Counters, after: Counters): readonly StoryPacket[] {
    const scene = (part: 'client' | 'red'): PodScene => sceneOf(this.#pod(part), after.get(part) ?? []);
    const packets = simulateRequest(scene('client'), scene('red'), this.#mode);
    this.#narrator.update({
      comparison: [CLIENT, RED].flatMap(({ part, workload }) =>
        compareWithKernel(workload, packets, before.get(part) ?? [], after.get(part) ?? []),
      ),
    });
    return packets;
  }

  /** Logs and metrics come a moment later than answers: they are asked until nothing is missing, or for long enough. */
  async #hearWitnesses(before: Reading, counters: Reading['counters'], probeStatus: number): Promise<void> {
    const narrator = this.#narrator;
    const earlier = narrator.report.checks;
    const deadline = performance.now() + WITNESSES_WITHIN;
    for (;;) {
      const after: Reading = { counters, metrics: await this.#scrape() };
      const logs: Logs = {
        client: accessLogOf(this.#world.logOf('client')),
        red: accessLogOf(this.#world.logOf('red')),
      };
      const { requests, comparison } = narrator.report;
      const trails = requests.map((request) => trailOf(request, logs));
      const readings = (part: 'client' | 'red') => ({ before: at(before, part), after: at(after, part) });
      const checks = trafficChecks({
        mode: this.#mode,
        requests,
        trails,
        client: readings('client'),
        red: readings('red'),
        comparison,
        probeStatus,
      });
      if (checks.some(({ held }) => !held) && performance.now() < deadline) {
        await pause(150);
        continue;
      }
      this.#change(({ part }) => ({
        rules: countsBetween(before.counters.get(part.part) ?? [], counters.get(part.part) ?? []),
        accessLog: logs[part.part].map(({ line }) => line),
        ownLog: ownLogOf(this.#world.logOf(part.part)),
        metrics: (after.metrics.get(part.part) ?? []).filter(({ name }) => name.startsWith('istio_')),
      }));
      narrator.update({ trails, checks: [...earlier, ...checks] });
      return;
    }
  }

  /** For the page, while the pods are kept. */
  readAgain(): void {
    const now = this.#readCounters();
    this.#change(({ part }) => ({
      rules: countsBetween(this.#before.get(part.part) ?? [], now.get(part.part) ?? []),
      accessLog: accessLogOf(this.#world.logOf(part.part)).map(({ line }) => line),
    }));
  }

  #readCounters(): Counters {
    return readCounters(this.#pods, this.#world);
  }

  #scrape(): Promise<ReadonlyMap<string, readonly Sample[]>> {
    return scrape(this.#pods, (url) => this.#call('outside', url));
  }

  #pod(part: 'client' | 'red'): InjectedPod {
    const found = this.#pods.find((pod) => pod.part.part === part);
    if (found === undefined) throw new Error(`no pod ${part}`);
    return found;
  }

  #change(how: (pod: InjectedPod & { readonly report: PodReport }, i: number) => Partial<PodReport>): void {
    const { pods }: DemoReport = this.#narrator.report;
    const changed = pods.map((report, i) => {
      const pod = this.#pods[i];
      return pod === undefined ? report : { ...report, ...how({ ...pod, report }, i) };
    });
    this.#narrator.update({ pods: changed });
  }
}

/** Of a process that has ended. */
const NOBODY = { uid: -1, gid: -1 };

function at(reading: Reading, part: string): { counters: readonly CountedRule[]; metrics: readonly Sample[] } {
  return { counters: reading.counters.get(part) ?? [], metrics: reading.metrics.get(part) ?? [] };
}
