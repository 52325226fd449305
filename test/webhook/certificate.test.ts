import { X509Certificate } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { selfSignedCertificate } from '../../src/apps/webhook/cluster/certificate.ts';
import type { Leader } from '../../src/apps/webhook/cluster/leader.ts';
import { objectAt } from '../../src/apps/webhook/cluster/object-text.ts';
import type { ServingCertificate } from '../../src/apps/webhook/source.ts';
import type { Problem } from '../../src/core/problem.ts';
import { type FakeApi, FORBIDDEN, fakeApi, until } from './fake-api.ts';

const PATH = '/api/v1/namespaces/demo/secrets/remora-webhook-ca';
const NAMES = ['remora-webhook.demo.svc', '127.0.0.1'];

type Replica = {
  readonly given: ServingCertificate[];
  readonly problems: Problem[];
  lead: (leads: boolean) => void;
};

let server: FakeApi;
let over: AbortController;
let running: Promise<void>[];

beforeEach(() => {
  server = fakeApi();
  over = new AbortController();
  running = [];
});

afterEach(async () => {
  over.abort();
  await Promise.all(running);
});

function replica({ leads, leafLifetime }: { readonly leads: boolean; readonly leafLifetime?: number }): Replica {
  let leading = leads;
  const listeners: ((leading: boolean) => void)[] = [];
  const leader: Leader = {
    isLeader: () => leading,
    onChange: (listener) => listeners.push(listener),
    run: async () => {},
  };
  const source = selfSignedCertificate(server.api, leader, {
    namespace: 'demo',
    secret: 'remora-webhook-ca',
    names: NAMES,
    authority: { lifetime: 3_600_000, pause: 1_500 },
    settle: 300,
    ...(leafLifetime === undefined ? {} : { leafLifetime }),
  });
  const given: ServingCertificate[] = [];
  const problems: Problem[] = [];
  running.push(
    source.run({ value: (value) => given.push(value), problem: (problem) => problems.push(problem) }, over.signal),
  );
  const lead = (now: boolean): void => {
    leading = now;
    for (const listener of listeners) listener(now);
  };
  return { given, problems, lead };
}

const authorities = ({ caBundle = '' }: ServingCertificate): readonly X509Certificate[] =>
  caBundle.match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----/g)?.map((pem) => new X509Certificate(pem)) ?? [];

/** Whether a client that trusts the bundle of one accepts the certificate of the other. */
function trusts(client: ServingCertificate, { certificate }: ServingCertificate): boolean {
  const leaf = new X509Certificate(certificate);
  return authorities(client).some((authority) => leaf.checkIssued(authority) && leaf.verify(authority.publicKey));
}

const last = ({ given }: Replica): ServingCertificate => {
  const value = given.at(-1);
  if (value === undefined) throw new Error('nothing was given');
  return value;
};

function change(key: string, text: string): void {
  const secret = server.get(PATH) ?? {};
  server.put(PATH, { ...secret, data: { ...objectAt(secret, 'data'), [key]: Buffer.from(text).toString('base64') } });
}

