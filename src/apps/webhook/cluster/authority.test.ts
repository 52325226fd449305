import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../core/json.ts';
import { type KeyPair, makeAuthority, validFor } from '../../../platform/tls-authority.ts';
import { type Authority, caBundleOf, nextStep, readAuthority, withAuthority } from './authority.ts';

const DAY = 24 * 3_600_000;
const SETTINGS = { lifetime: 100 * DAY, pause: 60_000 };
const START = Date.UTC(2026, 10, 25);

const EMPTY: JsonObject = { metadata: { namespace: 'remora-system', name: 'remora-webhook-ca' } };

let first: KeyPair;
let second: KeyPair;

beforeAll(async () => {
  first = await makeAuthority('first', validFor(START, SETTINGS.lifetime));
  second = await makeAuthority('second', validFor(START, SETTINGS.lifetime));
});

function read(secret: JsonObject): Authority {
  const authority = readAuthority(secret);
  if (!authority.ok || authority.value === undefined) throw new Error('no authority');
  return authority.value;
}

function refusal(secret: JsonObject): string {
  const authority = readAuthority(secret);
  if (authority.ok) throw new Error('it was read');
  return authority.problems.map(({ code, message }) => `${code}: ${message}`).join('\n');
}

const data = (texts: Readonly<Record<string, string>>): JsonObject => ({
  ...EMPTY,
  data: Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString('base64')])),
});

const annotate = (secret: JsonObject, annotations: Readonly<Record<string, string>>): JsonObject => {
  const metadata = secret.metadata as { readonly annotations?: JsonObject };
  return { ...secret, metadata: { ...metadata, annotations: { ...metadata.annotations, ...annotations } } };
};

/** Each step as it is written, from a Secret on, with what signs and what is trusted. */
async function steps(secret: JsonObject, times: readonly number[]): Promise<readonly (JsonObject | undefined)[]> {
  const done: (JsonObject | undefined)[] = [];
  let now = secret;
  for (const time of times) {
    const authority = readAuthority(now);
    const next = await nextStep(now, authority.ok ? authority.value : undefined, SETTINGS, time);
    done.push(next);
    now = next ?? now;
  }
  return done;
}

describe('the life of an authority', () => {
  it('begins in an empty Secret', async () => {
    const [made] = await steps(EMPTY, [START]);
    const { current, next, previous, since } = read(made ?? {});
    expect([next, previous, since]).toEqual([undefined, undefined, START]);
    const certificate = new X509Certificate(current.certificate);
    expect(certificate.ca).toBe(true);
    expect(certificate.checkPrivateKey(createPrivateKey(current.key))).toBe(true);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(Date.parse(certificate.validTo)).toBe(START + SETTINGS.lifetime);
  });

  it('is quiet until four fifths are over; then a new one is trusted first, signs next, and the old one goes last', async () => {
    const secret = withAuthority(EMPTY, { current: first, since: START });
    const due = START + 81 * DAY;
    const pause = SETTINGS.pause;
    const [early, introduced, waits, promoted, waitsAgain, retired, quiet] = await steps(secret, [
      START + 79 * DAY,
      due,
      due + pause - 1,
      due + pause,
      due + 2 * pause - 1,
      due + 2 * pause,
      due + 3 * pause,
    ]);
    expect([early, waits, waitsAgain, quiet]).toEqual([undefined, undefined, undefined, undefined]);
    const one = read(introduced ?? {});
    const next = one.next?.certificate ?? '';
    expect(one.current.certificate).toBe(first.certificate);
    expect(caBundleOf(one)).toBe(`${first.certificate}${next}`);
    const two = read(promoted ?? {});
    expect([two.current.certificate, two.previous, two.next]).toEqual([next, first.certificate, undefined]);
    expect(two.current.key).toBe(one.next?.key);
    expect(caBundleOf(two)).toBe(`${next}${first.certificate}`);
    const three = read(retired ?? {});
    expect([three.current.certificate, three.previous, three.next]).toEqual([next, undefined, undefined]);
  });

  it('is renewed once for each new text of the annotation', async () => {
    const secret = annotate(withAuthority(EMPTY, { current: first, since: START }), { 'remora.dev/rotate': 'a' });
    const at = (n: number): number => START + DAY + n * SETTINGS.pause;
    const [introduced, promoted, retired, quiet] = await steps(secret, [at(0), at(1), at(2), at(3)]);
    expect(read(introduced ?? {}).next).toBeDefined();
    expect([promoted, retired].map((step) => step !== undefined)).toEqual([true, true]);
    expect(quiet).toBeUndefined();
    const [again] = await steps(annotate(retired ?? {}, { 'remora.dev/rotate': 'b' }), [at(4)]);
    expect(read(again ?? {}).next).toBeDefined();
  });

  it('at every step, what signs is trusted, and was trusted at the step before', async () => {
    const secret = annotate(withAuthority(EMPTY, { current: first, since: START }), { 'remora.dev/rotate': 'a' });
    const done = await steps(
      secret,
      [0, 1, 2].map((n) => START + n * SETTINGS.pause),
    );
    const authorities = [secret, ...done].map((step) => read(step ?? {}));
    authorities.forEach((authority, i) => {
      const before = authorities[i - 1] ?? authority;
      expect(caBundleOf(authority)).toContain(authority.current.certificate);
      expect(caBundleOf(before)).toContain(authority.current.certificate);
      expect(caBundleOf(authority)).toContain(before.current.certificate);
    });
  });
});

describe('a Secret', () => {
  it('that is empty has no authority, which is no problem', () => {
    expect(readAuthority(EMPTY)).toMatchObject({ ok: true, value: undefined });
  });

  it("with the user's own authority may have its key as openssl writes it", () => {
    const sec1 = String(createPrivateKey(first.key).export({ type: 'sec1', format: 'pem' }));
    expect(sec1).toContain('BEGIN EC PRIVATE KEY');
    const { current, since } = read(data({ 'ca.crt': first.certificate, 'ca.key': sec1 }));
    expect(current.key).toContain('BEGIN PRIVATE KEY');
    expect(since).toBe(0);
  });

  it('that cannot sign is refused with the reason, and never thrown at', () => {
    const { certificate, key } = first;
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' });
    const name = 'CERTIFICATE_INVALID: the Secret remora-system/remora-webhook-ca holds no authority: ';
    expect(refusal(data({ 'ca.crt': certificate }))).toBe(`${name}it has no ca.crt or no ca.key`);
    expect(refusal(data({ 'ca.crt': certificate, 'ca.key': second.key }))).toBe(
      `${name}ca.key does not belong to ca.crt`,
    );
    expect(refusal(data({ 'ca.crt': certificate, 'ca.key': String(rsa) }))).toBe(
      `${name}ca.key is no ECDSA key of the curve P-256`,
    );
    for (const bad of [
      { 'ca.crt': certificate, 'ca.key': 'garbage' },
      { 'ca.crt': 'garbage', 'ca.key': key },
      { 'ca.crt': certificate, 'ca.key': key, 'next.crt': second.certificate, 'next.key': 'garbage' },
      { 'ca.crt': certificate, 'ca.key': key, 'next.crt': second.certificate, 'next.key': key },
      { 'ca.crt': certificate, 'ca.key': key, 'previous.crt': 'garbage' },
    ]) {
      expect(refusal(data(bad))).toContain(name);
    }
  });
});
