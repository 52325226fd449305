import {
  chooseEncoding,
  isLoopback,
  localRequest,
  type Prober,
  type ProbeSettings,
  planProbe,
  SMALL_BODY,
} from '../../core/agent/index.ts';
import { compress, ENCODINGS } from '../../platform/compress.ts';
import { type PlainAnswer, type PlainRequest, type PlainServer, servePlainHttp } from '../../platform/plain-http.ts';
import type { AgentMetrics } from './agent-metrics.ts';
import { type MetricsSettings, mergedMetrics } from './merged-metrics.ts';
import { runProbe } from './probe.ts';

export type StatusOptions = {
  /** 0: a free one. */
  readonly port: number;
  readonly probers: ReadonlyMap<string, Prober>;
  readonly probes: ProbeSettings;
  readonly metrics: MetricsSettings;
  readonly metricsLocalhostOnly: boolean;
  readonly counters: AgentMetrics;
  /** What keeps the pod from being ready; undefined: it is. */
  readonly readiness: () => Promise<string | undefined>;
  readonly quit: () => void;
  readonly drain: () => void;
};

/** The agent's status server (agent.md 10): readiness, application probes, merged metrics, quit and drain. */
export function startStatusServer(options: StatusOptions): Promise<PlainServer> {
  return servePlainHttp([undefined], options.port, (request) => answer(request, options));
}

async function answer(request: PlainRequest, options: StatusOptions): Promise<PlainAnswer> {
  if (request.path.startsWith('/app-health/') || request.path.startsWith('/app-lifecycle/')) {
    return probe(request, options);
  }
  switch (request.path) {
    case '/healthz/ready':
      return { status: (await options.readiness()) === undefined ? 200 : 503 };
    case '/stats/prometheus':
    case '/metrics':
      return metrics(request, options);
    case '/quitquitquit':
      return local(request, options.quit);
    case '/drain':
      return local(request, options.drain);
    default:
      return { status: 404, body: '404 page not found\n' };
  }
}

async function probe(request: PlainRequest, options: StatusOptions): Promise<PlainAnswer> {
  const prober = options.probers.get(request.path);
  if (prober === undefined) return { status: 400, body: `app prober config does not exists for ${request.path}\n` };
  const userAgent = request.headers.find(([name]) => name.toLowerCase() === 'user-agent')?.[1] ?? '';
  const { answer: result, body } = await runProbe(planProbe(prober, request, options.probes), userAgent);
  return { status: result.status, body };
}

async function metrics(request: PlainRequest, options: StatusOptions): Promise<PlainAnswer> {
  if (options.metricsLocalhostOnly && !isLoopback(request.remote ?? '')) {
    return { status: 403, body: 'Only requests from localhost are allowed\n' };
  }
  const { contentType, body } = await mergedMetrics(request, options.metrics, options.counters);
  return encoded(request, contentType, body);
}

function encoded(request: PlainRequest, contentType: string, body: Buffer): PlainAnswer {
  const accept = request.headers.find(([name]) => name.toLowerCase() === 'accept-encoding')?.[1] ?? '';
  const encoding = body.length < SMALL_BODY ? undefined : chooseEncoding(accept, ENCODINGS);
  const headers = { vary: 'Accept-Encoding' };
  if (encoding === undefined) return { status: 200, contentType, headers, body };
  return {
    status: 200,
    contentType,
    headers: { ...headers, 'content-encoding': encoding },
    body: compress(body, encoding),
  };
}

function local(request: PlainRequest, act: () => void): PlainAnswer {
  const decided = localRequest(request.method, request.remote);
  if (decided.act) act();
  return { status: decided.status, body: decided.text };
}
