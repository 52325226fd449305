/** What a client may do to an HTTPS server instead of asking it something. Each ends with its connection closed. */
import { connect as connectH2, constants } from 'node:http2';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { Random } from '../differential/random-template.ts';

export type Target = { readonly port: number; readonly ca: string };

/** Resolves with what is wrong with what came back; undefined: nothing. A refusal to talk is always right. */
type Abuse = (target: Target, random: Random) => Promise<string | undefined>;

export const ABUSES: Readonly<Record<string, Abuse>> = {
  'garbage instead of TLS': (target, random) => overTcp(target, [noise(random, 500)]),
  'plain HTTP': (target) => overTcp(target, ['POST /inject HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}']),
  'half a handshake': (target) => overTcp(target, [Buffer.from('16030100c8010000c40303', 'hex')], { hold: 50 }),
  'nothing at all': (target) => overTcp(target, [], { hold: 30 }),
  'TLS 1.1': (target) => overTls(target, [], { minVersion: 'TLSv1', maxVersion: 'TLSv1.1' }),
  'an unknown protocol': (target) => overTls(target, [], { ALPNProtocols: ['smtp'] }),
  'garbage over TLS': (target, random) => overTls(target, [noise(random, 2_000)]),
  'garbage as HTTP/2': (target, random) =>
    overTls(target, ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', noise(random, 500)], { ALPNProtocols: ['h2'] }),
  'HTTP/1.1 where HTTP/2 was agreed on': (target) =>
    overTls(target, ['GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'], { ALPNProtocols: ['h2'] }),
  'a slow body': (target, random) =>
    overTls(target, [head({ 'Content-Length': '1000' }), ...Array.from({ length: 10 + random.below(20) }, () => '{')], {
      pause: 10,
    }),
  'a slow head': (target, random) =>
    overTls(target, [...'POST /inject HTTP/1.1\r\nX'.slice(0, random.below(24))], { pause: 5 }),
  'half-closed in a body': (target) => overTls(target, [head({ 'Content-Length': '100' }), '{"kind":'], { end: true }),
  'half-closed after a request': (target) => overTls(target, [head({ 'Content-Length': '2' }), '{}'], { end: true }),
  'gone in a body': (target) => overTls(target, [head({ 'Content-Length': '100' }), '{'], { hold: 5 }),
  'a huge header': (target, random) =>
    overTls(target, [head({ 'X-Huge': 'x'.repeat(10_000 + random.below(200_000)) })]),
  'many headers': (target, random) =>
    overTls(target, [
      head(Object.fromEntries(Array.from({ length: 100 + random.below(3_000) }, (_, i) => [`X-${i}`, 'x']))),
    ]),
  'a body that is too large': (target) =>
    overTls(target, [head({ 'Content-Length': String(7 * 1024 * 1024) }), Buffer.alloc(7 * 1024 * 1024, 32)]),
  'an endless body': (target) =>
    overTls(target, [
      head({ 'Transfer-Encoding': 'chunked' }),
      ...Array.from({ length: 8 }, () => `100000\r\n${' '.repeat(0x100000)}\r\n`),
    ]),
  'chunks of no size': (target, random) =>
    overTls(target, [
      head({ 'Transfer-Encoding': 'chunked' }),
      random.pick(['zz\r\n', '-1\r\n', 'ffffffffffffffff1\r\n', '\r\n']),
    ]),
  'two lengths': (target) => overTls(target, [head({ 'Content-Length': '2', 'content-length': '3' }), '{}']),
  'length and chunks': (target) =>
    overTls(target, [head({ 'Content-Length': '2', 'Transfer-Encoding': 'chunked' }), '{}']),
  'a length that is none': (target, random) =>
    overTls(target, [head({ 'Content-Length': random.pick(['-1', 'x', '1e3', '99999999999999999999']) }), '{}']),
  'Expect: 100-continue': (target) => overTls(target, [head({ Expect: '100-continue', 'Content-Length': '2' }), '{}']),
  'Expect: something else': (target) => overTls(target, [head({ Expect: 'more', 'Content-Length': '2' }), '{}']),
  'an upgrade': (target) =>
    overTls(target, [head({ Connection: 'Upgrade, HTTP2-Settings', Upgrade: 'h2c', 'HTTP2-Settings': 'AAMAAABk' })]),
  CONNECT: (target) => overTls(target, ['CONNECT example:443 HTTP/1.1\r\nHost: example\r\n\r\n']),
  'many requests at once': (target) =>
    overTls(
      target,
      Array.from({ length: 30 }, () => `${head({ 'Content-Length': '2' })}{}`),
    ),
  'a method of its own': (target, random) =>
    overTls(target, [
      `${random.pick(['GET', 'DELETE', 'PURGE', 'FOO', 'get'])} /inject HTTP/1.${random.below(3)}\r\nHost: x\r\n\r\n`,
    ]),
  'streams opened and reset': (target) => overHttp2(target, 60, (stream) => stream.close(constants.NGHTTP2_CANCEL)),
  'streams left open': (target) => overHttp2(target, 300, () => {}),
  'a header list that is too large': (target) => overHttp2(target, 1, (stream) => stream.end(), 'x'.repeat(70_000)),
  'a large body on a stream': (target) =>
    overHttp2(target, 1, (stream) => stream.end(Buffer.alloc(7 * 1024 * 1024, 32))),
};

function head(headers: Readonly<Record<string, string>>): string {
  const all = Object.entries({ Host: 'x', 'Content-Type': 'application/json', ...headers });
  return `POST /inject HTTP/1.1\r\n${all.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
}

function noise(random: Random, most: number): Buffer {
  return Buffer.from(Array.from({ length: 1 + random.below(most) }, () => random.below(256)));
}

type Manner = {
  /** Between pieces, in milliseconds. */
  readonly pause?: number;
  /** Before it is gone, where the server does not close. */
  readonly hold?: number;
  /** Our side is closed behind the last piece. */
  readonly end?: boolean;
  readonly minVersion?: 'TLSv1';
  readonly maxVersion?: 'TLSv1.1';
  readonly ALPNProtocols?: readonly string[];
};

/** How long an answer is waited for, in milliseconds. */
const HOLD = 150;

function overTcp(
  { port }: Target,
  pieces: readonly (string | Buffer)[],
  manner: Manner = {},
): Promise<string | undefined> {
  const socket = connectTcp(port, '127.0.0.1');
  return talk(socket, 'connect', pieces, manner).then(() => undefined);
}

async function overTls(
  { port, ca }: Target,
  pieces: readonly (string | Buffer)[],
  manner: Manner = {},
): Promise<string | undefined> {
  const { minVersion, maxVersion, ALPNProtocols } = manner;
  const socket = connectTls({
    host: '127.0.0.1',
    port,
    ca,
    servername: 'localhost',
    ...(minVersion === undefined ? {} : { minVersion }),
    ...(maxVersion === undefined ? {} : { maxVersion }),
    ...(ALPNProtocols === undefined ? {} : { ALPNProtocols: [...ALPNProtocols] }),
  });
  const answer = await talk(socket, 'secureConnect', pieces, manner);
  if (ALPNProtocols !== undefined || answer === '') return undefined;
  return wrongAnswers(answer);
}

/** Sends the pieces and gathers what comes back, until the server closes or time is up. */
function talk(
  socket: Socket | TLSSocket,
  ready: string,
  pieces: readonly (string | Buffer)[],
  manner: Manner,
): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const done = (): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    let timer = setTimeout(done, 5_000);
    socket.on('error', () => {});
    socket.on('close', done);
    socket.on('data', (chunk: Buffer) => {
      answer += chunk.toString('latin1');
    });
    socket.once(ready, async () => {
      for (const piece of pieces) {
        if (socket.destroyed) return;
        socket.write(piece);
        if (manner.pause !== undefined) await new Promise((next) => setTimeout(next, manner.pause));
      }
      if (manner.end === true) socket.end();
      clearTimeout(timer);
      timer = setTimeout(done, manner.hold ?? HOLD);
    });
  });
}

const STATUS = /^HTTP\/1\.1 (?:100|200|400|404|405|408|413|414|415|417|431|503) [^\r\n]*\r\n/;

/** One answer after the other, each whole but perhaps the last. */
function wrongAnswers(text: string): string | undefined {
  let rest = text;
  while (rest !== '') {
    if (!STATUS.test(rest)) return `no HTTP answer: ${JSON.stringify(rest.slice(0, 200))}`;
    const end = rest.indexOf('\r\n\r\n');
    if (end === -1) return undefined;
    const headers = rest.slice(0, end);
    // Node's own answers are chunked, and empty.
    const chunked = /\r\ntransfer-encoding: chunked/i.test(headers) && rest.startsWith('0\r\n\r\n', end + 4);
    const length = chunked ? 5 : Number(/\r\ncontent-length: (\d+)/i.exec(headers)?.[1] ?? 0);
    rest = rest.slice(end + 4 + length);
  }
  return undefined;
}

type Http2Stream = { readonly end: (body?: Buffer) => void; readonly close: (code: number) => void };

function overHttp2(
  { port, ca }: Target,
  count: number,
  treat: (stream: Http2Stream) => void,
  header = 'x',
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const session = connectH2(`https://127.0.0.1:${port}`, { ca, servername: 'localhost' });
    const wrong = new Set<string>();
    const done = (): void => {
      clearTimeout(timer);
      session.destroy();
      resolve([...wrong][0]);
    };
    const timer = setTimeout(done, 5_000);
    session.on('error', () => {});
    session.on('close', done);
    session.on('connect', () => {
      for (let i = 0; i < count; i++) {
        const stream = session.request({
          ':method': 'POST',
          ':path': '/inject',
          'content-type': 'application/json',
          'x-more': header,
        });
        stream.on('error', () => {});
        stream.on('response', (headers) => {
          const status = Number(headers[':status']);
          if (![200, 400, 415, 431].includes(status)) wrong.add(`status ${status}`);
        });
        stream.resume();
        treat(stream);
      }
      setTimeout(done, HOLD);
    });
  });
}
