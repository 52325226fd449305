/**
 * The API server of a cluster, as plain JSON over HTTPS: no typed models, since those drop fields that they do not know.
 * Who we are and where the server stands is read by the official client, which knows kubeconfig files with their
 * contexts, exec plugins and OIDC, and a pod's service account.
 */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import { getKey, isObject, type JsonObject, type JsonValue } from '../core/json.ts';
import { hasKubeConfig } from './kubeconfig.ts';

export type ApiFailure = {
  /**
   * config: the kubeconfig cannot be used. unreachable: no answer (status 0). refused: an answer that is no success, with
   * the API server's own status, reason and message.
   */
  readonly kind: 'config' | 'unreachable' | 'refused';
  readonly status: number;
  /** `NotFound`, `Forbidden`, `Conflict`, …; for the other kinds Node's code, such as `ECONNREFUSED`, or empty. */
  readonly reason: string;
  readonly message: string;
};

export type ApiOutcome<T> =
  | { readonly ok: true; readonly value: T; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly failure: ApiFailure };

type ApiRequest = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** `/api/v1/namespaces/x/pods/y`, without a query. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>> | undefined;
  readonly body?: JsonValue | undefined;
  /** Default: `application/json`. */
  readonly contentType?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** For the whole answer, in milliseconds; default 30,000. */
  readonly timeout?: number | undefined;
};

export type KubeApi = {
  /** URL of the server. */
  readonly server: string;
  /** Name of the kubeconfig's context; `in-cluster` in a pod. */
  readonly context: string;
  /** The context's namespace; `default` where it names none. */
  readonly namespace: string;
  readonly request: (request: ApiRequest) => Promise<ApiOutcome<JsonObject>>;
  /**
   * A GET whose answer has no end: calls `onLine` with each line. Ends with the server's end of the stream, or with a
   * failure; after `idleTimeout` milliseconds without a line it is a failure (`unreachable`, reason `IDLE`).
   */
  readonly stream: (
    request: Pick<ApiRequest, 'path' | 'query' | 'signal'> & { readonly idleTimeout: number },
    onLine: (line: string) => void,
  ) => Promise<ApiOutcome<undefined>>;
  readonly close: () => void;
};

export type KubeApiOptions = {
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  /** `--as`-like impersonation is left to the kubeconfig. Sent as User-Agent. */
  readonly userAgent?: string | undefined;
};

/** Reads who we are; nothing is contacted yet. */
export function openKubeApi(options: KubeApiOptions = {}): ApiOutcome<KubeApi> {
  // The client would try localhost:8080.
  if (options.kubeconfig === undefined && !hasKubeConfig(process.env)) {
    return broken('there is no kubeconfig: no $KUBECONFIG, no ~/.kube/config, and this is no pod');
  }
  const config = new KubeConfig();
  try {
    if (options.kubeconfig === undefined) config.loadFromDefault();
    else config.loadFromFile(options.kubeconfig);
    if (options.context !== undefined) {
      const known = config.getContexts().map(({ name }) => name);
      if (!known.includes(options.context)) {
        return broken(`there is no context "${options.context}"; there are ${known.join(', ') || 'none'}`);
      }
      config.setCurrentContext(options.context);
    }
  } catch (error) {
    return broken(error instanceof Error ? error.message : String(error));
  }
  const cluster = config.getCurrentCluster();
  if (cluster === null) return broken('the kubeconfig has no current context, or its cluster is missing');
  return { ok: true, value: apiOf(config, new URL(cluster.server), options), warnings: [] };
}

function broken(message: string): ApiOutcome<never> {
  return { ok: false, failure: { kind: 'config', status: 0, reason: '', message } };
}

