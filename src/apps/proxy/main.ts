/**
 * The embedded engine as a program: opens its ports, carries until it is told to end. From outside it is an Envoy
 * (agent.md 1): the same ports, the same questions.
 *
 *   15001, 15006 ─► carry        15000 ─► admin
 *   15021 /healthz/ready ─► the agent's status port        15090 /stats/prometheus
 */
import type { Server } from 'node:net';
import type { AddressFamilies } from '../../core/envoy/index.ts';
import { failed, type Parsed, type Problem, parsed } from '../../core/problem.ts';
import { type EmbeddedConfig, parseEmbeddedConfig } from '../../core/proxy/index.ts';
import { listenForCapture } from '../../platform/capture-listener.ts';
import { readFile } from '../../platform/files.ts';
import { callLocal } from '../../platform/local-http.ts';
import { type PlainAnswer, type PlainHandler, servePlainHttp } from '../../platform/plain-http.ts';
import { answerAdmin, prometheus } from './admin.ts';
import { carry } from './carry.ts';
import { type CaptureListener, createEngine, type Engine } from './engine.ts';

/** Runs with the configuration of a file. Gives the exit code once it has ended, or what kept it from starting. */
export async function runEmbedded(file: string, say: (message: string) => void): Promise<Parsed<number>> {
  const text = readFile(file);
  if (!text.ok) return failed(unreadable(text.failure.path, text.failure.message));
  const config = parseEmbeddedConfig(Buffer.from(text.value).toString('utf8'));
  if (!config.ok)
    return failed(...config.problems.map((problem) => ({ ...problem, where: { ...problem.where, file } })));
  if (process.platform !== 'linux') return failed(notLinux());
  let engine: ReturnType<typeof createEngine>;
  try {
    engine = createEngine(config.value, say);
  } catch (error) {
    return failed(noLog(config.value.accessLog?.path ?? '', error));
  }
  return new Program(engine).run();
}

class Program {
  readonly #engine: ReturnType<typeof createEngine>;
  readonly #closers: (() => void)[] = [];
  readonly #capture: { readonly listener: CaptureListener; readonly server: Server }[] = [];
  #ended: () => void = () => {};

  constructor(engine: ReturnType<typeof createEngine>) {
    this.#engine = engine;
  }

  async run(): Promise<Parsed<number>> {
    const end = new Promise<void>((resolve) => {
      this.#ended = resolve;
    });
    try {
      await this.#open();
      for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => this.#ended());
      this.#engine.say('embedded proxy: all ports are open');
      await end;
      return parsed(0);
    } catch (error) {
      if (error instanceof PortError) return failed(error.problem);
      throw error;
    } finally {
      for (const { server } of this.#capture) server.close();
      for (const close of this.#closers) close();
      this.#engine.close();
    }
  }

  async #open(): Promise<void> {
    const { ports, families, metricsLocalhostOnly } = this.#engine.config;
    const everywhere = wildcards(families);
    const actions = {
      drain: (stay: boolean) => this.#drain(stay),
      quit: () => this.#ended(),
      listeners: () => this.#capture.map(({ listener }) => `${listener.direction}::${listener.name}`),
    };
    await this.#serve('admin', [families.localhost], ports.admin, (request) =>
      answerAdmin(request, this.#engine, actions),
    );
    await this.#serve(
      'prometheus',
      metricsLocalhostOnly ? [families.localhost] : everywhere,
      ports.prometheus,
      ({ path }) => (path === '/stats/prometheus' ? metricsAnswer(this.#engine) : NOT_FOUND),
    );
    await this.#captureAt('outbound', ports.outbound);
    await this.#captureAt('inbound', ports.inbound);
    // Last: who is told that the pod is healthy finds everything open.
    await this.#serve('health', everywhere, ports.health, ({ path }) =>
      path.startsWith('/healthz/ready') ? health(this.#engine.config) : NOT_FOUND,
    );
  }

  async #serve(what: string, addresses: readonly string[], port: number, handle: PlainHandler): Promise<void> {
    try {
      this.#closers.push((await servePlainHttp(addresses, port, handle)).close);
    } catch (error) {
      throw new PortError(what, port, error);
    }
  }

  async #captureAt(direction: 'inbound' | 'outbound', port: number): Promise<void> {
    const { config } = this.#engine;
    for (const address of wildcards(config.families)) {
      const listener = { direction, port, name: `${address}_${port}` };
      const at = {
        family: address.includes(':') ? 6 : 4,
        address,
        port,
        transparent: config.tproxy && direction === 'inbound',
      } as const;
      try {
        const server = await listenForCapture(
          at,
          (client) => carry(client, listener, this.#engine),
          (error) => this.#trouble(error),
        );
        this.#capture.push({ listener, server });
      } catch (error) {
        throw new PortError(direction, port, error);
      }
    }
  }

  #lastTrouble = 0;

  /** Told once in ten seconds: where descriptors run out, it happens with every connection. */
  #trouble(error: Error): void {
    if (Date.now() - this.#lastTrouble < 10_000) return;
    this.#lastTrouble = Date.now();
    this.#engine.say(
      `connections cannot be accepted: ${error.message}; ${this.#engine.connections} are open (ulimit -n)`,
    );
  }

