/** The DNS proxy between real sockets. */
import { createSocket } from 'node:dgram';
import { afterEach, describe, expect, it } from 'vitest';
import { buildNameTable, readQuery } from '../../core/dns/index.ts';
import { askTcp, askUdp, listenDns } from '../../platform/dns-sockets.ts';
import type { AgentLog } from './agent-log.ts';
import { type DnsProxy, startDnsProxy } from './dns-proxy.ts';

const open: (() => unknown)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

const QUIET: AgentLog = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

function query(name: string, id = 0x1234): Uint8Array {
  const labels = name.split('.').flatMap((label) => [label.length, ...Array.from(label, (c) => c.charCodeAt(0))]);
  return Uint8Array.from([id >> 8, id & 255, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...labels, 0, 0, 1, 0, 1]);
}

/** The query itself, marked as an answer, with a byte that only this server adds. */
function echo(mark: number): (message: Uint8Array) => Uint8Array {
  return (message) => Uint8Array.from([...message.slice(0, 2), (message[2] ?? 0) | 0x80, ...message.slice(3), mark]);
}

async function upstream(answer: (message: Uint8Array, transport: string) => Uint8Array | undefined): Promise<number> {
  const server = await listenDns('127.0.0.1', 0, async (message, transport) => answer(message, transport));
  open.push(server.close);
  return server.port;
}

async function proxy(
  upstreamPort: number,
  more: { readonly parallel?: boolean; readonly resolvConf?: string; readonly timeout?: number } = {},
): Promise<DnsProxy> {
  const started = await startDnsProxy({
    address: 'localhost:0',
    resolvConf: () => more.resolvConf ?? 'nameserver 127.0.0.1\nsearch shop.svc.cluster.local\n',
    parallel: more.parallel ?? false,
    timeoutMilliseconds: more.timeout ?? 500,
    log: QUIET,
    random: (n) => Math.floor(Math.random() * n),
    upstreamPort,
  });
  open.push(started.close);
  return started;
}

const any = (): boolean => true;
const ask = (port: number, name: string): Promise<Uint8Array> =>
  askUdp({ address: '127.0.0.1', port }, query(name), any, 3000);
const code = (reply: Uint8Array): number => (reply[3] ?? 0) & 15;

describe('startDnsProxy', () => {
  it('passes queries on as they are, by UDP and by TCP, with an id of its own', async () => {
    const ids: number[] = [];
    const port = await upstream((message, transport) => {
      ids.push(readQuery(message)?.id ?? -1);
      return echo(transport === 'udp' ? 1 : 2)(message);
    });
    const dns = await proxy(port);
    const udp = await ask(dns.port, 'a.example');
    const tcp = await askTcp({ address: '127.0.0.1', port: dns.port }, query('a.example'), any, 3000);
    expect([udp.at(-1), tcp.at(-1)]).toEqual([1, 2]);
    expect(readQuery(udp)).toMatchObject({ id: 0x1234, name: 'a.example', isAnswer: true });
    for (let i = 0; i < 6; i++) await ask(dns.port, 'b.example');
    expect(new Set(ids).size).toBeGreaterThan(5);
    expect(dns.metrics.text()).toContain('istio_agent_dns_requests_total 8\n');
    expect(dns.metrics.text()).toContain('istio_agent_dns_upstream_failures_total 0\n');
  });

  it('does not believe an answer with another id or question', async () => {
    const server = createSocket('udp4');
    open.push(() => server.close());
    await new Promise<void>((done) => server.bind(0, '127.0.0.1', () => done()));
    server.on('message', (message, from) => {
      const wrongId = echo(1)(message);
      wrongId[0] = (wrongId[0] ?? 0) ^ 1;
      const wrongQuestion = echo(2)(message);
      wrongQuestion[13] = 120;
      for (const reply of [wrongId, wrongQuestion, echo(3)(message)]) server.send(reply, from.port, from.address);
    });
    const dns = await proxy(server.address().port);
    expect((await ask(dns.port, 'a.example')).at(-1)).toBe(3);
  });

  it('goes on to the next server, or asks all at once', async () => {
    const port = await upstream(echo(9));
    // Nobody is at 127.0.0.2.
    for (const parallel of [false, true]) {
      const dns = await proxy(port, {
        parallel,
        resolvConf: 'nameserver 127.0.0.2\nnameserver 127.0.0.1\n',
        timeout: 300,
      });
      for (let i = 0; i < 4; i++) expect((await ask(dns.port, 'a.example')).at(-1)).toBe(9);
    }
  });

  it('says SERVFAIL where nobody answers, and where there is nobody to ask', async () => {
    const silent = await upstream(() => undefined);
    const dns = await proxy(silent, { timeout: 200 });
    expect(code(await ask(dns.port, 'a.example'))).toBe(2);
    expect(dns.metrics.text()).toContain('istio_agent_dns_upstream_failures_total 1\n');
    const alone = await proxy(silent, { resolvConf: 'search a\n' });
    expect(code(await ask(alone.port, 'a.example'))).toBe(2);
  });

  it('does not ask itself', async () => {
    let own = 0;
    const dns = await startDnsProxy({
      address: '127.0.0.1:0',
      resolvConf: () => 'nameserver 127.0.0.1\n',
      parallel: false,
      timeoutMilliseconds: 300,
      log: QUIET,
      random: () => 0,
      get upstreamPort() {
        return own;
      },
    });
    open.push(dns.close);
    own = dns.port;
    expect(code(await ask(dns.port, 'loop.example'))).toBe(2);
    expect(dns.metrics.text()).toContain('istio_agent_dns_upstream_requests_total 0\n');
  });

  it('answers out of a table, and passes on what is not in it', async () => {
    const dns = await proxy(await upstream(echo(5)));
    dns.setTable(
      buildNameTable(
        [{ host: 'web.shop.svc.cluster.local', addresses: ['10.1.0.1'], service: { name: 'web', namespace: 'shop' } }],
        { proxyDomain: 'shop.svc.cluster.local' },
      ),
    );
    const known = await ask(dns.port, 'web');
    expect([...known.slice(-4)]).toEqual([10, 1, 0, 1]);
    expect((await ask(dns.port, 'other.example')).at(-1)).toBe(5);
  });

  it('makes nothing of noise, and lives', async () => {
    const dns = await proxy(await upstream(echo(4)));
    const noise = createSocket('udp4');
    open.push(() => noise.close());
    for (const bytes of [
      [],
      [0],
      [0, 1, 0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1],
      Array.from({ length: 600 }, () => 255),
    ]) {
      await new Promise<void>((done) => noise.send(Uint8Array.from(bytes), dns.port, '127.0.0.1', () => done()));
    }
    expect((await ask(dns.port, 'a.example')).at(-1)).toBe(4);
  });

  it('says so where the port is taken', async () => {
    const dns = await proxy(1);
    await expect(
      startDnsProxy({
        address: `127.0.0.1:${dns.port}`,
        resolvConf: () => '',
        parallel: false,
        timeoutMilliseconds: 1,
        log: QUIET,
        random: () => 0,
      }),
    ).rejects.toThrow('EADDRINUSE');
  });
});
