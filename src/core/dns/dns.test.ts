import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseResolvConf } from '../resolv-conf.ts';
import {
  answersQuery,
  buildAnswer,
  buildNameTable,
  listenAddress,
  type Query,
  readQuery,
  resolveName,
  withId,
} from './index.ts';

/** A query as a resolver of libc sends it. */
function query(name: string, type = 1, more: { readonly id?: number; readonly edns?: number } = {}): Uint8Array {
  const labels = name === '' ? [] : name.split('.');
  const { id = 7, edns } = more;
  return Uint8Array.from([
    ...[id >> 8, id & 255, 1, 0, 0, 1, 0, 0, 0, 0, 0, edns === undefined ? 0 : 1],
    ...labels.flatMap((label) => [label.length, ...Array.from(label, (c) => c.charCodeAt(0))]),
    ...[0, type >> 8, type & 255, 0, 1],
    ...(edns === undefined ? [] : [0, 0, 41, edns >> 8, edns & 255, 0, 0, 0, 0, 0, 0]),
  ]);
}

function read(bytes: Uint8Array): Query {
  const found = readQuery(bytes);
  if (found === undefined) throw new Error('no query');
  return found;
}

describe('readQuery', () => {
  it('reads the head and the first question', () => {
    expect(read(query('Web.Shop', 28, { id: 4711 }))).toMatchObject({
      id: 4711,
      name: 'web.shop',
      type: 28,
      isAnswer: false,
      recursionDesired: true,
      udpSize: 512,
    });
    expect(read(query('')).name).toBe('');
    expect(read(query('a.b', 1, { edns: 1232 })).udpSize).toBe(1232);
    expect(read(query('a.b', 1, { edns: 100 })).udpSize).toBe(512);
  });

  it.each([
    ['nothing', []],
    ['half a header', [0, 1, 2]],
    ['no question', [0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
    ['a name that points to itself', [0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xc0, 12, 0, 1, 0, 1]],
    ['a label beyond the end', [0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 63, 97]],
    ['a name without type', [...query('abc').slice(0, -3)]],
  ])('makes nothing of %s', (_name, bytes) => {
    expect(readQuery(Uint8Array.from(bytes))).toBeUndefined();
  });

  it('never throws, and answers what it reads with a message that it reads', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const found = readQuery(bytes);
        if (found === undefined) return;
        const answer = readQuery(buildAnswer(found, 'SERVFAIL', [], 512));
        expect(answer).toMatchObject({ id: found.id, name: found.name, type: found.type, isAnswer: true });
      }),
    );
    const label = fc.stringMatching(/^[a-z0-9-]{1,20}$/);
    fc.assert(
      fc.property(fc.array(label, { minLength: 1, maxLength: 8 }), (labels) => {
        expect(read(query(labels.join('.'))).name).toBe(labels.join('.'));
      }),
    );
  });
});

const TABLE = buildNameTable(
  [
    {
      host: 'web.shop.svc.cluster.local',
      addresses: ['10.1.0.1', 'fd00::1'],
      service: { name: 'web', namespace: 'shop' },
    },
    { host: 'db.data.svc.cluster.local', addresses: ['10.1.0.2'], service: { name: 'db', namespace: 'data' } },
    { host: '*.example.com', addresses: ['192.0.2.1'] },
    { host: '*.very.example.com', addresses: ['192.0.2.2'] },
    { host: 'other.svc.elsewhere', addresses: ['10.9.9.9'], service: { name: 'other', namespace: 'x' } },
  ],
  { proxyDomain: 'shop.svc.cluster.local' },
);

function answered(name: string, type = 1): readonly string[] | 'forward' {
  const resolution = resolveName(read(query(name, type)), TABLE, 'shop.svc.cluster.local');
  if (resolution.kind === 'forward') return 'forward';
  return resolution.answers.map((answer) =>
    answer.kind === 'alias' ? `${answer.name} → ${answer.target}` : [...answer.bytes].join('.'),
  );
}

