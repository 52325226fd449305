/**
 * The DNS proxy of the agent: what the rules bring to port 15053 is answered out of the table of names, where there is
 * one, and else passed on to the pod's resolvers, byte for byte.
 *
 *   query ─► resolveName ─┬─► answer
 *                         └─► a server of resolv.conf ─► answer, or the next server, or SERVFAIL
 */

import {
  answersQuery,
  buildAnswer,
  listenAddress,
  type NameTable,
  type Query,
  readQuery,
  resolveName,
  SMALLEST_UDP,
  withId,
} from '../../core/dns/index.ts';
import { parseResolvConf } from '../../core/resolv-conf.ts';
import {
  askTcp,
  askUdp,
  type DnsListener,
  listenDns,
  type Server53,
  type Transport,
} from '../../platform/dns-sockets.ts';
import type { AgentLog } from './agent-log.ts';
import { DnsMetrics } from './dns-metrics.ts';

export type DnsOptions = {
  /** DNS_PROXY_ADDR; empty: `localhost:15053`. */
  readonly address: string;
  /** Text of /etc/resolv.conf, read again when it is asked for: a pod's file may change. */
  readonly resolvConf: () => string;
  /** All servers at once, in place of one after the other. */
  readonly parallel: boolean;
  readonly timeoutMilliseconds: number;
  readonly log: AgentLog;
  /** Picks which of n comes first. */
  readonly random: (n: number) => number;
  /** For tests: another port than 53 of the servers. */
  readonly upstreamPort?: number | undefined;
};

export type DnsProxy = {
  readonly port: number;
  readonly metrics: DnsMetrics;
  readonly setTable: (table: NameTable) => void;
  readonly close: () => void;
};

/** Queries under way, at most; more are told to try again. */
const MOST_QUERIES = 2000;
const LARGEST = 65_535;

/** Opens both families of loopback for `localhost`. Fails with the system's error where not one can be had. */
export async function startDnsProxy(options: DnsOptions): Promise<DnsProxy> {
  const { hosts, port } = listenAddress(options.address);
  const proxy = new Proxy53(options);
  const listeners: DnsListener[] = [];
  const failures: unknown[] = [];
  let chosen = port;
  for (const host of hosts) {
    try {
      const listener = await listenDns(host, chosen, (message, transport) => proxy.answer(message, transport));
      listeners.push(listener);
      chosen = listener.port;
    } catch (error) {
      failures.push(error);
    }
  }
  // A pod without IPv6 has no ::1.
  if (listeners.length === 0) throw failures[0];
  proxy.ownPort = chosen;
  proxy.ownHosts = hosts;
  return {
    port: chosen,
    metrics: proxy.metrics,
    setTable: (table) => {
      proxy.table = table;
    },
    close: () => {
      for (const listener of listeners) listener.close();
    },
  };
}

class Proxy53 {
  readonly metrics = new DnsMetrics();
  readonly #options: DnsOptions;
  table: NameTable | undefined;
  ownPort = 0;
  ownHosts: readonly string[] = [];
  #underWay = 0;

  constructor(options: DnsOptions) {
    this.#options = options;
  }

  async answer(message: Uint8Array, transport: Transport): Promise<Uint8Array | undefined> {
    this.metrics.request();
    const query = readQuery(message);
    // An answer that nobody asked for, or noise: to answer would be to be used against others.
    if (query === undefined || query.isAnswer) return undefined;
    const { search } = parseResolvConf(this.#options.resolvConf());
    const known = this.table === undefined ? undefined : resolveName(query, this.table, search[0] ?? '');
    if (known?.kind === 'answer') {
      return buildAnswer(
        query,
        'NOERROR',
        this.#shuffled(known.answers),
        transport === 'udp' ? query.udpSize : LARGEST,
      );
    }
    if (this.#underWay >= MOST_QUERIES) return buildAnswer(query, 'SERVFAIL', [], SMALLEST_UDP);
    this.#underWay++;
    try {
      return await this.#forward(message, query, transport);
    } finally {
      this.#underWay--;
    }
  }

  async #forward(message: Uint8Array, query: Query, transport: Transport): Promise<Uint8Array> {
    const servers = this.#servers();
    const ask = (server: Server53): Promise<Uint8Array> => this.#ask(server, message, query, transport);
    try {
      if (servers.length === 0) throw new Error('resolv.conf names no server but this proxy');
      if (this.#options.parallel) return await Promise.any(servers.map(ask));
      let last: unknown;
      for (const server of servers) {
        try {
          return await ask(server);
        } catch (error) {
          last = error;
        }
      }
      throw last;
    } catch (error) {
      this.metrics.failure();
      this.#options.log.debug(`${query.name}: ${error instanceof Error ? error.message : String(error)}`, 'dns');
      return buildAnswer(query, 'SERVFAIL', [], SMALLEST_UDP);
    }
  }

  async #ask(server: Server53, message: Uint8Array, query: Query, transport: Transport): Promise<Uint8Array> {
    this.metrics.upstream();
    const started = performance.now();
    // An id that the client did not choose: it may be one that is easy to guess.
    const id = this.#options.random(65_536);
    const sent = withId(message, id);
    const accept = (reply: Uint8Array): boolean => answersQuery(reply, id, query);
    const call = transport === 'udp' ? askUdp : askTcp;
    const reply = await call(server, sent, accept, this.#options.timeoutMilliseconds);
    this.metrics.took((performance.now() - started) / 1000);
    return withId(reply, query.id);
  }

  /** The pod's resolvers in random order. A loop is left out: with `:53` the pod's resolver may be this proxy. */
  #servers(): readonly Server53[] {
    const port = this.#options.upstreamPort;
    const { servers } = parseResolvConf(this.#options.resolvConf());
    const others = servers.filter((address) => !(this.ownPort === (port ?? 53) && this.ownHosts.includes(address)));
    return this.#shuffled(others).map((address) => ({ address, port }));
  }

  #shuffled<T>(items: readonly T[]): readonly T[] {
    const left = [...items];
    return items.flatMap(() => left.splice(this.#options.random(left.length), 1));
  }
}
