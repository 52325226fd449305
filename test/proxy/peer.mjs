// A program that stands in a namespace and does what it is told, one JSON command a line: it serves as an application, and
// calls as a client. Answers are JSON lines with the command's id.
import { createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { Agent, createServer as createHttp, request as httpRequest } from 'node:http';
import { connect, createServer as createTcp } from 'node:net';
import { createInterface } from 'node:readline';

// No text: what begins like a line of words may be taken for an old HTTP by a proxy that looks.
const BLOCK = Buffer.alloc(64 * 1024, '\u0000\u0001remora travels attached to another fish. ');
const servers = [];
const held = [];
let requests = 0;

/** Answers with what it saw of the request; some paths make it behave in ways of their own. */
function application(request, response) {
  requests++;
  const url = new URL(request.url, 'http://app');
  const bytes = Number(url.searchParams.get('bytes') ?? 0);
  if (url.pathname === '/big') {
    response.writeHead(200, url.searchParams.has('chunked') ? {} : { 'content-length': String(bytes) });
    return void pour(response, bytes, createHash('sha256'));
  }
  if (url.pathname.startsWith('/status/')) return void response.writeHead(Number(url.pathname.slice(8))).end();
  let received = 0;
  const hash = createHash('sha256');
  request.on('data', (chunk) => {
    received += chunk.length;
    hash.update(chunk);
  });
  request.on('end', () => {
    const seen = {
      peer: request.socket.remoteAddress,
      local: request.socket.localAddress,
      method: request.method,
      path: request.url,
      received,
      sha: hash.digest('hex'),
      headers: request.headers,
    };
    const text = JSON.stringify(seen);
    setTimeout(
      () =>
        response
          .writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
          .end(text),
      Number(url.searchParams.get('delay') ?? 0),
    );
  });
}

/** Writes as many bytes as are wanted, as fast as they are taken, and ends. */
function pour(stream, bytes, hash, done = () => {}) {
  let left = bytes;
  const more = () => {
    while (left > 0) {
      const part = left >= BLOCK.length ? BLOCK : BLOCK.subarray(0, left);
      left -= part.length;
      hash.update(part);
      if (!stream.write(part)) return void stream.once('drain', more);
    }
    stream.end();
    done(hash.digest('hex'));
  };
  more();
}

const SERVE = {
  http: () => {
    const server = createHttp(application);
    server.keepAliveTimeout = 60_000;
    server.on('upgrade', (_request, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: echo\r\nconnection: upgrade\r\n\r\n');
      socket.on('data', (chunk) => socket.write(chunk));
      socket.on('error', () => {});
      socket.on('end', () => socket.end());
    });
    return server;
  },
  /** Says something first, then says everything again, and goodbye when the client has ended. */
  greet: () =>
    createTcp({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => {});
      socket.write(`220 ${socket.remoteAddress}\n`);
      socket.on('data', (chunk) => socket.write(chunk));
      socket.on('end', () => socket.end('bye\n'));
    }),
  echo: () =>
    createTcp({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => {});
      socket.on('data', (chunk) => socket.write(chunk));
      socket.on('end', () => socket.end('bye\n'));
    }),
  /** Takes everything, then says how much it was. */
  sink: () =>
    createTcp({ allowHalfOpen: true }, (socket) => {
      const hash = createHash('sha256');
      let bytes = 0;
      socket.on('error', () => {});
      socket.on('data', (chunk) => {
        bytes += chunk.length;
        hash.update(chunk);
      });
      socket.on('end', () => socket.end(`${bytes} ${hash.digest('hex')}\n`));
    }),
  /** Told a number, gives as many bytes. */
  source: () =>
    createTcp({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => {});
      socket.once('data', (chunk) => pour(socket, Number(String(chunk).trim()), createHash('sha256')));
    }),
  /** Ends its own direction at once, and listens on. */
  ender: () =>
    createTcp({ allowHalfOpen: true }, (socket) => {
      let text = '';
      socket.on('error', () => {});
      socket.end('nothing more from me\n');
      socket.on('data', (chunk) => {
        text += chunk;
      });
      socket.on('end', () => heard.push(text));
    }),
  reset: () =>
    createTcp((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.resetAndDestroy());
    }),
};
const heard = [];

