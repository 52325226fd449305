/** The Master Password algorithm, version of Sprig: a site's password from one's own. */
import { hmac } from '@noble/hashes/hmac.js';
import { scrypt } from '@noble/hashes/scrypt.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { encodeUtf8 } from '../../utf8.ts';
import { typeOf } from '../type-name.ts';
import { GoFuncError, GoInt, type GoValue } from '../value.ts';

const SEED = 'com.lyndir.masterpassword';

const TEMPLATES: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    maximum: 'anoxxxxxxxxxxxxxxxxx axxxxxxxxxxxxxxxxxno',
    long:
      'CvcvnoCvcvCvcv CvcvCvcvnoCvcv CvcvCvcvCvcvno CvccnoCvcvCvcv CvccCvcvnoCvcv CvccCvcvCvcvno CvcvnoCvccCvcv ' +
      'CvcvCvccnoCvcv CvcvCvccCvcvno CvcvnoCvcvCvcc CvcvCvcvnoCvcc CvcvCvcvCvccno CvccnoCvccCvcv CvccCvccnoCvcv ' +
      'CvccCvccCvcvno CvcvnoCvccCvcc CvcvCvccnoCvcc CvcvCvccCvccno CvccnoCvcvCvcc CvccCvcvnoCvcc CvccCvcvCvccno',
    medium: 'CvcnoCvc CvcCvcno',
    short: 'Cvcn',
    basic: 'aaanaaan aannaaan aaannaaa',
    pin: 'nnnn',
  }).map(([name, templates]) => [name, templates.split(' ')]),
);

const CHARACTERS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    V: 'AEIOU',
    C: 'BCDFGHJKLMNPQRSTVWXYZ',
    v: 'aeiou',
    c: 'bcdfghjklmnpqrstvwxyz',
    A: 'AEIOUBCDFGHJKLMNPQRSTVWXYZ',
    a: 'AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz',
    n: '0123456789',
    o: "@&%?,=[]_:-+*$#!'^~;()/.",
    x: 'AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()',
  }),
);

/** `counter` is a uint32 in Go. */
export function derivePassword(counter: GoValue, type: string, password: string, user: string, site: string): string {
  if (!(counter instanceof GoInt)) {
    throw new GoFuncError(`wrong type for value; expected uint32; got ${typeOf(counter)}`);
  }
  const templates = TEMPLATES.get(type);
  if (templates === undefined) return `cannot find password template ${type}`;
  const salt = joined(encodeUtf8(SEED), counted(user));
  const key = scrypt(encodeUtf8(password), salt, { N: 32768, r: 8, p: 2, dkLen: 64 });
  const seed = hmac(sha256, key, joined(encodeUtf8(SEED), counted(site), bigEndian(Number(counter.value))));
  const template = templates[(seed[0] ?? 0) % templates.length] ?? '';
  return Array.from(template, (kind, i) => {
    const characters = CHARACTERS.get(kind) ?? '';
    return characters.charAt((seed[i + 1] ?? 0) % characters.length);
  }).join('');
}

function counted(text: string): Uint8Array {
  const bytes = encodeUtf8(text);
  return joined(bigEndian(bytes.length), bytes);
}

function bigEndian(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}
