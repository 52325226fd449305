/**
 * The life of our authority, which replicas share as a Secret. A new one is never used before everybody trusts it, and an
 * old one is trusted until nobody uses it any more:
 *
 *   create ──► ca            bundle: ca
 *   introduce  ca, next      bundle: ca + next        signed by ca
 *   promote    ca, previous  bundle: ca + previous    signed by ca, which was next
 *   retire     ca            bundle: ca
 *
 * Between two steps a pause passes, in which the caBundle reaches the API servers and replicas take new certificates.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { getKey, type JsonObject } from '../../../core/json.ts';
import { failed, type Parsed, parsed } from '../../../core/problem.ts';
import { type KeyPair, makeAuthority, validFor } from '../../../platform/tls-authority.ts';
import { objectAt, textAt } from './object-text.ts';

export type Authority = {
  /** Signs. */
  readonly current: KeyPair;
  readonly next: KeyPair | undefined;
  /** PEM. */
  readonly previous: string | undefined;
  /** When the last step was done, in milliseconds. */
  readonly since: number;
};

export type AuthoritySettings = {
  /** Milliseconds. */
  readonly lifetime: number;
  readonly pause: number;
};

export const DEFAULT_AUTHORITY: AuthoritySettings = { lifetime: 10 * 365 * 24 * 3_600_000, pause: 5 * 60_000 };

/** Set on the Secret to any new text, this starts a rotation: `kubectl annotate secret remora-webhook-ca remora.dev/rotate=2026-11-25`. */
const ROTATE = 'remora.dev/rotate';
const ROTATED = 'remora.dev/rotated';
const SINCE = 'remora.dev/since';

export function caBundleOf({ current, next, previous }: Authority): string {
  return [current.certificate, next?.certificate, previous].filter((pem) => pem !== undefined).join('');
}

/** undefined: nothing is in the Secret yet. */
export function readAuthority(secret: JsonObject): Parsed<Authority | undefined> {
  const data = objectAt(secret, 'data');
  if (Object.keys(data).length === 0) return parsed(undefined);
  const text = (key: string): string | undefined => {
    const value = getKey(data, key);
    return typeof value === 'string' && value !== '' ? Buffer.from(value, 'base64').toString('utf8') : undefined;
  };
  const [certificate, key] = [text('ca.crt'), text('ca.key')];
  const [nextCertificate, nextKey] = [text('next.crt'), text('next.key')];
  if (certificate === undefined || key === undefined) return unusable(secret, 'it has no ca.crt or no ca.key');
  try {
    const next =
      nextCertificate === undefined || nextKey === undefined ? undefined : keyPairOf(nextCertificate, nextKey, 'next');
    const previous = text('previous.crt');
    if (previous !== undefined) new X509Certificate(previous);
    const since = Date.parse(annotation(secret, SINCE));
    return parsed({
      current: keyPairOf(certificate, key, 'ca'),
      next,
      previous,
      since: Number.isNaN(since) ? 0 : since,
    });
  } catch (error) {
    return unusable(secret, error instanceof Error ? error.message : String(error));
  }
}

/** Throws where the two cannot sign: found out now, and not when the last leaf runs out. */
function keyPairOf(certificate: string, pem: string, name: string): KeyPair {
  const key = createPrivateKey(pem);
  if (key.asymmetricKeyType !== 'ec' || key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw new Error(`${name}.key is no ECDSA key of the curve P-256`);
  }
  if (!new X509Certificate(certificate).checkPrivateKey(key))
    throw new Error(`${name}.key does not belong to ${name}.crt`);
  // What openssl writes is SEC1, which WebCrypto does not read.
  return { certificate, key: String(key.export({ type: 'pkcs8', format: 'pem' })) };
}

function unusable(secret: JsonObject, why: string): Parsed<never> {
  const name = `${textAt(secret, 'metadata', 'namespace')}/${textAt(secret, 'metadata', 'name')}`;
  return failed({
    code: 'CERTIFICATE_INVALID',
    severity: 'error',
    message: `the Secret ${name} holds no authority: ${why}`,
    remedy:
      'Delete the Secret, and a new authority is made; or put a certificate and its key (ECDSA, P-256) there as ca.crt and ca.key.',
  });
}

/** The Secret after the next step of its authority's life; undefined where nothing is due. */
export async function nextStep(
  secret: JsonObject,
  authority: Authority | undefined,
  { lifetime, pause }: AuthoritySettings,
  now: number,
): Promise<JsonObject | undefined> {
  if (authority === undefined) return withAuthority(secret, { current: await newAuthority(lifetime, now), since: now });
  const { current, next, previous, since } = authority;
  const rested = now - since >= pause;
  if (next !== undefined) {
    return rested ? withAuthority(secret, { current: next, previous: current.certificate, since: now }) : undefined;
  }
  if (previous !== undefined) return rested ? withAuthority(secret, { current, since: now }) : undefined;
  if (!isDue(secret, current, now)) return undefined;
  return asked(withAuthority(secret, { current, next: await newAuthority(lifetime, now), since: now }));
}

/** The same authority in a Secret that lost it. */
export function withAuthority(
  secret: JsonObject,
  authority: Omit<Authority, 'next' | 'previous'> & Partial<Pick<Authority, 'next' | 'previous'>>,
): JsonObject {
  const { current, next, previous, since } = authority;
  const data: Record<string, string> = { 'ca.crt': current.certificate, 'ca.key': current.key };
  if (next !== undefined) Object.assign(data, { 'next.crt': next.certificate, 'next.key': next.key });
  if (previous !== undefined) data['previous.crt'] = previous;
  return annotated(
    {
      ...secret,
      data: Object.fromEntries(Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString('base64')])),
    },
    SINCE,
    new Date(since).toISOString(),
  );
}

function newAuthority(lifetime: number, now: number): Promise<KeyPair> {
  return makeAuthority(`remora-webhook-ca ${new Date(now).toISOString().slice(0, 10)}`, validFor(now, lifetime));
}

/** Four fifths of its life are over, or somebody asks. */
function isDue(secret: JsonObject, { certificate }: KeyPair, now: number): boolean {
  const { validFrom, validTo } = new X509Certificate(certificate);
  const [from, to] = [Date.parse(validFrom), Date.parse(validTo)];
  return now > from + (to - from) * 0.8 || annotation(secret, ROTATE) !== annotation(secret, ROTATED);
}

function asked(secret: JsonObject): JsonObject {
  return annotated(secret, ROTATED, annotation(secret, ROTATE));
}

function annotation(secret: JsonObject, key: string): string {
  return textAt(secret, 'metadata', 'annotations', key);
}

function annotated(secret: JsonObject, key: string, value: string): JsonObject {
  const metadata = objectAt(secret, 'metadata');
  return { ...secret, metadata: { ...metadata, annotations: { ...objectAt(metadata, 'annotations'), [key]: value } } };
}