function apiOf(config: KubeConfig, server: URL, options: KubeApiOptions): KubeApi {
  const plain = server.protocol === 'http:' ? new HttpAgent({ keepAlive: true }) : undefined;
  // The client makes an agent for every request, and with it a TLS handshake: ours is kept as long as its options last.
  let kept: { readonly key: string; readonly agent: RequestOptions['agent'] } | undefined;

  async function optionsFor({ method, path, query, signal }: Omit<ApiRequest, 'body'>): Promise<RequestOptions> {
    const search = new URLSearchParams(query).toString();
    const request: RequestOptions = {
      method,
      hostname: server.hostname.replace(/^\[|\]$/g, ''),
      port: server.port,
      path: `${server.pathname.replace(/\/$/, '')}${path}${search === '' ? '' : `?${search}`}`,
      headers: { accept: 'application/json', 'user-agent': options.userAgent ?? 'remora' },
      ...(signal === undefined ? {} : { signal }),
    };
    await config.applyToHTTPSOptions(request);
    if (plain !== undefined) return { ...request, agent: plain };
    const agent = request.agent;
    if (typeof agent === 'object' && 'options' in agent) {
      Object.assign(agent.options as object, { keepAlive: true });
      const key = JSON.stringify(agent.options, (_key, value) =>
        Buffer.isBuffer(value) ? value.toString('hex') : value,
      );
      if (kept?.key !== key) kept = { key, agent };
      return { ...request, agent: kept.agent };
    }
    return request;
  }

  async function send(request: ApiRequest): Promise<IncomingMessage> {
    const prepared = await optionsFor(request);
    const body = request.body === undefined ? undefined : JSON.stringify(request.body, plainNumbers);
    const headers =
      body === undefined
        ? prepared.headers
        : {
            ...prepared.headers,
            'content-type': request.contentType ?? 'application/json',
            'content-length': Buffer.byteLength(body),
          };
    return await new Promise((resolve, reject) => {
      const call = (plain === undefined ? httpsRequest : httpRequest)({ ...prepared, headers }, resolve);
      call.on('error', reject);
      call.end(body);
    });
  }

  return {
    server: server.href,
    context: config.getCurrentContext(),
    namespace: config.getContextObject(config.getCurrentContext())?.namespace ?? 'default',
    request: async (request) => {
      const ends = AbortSignal.timeout(request.timeout ?? 30_000);
      const signal = request.signal === undefined ? ends : AbortSignal.any([request.signal, ends]);
      try {
        const answer = await send({ ...request, signal });
        return outcomeOf(answer, await textOf(answer));
      } catch (error) {
        return unreachable(error, server.href);
      }
    },
    stream: async ({ idleTimeout, signal: given, ...request }, onLine) => {
      const idle = new AbortController();
      const signal = given === undefined ? idle.signal : AbortSignal.any([given, idle.signal]);
      let timer = setTimeout(() => idle.abort(), idleTimeout);
      try {
        const answer = await send({ ...request, method: 'GET', signal });
        if (answer.statusCode !== 200) return withoutValue(outcomeOf(answer, await textOf(answer)));
        let rest = '';
        answer.setEncoding('utf8');
        for await (const chunk of answer) {
          clearTimeout(timer);
          timer = setTimeout(() => idle.abort(), idleTimeout);
          const lines = `${rest}${chunk}`.split('\n');
          rest = lines.pop() ?? '';
          for (const line of lines) if (line !== '') onLine(line);
        }
        return { ok: true, value: undefined, warnings: [] };
      } catch (error) {
        if (!idle.signal.aborted) return unreachable(error, server.href);
        const message = `nothing came from ${server.href}${request.path} for ${idleTimeout} ms`;
        return { ok: false, failure: { kind: 'unreachable', status: 0, reason: 'IDLE', message } };
      } finally {
        clearTimeout(timer);
      }
    },
    close: () => {
      plain?.destroy();
      if (typeof kept?.agent === 'object') kept.agent.destroy();
    },
  };
}

async function textOf(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function outcomeOf(answer: IncomingMessage, text: string): ApiOutcome<JsonObject> {
  const status = answer.statusCode ?? 0;
  const object = parse(text);
  if (status >= 200 && status < 300 && object !== undefined) {
    return { ok: true, value: object, warnings: warningsOf(answer.headersDistinct.warning ?? []) };
  }
  const said = (key: string): string => {
    const value = object === undefined ? undefined : getKey(object, key);
    return typeof value === 'string' ? value : '';
  };
  const message = said('message') || text.trim().slice(0, 300) || (answer.statusMessage ?? '');
  return { ok: false, failure: { kind: 'refused', status, reason: said('reason'), message } };
}

/** `299 - "text"`, as the API server hands on what admission webhooks warn of. */
function warningsOf(headers: readonly string[]): readonly string[] {
  return headers.flatMap((header) =>
    [...header.matchAll(/\d{3} \S+ ("(?:[^"\\]|\\.)*")/g)].map(([, quoted = '""']) =>
      quoted.slice(1, -1).replace(/\\(.)/g, '$1'),
    ),
  );
}

function parse(text: string): JsonObject | undefined {
  try {
    const value: JsonValue = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function unreachable(error: unknown, server: string): ApiOutcome<never> {
  if (!(error instanceof Error)) throw error;
  const reason = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const message = error.name === 'TimeoutError' ? `${server} did not answer in time` : error.message;
  return { ok: false, failure: { kind: 'unreachable', status: 0, reason, message } };
}

function withoutValue(outcome: ApiOutcome<JsonObject>): ApiOutcome<undefined> {
  return outcome.ok ? { ...outcome, value: undefined } : outcome;
}

function plainNumbers(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value;
}
