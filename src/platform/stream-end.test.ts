import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { listenForCapture } from './capture-listener.ts';
import type { StreamEnd } from './stream-end.ts';
import { dial } from './stream-socket.ts';

const open: { close: () => void }[] = [];
afterEach(() => {
  for (const each of open.splice(0)) each.close();
});

function listening(server: Server): Promise<number> {
  open.push(server);
  return new Promise((done) => server.listen(0, '127.0.0.1', () => done((server.address() as AddressInfo).port)));
}

/** A relay of two ends to a server; gives its port. */
async function relay(application: (socket: Socket) => void, change?: (bytes: Buffer) => Uint8Array) {
  const target = await listening(createServer({ allowHalfOpen: true }, application));
  const accepted = (client: StreamEnd): void => {
    const server = dial({ family: 4, address: '127.0.0.1', port: target }, undefined);
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.passTo(to, () => {}, change);
      from.socket.on('end', () => to.socket.end());
      from.socket.on('error', () => to.socket.destroy());
    }
    server.socket.once('connect', () => client.socket.resume());
    server.socket.resume();
  };
  const at = { family: 4, address: '127.0.0.1', port: 0, transparent: false } as const;
  const server = await listenForCapture(at, accepted, () => {});
  open.push(server);
  return (server.address() as AddressInfo).port;
}

/** Some bytes in which each position tells where it is. */
function pattern(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at + 4 <= length; at += 4) bytes.writeUInt32BE(at, at);
  return bytes;
}

/** Sends in pieces and gives all that came back. */
async function talk(port: number, pieces: readonly Uint8Array[]): Promise<Buffer> {
  const socket = connect({ host: '127.0.0.1', port });
  const back: Buffer[] = [];
  socket.on('data', (bytes: Buffer) => back.push(bytes));
  for (const piece of pieces) {
    if (!socket.write(piece)) await once(socket, 'drain');
  }
  socket.end();
  await once(socket, 'close');
  return Buffer.concat(back);
}

const echo = (socket: Socket): void => {
  socket.on('error', () => {});
  socket.pipe(socket);
};

describe('passTo', () => {
  it('carries small and large pieces as they were, and each direction to its end', async () => {
    const port = await relay(echo);
    const sizes = [1, 100, 5_000_000, 3, 20_000, 70_000, 8_000, 1];
    const ends = sizes.map((_, i) => sizes.slice(0, i + 1).reduce((sum, size) => sum + size, 0));
    const all = pattern(ends.at(-1) ?? 0);
    const pieces = ends.map((end, i) => all.subarray(end - (sizes[i] ?? 0), end));
    expect((await talk(port, pieces)).equals(all)).toBe(true);
  });

  it('keeps connections apart that speak at the same time', async () => {
    const port = await relay(echo);
    const sent = Array.from({ length: 40 }, (_, i) => [Buffer.alloc(300 + i, i), Buffer.alloc(100_000 + i, 255 - i)]);
    const back = await Promise.all(sent.map((pieces) => talk(port, pieces)));
    expect(back.map((bytes, i) => bytes.equals(Buffer.concat(sent[i] ?? [])))).toEqual(sent.map(() => true));
  });

  it('reads no more than the other side takes', async () => {
    let taken: Socket | undefined;
    const port = await relay((socket) => {
      taken = socket.pause();
      socket.on('error', () => {});
    });
    const client = connect({ host: '127.0.0.1', port });
    client.on('error', () => {});
    open.push({ close: () => client.destroy() });
    const all = pattern(40_000_000);
    client.end(all);
    let before = -1;
    // Until nothing moves any more: the kernel's buffers are full.
    while (client.bytesWritten - client.writableLength !== before) {
      before = client.bytesWritten - client.writableLength;
      await new Promise((done) => setTimeout(done, 100));
    }
    expect(client.writableLength).toBeGreaterThan(0);
    const back: Buffer[] = [];
    taken?.on('data', (bytes: Buffer) => back.push(bytes));
    taken?.resume();
    if (taken !== undefined) await once(taken, 'end');
    expect(Buffer.concat(back).equals(all)).toBe(true);
  });

  it('keeps what could not be sent at once apart from what others say', async () => {
    let held: Socket | undefined;
    const port = await relay((socket) => {
      socket.on('error', () => {});
      if (held === undefined) held = socket.pause();
      else socket.pipe(socket);
    });
    const client = connect({ host: '127.0.0.1', port });
    client.on('error', () => {});
    open.push({ close: () => client.destroy() });
    const all = pattern(16_000_000);
    let sent = 0;
    // Little at a time, so that it stays in the buffer of all, until the kernel takes no more.
    while (sent < all.length) {
      client.write(all.subarray(sent, sent + 8000));
      sent += 8000;
      await new Promise((done) => setImmediate(done));
      if (client.writableLength === 0) continue;
      await new Promise((done) => setTimeout(done, 50));
      if (client.writableLength > 0) break;
    }
    expect(client.writableLength).toBeGreaterThan(0);
    for (let i = 0; i < 20; i++) await talk(port, [Buffer.alloc(60_000, 0xff)]);
    const back: Buffer[] = [];
    held?.on('data', (bytes: Buffer) => back.push(bytes));
    held?.resume();
    client.end();
    if (held !== undefined) await once(held, 'end');
    expect(Buffer.concat(back).equals(all.subarray(0, sent))).toBe(true);
  });

  it('sends what was seen and changed in place of what came', async () => {
    const port = await relay(echo, (bytes) => Buffer.from(bytes.toString('latin1').toUpperCase(), 'latin1'));
    expect((await talk(port, [Buffer.from('hello')])).toString()).toBe('HELLO');
  });
});
