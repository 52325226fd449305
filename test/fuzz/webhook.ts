/**
 * `remora webhook` as a process under two kinds of load at once: mutated reviews, each answer judged, and abuse of HTTP
 * and TLS. In between, good reviews must go on being injected, and the heap is measured after forced collection.
 */
import { Agent } from 'node:https';
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { CACHE_LIMITS } from '../../src/core/injection/admission/answer-cache.ts';
import { type Random, seededRandom } from '../differential/random-template.ts';
import {
  credentials,
  POD,
  post,
  responseOf,
  reviewOf,
  startWebhook,
  type Webhook,
  workFolder,
} from '../webhook/process.ts';
import { ABUSES, type Target } from './webhook-abuse.ts';
import { mutatedReview, wrongWith } from './webhook-reviews.ts';

export type WebhookFuzzReport = {
  readonly seed: number;
  readonly reviews: number;
  readonly abuses: number;
  readonly outcomes: Readonly<Record<string, number>>;
  /** What must not happen. */
  readonly finds: readonly string[];
  /** MiB of live heap after collection, with the load paused, over the second half of the time. */
  readonly heap: readonly number[];
  /** Connections of the process when all clients have gone. */
  readonly sockets: number;
  readonly folder: string;
};

/** Measurements over the second half. */
const SAMPLES = 6;

export async function fuzzWebhook(seconds: number, seed: number): Promise<WebhookFuzzReport> {
  const given = await credentials();
  const folder = workFolder(given.leaf);
  const webhook = await startWebhook(folder, ['--offline', '--tlsCertFile=tls.crt', '--tlsKeyFile=tls.key'], {
    nodeArgs: ['--expose-gc', '--require', resolve('test/fuzz/heap-hook.cjs')],
  });
  const target = { port: webhook.port, ca: given.authority.certificate };
  const state = { reviews: 0, abuses: 0, outcomes: {} as Record<string, number>, finds: [] as string[] };
  const ended = webhook.ended.then((code) => {
    if (!over) state.finds.push(`the process ended with ${code}`);
  });
  let over = false;
  const phase = async (milliseconds: number, random: Random): Promise<void> => {
    const ends = Date.now() + milliseconds;
    const agents = Array.from({ length: 4 }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
    const more = (): boolean => Date.now() < ends && state.finds.length < 10;
    await Promise.all([
      ...agents.map((agent) => reviews(target, random, state, more, agent)),
      abuse(target, random, state, more),
      abuse(target, random, state, more),
      canary(target, state, more),
    ]);
    for (const agent of agents) agent.destroy();
  };
  await fill(target);
  // One stream of random numbers for each phase: what is drawn within one depends on timing, what starts it does not.
  await phase(seconds * 500, seededRandom(seed));
  const heap: number[] = [];
  let sockets = 0;
  for (let i = 0; i <= SAMPLES && state.finds.length === 0; i++) {
    if (i > 0) await phase((seconds * 500) / SAMPLES, seededRandom(seed + i));
    await pause(100);
    process.kill(webhook.pid, 'SIGUSR2');
    const measured = await webhook.logged('heap', i + 1);
    heap.push(Math.round((Number(measured.heapUsed) / 2 ** 20) * 100) / 100);
    sockets = Number(measured.sockets);
    const open = await requestsOpen(webhook);
    if (open !== 0) state.finds.push(`${open} requests count as open though all clients have gone`);
  }
  over = true;
  await stop(webhook, state.finds);
  await ended;
  return { seed, ...state, heap, sockets, folder };
}

/** Answers are remembered up to a bound: it is reached before anything is measured, or its filling would look like a leak. */
async function fill(target: Target): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  const body = (i: number): string =>
    reviewOf({ ...POD, metadata: { ...POD.metadata, annotations: { i: String(i), padding: 'x'.repeat(9_000) } } });
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < CACHE_LIMITS.entries + 100) {
      next += 1;
      await post({ ...target, body: body(next), agent });
    }
  };
  await Promise.all([work(), work(), work(), work()]);
  agent.destroy();
}

type State = { reviews: number; abuses: number; readonly outcomes: Record<string, number>; readonly finds: string[] };

async function reviews(target: Target, random: Random, state: State, more: () => boolean, agent: Agent): Promise<void> {
  while (more()) {
    const sent = mutatedReview(random);
    state.reviews += 1;
    try {
      const reply = await post({ ...target, ...sent, agent });
      const wrong = wrongWith(sent, reply);
      const outcome = outcomeOf(reply.status, reply.body);
      state.outcomes[outcome] = (state.outcomes[outcome] ?? 0) + 1;
      if (wrong !== undefined)
        state.finds.push(`${wrong}\n  ${sent.path} ${sent.body.toString('base64').slice(0, 3_000)}`);
    } catch (error) {
      state.finds.push(`no answer: ${String(error)}\n  ${sent.path} ${sent.body.toString('base64').slice(0, 3_000)}`);
    }
  }
}

function outcomeOf(status: number, body: string): string {
  if (status !== 200 || !body.startsWith('{')) return String(status);
  if (body.includes('"patch"')) return 'injected';
  return body.includes('"allowed":true') ? 'skipped' : 'refused';
}

async function abuse(target: Target, random: Random, state: State, more: () => boolean): Promise<void> {
  const kinds = Object.entries(ABUSES);
  while (more()) {
    const [name, act] = kinds[random.below(kinds.length)] ?? ['', async () => undefined];
    state.abuses += 1;
    const wrong = await act(target, random);
    if (wrong !== undefined) state.finds.push(`${name}: ${wrong}`);
  }
}

/** A good review is injected within a second or two, whatever others do. */
async function canary(target: Target, state: State, more: () => boolean): Promise<void> {
  while (more()) {
    const started = Date.now();
    try {
      const reply = await post({ ...target, body: reviewOf(POD) });
      if (responseOf(reply).patch === undefined) state.finds.push(`a good review got ${reply.body.slice(0, 300)}`);
    } catch (error) {
      state.finds.push(`a good review got no answer: ${String(error)}`);
    }
    const took = Date.now() - started;
    if (took > 5_000) state.finds.push(`a good review took ${took} ms`);
    await pause(100);
  }
}

/** One that is not given back would be waited for when the process stops. */
async function requestsOpen({ httpPort }: Webhook): Promise<number> {
  const metrics = await (await fetch(`http://127.0.0.1:${httpPort}/metrics`)).text();
  return Number(/^remora_requests_in_flight (\S+)$/m.exec(metrics)?.[1]);
}

async function stop(webhook: Webhook, finds: string[]): Promise<void> {
  webhook.signal('SIGTERM');
  const code = await webhook.ended;
  if (code !== 0) finds.push(`it stopped with ${code}`);
}