describe('a self-signed certificate', () => {
  it('is of an authority that the leader makes, and each replica has a leaf of its own', async () => {
    const follower = replica({ leads: false });
    await new Promise((next) => setTimeout(next, 100));
    expect(server.get(PATH)).toBeUndefined();
    const leader = replica({ leads: true });
    await until('both have one', () => leader.given.length > 0 && follower.given.length > 0);
    const leaf = new X509Certificate(last(leader).certificate);
    expect(leaf.subjectAltName).toBe('DNS:remora-webhook.demo.svc, IP Address:127.0.0.1');
    expect(leaf.ca).toBe(false);
    expect(last(leader).certificate).not.toBe(last(follower).certificate);
    expect(last(leader).caBundle).toBe(last(follower).caBundle);
    expect([trusts(last(leader), last(follower)), trusts(last(follower), last(leader))]).toEqual([true, true]);
    // The keys of leaves stay where they are.
    expect(JSON.stringify(server.get(PATH))).not.toContain(Buffer.from(last(leader).key).toString('base64'));
    expect(Object.keys(objectAt(server.get(PATH) ?? {}, 'data'))).toEqual(['ca.crt', 'ca.key']);
  });

  it('is renewed before it runs out', async () => {
    const leader = replica({ leads: true, leafLifetime: 1_500 });
    await until('two leaves', () => new Set(leader.given.map(({ certificate }) => certificate)).size === 2);
    expect(new Set(leader.given.map(({ caBundle }) => caBundle)).size).toBe(1);
  });

  it('rotates so that whatever is served is trusted by the bundle of that time and of the time before', async () => {
    const leader = replica({ leads: true });
    const follower = replica({ leads: false });
    await until('both have one', () => leader.given.length > 0 && follower.given.length > 0);
    const before = last(leader);
    const secret = server.get(PATH) ?? {};
    const metadata = objectAt(secret, 'metadata');
    const annotations = { ...objectAt(metadata, 'annotations'), 'remora.dev/rotate': 'now' };
    server.put(PATH, { ...secret, metadata: { ...metadata, annotations } });
    const rotated = (each: Replica): boolean =>
      authorities(last(each)).length === 1 && last(each).caBundle !== before.caBundle;
    await until('both are over with it', () => rotated(leader) && rotated(follower));
    expect(trusts(before, last(leader))).toBe(false);
    for (const each of [leader, follower]) {
      each.given.forEach((value, i) => {
        expect(trusts(value, value)).toBe(true);
        const earlier = each.given[i - 1];
        if (earlier === undefined) return;
        expect(trusts(earlier, value)).toBe(true);
        expect(trusts(value, earlier)).toBe(true);
      });
    }
    // And by the bundle of the other replica, which may be the one in the webhook configuration.
    expect([trusts(last(leader), last(follower)), trusts(last(follower), last(leader))]).toEqual([true, true]);
    expect([leader.problems, follower.problems]).toEqual([[], []]);
  }, 20_000);
});

describe('what happens to the Secret', () => {
  it('deleted: the leader puts the same authority back', async () => {
    const leader = replica({ leads: true });
    await until('one', () => leader.given.length > 0);
    const { data } = server.get(PATH) ?? {};
    server.remove(PATH);
    await until('it is back', () => server.get(PATH) !== undefined);
    expect(server.get(PATH)?.data).toEqual(data);
    expect(leader.given.length).toBe(1);
  });

  it('spoiled: it is told, what is in use stays, and nobody ends', async () => {
    const leader = replica({ leads: true });
    await until('one', () => leader.given.length > 0);
    const good = Buffer.from(String(objectAt(server.get(PATH) ?? {}, 'data')['ca.key']), 'base64').toString();
    change('ca.key', 'garbage');
    await until('it is told', () => leader.problems.length > 0);
    await new Promise((next) => setTimeout(next, 1_200));
    expect(leader.problems[0]?.code).toBe('CERTIFICATE_INVALID');
    expect(leader.given.length).toBe(1);
    expect(Buffer.from(String(objectAt(server.get(PATH) ?? {}, 'data')['ca.key']), 'base64').toString()).toBe(
      'garbage',
    );
    change('ca.key', good);
    await new Promise((next) => setTimeout(next, 100));
    expect(leader.problems.length).toBe(1);
  });

  it('made by another replica in the same moment: both use that one', async () => {
    const [a, b] = [replica({ leads: true }), replica({ leads: true })];
    await until('both have one', () => a.given.length > 0 && b.given.length > 0);
    await until('the same', () => last(a).caBundle === last(b).caBundle);
    expect(trusts(last(a), last(b))).toBe(true);
    expect([a.problems, b.problems]).toEqual([[], []]);
  });

  it('not writable: it is told, and tried again', async () => {
    server.failNext(1, FORBIDDEN, ({ method }) => method === 'POST');
    const leader = replica({ leads: true });
    await until('one', () => leader.given.length > 0);
    expect(leader.problems.map(({ code, message }) => [code, message])).toEqual([
      ['CLUSTER_REFUSED', 'cannot write the Secret demo/remora-webhook-ca: no'],
    ]);
  });
});
