/** What keeps slow clients from holding the webhook: they lose their connections, and others do not notice. */
import { connect as connectH2 } from 'node:http2';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Credentials,
  cleanUp,
  credentials,
  POD,
  post,
  reviewOf,
  startWebhook,
  type Webhook,
  workFolder,
} from './process.ts';

let given: Credentials;
let webhook: Webhook;
const folders: string[] = [];

beforeAll(async () => {
  given = await credentials();
  const folder = workFolder(given.leaf);
  folders.push(folder);
  webhook = await startWebhook(folder, ['--offline', '--tlsCertFile=tls.crt', '--tlsKeyFile=tls.key']);
});

afterAll(() => cleanUp(folders));

const HEAD = 'POST /inject HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n';

function open(...pieces: readonly string[]): TLSSocket {
  const socket = connectTls({
    host: '127.0.0.1',
    port: webhook.port,
    ca: given.authority.certificate,
    servername: 'localhost',
  });
  socket.on('error', () => {});
  // Without a reader the end of the other side is not seen.
  socket.resume();
  for (const piece of pieces) socket.write(piece);
  return socket;
}

/** Seconds until the server closes, while a byte is sent each second. */
function dribble(...pieces: readonly string[]): Promise<number> {
  const started = Date.now();
  const socket = open(...pieces);
  const timer = setInterval(() => socket.write('a'), 1_000);
  return new Promise((done) =>
    socket.on('close', () => {
      clearInterval(timer);
      done((Date.now() - started) / 1_000);
    }),
  );
}

function dribbleHttp2(): Promise<number> {
  const started = Date.now();
  const session = connectH2(`https://127.0.0.1:${webhook.port}`, {
    ca: given.authority.certificate,
    servername: 'localhost',
  });
  session.on('error', () => {});
  const stream = session.request({ ':method': 'POST', ':path': '/inject', 'content-type': 'application/json' });
  stream.on('error', () => {});
  stream.resume();
  const timer = setInterval(() => stream.write(' '), 1_000);
  return new Promise((done) =>
    stream.on('close', () => {
      clearInterval(timer);
      session.destroy();
      done((Date.now() - started) / 1_000);
    }),
  );
}

async function inFlight(): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${webhook.httpPort}/metrics`)).text();
  return Number(/^remora_requests_in_flight (\d+)$/m.exec(text)?.[1]);
}

async function comesTo(wanted: number): Promise<void> {
  const ends = Date.now() + 5_000;
  while ((await inFlight()) !== wanted) {
    if (Date.now() > ends) throw new Error(`${await inFlight()} in flight, not ${wanted}`);
    await new Promise((next) => setTimeout(next, 20));
  }
}

describe('slow clients', () => {
  it('are counted while they send, and no more when they are gone', async () => {
    expect(await inFlight()).toBe(0);
    const sockets = [open(HEAD, '{'), open(HEAD)];
    await comesTo(2);
    expect((await post({ port: webhook.port, ca: given.authority.certificate, body: reviewOf(POD) })).status).toBe(200);
    for (const socket of sockets) socket.destroy();
    await comesTo(0);
    // Answers that wait for their turn are given up with their connection.
    const body = reviewOf(POD);
    const head = HEAD.replace('1000', String(Buffer.byteLength(body)));
    for (let i = 0; i < 20; i++) {
      const pipelined = open(...Array.from({ length: 100 }, () => `${head}${body}`));
      await new Promise((next) => setTimeout(next, 5 + i));
      pipelined.destroy();
    }
    await comesTo(0);
  });

  it('lose their connections after 30 s, though they send a byte each second', async () => {
    const all = [dribble('POST /inject HTTP/1.1\r\nX-Slow: '), dribble(HEAD, '{'), dribbleHttp2()];
    await comesTo(2);
    expect((await post({ port: webhook.port, ca: given.authority.certificate, body: reviewOf(POD) })).status).toBe(200);
    for (const seconds of await Promise.all(all)) {
      expect(seconds).toBeGreaterThan(25);
      expect(seconds).toBeLessThan(40);
    }
    await comesTo(0);
  }, 60_000);
});
