/** The life of `remora webhook`: sources feed one process, or a primary that hands on to workers, until a signal comes. */

import cluster from 'node:cluster';
import { setTimeout as wait } from 'node:timers/promises';
import { Registry } from 'prom-client';
import { failed, type Parsed, type Problem, parsed } from '../../core/problem.ts';
import { readFile } from '../../platform/files.ts';
import type { Answer } from '../../platform/https-server.ts';
import { createLog, type Log } from '../../platform/log.ts';
import { type PlainAnswer, type PlainServer, servePlainHttp } from '../../platform/plain-http.ts';
import { startHeartbeat } from './heartbeat.ts';
import { createClusterMetrics, createMetrics, type Metrics } from './metrics.ts';
import type { WebhookOptions } from './options.ts';
import { createReadiness, type Readiness } from './readiness.ts';
import { health } from './routes.ts';
import { createServing, isListenFailure } from './serving.ts';
import { openSources, type Sources, unreadable } from './sources.ts';
import { type ProcessEvents, type Processes, runWorker, startWorkers } from './workers.ts';

/**
 * Runs until SIGTERM or SIGINT. Resolves with the exit code: 0 stopped in order, 1 requests had to be cut, or it could not
 * start; in that case with the problems that say why.
 */
export async function runWebhook(options: WebhookOptions, version: string): Promise<Parsed<number>> {
  const log = createLog(options.log);
  const registry = new Registry();
  // The primary of several workers reviews nothing; the workers' counts are added to its own.
  const metrics = createMetrics(options.workers > 1 && cluster.isPrimary ? new Registry() : registry);
  const readiness = createReadiness();
  const authority = readAuthority(options);
  if (!authority.ok) return authority;
  const context = { options, clientAuthorityPem: authority.value, log, registry, metrics, readiness };
  if (cluster.isWorker) return parsed(await runWorker(context));
  const sources = await openSources(options, version, log, createClusterMetrics(registry));
  if (!sources.ok) return sources;
  try {
    return parsed(await live(context, sources.value));
  } catch (error) {
    if (!isListenFailure(error)) throw error;
    return failed(notListening(error, options));
  }
}

type Context = {
  readonly options: WebhookOptions;
  readonly clientAuthorityPem: string | undefined;
  readonly log: Log;
  readonly registry: Registry;
  readonly metrics: Metrics;
  readonly readiness: Readiness;
};

async function live(context: Context, sources: Sources): Promise<number> {
  const { options, log } = context;
  const ports: { https?: number; http?: number } = {};
  let announced = false;
  const announce = (): void => {
    if (announced || !report().ready || ports.https === undefined) return;
    announced = true;
    log.info('ready', { port: ports.https, ...(ports.http === undefined ? {} : { httpPort: ports.http }) });
  };
  const listening = (port: number): void => {
    ports.https = port;
  };
  let fatal: (error: unknown) => void = () => {};
  const failures = new Promise<never>((_resolve, reject) => {
    fatal = reject;
  });
  // It is looked at further down, and may come before.
  failures.catch(() => {});
  const { serving, report, metricsText } = processes(context, sources, { listening, changed: announce, fatal });
  const over = new AbortController();
  const running: Promise<void>[] = [];
  let http: PlainServer | undefined;
  const run = (): void => {
    running.push(
      sources.texts.run(
        {
          value: (texts) => {
            serving.useTexts(texts);
            announce();
          },
          problem: (problem) => serving.problem('configuration', problem),
        },
        over.signal,
      ),
      sources.certificate.run(
        {
          value: (certificate) => {
            if (certificate.caBundle !== undefined) sources.useCaBundle(certificate.caBundle);
            serving.useCertificate(certificate).then(announce, fatal);
          },
          problem: (problem) => serving.problem('certificate', problem),
        },
        over.signal,
      ),
      ...sources.chores.map((chore) => chore(over.signal)),
      ...(options.heartbeat === undefined ? [] : [startHeartbeat(options.heartbeat, log, over.signal)]),
    );
    for (const each of running) each.catch(fatal);
  };
  try {
    if (options.httpPort !== undefined) {
      http = await servePlainHttp([options.address], options.httpPort, async ({ method, path, query }) => {
        if (method !== 'GET' && method !== 'HEAD') return ONLY_GET;
        return (await health(path, `${path}${query}`, { report, metricsText })) ?? NOT_HERE;
      });
      ports.http = http.port;
    }
    run();
    const signal = await Promise.race([signalled(), failures]);
    log.info('stopping', { signal });
    // Somebody is in a hurry: no timer of an orderly stop is waited for.
    signalled().then(() => process.exit(1));
    const cut = await serving.stop();
    log.info('stopped', { cut });
    return cut === 0 ? 0 : 1;
  } catch (error) {
    // Workers would outlive us.
    await Promise.race([serving.stop(), pause(2_000)]);
    throw error;
  } finally {
    over.abort();
    http?.close();
    // The Lease is given back, so that another replica leads at once.
    await Promise.race([Promise.allSettled(running), pause(2_000)]);
    sources.close();
  }
}

const ONLY_GET: PlainAnswer = { status: 405, body: 'only GET\n' };

const NOT_HERE: PlainAnswer = {
  status: 404,
  body: '/healthz, /readyz and /metrics are here; reviews go to the HTTPS port\n',
};

/** This process, or workers of it. */
function processes(context: Context, sources: Sources, events: ProcessEvents): Processes {
  if (context.options.workers > 1) return startWorkers(context, sources.decided, events);
  const { listening } = events;
  const metricsText = async (): Promise<Answer> => ({
    status: 200,
    contentType: context.registry.contentType,
    body: await context.registry.metrics(),
  });
  const serving = createServing({ ...context, metricsText, decided: sources.decided, listening });
  return { serving, report: context.readiness.report, metricsText };
}

function readAuthority({ clientAuthority }: WebhookOptions): Parsed<string | undefined> {
  if (clientAuthority === undefined) return parsed(undefined);
  const read = readFile(clientAuthority.file);
  if (!read.ok) return failed(unreadable(clientAuthority.file, read.failure.message));
  return parsed(Buffer.from(read.value).toString('utf8'));
}

function notListening(error: Error, { address, port, httpPort }: WebhookOptions): Problem {
  return {
    code: 'WEBHOOK_PORT',
    severity: 'error',
    message: `the webhook cannot listen at ${address ?? 'any address'}, port ${port}${httpPort === undefined ? '' : ` or ${httpPort}`}: ${error.message}`,
    remedy:
      'Choose other ports with --port and --httpPort (0 takes a free one) or another --address, or stop what uses them.',
  };
}

function signalled(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => resolve(name));
  });
}

function pause(milliseconds: number): Promise<void> {
  return wait(milliseconds, undefined, { ref: false });
}
