/**
 * Several processes behind one port (node:cluster). The primary reads sources and hands what they give to its workers, the
 * newest again to one that had to be started anew; workers answer reviews and report what they decided.
 */

import cluster, { type Worker } from 'node:cluster';
import { AggregatorRegistry, type Registry } from 'prom-client';
import { noteworthy, type ReviewAnswer } from '../../core/injection/index.ts';
import type { Problem } from '../../core/problem.ts';
import type { Answer } from '../../platform/https-server.ts';
import type { Part, Report } from './readiness.ts';
import { createServing, isListenFailure, type Serving, type ServingContext } from './serving.ts';
import type { ConfigTexts, ServingCertificate } from './source.ts';

type ToWorker =
  | { readonly kind: 'texts'; readonly texts: ConfigTexts }
  | { readonly kind: 'certificate'; readonly certificate: ServingCertificate }
  | { readonly kind: 'problem'; readonly part: Part; readonly problem: Problem }
  | { readonly kind: 'stop' };

type FromWorker =
  | { readonly kind: 'state'; readonly report: Report }
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'decided'; readonly reviewed: ReviewAnswer }
  | { readonly kind: 'stopped'; readonly cut: number }
  /** The port cannot be had. */
  | { readonly kind: 'deaf'; readonly message: string };

type WorkerContext = Omit<ServingContext, 'metricsText' | 'decided' | 'listening'> & { readonly registry: Registry };

/** In a worker: serves what the primary sends, until it says stop. Resolves with the exit code. */
export function runWorker(context: WorkerContext): Promise<number> {
  // It answers when the primary asks for this process's metrics.
  AggregatorRegistry.setRegistries(context.registry);
  new AggregatorRegistry();
  const tell = (message: FromWorker): void => {
    process.send?.(message);
  };
  const serving = createServing({
    ...context,
    metricsText: async () => ELSEWHERE,
    decided: (reviewed) => {
      // Only what makes an Event: the others would cost more on the way than they did to decide.
      if (context.options.events && reviewed.outcome !== undefined && noteworthy(reviewed.outcome) !== undefined) {
        tell({ kind: 'decided', reviewed: { ...reviewed, body: '' } });
      }
    },
    listening: (port) => tell({ kind: 'listening', port }),
  });
  const state = (): void => tell({ kind: 'state', report: context.readiness.report() });
  // The primary decides when to stop; a terminal's Ctrl-C reaches us as well.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => {});
  return new Promise((resolve, reject) => {
    process.on('disconnect', () => resolve(1));
    process.on('message', (message: ToWorker) => {
      switch (message.kind) {
        case 'texts':
          serving.useTexts(message.texts);
          return state();
        case 'certificate':
          serving.useCertificate(message.certificate).then(state, (error: unknown) => {
            if (isListenFailure(error)) tell({ kind: 'deaf', message: error.message });
            else reject(error);
          });
          return;
        case 'problem':
          serving.problem(message.part, message.problem);
          return state();
        case 'stop':
          serving.stop().then((cut) => {
            // The channel would keep the process alive.
            process.send?.({ kind: 'stopped', cut } satisfies FromWorker, () => process.disconnect());
            resolve(0);
          }, reject);
      }
    });
  });
}

const ELSEWHERE: Answer = {
  status: 404,
  contentType: 'text/plain; charset=utf-8',
  body: 'with several workers, metrics are on the plain HTTP port\n',
};

/** First pause before a worker that died is started again, and the longest, in milliseconds. */
const RESTART = { first: 200, longest: 10_000 };

/** What answers reviews, here or in workers. */
export type Processes = {
  readonly serving: Serving;
  readonly report: () => Report;
  readonly metricsText: () => Promise<Answer>;
};

/** What the one who waits for processes is told. */
export type ProcessEvents = {
  readonly listening: (port: number) => void;
  /** Readiness may have changed. */
  readonly changed: () => void;
  /** It cannot go on. */
  readonly fatal: (error: Error) => void;
};

/** In the primary. */
export function startWorkers(
  context: WorkerContext,
  decided: (reviewed: ReviewAnswer) => void,
  { listening, changed, fatal }: ProcessEvents,
): Processes {
  const { options, log } = context;
  const latest = new Map<'texts' | 'certificate', ToWorker>();
  const reports = new Map<number, Report>();
  const aggregator = new AggregatorRegistry();
  // One that is not up yet gets the newest when it is.
  const online = new Set<number>();
  let stopping = false;
  let pause = RESTART.first;
  let cut = 0;

  const workers = (): readonly Worker[] =>
    Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
  const broadcast = (message: ToWorker): void => {
    for (const worker of workers()) if (online.has(worker.id) && worker.isConnected()) worker.send(message);
  };
  const receive = (worker: Worker, message: FromWorker): void => {
    switch (message.kind) {
      case 'state':
        reports.set(worker.id, message.report);
        // It has come as far as it can.
        if (message.report.ready) pause = RESTART.first;
        changed();
        break;
      case 'listening':
        listening(message.port);
        break;
      case 'decided':
        decided(message.reviewed);
        break;
      case 'stopped':
        cut += message.cut;
        break;
      case 'deaf':
        // With the system's words, as if it had happened here.
        fatal(Object.assign(new Error(message.message), { syscall: 'listen' }));
    }
  };
  const start = (): void => {
    const worker = cluster.fork();
    worker.on('message', (message: FromWorker) => receive(worker, message));
    // One that dies while it is told something must not take the others with it.
    worker.on('error', (error) =>
      log.warn('a worker cannot be told', { pid: worker.process.pid, error: error.message }),
    );
    worker.once('online', () => {
      online.add(worker.id);
      for (const message of latest.values()) worker.send(message);
    });
    worker.once('exit', (code, signal) => {
      online.delete(worker.id);
      reports.delete(worker.id);
      if (stopping) return;
      log.error('a worker ended and is started again', { pid: worker.process.pid, code, signal, pause });
      setTimeout(() => !stopping && start(), pause);
      pause = Math.min(pause * 2, RESTART.longest);
    });
  };
  for (let i = 0; i < options.workers; i++) start();

  return {
    // The port is shared, and a worker that is not ready does not listen: one that is ready answers.
    report: () => {
      const ready = [...reports.values()].find((report) => report.ready);
      if (stopping) return { ready: false, lines: ['stopping'] };
      return ready ?? [...reports.values()][0] ?? { ready: false, lines: ['no worker has reported yet'] };
    },
    metricsText: async () => ({
      status: 200,
      contentType: aggregator.contentType,
      body: `${await aggregator.clusterMetrics()}\n${await context.registry.metrics()}`,
    }),
    serving: {
      useTexts: (texts) => {
        latest.set('texts', { kind: 'texts', texts });
        broadcast({ kind: 'texts', texts });
      },
      useCertificate: async (certificate) => {
        latest.set('certificate', { kind: 'certificate', certificate });
        broadcast({ kind: 'certificate', certificate });
      },
      problem: (part, problem) => {
        broadcast({ kind: 'problem', part, problem });
      },
      stop: async () => {
        stopping = true;
        const ended = workers().map((worker) => new Promise<void>((resolve) => worker.once('exit', () => resolve())));
        broadcast({ kind: 'stop' });
        // What has not come up yet owes nobody an answer.
        for (const worker of workers()) if (!online.has(worker.id)) worker.process.kill('SIGKILL');
        await Promise.all(ended);
        return cut;
      },
    },
  };
}
