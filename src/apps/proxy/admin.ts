import type { PlainAnswer, PlainRequest } from '../../platform/plain-http.ts';
import type { Engine } from './engine.ts';

export type AdminActions = {
  /** Stops taking new connections from outside, once the drain time is over; `stay`: goes on taking them. */
  readonly drain: (stay: boolean) => void;
  readonly quit: () => void;
  readonly listeners: () => readonly string[];
};

/** The admin port: what the agent asks of Envoy, and some of what a person does (agent.md 9.1). */
export function answerAdmin(request: PlainRequest, engine: Engine, actions: AdminActions): PlainAnswer {
  const { method, path } = request;
  const query = new URLSearchParams(request.query);
  switch (path) {
    case '/':
      return { status: 200, body: HELP };
    case '/stats':
      return stats(engine, query);
    case '/stats/prometheus':
      return { status: 200, contentType: 'text/plain; version=0.0.4; charset=utf-8', body: prometheus(engine) };
    case '/ready':
      return { status: 200, body: 'LIVE\n' };
    case '/listeners':
      return {
        status: 200,
        body: actions
          .listeners()
          .map((line) => `${line}\n`)
          .join(''),
      };
    case '/server_info':
      return json({
        version: 'remora-embedded',
        state: engine.draining ? 'DRAINING' : 'LIVE',
        node_version: process.version,
      });
    case '/config_dump':
      return json(engine.config);
    case '/drain_listeners':
      if (method !== 'POST') return NOT_POST;
      actions.drain(query.has('skip_exit'));
      return OK;
    case '/quitquitquit':
      if (method !== 'POST') return NOT_POST;
      actions.quit();
      return OK;
    default:
      return { status: 404, body: `${path} is not among what the embedded proxy answers.\n${HELP}` };
  }
}

/** Everything that is counted, with what is read at the moment. */
export function prometheus(engine: Engine): string {
  refresh(engine);
  return engine.stats.prometheus() + engine.metrics.text();
}

function stats(engine: Engine, query: URLSearchParams): PlainAnswer {
  refresh(engine);
  const filter = query.get('filter');
  try {
    return { status: 200, body: engine.stats.text(filter === null ? undefined : new RegExp(filter)) };
  } catch {
    return { status: 400, body: `Invalid re2 regex: ${filter}\n` };
  }
}

function refresh({ stats, open }: Engine): void {
  stats.set('server.live', 1);
  stats.set('server.state', 0);
  stats.set('server.uptime', Math.round(process.uptime()));
  stats.set('server.memory_allocated', process.memoryUsage.rss());
  stats.set('server.total_connections', open.size);
  stats.set('listener_manager.workers_started', 1);
}

const OK: PlainAnswer = { status: 200, body: 'OK\n' };
const NOT_POST: PlainAnswer = { status: 405, body: 'Method Not Allowed: use POST\n' };
const HELP = `The embedded proxy answers GET /stats[?filter=REGEX], /stats/prometheus, /ready, /listeners, /server_info, /config_dump,
and POST /drain_listeners[?skip_exit], /quitquitquit.
`;

function json(value: unknown): PlainAnswer {
  return { status: 200, contentType: 'application/json', body: `${JSON.stringify(value, null, 1)}\n` };
}
