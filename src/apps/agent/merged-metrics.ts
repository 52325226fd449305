import {
  APPLICATION_BODY_LIMIT,
  mergedFormat,
  mergeTargets,
  rewriteAccept,
  type Scraped,
  type ScrapeTarget,
  TEXT_FORMAT,
} from '../../core/agent/index.ts';
import type { PlainRequest } from '../../platform/plain-http.ts';
import { scrape } from '../../platform/scrape.ts';
import type { AgentMetrics, ScrapeFailure } from './agent-metrics.ts';

export type MetricsSettings = {
  /** undefined: Envoy's statistics are not merged. */
  readonly envoyPort: number | undefined;
  readonly targets: readonly ScrapeTarget[];
  readonly applicationBodyLimit?: number | undefined;
  /** Text of the agent's own that belongs to the proxy's: Istio's metrics, where Envoy cannot make them. */
  readonly more?: (() => string) | undefined;
};

/** Envoy's statistics may be large; what is more than this is no longer statistics. */
const ENVOY_BODY_LIMIT = 256 * 1024 * 1024;

/** Agent, Envoy, application: one text, whatever of them failed (agent.md 12). */
export async function mergedMetrics(
  request: PlainRequest,
  settings: MetricsSettings,
  metrics: AgentMetrics,
): Promise<{ readonly contentType: string; readonly body: Buffer }> {
  metrics.countScrape();
  const limit = settings.applicationBodyLimit ?? APPLICATION_BODY_LIMIT;
  const get = (type: ScrapeFailure, port: number, path: string, most: number): Promise<Answer> =>
    scrapePart(request, type, port, path, most, metrics);
  const [envoy, ...answers] = await Promise.all([
    settings.envoyPort === undefined
      ? undefined
      : get('envoy', settings.envoyPort, `/stats/prometheus${request.query}`, ENVOY_BODY_LIMIT),
    ...settings.targets.map(({ port, path }) => {
      const only = settings.targets.length === 1;
      return get(
        'application',
        Number(port),
        path.startsWith('/') ? path : `/${path}`,
        only ? ENVOY_BODY_LIMIT : limit,
      );
    }),
  ]);
  const application = settings.targets.length === 1 ? onlyTarget(answers[0]) : merge(answers);
  const own = `${metrics.text()}${settings.more?.() ?? ''}`;
  const parts = [Buffer.from(own), envoy?.body ?? Buffer.alloc(0), application.body];
  return { contentType: application.contentType, body: Buffer.concat(parts) };
}

type Answer = { readonly contentType: string | undefined; readonly body: Uint8Array } | undefined;

function onlyTarget(answer: Answer): { contentType: string; body: Uint8Array } {
  if (answer === undefined) return { contentType: TEXT_FORMAT, body: Buffer.alloc(0) };
  return { contentType: mergedFormat(answer.contentType), body: answer.body };
}

function merge(answers: readonly Answer[]): { contentType: string; body: Uint8Array } {
  const texts = answers.map(
    (answer): Scraped => answer && { contentType: answer.contentType, body: Buffer.from(answer.body).toString('utf8') },
  );
  const { contentType, body } = mergeTargets(texts);
  return { contentType, body: Buffer.from(body) };
}

async function scrapePart(
  request: PlainRequest,
  type: ScrapeFailure,
  port: number,
  path: string,
  limit: number,
  metrics: AgentMetrics,
): Promise<Answer> {
  const header = (name: string): string => request.headers.find(([given]) => given.toLowerCase() === name)?.[1] ?? '';
  const seconds = header('x-prometheus-scrape-timeout-seconds');
  const agent = header('user-agent');
  const headers = {
    accept: rewriteAccept(header('accept'), type === 'envoy' ? 'envoy' : 'application'),
    ...(agent === '' ? {} : { 'user-agent': agent }),
    ...(seconds === '' ? {} : { 'x-prometheus-scrape-timeout-seconds': seconds }),
  };
  const timeout = /^\d{1,6}(?:\.\d{1,9})?$/.test(seconds) ? Number(seconds) * 1000 : undefined;
  try {
    return await scrape(port, path, headers, { timeoutMilliseconds: timeout, limit });
  } catch {
    metrics.countFailure(type);
    return undefined;
  }
}