  /** HTTP clients are told to go with their next response; after the drain time nobody new comes in. */
  #drain(stay: boolean): void {
    if (this.#engine.draining) return;
    this.#engine.draining = true;
    if (stay) return;
    setTimeout(() => {
      for (const { listener, server } of this.#capture) if (listener.direction === 'inbound') server.close();
    }, this.#engine.config.drainTimeout).unref();
  }
}

function wildcards({ wildcard, additionalWildcard }: AddressFamilies): readonly string[] {
  return additionalWildcard === undefined ? [wildcard] : [wildcard, additionalWildcard];
}

function metricsAnswer(engine: Engine): PlainAnswer {
  return { status: 200, contentType: 'text/plain; version=0.0.4; charset=utf-8', body: prometheus(engine) };
}

const NOT_FOUND: PlainAnswer = { status: 404 };

/** Readiness is the agent's to tell; that it is told through this port shows that the proxy serves. */
async function health({ families, ports }: EmbeddedConfig): Promise<PlainAnswer> {
  const call = {
    host: families.localhost,
    port: ports.status,
    method: 'GET',
    path: '/healthz/ready',
    timeoutMilliseconds: 5000,
  };
  const { status, body } = await callLocal(call);
  return { status, body };
}

class PortError extends Error {
  readonly problem: Problem;
  constructor(what: string, port: number, error: unknown) {
    const { code, message } = error as NodeJS.ErrnoException;
    super(message);
    const taken = code === 'EADDRINUSE';
    this.problem = {
      code: 'PROXY_PORT',
      severity: 'error',
      message: taken
        ? `port ${port}, which the proxy needs for ${what}, is in use`
        : `port ${port} (${what}) cannot be opened: ${message}`,
      remedy: taken
        ? `Find who listens there (ss -ltnp 'sport = :${port}') and stop it: it is one of the sidecar's ports.`
        : 'TPROXY needs CAP_NET_ADMIN; the other ports need an address family that the pod has.',
    };
  }
}

function unreadable(path: string, message: string): Problem {
  return {
    code: 'FILE_UNREADABLE',
    severity: 'error',
    message,
    where: { file: path },
    remedy: 'Give the file that the agent writes, embedded-rev.json.',
  };
}

function noLog(path: string, error: unknown): Problem {
  return {
    code: 'FILE_UNWRITABLE',
    severity: 'error',
    message: `the access log cannot be opened: ${error instanceof Error ? error.message : String(error)}`,
    where: { file: path },
    remedy:
      'Name a file that the proxy may write, or /dev/stdout (REMORA_ACCESS_LOG_FILE, or accessLogFile of the mesh).',
  };
}

function notLinux(): Problem {
  return {
    code: 'PROXY_NOT_FOUND',
    severity: 'error',
    message: `the embedded proxy needs Linux, since capture does; this is ${process.platform}`,
    remedy: 'Run it in a container or a virtual machine.',
  };
}