const DO = {
  serve: ({ kind, port, host }) =>
    new Promise((resolve, reject) => {
      const server = SERVE[kind]();
      servers.push(server);
      server.once('error', reject);
      server.listen({ port, host: host ?? '::', backlog: 4096 }, () => resolve(true));
    }),
  /** A resolver by UDP and TCP that knows one address for every name. */
  dns: async ({ host }) => {
    const answer = (query) => {
      const end = query.indexOf(0, 12) + 5;
      const record = [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 192, 0, 2, 77];
      asked++;
      return Buffer.concat([
        query.subarray(0, 2),
        Buffer.from([0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]),
        query.subarray(12, end),
        Buffer.from(record),
      ]);
    };
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    socket.on('message', (query, from) => {
      callers.add(`${from.address} udp`);
      socket.send(answer(query), from.port, from.address);
    });
    await new Promise((done) => socket.bind(53, host, done));
    const server = createTcp((client) => {
      client.on('error', () => {});
      client.on('data', (chunk) => {
        callers.add(`${client.remoteAddress} tcp`);
        const reply = answer(chunk.subarray(2));
        client.write(Buffer.concat([Buffer.from([reply.length >> 8, reply.length & 255]), reply]));
      });
    });
    await new Promise((done) => server.listen(53, host, done));
    return true;
  },
  asked: async () => ({ asked, callers: [...callers] }),
  resolve: async ({ server, name }) => {
    const resolver = new Resolver({ timeout: 2000, tries: 1 });
    resolver.setServers([server]);
    return resolver.resolve4(name);
  },
  /** The same by TCP, which a resolver of Node's does only when it is told to. */
  resolveTcp: ({ server, name }) =>
    new Promise((resolve, reject) => {
      const labels = name.split('.').flatMap((label) => [label.length, ...Buffer.from(label)]);
      const query = Buffer.from([7, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...labels, 0, 0, 1, 0, 1]);
      const socket = connect({ host: server, port: 53 }, () =>
        socket.write(Buffer.concat([Buffer.from([0, query.length]), query])),
      );
      socket.once('data', (chunk) => {
        socket.destroy();
        resolve([...chunk.subarray(-4)].join('.'));
      });
      socket.once('error', reject);
      socket.setTimeout(3000, () => reject(new Error('late')));
    }),
  heard: async () => heard,
  requests: async () => requests,
  request: ({ host, port, path = '/', method = 'GET', headers = {}, bytes = 0, timeout = 10_000 }) =>
    new Promise((resolve) => {
      const started = Date.now();
      const call = httpRequest(
        {
          host,
          port,
          path,
          method,
          headers: { ...headers, ...(bytes > 0 ? { 'content-length': String(bytes) } : {}) },
          agent: false,
        },
        (response) => {
          const hash = createHash('sha256');
          let received = 0;
          let text = '';
          response.on('data', (chunk) => {
            received += chunk.length;
            hash.update(chunk);
            if (text.length < 1_000_000) text += chunk;
          });
          response.once('end', () =>
            resolve({
              status: response.statusCode,
              headers: response.headers,
              body: text.slice(0, 1_000_000),
              received,
              sha: hash.digest('hex'),
              ms: Date.now() - started,
            }),
          );
          response.once('error', (error) => resolve({ error: String(error.code) }));
        },
      );
      call.setTimeout(timeout, () => call.destroy(Object.assign(new Error('late'), { code: 'LATE' })));
      call.once('error', (error) => resolve({ error: String(error.code) }));
      if (bytes > 0) pour(call, bytes, createHash('sha256'));
      else call.end();
    }),
  /** Many requests, some at a time, over kept connections or each on its own. */
  many: async ({ host, port, path = '/', count, parallel = 1, keepAlive = true }) => {
    const agent = new Agent({ keepAlive, maxSockets: parallel });
    const sockets = new Set();
    const errors = {};
    let ok = 0;
    let left = count;
    const one = () =>
      new Promise((resolve) => {
        const call = httpRequest({ host, port, path, agent }, (response) => {
          response.resume();
          response.once('end', () => {
            if (response.statusCode === 200) ok++;
            else errors[response.statusCode] = (errors[response.statusCode] ?? 0) + 1;
            resolve();
          });
        });
        call.once('socket', (socket) => sockets.add(socket));
        call.once('error', (error) => {
          errors[error.code] = (errors[error.code] ?? 0) + 1;
          resolve();
        });
        call.end();
      });
    await Promise.all(
      Array.from({ length: parallel }, async () => {
        while (left-- > 0) await one();
      }),
    );
    agent.destroy();
    return { ok, errors, sockets: sockets.size };
  },
  /** Talks as it is told: waits for the first word where asked, sends, ends its direction, hears to the end. */
  talk: ({ host, port, send = [], listenFirst = false, end = true, gap = 0, timeout = 15_000, reset = false }) =>
    new Promise((resolve) => {
      const started = Date.now();
      let text = '';
      let first;
      const socket = connect({ host, port, allowHalfOpen: true });
      const done = (more) => {
        socket.destroy();
        resolve({ text, first, ms: Date.now() - started, ...more });
      };
      const timer = setTimeout(() => done({ late: true }), timeout);
      const speak = async () => {
        for (const part of send) {
          socket.write(part);
          if (gap > 0) await new Promise((r) => setTimeout(r, gap));
        }
        if (reset) return void setTimeout(() => socket.resetAndDestroy(), 50);
        if (end) socket.end();
      };
      socket.on('data', (chunk) => {
        if (first === undefined) {
          first = Date.now() - started;
          if (listenFirst) speak();
        }
        text += chunk;
      });
      socket.once('connect', () => {
        if (!listenFirst) speak();
      });
      socket.once('end', () => {
        clearTimeout(timer);
        if (!end) socket.end();
        done({ ended: true });
      });
      socket.once('error', (error) => {
        clearTimeout(timer);
        done({ error: error.code });
      });
    }),
  upload: ({ host, port, bytes }) =>
    new Promise((resolve) => {
      const socket = connect({ host, port, allowHalfOpen: true });
      let text = '';
      let sent;
      socket.once('connect', () =>
        pour(socket, bytes, createHash('sha256'), (sha) => {
          sent = sha;
        }),
      );
      socket.on('data', (chunk) => {
        text += chunk;
      });
      socket.once('end', () => resolve({ sent, reply: text.trim() }));
      socket.once('error', (error) => resolve({ error: error.code }));
    }),
  download: ({ host, port, bytes }) =>
    new Promise((resolve) => {
      const socket = connect({ host, port, allowHalfOpen: true });
      const hash = createHash('sha256');
      const expected = createHash('sha256');
      for (let left = bytes; left > 0; left -= BLOCK.length)
        expected.update(left >= BLOCK.length ? BLOCK : BLOCK.subarray(0, left));
      let received = 0;
      socket.once('connect', () => socket.write(`${bytes}\n`));
      socket.on('data', (chunk) => {
        received += chunk.length;
        hash.update(chunk);
      });
      socket.once('end', () => {
        socket.end();
        resolve({ received, sha: hash.digest('hex'), expected: expected.digest('hex') });
      });
      socket.once('error', (error) => resolve({ error: error.code, received }));
    }),
  /** Opens connections and leaves them. `send` is said once on each; nothing is ever read where `mute` is set. */
  hold: async ({ host, port, count, send, mute = false, parallel = 200 }) => {
    let open = 0;
    const errors = {};
    const one = () =>
      new Promise((resolve) => {
        const socket = connect({ host, port });
        socket.once('connect', () => {
          open++;
          held.push(socket);
          if (send !== undefined) socket.write(send);
          if (mute) socket.pause();
          else socket.resume();
          resolve();
        });
        socket.on('error', (error) => {
          errors[error.code] = (errors[error.code] ?? 0) + 1;
          resolve();
        });
      });
    let left = count;
    await Promise.all(
      Array.from({ length: parallel }, async () => {
        while (left-- > 0) await one();
      }),
    );
    return { open, errors };
  },
  alive: async () => held.filter((socket) => !socket.destroyed).length,
  release: async () => {
    for (const socket of held.splice(0)) socket.destroy();
    return true;
  },
  /** Asks two servers without a pause until it is told to stop; a connection that has said close is not used again. */
  roll: async ({ targets, parallel = 4 }) => {
    const agent = new Agent({ keepAlive: true });
    const result = { ok: 0, lost: {}, by: {} };
    rolling = true;
    let turn = 0;
    await Promise.all(
      Array.from({ length: parallel }, async () => {
        while (rolling) {
          const live = targets.filter(({ host }) => !gone.has(host));
          const { host, port } = live[turn++ % live.length];
          await new Promise((resolve) => {
            const call = httpRequest({ host, port, path: '/roll', agent }, (response) => {
              response.resume();
              response.once('end', () => {
                if (response.statusCode === 200) result.ok++;
                else result.lost[response.statusCode] = (result.lost[response.statusCode] ?? 0) + 1;
                result.by[host] = (result.by[host] ?? 0) + 1;
                resolve();
              });
              response.once('error', () => resolve());
            });
            call.once('error', (error) => {
              result.lost[error.code] = (result.lost[error.code] ?? 0) + 1;
              resolve();
            });
            call.end();
          });
        }
      }),
    );
    agent.destroy();
    return result;
  },
  /** As the endpoints of a service: no new connection goes to this host. */
  leave: async ({ host }) => gone.add(host) && true,
  stop: async () => {
    rolling = false;
    return true;
  },
};
let rolling = false;
let asked = 0;
const callers = new Set();
const gone = new Set();

process.on('uncaughtException', (error) => process.stderr.write(`peer: ${error.stack}\n`));
createInterface({ input: process.stdin })
  .on('line', async (line) => {
    const { id, what, ...rest } = JSON.parse(line);
    const answer = await DO[what](rest).then(
      (value) => ({ id, value }),
      (error) => ({ id, failure: String(error) }),
    );
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  })
  .once('close', () => process.exit(0));
