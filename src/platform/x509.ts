/** Certificates as Sprig's functions ask Go's crypto/x509 for them. */
import type { KeyObject } from 'node:crypto';
import * as der from './der.ts';

export type CertificateRequest = {
  readonly commonName: string;
  readonly ips: readonly string[];
  readonly dnsNames: readonly string[];
  readonly daysValid: number;
  readonly isAuthority: boolean;
  readonly key: KeyObject;
  /** Whoever signs; absent for a certificate that signs itself. */
  readonly issuer?: { readonly certificate: Uint8Array; readonly key: KeyObject } | undefined;
};

const DAY_MS = 24 * 60 * 60 * 1000;

/** The certificate in DER, valid from now on. */
export function makeCertificate(request: CertificateRequest, now = Date.now()): Buffer {
  const { createPublicKey, randomBytes, sign } = process.getBuiltinModule('node:crypto');
  const signer = request.issuer?.key ?? request.key;
  const { algorithm, digest } = signatureOf(signer);
  const publicKey = createPublicKey(request.key).export({ type: 'spki', format: 'der' });
  const subject = nameOf(request.commonName);
  const body = der.sequence(
    der.explicit(0, der.integer(Uint8Array.of(2))),
    der.integer(randomBytes(16)),
    algorithm,
    request.issuer === undefined ? subject : subjectOf(request.issuer.certificate),
    der.sequence(der.time(now), der.time(now + request.daysValid * DAY_MS)),
    subject,
    publicKey,
    der.explicit(3, der.sequence(...extensionsOf(request, publicKey))),
  );
  return der.sequence(body, algorithm, der.bits(sign(digest, body, signer)));
}

type Signature = { readonly algorithm: Buffer; readonly digest: string | null };

function signatureOf(key: KeyObject): Signature {
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return { algorithm: der.sequence(der.oid('1.2.840.113549.1.1.11'), der.NULL), digest: 'sha256' };
    case 'ec': {
      const curve = key.asymmetricKeyDetails?.namedCurve;
      const size = curve === 'secp521r1' ? 512 : curve === 'secp384r1' ? 384 : 256;
      const last = { 256: 2, 384: 3, 512: 4 }[size];
      return { algorithm: der.sequence(der.oid(`1.2.840.10045.4.3.${last}`)), digest: `sha${size}` };
    }
    case 'ed25519':
      return { algorithm: der.sequence(der.oid('1.3.101.112')), digest: null };
    default:
      throw new UnsupportedKey('x509: only RSA, ECDSA and Ed25519 keys supported');
  }
}

export class UnsupportedKey extends Error {}

function nameOf(commonName: string): Buffer {
  if (commonName === '') return der.sequence();
  return der.sequence(der.set(der.sequence(der.oid('2.5.4.3'), der.utf8(commonName))));
}

/** Body of a certificate: version, serial, algorithm, issuer, validity, subject, key, extensions. */
function subjectOf(certificate: Uint8Array): Buffer {
  return der.elementsOf(der.elementsOf(certificate)[0] ?? new Uint8Array())[5] ?? der.sequence();
}

const DIGITAL_SIGNATURE = 0x80;
const KEY_ENCIPHERMENT = 0x20;
const CERT_SIGN = 0x04;

function extensionsOf(request: CertificateRequest, publicKey: Uint8Array): readonly Buffer[] {
  const usage = DIGITAL_SIGNATURE | KEY_ENCIPHERMENT | (request.isAuthority ? CERT_SIGN : 0);
  const ownId = keyId(publicKey);
  const issuerId = request.issuer === undefined ? undefined : subjectKeyId(request.issuer.certificate);
  const names = [
    ...request.dnsNames.map((name) => der.implicit(2, Buffer.from(name, 'utf8'))),
    ...request.ips.map((ip) => der.implicit(7, ipBytes(ip))),
  ];
  return [
    extension('2.5.29.15', der.bits(Uint8Array.of(usage), request.isAuthority ? 2 : 5), true),
    extension('2.5.29.37', der.sequence(der.oid('1.3.6.1.5.5.7.3.1'), der.oid('1.3.6.1.5.5.7.3.2'))),
    extension('2.5.29.19', request.isAuthority ? der.sequence(der.boolean(true)) : der.sequence(), true),
    ...(request.isAuthority ? [extension('2.5.29.14', der.octets(ownId))] : []),
    ...(issuerId === undefined ? [] : [extension('2.5.29.35', der.sequence(der.implicit(0, issuerId)))]),
    ...(names.length === 0 ? [] : [extension('2.5.29.17', der.sequence(...names))]),
  ];
}

function extension(id: string, value: Uint8Array, critical = false): Buffer {
  return der.sequence(der.oid(id), ...(critical ? [der.boolean(true)] : []), der.octets(value));
}

/** SHA-1 of the key's bits, the usual choice (RFC 5280, 4.2.1.2). */
function keyId(publicKey: Uint8Array): Buffer {
  const keyBits = der.contentOf(der.elementsOf(publicKey)[1] ?? new Uint8Array()).subarray(1);
  return process.getBuiltinModule('node:crypto').createHash('sha1').update(keyBits).digest();
}

function subjectKeyId(certificate: Uint8Array): Uint8Array | undefined {
  const fields = der.elementsOf(der.elementsOf(certificate)[0] ?? new Uint8Array());
  const last = fields.find((field) => field[0] === 0xa3);
  const extensions = last === undefined ? [] : der.elementsOf(der.elementsOf(last)[0] ?? new Uint8Array());
  const wanted = der.oid('2.5.29.14');
  const value = extensions
    .map(der.elementsOf)
    .find(([id]) => id?.equals(wanted))
    ?.at(-1);
  return value === undefined ? undefined : der.contentOf(der.contentOf(value));
}

/** The four or sixteen bytes of an address that is known to be one. */
function ipBytes(ip: string): Uint8Array {
  if (!ip.includes(':')) return Uint8Array.from(ip.split('.').map(Number));
  const [head = '', tail] = ip.split('::');
  const before = groups(head);
  const after = tail === undefined ? [] : groups(tail);
  const zeros = new Array<number>(Math.max(0, 16 - before.length - after.length)).fill(0);
  const all = [...before, ...zeros, ...after];
  // Go keeps an IPv4 address written as IPv6 in four bytes.
  const mapped = all.slice(0, 10).every((byte) => byte === 0) && all[10] === 255 && all[11] === 255;
  return Uint8Array.from(mapped ? all.slice(12) : all);
}

function groups(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (group.includes('.')) return group.split('.').map(Number);
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 255];
  });
}
