/** What passes a sidecar, the same on both engines, with REDIRECT and with TPROXY. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HOSTS, POD, WORLD } from '../netns/namespaces.ts';
import { DIFFERENCES } from './differences.ts';
import { ENGINES, tellMissing } from './engines.ts';
import { type Mode, Pod } from './harness.ts';

type Seen = {
  readonly peer: string;
  readonly method: string;
  readonly received: number;
  readonly sha: string;
  readonly headers: Record<string, string>;
};
type Reply = {
  readonly status?: number;
  readonly body: string;
  readonly error?: string;
  readonly received: number;
  readonly sha: string;
  readonly ms: number;
};
type Talk = {
  readonly text: string;
  readonly ms: number;
  readonly error?: string;
  readonly ended?: boolean;
  readonly late?: boolean;
  readonly first?: number;
};

const GIGABYTE = 1 << 30;
const EXCLUDED = { in: 8200, out: 8300, range: HOSTS[4][1] };

tellMissing();

describe.each(ENGINES.flatMap((engine) => (['REDIRECT', 'TPROXY'] as const).map((mode) => ({ engine, mode }))))(
  '$engine with $mode',
  ({ engine, mode }: { engine: (typeof ENGINES)[number]; mode: Mode }) => {
    let pod: Pod;
    const v4 = { host: POD[4] };
    const seen = (reply: Reply): Seen => JSON.parse(reply.body) as Seen;
    const fromWorld = (what: string, more: object) => pod.world.ask<Reply & Talk>(what, more);
    const fromPod = (what: string, more: object) => pod.app.ask<Reply & Talk>(what, more);
    const plain = (address: string): string => address.replace('::ffff:', '');

    beforeAll(async () => {
      pod = new Pod({
        engine,
        mode,
        init: ['-d', `15090,15021,15020,${EXCLUDED.in}`, '-o', String(EXCLUDED.out), '-x', `${EXCLUDED.range}/32`],
      });
      await pod.app.ask('serve', { kind: 'http', port: 8080 });
      await pod.app.ask('serve', { kind: 'http', port: 8081, host: POD[4] });
      await pod.app.ask('serve', { kind: 'http', port: EXCLUDED.in });
      await pod.app.ask('serve', { kind: 'echo', port: 9090 });
      await pod.app.ask('serve', { kind: 'greet', port: 9091 });
      await pod.app.ask('serve', { kind: 'sink', port: 9092 });
      await pod.app.ask('serve', { kind: 'source', port: 9093 });
      await pod.app.ask('serve', { kind: 'ender', port: 9094 });
      await pod.world.ask('serve', { kind: 'http', port: 80 });
      await pod.world.ask('serve', { kind: 'http', port: EXCLUDED.out });
      await pod.world.ask('serve', { kind: 'greet', port: 25 });
      await pod.ready();
    }, 60_000);
    afterAll(() => pod?.close());

    it('inbound HTTP reaches the application, from the address that the rules let pass', async () => {
      const reply = await fromWorld('request', { ...v4, port: 8080, path: '/in', headers: { 'user-agent': 'suite' } });
      expect(reply.status).toBe(200);
      expect(plain(seen(reply).peer)).toBe(mode === 'TPROXY' ? WORLD[4] : '127.0.0.6');
      const [line] = await pod.log(1, ({ path }) => path === '/in');
      expect(line).toMatchObject({
        method: 'GET',
        protocol: 'HTTP/1.1',
        response_code: 200,
        user_agent: 'suite',
        authority: `${POD[4]}:8080`,
        upstream_cluster: 'InboundPassthroughCluster',
        upstream_host: `${POD[4]}:8080`,
        downstream_local_address: `${POD[4]}:8080`,
        route_name: 'default',
      });
      expect(String(line?.downstream_remote_address)).toContain(`${WORLD[4]}:`);
      expect(String(line?.upstream_local_address)).toContain(mode === 'TPROXY' ? WORLD[4] : '127.0.0.6');
    });

    it('an application that listens on the address of the pod alone is reached', async () => {
      expect((await fromWorld('request', { ...v4, port: 8081 })).status).toBe(200);
    });

    it('IPv6, in and out', async () => {
      const inbound = await fromWorld('request', { host: POD[6], port: 8080, path: '/in6' });
      expect(inbound.status).toBe(200);
      expect(seen(inbound).peer).toBe(mode === 'TPROXY' ? WORLD[6] : '::6');
      expect(await pod.log(1, ({ path }) => path === '/in6')).toHaveLength(1);
      const outbound = await fromPod('request', { host: WORLD[6], port: 80 });
      expect(outbound.status).toBe(200);
      const host = `[${WORLD[6]}]:80`;
      expect(await pod.log(1, ({ upstream_host }) => upstream_host === host)).toHaveLength(1);
    });

    it('outbound passes through, and is seen as a connection', async () => {
      const reply = await fromPod('request', { host: WORLD[4], port: 80, path: '/out' });
      expect(seen(reply).peer).toContain(POD[4]);
      const host = `${WORLD[4]}:80`;
      const [line] = await pod.log(1, ({ upstream_host }) => upstream_host === host);
      expect(line).toMatchObject({ method: null, upstream_cluster: 'PassthroughCluster', response_code: 0 });
    });

    it('ports and ranges that are excluded do not pass the proxy', async () => {
      expect(seen(await fromWorld('request', { ...v4, port: EXCLUDED.in, path: '/ex-in' })).peer).toContain(WORLD[4]);
      expect((await fromPod('request', { host: WORLD[4], port: EXCLUDED.out, path: '/ex-out' })).status).toBe(200);
      expect((await fromPod('request', { host: EXCLUDED.range, port: 80, path: '/ex-range' })).status).toBe(200);
      // Captured, and so behind the others in the log.
      await fromWorld('request', { ...v4, port: 8080, path: '/after' });
      await pod.log(1, ({ path }) => path === '/after');
      const hosts = [`${POD[4]}:${EXCLUDED.in}`, `${WORLD[4]}:${EXCLUDED.out}`, `${EXCLUDED.range}:80`];
      expect(await pod.log(0, ({ upstream_host }) => hosts.includes(String(upstream_host)))).toEqual([]);
    });

    it('a call of the pod to its own address does not loop', async () => {
      const reply = await fromPod('request', { ...v4, port: 8080, path: '/own' });
      expect(reply.status).toBe(200);
      expect(plain(seen(reply).peer)).toBe(POD[4]);
    });

    it('raw TCP, with half-close in each direction', async () => {
      const talk = await fromWorld('talk', { ...v4, port: 9090, send: ['\u0001one ', 'two\n'], gap: 100 });
      expect(talk).toMatchObject({ text: '\u0001one two\nbye\n', ended: true });
      const ended = await fromWorld('talk', { ...v4, port: 9094, send: ['\u0001still here\n'], gap: 200 });
      expect(ended.text).toBe('nothing more from me\n');
      await expect.poll(() => pod.app.ask<string[]>('heard')).toContain('\u0001still here\n');
    });

    it(`a server that speaks first is heard: ${DIFFERENCES.serverFirst.of[engine]}`, async () => {
      const talk = await fromWorld('talk', { ...v4, port: 9091, listenFirst: true, send: ['hello\n'] });
      expect(talk.text).toMatch(/^220 .*\nhello\nbye\n$/);
      const outbound = await fromPod('talk', { host: WORLD[4], port: 25, listenFirst: true, send: ['hello\n'] });
      expect(outbound.text).toMatch(/^220 .*\nhello\nbye\n$/);
    }, 20_000);

    it('1 GB arrives as it was sent, and comes back', async () => {
      const bytes = mode === 'REDIRECT' ? GIGABYTE : GIGABYTE / 8;
      const up = await pod.world.ask<{ sent: string; reply: string }>('upload', { ...v4, port: 9092, bytes });
      expect(up.reply).toBe(`${bytes} ${up.sent}`);
      const down = await pod.world.ask<{ received: number; sha: string; expected: string }>('download', {
        ...v4,
        port: 9093,
        bytes: bytes / 8,
      });
      expect(down).toMatchObject({ received: bytes / 8, sha: down.expected });
    }, 120_000);

    it('bodies of HTTP: large, chunked, none', async () => {
      const sent = await fromWorld('request', { ...v4, port: 8080, method: 'POST', path: '/post', bytes: 5_000_000 });
      expect(seen(sent).received).toBe(5_000_000);
      const big = await fromWorld('request', { ...v4, port: 8080, path: '/big?bytes=3000000' });
      const chunked = await fromWorld('request', { ...v4, port: 8080, path: '/big?bytes=3000000&chunked' });
      expect([big.received, chunked.received, chunked.sha]).toEqual([3_000_000, 3_000_000, big.sha]);
      const head = await fromWorld('request', { ...v4, port: 8080, method: 'HEAD', path: '/head' });
      expect([head.status, head.received]).toEqual([200, 0]);
      expect((await fromWorld('request', { ...v4, port: 8080, path: '/status/204' })).status).toBe(204);
      const [post] = await pod.log(1, ({ path }) => path === '/post');
      expect(post).toMatchObject({ method: 'POST', bytes_received: 5_000_000 });
      const [line] = await pod.log(1, ({ path }) => path === '/big?bytes=3000000&chunked');
      expect(line?.bytes_sent).toBe(3_000_000);
      const [none] = await pod.log(1, ({ path }) => path === '/head');
      expect(none).toMatchObject({ response_code: 200, bytes_sent: 0 });
    });

    it('a kept connection carries many requests, each with a line', async () => {
      const many = await pod.world.ask<{ ok: number; sockets: number }>('many', {
        ...v4,
        port: 8080,
        path: '/kept',
        count: 200,
      });
      expect(many).toMatchObject({ ok: 200, sockets: 1 });
      expect(await pod.log(200, ({ path }) => path === '/kept')).toHaveLength(200);
    });

    it('pipelined requests are answered in order', async () => {
      const ask = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`;
      const last = 'GET /status/404 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n';
      const talk = await fromWorld('talk', {
        ...v4,
        port: 8080,
        send: [ask('/status/201') + ask('/status/202') + last],
        end: false,
      });
      expect(talk.text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 201', 'HTTP/1.1 202', 'HTTP/1.1 404']);
      const lines = await pod.log(3, ({ path }) => /^\/status\/(?:201|202|404)$/.test(String(path)));
      expect(lines.map(({ response_code }) => response_code)).toEqual([201, 202, 404]);
    });

    it('100-continue and an upgraded connection', async () => {
      const expecting = `POST /expect HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 4\r\nconnection: close\r\n\r\n`;
      const talk = await fromWorld('talk', { ...v4, port: 8080, send: [expecting, 'body'], gap: 300, end: false });
      expect(talk.text).toMatch(/^HTTP\/1\.1 100 Continue\r\n/);
      expect(talk.text).toMatch(/HTTP\/1\.1 200 OK/);
      const upgrade = 'GET /ws HTTP/1.1\r\nhost: a\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n';
      const ws = await fromWorld('talk', { ...v4, port: 8080, send: [upgrade, 'over the tunnel'], gap: 300 });
      expect(ws.text).toMatch(/^HTTP\/1\.1 101 /);
      expect(ws.text).toMatch(/over the tunnel$/);
      const [line] = await pod.log(1, ({ path }) => path === '/ws');
      expect(line).toMatchObject({ response_code: 101 });
    });

    it('where nobody listens, an HTTP client is told so', async () => {
      const reply = await fromWorld('request', { ...v4, port: 8999, path: '/nobody' });
      expect(reply.status).toBe(503);
      const [line] = await pod.log(1, ({ path }) => path === '/nobody');
      expect(line).toMatchObject({ response_code: 503, response_flags: 'URX,UF' });
    });

    it('where nobody listens, a TCP client is cut off', async () => {
      const talk = await fromWorld('talk', { ...v4, port: 8998, send: ['\u0001\u0002binary\n'], end: false });
      expect(talk.text).toBe('');
      expect(talk.late).toBeUndefined();
      const outbound = await fromPod('talk', { host: WORLD[4], port: 8997, send: ['x'], end: false });
      expect(outbound.text).toBe('');
      const host = `${WORLD[4]}:8997`;
      const [line] = await pod.log(1, ({ upstream_host }) => upstream_host === host);
      expect(line).toMatchObject({ response_flags: 'UF,URX', upstream_cluster: 'PassthroughCluster' });
    });

    it.each([15001, 15006])('a direct call of %d gets nowhere', async (port) => {
      const reply = await fromWorld('request', { ...v4, port, timeout: 3000 });
      // 15001 is called through 15006, which has to say that nobody answers there.
      expect(reply.error === undefined ? reply.status : 'cut off').toBe(
        port === 15001 && engine === 'envoy' ? DIFFERENCES.directOutbound.of.envoy : 'cut off',
      );
    });

    it('probes reach the application through the agent, and nobody else', async () => {
      const answer = await fromWorld('request', { ...v4, port: 15021, path: '/healthz/ready' });
      expect(answer.status).toBe(200);
      expect((await fromWorld('request', { ...v4, port: 15021, path: '/other' })).status).toBe(404);
      expect((await fromWorld('request', { ...v4, port: 15020, path: '/quitquitquit', method: 'POST' })).status).toBe(
        403,
      );
    });

    it("Istio's metrics count it", async () => {
      const text = await pod.metrics();
      const line = text
        .split('\n')
        .find((l) => l.startsWith('istio_requests_total{') && l.includes('response_code="503"'));
      expect(line).toContain('reporter="destination"');
      expect(line).toContain('destination_workload="web",destination_workload_namespace="shop"');
      expect(line).toContain('destination_service_name="InboundPassthroughCluster"');
      const source = text.split('\n').find((l) => l.startsWith('istio_tcp_connections_opened_total{reporter="source"'));
      expect(source).toContain('destination_service_name="PassthroughCluster"');
    });
  },
);
