import type { ReviewAnswer } from '../../core/injection/index.ts';
import type { Answer, Incoming } from '../../platform/https-server.ts';
import type { Metrics } from './metrics.ts';
import type { ClientAuthority } from './options.ts';
import type { Report } from './readiness.ts';
import type { Reviewer } from './reviewer.ts';

/** What the routes stand on; all of it may change while the server runs. */
export type RouteContext = {
  readonly reviewer: () => Reviewer | undefined;
  readonly report: () => Report;
  readonly metrics: Metrics;
  readonly clientAuthority: ClientAuthority | undefined;
  readonly injectPath: 'exact' | 'below';
  /** The metrics' text, of this process or of all workers. */
  readonly metricsText: () => Promise<Answer>;
  readonly reviewed: (answer: ReviewAnswer, milliseconds: number) => void;
};

/** 2 × the largest object that etcd takes, as istiod. */
export const BODY_LIMIT = 2 * 3 * 1024 * 1024;

/** `/inject` and what is below it; probes and metrics, which need no client certificate; anything else is 404. */
export function routes(context: RouteContext): (incoming: Incoming) => Answer | Promise<Answer> {
  return (incoming) => {
    const path = pathOf(incoming.url);
    if (path === undefined) return plain(400, 'the URL cannot be decoded');
    if (path === '/inject' || (context.injectPath === 'below' && path.startsWith('/inject/')))
      return review(incoming, path, context);
    return health(path, incoming.url, context) ?? plain(404, `nothing is served at ${path}; reviews go to /inject`);
  };
}

/** What probes and Prometheus ask for, on either port; undefined for other paths. */
export function health(
  path: string,
  url: string,
  { report, metricsText }: Pick<RouteContext, 'report' | 'metricsText'>,
): Answer | Promise<Answer> | undefined {
  switch (path) {
    case '/healthz':
      return plain(200, 'ok');
    case '/readyz':
    case '/ready': {
      const { ready, lines } = report();
      const verbose = !ready || url.includes('verbose');
      return plain(ready ? 200 : 503, verbose ? [ready ? 'ok' : 'not ready', ...lines].join('\n') : 'ok');
    }
    case '/metrics':
      return metricsText();
    default:
      return undefined;
  }
}

function review(incoming: Incoming, path: string, context: RouteContext): Answer {
  const { metrics, clientAuthority } = context;
  const refused = clientAuthority === undefined ? undefined : refusal(incoming, clientAuthority);
  if (refused !== undefined) return rejected(refused, metrics);
  metrics.requests.inc();
  const reviewer = context.reviewer();
  // The API server takes it for a failed call: failurePolicy decides, and another replica may be asked.
  if (reviewer === undefined) return failed(plain(503, 'no configuration yet'), metrics);
  if (incoming.body === undefined) return failed(plain(400, 'http: request body too large'), metrics);
  const started = performance.now();
  const answer = reviewer(incoming.body.toString('utf8'), incoming.contentType, path);
  const milliseconds = performance.now() - started;
  metrics.time.observe(milliseconds / 1000);
  metrics.duration.observe(milliseconds / 1000);
  const { outcome } = answer;
  if (answer.status === 200) metrics.success.inc();
  if (outcome === undefined || outcome.kind === 'failed') metrics.failure.inc();
  if (outcome?.kind === 'skipped') metrics.skip.inc();
  if (outcome !== undefined) metrics.decisions.inc({ result: outcome.kind, rule: outcome.decision.decidedBy });
  context.reviewed(answer, milliseconds);
  return answer.status === 200 ? answer : rejected(answer, metrics);
}

function failed(answer: Answer, metrics: Metrics): Answer {
  metrics.failure.inc();
  return rejected(answer, metrics);
}

function rejected(answer: Answer, metrics: Metrics): Answer {
  metrics.rejected.inc({ status: String(answer.status) });
  return answer;
}

function refusal({ client }: Incoming, { names }: ClientAuthority): Answer | undefined {
  if (client === undefined) return plain(401, 'a client certificate is required');
  if (!client.authorized) return plain(401, `the client certificate is not accepted: ${client.why}`);
  if (names.length > 0 && !names.includes(client.commonName)) {
    return plain(403, `the client "${client.commonName}" is none of ${names.join(', ')}`);
  }
  return undefined;
}

function pathOf(url: string): string | undefined {
  try {
    return decodeURIComponent(url.split('?')[0] ?? '/');
  } catch {
    return undefined;
  }
}

function plain(status: number, text: string): Answer {
  return { status, contentType: 'text/plain; charset=utf-8', body: `${text}\n` };
}
