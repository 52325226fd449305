/**
 * Keys and certificates for templates: Sprig's genPrivateKey, genCA and their kin, by Node's crypto, which is loaded when
 * a template asks for the first. Errors have Sprig's texts.
 */
import type { KeyObject } from 'node:crypto';
import {
  certificateValue,
  GoFuncError,
  GoInt,
  GoList,
  type GoObject,
  type GoValue,
  isObject,
  sprint,
} from '../core/gotemplate/index.ts';
import { contentOf, elementsOf, integer, sequence } from './der.ts';
import { type CertificateRequest, makeCertificate, UnsupportedKey } from './x509.ts';

type Functions = { readonly [name: string]: (args: readonly GoValue[]) => GoValue };

export const certificateFunctions: Functions = {
  genPrivateKey: ([type]) => genPrivateKey(text(type)),
  buildCustomCert: ([certificate, key]) => buildCustomCert(text(certificate), text(key)),
  genCA: ([name, days]) => authority(name, days, newRsaKey()),
  genCAWithKey: ([name, days, key]) => authority(name, days, readKey(text(key))),
  genSelfSignedCert: ([name, ips, names, days]) => leaf(name, ips, names, days, newRsaKey()),
  genSelfSignedCertWithKey: ([name, ips, names, days, key]) => leaf(name, ips, names, days, readKey(text(key))),
  genSignedCert: ([name, ips, names, days, ca]) => leaf(name, ips, names, days, newRsaKey(), readAuthority(ca)),
  genSignedCertWithKey: ([name, ips, names, days, ca, key]) =>
    leaf(name, ips, names, days, readKey(text(key)), readAuthority(ca)),
};

function genPrivateKey(type: string): string {
  const { generateKeyPairSync } = crypto();
  switch (type) {
    case '':
    case 'rsa':
      return pemOfKey(generateKeyPairSync('rsa', { modulusLength: 4096 }).privateKey);
    case 'dsa':
      return pemOfKey(generateKeyPairSync('dsa', { modulusLength: 2048, divisorLength: 256 }).privateKey);
    case 'ecdsa':
      return pemOfKey(generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey);
    case 'ed25519':
      return pemOfKey(generateKeyPairSync('ed25519').privateKey);
    default:
      return `Unknown type ${type}`;
  }
}

function buildCustomCert(certificate: string, key: string): GoValue {
  const [certificatePem, keyPem] = [certificate, key].map((base64) => Buffer.from(base64, 'base64').toString('utf8'));
  certificateBytes(certificatePem ?? '');
  readKey(keyPem ?? '');
  return certificateValue(certificatePem ?? '', keyPem ?? '');
}

function authority(name: GoValue, days: GoValue, key: KeyObject): GoValue {
  return issue({ commonName: text(name), ips: [], dnsNames: [], daysValid: number(days), isAuthority: true, key });
}

function leaf(
  name: GoValue,
  ips: GoValue,
  dnsNames: GoValue,
  days: GoValue,
  key: KeyObject,
  issuer?: CertificateRequest['issuer'],
): GoValue {
  return issue({
    commonName: text(name),
    ips: addresses(ips),
    dnsNames: items(dnsNames).map((item) => {
      if (typeof item === 'string') return item;
      throw new GoFuncError(`error processing alternate dns name: ${sprint([item])} is not a string`);
    }),
    daysValid: number(days),
    isAuthority: false,
    key,
    issuer,
  });
}

function issue(request: CertificateRequest): GoValue {
  try {
    return certificateValue(pem('CERTIFICATE', makeCertificate(request)), pemOfKey(request.key));
  } catch (error) {
    if (!(error instanceof UnsupportedKey)) throw error;
    throw new GoFuncError(`error creating certificate: ${error.message}`);
  }
}

function addresses(ips: GoValue): readonly string[] {
  const { isIP } = process.getBuiltinModule('node:net');
  return items(ips).map((item) => {
    if (typeof item !== 'string') throw new GoFuncError(`error parsing ip: ${sprint([item])} is not a string`);
    if (isIP(item) === 0 || item.includes('%')) throw new GoFuncError(`error parsing ip: ${item}`);
    return item;
  });
}

function readAuthority(ca: GoValue): CertificateRequest['issuer'] {
  const object: GoObject | undefined = isObject(ca) ? ca : undefined;
  const certificate = certificateBytes(text(object?.field('Cert') as GoValue));
  return { certificate, key: readKey(text(object?.field('Key') as GoValue)) };
}

function certificateBytes(pemText: string): Uint8Array {
  if (!/-----BEGIN [^-]+-----[^-]*-----END [^-]+-----/.test(pemText)) {
    throw new GoFuncError('unable to decode certificate');
  }
  try {
    return new (crypto().X509Certificate)(pemText).raw;
  } catch (error) {
    throw new GoFuncError(`error parsing certificate: ${messageOf(error)}`);
  }
}

function readKey(pemText: string): KeyObject {
  if (!pemText.includes('-----BEGIN ')) throw new GoFuncError('error parsing private key: no PEM data in input');
  try {
    return crypto().createPrivateKey(pemText);
  } catch (error) {
    throw new GoFuncError(`error parsing private key: ${messageOf(error)}`);
  }
}

function newRsaKey(): KeyObject {
  return crypto().generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
}

/** In the old form of each type, where it has one, as Sprig writes them. */
function pemOfKey(key: KeyObject): string {
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return key.export({ type: 'pkcs1', format: 'pem' }).toString();
    case 'ec':
      return key.export({ type: 'sec1', format: 'pem' }).toString();
    case 'dsa':
      return pem('DSA PRIVATE KEY', dsaKey(key));
    default:
      return key.export({ type: 'pkcs8', format: 'pem' }).toString();
  }
}

/** Version, p, q, g, y, x. PKCS #8 has p, q and g in its algorithm, and x; the public key has y. */
function dsaKey(key: KeyObject): Buffer {
  const secret = elementsOf(key.export({ type: 'pkcs8', format: 'der' }));
  const open = elementsOf(crypto().createPublicKey(key).export({ type: 'spki', format: 'der' }));
  const parameters = elementsOf(secret[1] ?? NOTHING)[1] ?? NOTHING;
  const y = contentOf(open[1] ?? NOTHING).subarray(1);
  const x = contentOf(secret[2] ?? NOTHING);
  return sequence(integer(Uint8Array.of(0)), ...elementsOf(parameters), y, x);
}

const NOTHING = new Uint8Array();

function pem(label: string, bytes: Uint8Array): string {
  const lines =
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

function crypto(): typeof import('node:crypto') {
  return process.getBuiltinModule('node:crypto');
}

/** The engine has checked the type already: another one is a bug. */
function text(value: GoValue): string {
  if (typeof value === 'string') return value;
  throw new TypeError('want a string');
}

function number(value: GoValue): number {
  if (value instanceof GoInt) return Number(value.value);
  throw new TypeError('want an integer');
}

function items(value: GoValue): readonly GoValue[] {
  return value instanceof GoList ? value.items : [];
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
