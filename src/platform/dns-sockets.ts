/** DNS over UDP and TCP: listening, and asking a server. */
import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { connect, createServer, type Server } from 'node:net';

export type Transport = 'udp' | 'tcp';

/** Given a message, gives the answer; undefined: none. */
export type AnswerMessage = (message: Uint8Array, transport: Transport) => Promise<Uint8Array | undefined>;

/** A TCP client that says nothing is let go, in milliseconds (RFC 7766 asks for seconds). */
const TCP_IDLE = 10_000;
const DNS_PORT = 53;

export type DnsListener = { readonly port: number; readonly close: () => void };

/** Listens for both on one address; port 0 takes a free one. Fails with the system's error, and leaves nothing open. */
export async function listenDns(address: string, port: number, answer: AnswerMessage): Promise<DnsListener> {
  const tcp = await listenTcp(address, port, answer);
  const bound = tcp.address();
  const chosen = typeof bound === 'object' && bound !== null ? bound.port : port;
  try {
    const udp = await listenUdp(address, chosen, answer);
    return {
      port: chosen,
      close: () => {
        tcp.close();
        udp.close();
      },
    };
  } catch (error) {
    tcp.close();
    throw error;
  }
}

function listenUdp(address: string, port: number, answer: AnswerMessage): Promise<DatagramSocket> {
  const socket = createSocket({ type: address.includes(':') ? 'udp6' : 'udp4', ipv6Only: address.includes(':') });
  socket.on('message', (message, from) => {
    void answer(message, 'udp').then((reply) => {
      // The client may be gone.
      if (reply !== undefined) socket.send(reply, from.port, from.address, () => {});
    });
  });
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind({ address, port }, () => {
      socket.off('error', reject);
      socket.on('error', () => {});
      resolve(socket);
    });
  });
}

function listenTcp(address: string, port: number, answer: AnswerMessage): Promise<Server> {
  const server = createServer((socket) => {
    const split = messages((message) => {
      void answer(message, 'tcp').then((reply) => {
        if (reply !== undefined && !socket.destroyed) socket.write(framed(reply));
      });
    });
    socket.setTimeout(TCP_IDLE, () => socket.destroy());
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => split(chunk));
  });
  server.maxConnections = 1000;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: address, port, ipv6Only: address.includes(':') }, () => {
      server.off('error', reject);
      server.on('error', () => {});
      resolve(server);
    });
  });
}

export type Server53 = { readonly address: string; readonly port?: number | undefined };

/** Asks by UDP. `accept` tells the answer from what a stranger sent. */
export function askUdp(
  server: Server53,
  message: Uint8Array,
  accept: (reply: Uint8Array) => boolean,
  milliseconds: number,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    // Connected: the kernel lets only this server's packets in, and picks a port that nobody can guess.
    const socket = createSocket(server.address.includes(':') ? 'udp6' : 'udp4');
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      socket.removeAllListeners();
      socket.on('error', () => {});
      socket.close();
      settle();
    };
    const timer = setTimeout(() => end(() => reject(new Error(`no answer within ${milliseconds} ms`))), milliseconds);
    socket.once('error', (error) => end(() => reject(error)));
    socket.on('message', (reply) => {
      if (accept(reply)) end(() => resolve(reply));
    });
    socket.connect(server.port ?? DNS_PORT, server.address, () => socket.send(message));
  });
}

export function askTcp(
  server: Server53,
  message: Uint8Array,
  accept: (reply: Uint8Array) => boolean,
  milliseconds: number,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: server.address, port: server.port ?? DNS_PORT });
    const late = new Error(`no answer within ${milliseconds} ms`);
    const timer = setTimeout(() => socket.destroy(late), milliseconds);
    const split = messages((reply) => {
      if (!accept(reply)) return;
      resolve(reply);
      socket.destroy();
    });
    socket.once('connect', () => socket.write(framed(message)));
    socket.on('data', (chunk: Buffer) => split(chunk));
    socket.once('error', reject);
    socket.once('close', () => {
      clearTimeout(timer);
      reject(new Error('the server hung up'));
    });
  });
}

/** Two bytes of length before each message. */
function framed(message: Uint8Array): Buffer {
  const head = Buffer.alloc(2);
  head.writeUInt16BE(message.length);
  return Buffer.concat([head, message]);
}

function messages(onMessage: (message: Uint8Array) => void): (chunk: Buffer) => void {
  let rest = Buffer.alloc(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 2) {
      const length = rest.readUInt16BE(0);
      if (rest.length < 2 + length) return;
      onMessage(rest.subarray(2, 2 + length));
      rest = rest.subarray(2 + length);
    }
  };
}