describe('resolveName', () => {
  it.each([
    ['web.shop.svc.cluster.local', ['10.1.0.1']],
    ['WEB.shop.svc', ['10.1.0.1']],
    ['web.shop', ['10.1.0.1']],
    ['web', ['10.1.0.1']],
    ['db.data', ['10.1.0.2']],
    // In another namespace, and outside of the pod's domain, there are no short names.
    ['db', 'forward'],
    ['other.x', 'forward'],
    ['a.example.com', ['192.0.2.1']],
    ['a.very.example.com', ['192.0.2.2']],
    ['example.com', 'forward'],
    ['a.example.com.shop.svc.cluster.local', ['a.example.com.shop.svc.cluster.local → a.example.com', '192.0.2.1']],
    ['unknown.org', 'forward'],
  ])('%s: %j', (name, expected) => {
    expect(answered(name)).toEqual(expected);
  });

  it('has the other family, and nothing where there is none', () => {
    expect(answered('web', 28)).toEqual(['253.0.0.0.0.0.0.0.0.0.0.0.0.0.0.1']);
    expect(answered('db.data', 28)).toEqual([]);
    expect(answered('db.data', 16)).toBe('forward');
  });
});

describe('buildAnswer', () => {
  const asked = read(query('web'));
  const address = (i: number) => ({ kind: 'address' as const, name: 'web', bytes: Uint8Array.from([10, 0, 0, i]) });

  it('is authoritative with an address that lives for 30 seconds', () => {
    const bytes = buildAnswer(asked, 'NOERROR', [address(1)], 512);
    expect([...bytes.slice(0, 12)]).toEqual([0, 7, 0x85, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]);
    expect([...bytes.slice(12 + asked.question.length)]).toEqual([
      3, 119, 101, 98, 0, 0, 1, 0, 1, 0, 0, 0, 30, 0, 4, 10, 0, 0, 1,
    ]);
  });

  it('says that it was cut where it does not fit', () => {
    const bytes = buildAnswer(
      asked,
      'NOERROR',
      Array.from({ length: 100 }, (_, i) => address(i)),
      512,
    );
    expect(bytes.length).toBeLessThanOrEqual(512);
    expect((bytes[2] ?? 0) & 2).toBe(2);
  });

  it('says that it failed', () => {
    expect((buildAnswer(asked, 'SERVFAIL', [], 512)[3] ?? 0) & 15).toBe(2);
  });
});

describe('parseResolvConf', () => {
  it('reads servers and the last search', () => {
    const text =
      '# comment\nnameserver 10.0.0.10\nnameserver fe80::1%eth0 ; x\nsearch a b\noptions ndots:5\ndomain c.d\nnameserver\nnameserver none\n';
    expect(parseResolvConf(text)).toEqual({ servers: ['10.0.0.10', 'fe80::1%eth0'], search: ['c.d'] });
    expect(parseResolvConf('')).toEqual({ servers: [], search: [] });
  });
});

describe('listenAddress', () => {
  it.each([
    ['', ['127.0.0.1', '::1'], 15053],
    ['localhost:53', ['127.0.0.1', '::1'], 53],
    ['0.0.0.0:5353', ['0.0.0.0'], 5353],
    ['[::]:53', ['::'], 53],
  ])('%j', (address, hosts, port) => {
    expect(listenAddress(address)).toEqual({ hosts, port });
  });
});

describe('answersQuery', () => {
  const asked = read(query('Web', 1, { id: 7 }));
  const reply = withId(buildAnswer(asked, 'NOERROR', [], 512), 9);

  it('takes the answer to this question under this id, and nothing else', () => {
    expect(answersQuery(reply, 9, asked)).toBe(true);
    expect(answersQuery(reply, 7, asked)).toBe(false);
    expect(answersQuery(withId(query('Web'), 9), 9, asked)).toBe(false);
    expect(answersQuery(reply, 9, read(query('Wab')))).toBe(false);
    expect(answersQuery(reply, 9, read(query('web')))).toBe(false);
    expect(answersQuery(reply.subarray(0, 11), 9, asked)).toBe(false);
    // A server that could not read the question gives none.
    expect(answersQuery(Uint8Array.from([0, 9, 0x80, 1, 0, 0, 0, 0, 0, 0, 0, 0]), 9, asked)).toBe(true);
  });
});
