import { cpus, totalmem } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import {
  cleanupCheck,
  type EngineName,
  type InjectedPod,
  type InterceptionMode,
  injectPods,
} from '../../core/demo/index.ts';
import type { Problem } from '../../core/problem.ts';
import { templateHost } from '../../platform/template-host.ts';
import { Interruption } from './interruption.ts';
import { removeLeftovers } from './leftovers.ts';
import { LiveStory } from './live-story.ts';
import { type Audience, Narrator } from './narrator.ts';
import { PodWorld } from './pod-world.ts';
import { chooseEngine, type Engine, whyNotLive } from './requirements.ts';
import { simulateStory } from './simulated-story.ts';
import { servePage } from './web.ts';

export type DemoOptions = {
  readonly engine: EngineName | undefined;
  readonly mode: InterceptionMode;
  readonly requests: number;
  /** Leave the pods running until a signal comes. */
  readonly keep: boolean;
  /** Port of the page, 0 for any; undefined: no page. */
  readonly webPort: number | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly version: string;
};

/** Tells the story from beginning to end. 1 where a check did not hold, or it was broken off. */
export async function runDemo(options: DemoOptions, audience: Audience): Promise<0 | 1 | readonly Problem[]> {
  const started = performance.now();
  const because = whyNotLive(options.env);
  const engine = chooseEngine(options.engine, options.env);
  if (because === undefined && typeof engine === 'string') return [noEnvoy(engine)];
  const node = { cpus: cpus().length, memoryBytes: totalmem() };
  const pods = injectPods(options.mode, node, options.version, templateHost(options.env));
  if (!pods.ok) return pods.problems;

  const page = options.webPort === undefined ? undefined : await servePage(options.webPort);
  if (typeof page === 'string') return [noPage(page)];
  if (page !== undefined) audience.note(`The page is at ${page.url}`);
  const narrator = new Narrator(audience, page, {
    version: 1,
    kind: 'simulated',
    mode: options.mode,
    pods: pods.value.map(({ report }) => report),
    requests: [],
    trails: [],
    packets: [],
    comparison: [],
    checks: [],
  });
  const interruption = new Interruption();
  try {
    if (because !== undefined || typeof engine === 'string') simulateStory(pods.value, because ?? '', narrator);
    else await liveStory(pods.value, engine, options, narrator, interruption);
    narrator.finish(Math.round(performance.now() - started));
    // A page that goes away with the last chapter would not be read.
    if (page !== undefined && !interruption.happened) {
      audience.note(`The page stays at ${page.url} until Ctrl-C.`);
      await interruption.promise;
    }
  } finally {
    interruption.forget();
    page?.close();
  }
  const { checks, failure } = narrator.report;
  return failure === undefined && checks.length > 0 && checks.every(({ held }) => held) ? 0 : 1;
}

async function liveStory(
  pods: readonly InjectedPod[],
  engine: Engine,
  options: DemoOptions,
  narrator: Narrator,
  interruption: Interruption,
): Promise<void> {
  const started = performance.now();
  const old = removeLeftovers();
  if (old.length > 0) narrator.note(`Removed what an earlier demo left behind: ${old.join(', ')}`);
  const world = new PodWorld(engine);
  // For an end that nobody foresaw; it does nothing once everything is gone.
  const lastResort = (): void => void world.removeNow();
  process.once('exit', lastResort);
  try {
    const { name, description } = engine;
    narrator.update({ kind: 'live', engine: { name, description } });
    const live = new LiveStory(world, pods, options, narrator);
    const story = live.tell();
    story.catch(() => {});
    await Promise.race([story, interruption.promise]);
    if (interruption.happened) {
      live.stop();
      narrator.update({ failure: `interrupted by ${interruption.signal}` });
    } else if (options.keep) {
      // What comes now is waiting.
      narrator.update({ milliseconds: Math.round(performance.now() - started) });
      await keep(live, world, narrator, interruption);
    }
  } catch (error) {
    narrator.update({ failure: error instanceof Error ? error.message : String(error) });
  } finally {
    const left = await world.remove();
    process.off('exit', lastResort);
    narrator.check(cleanupCheck([...left, ...world.running().map((pid) => `process ${pid}`)]));
  }
}

/** Until a signal comes; the counters go on being read for the page. */
async function keep(live: LiveStory, world: PodWorld, narrator: Narrator, interruption: Interruption): Promise<void> {
  narrator.note(
    `The pods stay until Ctrl-C. Look into one: ip netns exec ${world.namespaceOf('red')} iptables -t nat -S`,
  );
  while (!interruption.happened) {
    await Promise.race([interruption.promise, pause(1_000)]);
    if (!interruption.happened) live.readAgain();
  }
}

function noEnvoy(message: string): Problem {
  return {
    code: 'PROXY_NOT_FOUND',
    severity: 'error',
    message,
    remedy: 'Name an Envoy with REMORA_ENVOY, or take --engine embedded.',
  };
}

function noPage(message: string): Problem {
  return {
    code: 'USAGE',
    severity: 'error',
    message: `the page cannot be served: ${message}`,
    remedy: 'Give another --port, or none for any that is free.',
  };
}
