import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Exchange, HttpTap } from './index.ts';

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0) & 255);

type Part = readonly [from: 'client' | 'server', text: string];

/** What the tap tells of a conversation; `cut` splits each part into chunks. */
function listen(parts: readonly Part[], cut: (text: string) => readonly string[] = (text) => [text]) {
  const told: Exchange[] = [];
  const tap = new HttpTap(
    () => 0,
    (exchange) => told.push(exchange),
  );
  for (const [from, text] of parts) {
    for (const chunk of cut(text)) {
      if (from === 'client') tap.request(bytes(chunk));
      else tap.response(bytes(chunk));
    }
  }
  const before = { kind: tap.kind, told: told.length };
  tap.close();
  return { exchanges: told.map(brief), before };
}

function brief({ request, response, requestBody, responseBody, complete }: Exchange): string {
  return `${request.method} ${request.path} ${requestBody} → ${response?.status ?? 0} ${responseBody}${complete ? '' : ' cut'}`;
}

const GET = 'GET /a HTTP/1.1\r\nHost: web\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';

const CONVERSATIONS: Readonly<Record<string, readonly [parts: readonly Part[], exchanges: readonly string[]]>> = {
  'a request and its response': [
    [
      ['client', GET],
      ['server', OK],
    ],
    ['GET /a 0 → 200 5'],
  ],
  'two on one connection': [
    [
      ['client', GET],
      ['server', OK],
      ['client', GET.replace('/a', '/b')],
      ['server', OK],
    ],
    ['GET /a 0 → 200 5', 'GET /b 0 → 200 5'],
  ],
  pipelined: [
    [
      ['client', GET + GET.replace('/a', '/b')],
      ['server', OK + OK.replace('200 OK', '404 No')],
    ],
    ['GET /a 0 → 200 5', 'GET /b 0 → 404 5'],
  ],
  'a body': [
    [
      ['client', 'POST /p HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc'],
      ['server', OK],
    ],
    ['POST /p 3 → 200 5'],
  ],
  'chunks with extensions and trailers': [
    [
      [
        'client',
        'POST /p HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nx-t: 1\r\n\r\n',
      ],
      ['server', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n'],
    ],
    ['POST /p 13 → 200 1'],
  ],
  'no body for HEAD, 204 and 304': [
    [
      ['client', GET.replace('GET', 'HEAD') + GET + GET],
      [
        'server',
        'HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\nHTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n',
      ],
    ],
    ['HEAD /a 0 → 200 0', 'GET /a 0 → 204 0', 'GET /a 0 → 304 0'],
  ],
  '100 before the response proper': [
    [
      ['client', 'PUT /u HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n'],
      ['server', 'HTTP/1.1 100 Continue\r\n\r\n'],
      ['client', 'hi'],
      ['server', OK],
    ],
    ['PUT /u 2 → 200 5'],
  ],
  'a tunnel after 101': [
    [
      ['client', 'GET /ws HTTP/1.1\r\nUpgrade: websocket\r\n\r\n'],
      ['server', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
      ['client', '\u0081\u0005GET /no HTTP/1.1\r\n\r\n'],
      ['server', 'abcd'],
    ],
    ['GET /ws 22 → 101 4'],
  ],
  CONNECT: [
    [
      ['client', 'CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n'],
      ['server', 'HTTP/1.1 200 OK\r\n\r\n'],
      ['client', 'xx'],
    ],
    ['CONNECT a:443 2 → 200 0'],
  ],
  'an empty line before a request': [
    [
      ['client', `\r\n${GET}`],
      ['server', OK],
    ],
    ['GET /a 0 → 200 5'],
  ],
  'HTTP/1.0 that ends with the connection': [
    [
      ['client', 'GET /o HTTP/1.0\r\n\r\n'],
      ['server', 'HTTP/1.0 200 OK\r\n\r\nuntil the end'],
    ],
    ['GET /o 0 → 200 0 cut'],
  ],
  'no answer': [[['client', GET]], ['GET /a 0 → 0 0 cut']],
};

describe('HttpTap', () => {
  it('keeps nothing of a buffer that is used again', () => {
    const told: Exchange[] = [];
    const tap = new HttpTap(
      () => 0,
      (exchange) => told.push(exchange),
    );
    const buffer = new Uint8Array(16);
    const fill = (text: string, read: (bytes: Uint8Array) => void): void => {
      for (let at = 0; at < text.length; at += buffer.length) {
        const chunk = bytes(text.slice(at, at + buffer.length));
        buffer.set(chunk);
        read(buffer.subarray(0, chunk.length));
        buffer.fill(0);
      }
    };
    fill(GET, (chunk) => tap.request(chunk));
    fill(OK, (chunk) => tap.response(chunk));
    expect(told.map(brief)).toEqual(['GET /a 0 → 200 5']);
    expect(told[0]?.request.headers.get('host')).toBe('web');
  });

  it.each(Object.entries(CONVERSATIONS))('%s', (_name, [parts, exchanges]) => {
    expect(listen(parts).exchanges).toEqual(exchanges);
  });

  it('a response without a length ends with the connection', () => {
    const told: Exchange[] = [];
    const tap = new HttpTap(
      () => 0,
      (exchange) => told.push(exchange),
    );
    tap.request(bytes('GET /o HTTP/1.0\r\n\r\n'));
    tap.response(bytes('HTTP/1.0 200 OK\r\n\r\nuntil the end'));
    tap.responseEnded();
    expect(told.map(brief)).toEqual(['GET /o 0 → 200 13']);
  });

  it.each([
    ['another protocol', [['client', '\u0016\u0003\u0001']]],
    ['a lower-case method', [['client', 'get / HTTP/1.1\r\n\r\n']]],
    ['HTTP/2', [['client', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n']]],
    [
      'a server that speaks first',
      [
        ['server', '220 hello\r\n'],
        ['client', GET],
      ],
    ],
    [
      'length and chunks at once',
      [['client', 'POST / HTTP/1.1\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n']],
    ],
    ['two lengths', [['client', 'POST / HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n']]],
    ['a folded header', [['client', 'GET / HTTP/1.1\r\na: b\r\n c\r\n\r\n']]],
    ['a blank before the colon', [['client', 'GET / HTTP/1.1\r\na : b\r\n\r\n']]],
    ['a head without end', [['client', `GET / HTTP/1.1\r\n${'a: bbbbbbbbbbbbbbbb\r\n'.repeat(4000)}`]]],
  ] as const)('%s is opaque', (_name, parts) => {
    expect(listen(parts)).toEqual({ exchanges: [], before: { kind: 'opaque', told: 0 } });
  });

  it('the same length given twice is one', () => {
    expect(
      listen([
        ['client', 'POST /p HTTP/1.1\r\ncontent-length: 2\r\ncontent-length: 2\r\n\r\nab'],
        ['server', OK],
      ]).exchanges,
    ).toEqual(['POST /p 2 → 200 5']);
  });

  it('a request that is garbage after a good one takes nothing from the good one', () => {
    expect(
      listen([
        ['client', GET],
        ['server', OK],
        ['client', 'not http at all\r\n\r\n'],
        ['server', 'whatever'],
      ]).exchanges,
    ).toEqual(['GET /a 0 → 200 5']);
  });

  it('who pipelines without end is not listened to any longer', () => {
    const { exchanges } = listen([['client', GET.repeat(1500)]]);
    expect(exchanges).toHaveLength(1000);
  });

  it('tells the same however the bytes are cut', () => {
    const conversations = Object.values(CONVERSATIONS);
    fc.assert(
      fc.property(
        fc.nat({ max: conversations.length - 1 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
        (which, sizes) => {
          const [parts, exchanges] = conversations[which] ?? [[], []];
          const cut = (text: string): string[] => {
            const chunks: string[] = [];
            for (let at = 0, i = 0; at < text.length; i++) {
              const size = sizes[i % sizes.length] ?? 1;
              chunks.push(text.slice(at, at + size));
              at += size;
            }
            return chunks;
          };
          expect(listen(parts, cut).exchanges).toEqual(exchanges);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('never throws, and tells no more exchanges than there were requests', () => {
    const word = fc.constantFrom(
      GET,
      OK,
      '\r\n',
      '\n',
      ':',
      'HTTP/1.1 101 x\r\n\r\n',
      'content-length: 3\r\n',
      'transfer-encoding: chunked\r\n',
      'ffffffffffff\r\n',
      '0\r\n\r\n',
      '\u0000\u00ff',
      'POST / HTTP/1.1\r\n',
    );
    const part = fc.tuple(
      fc.constantFrom('client' as const, 'server' as const),
      fc.array(word).map((words) => words.join('')),
    );
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        const requests = parts
          .filter(([from]) => from === 'client')
          .map(([, text]) => text)
          .join('')
          .split('HTTP/1.1').length;
        expect(listen(parts).exchanges.length).toBeLessThan(requests + 1);
      }),
      { numRuns: 500 },
    );
  });
});
