/** Sprig's hashes, passwords and ciphers. Keys and certificates come from the host. */
import { cbc } from '@noble/ciphers/aes.js';
import { sha1 } from '@noble/hashes/legacy.js';
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { decodeUtf8, encodeUtf8, utf8Length } from '../../utf8.ts';
import { defineFunc, type FunctionTable, functionTable } from '../define-func.ts';
import { type CallContext, type GoFunc, GoFuncError, type GoParameter, type GoValue } from '../value.ts';
import { sliceBounds, text } from './arguments.ts';
import { decodeBase64, encodeBase64 } from './base-encoding.ts';
import { bcryptHash } from './bcrypt.ts';
import { derivePassword } from './derive-password.ts';
import { hostRandom } from './host.ts';

const CERTIFICATE: GoParameter = 'go:sprig.certificate';
const LIST: GoParameter = '[]interface {}';

export const cryptoFunctions: FunctionTable = functionTable(
  defineFunc('sha1sum', ['string'], false, ([s]) => bytesToHex(sha1(encodeUtf8(text(s))))),
  defineFunc('sha256sum', ['string'], false, ([s]) => bytesToHex(sha256(encodeUtf8(text(s))))),
  defineFunc('sha512sum', ['string'], false, ([s]) => bytesToHex(sha512(encodeUtf8(text(s))))),
  defineFunc('adler32sum', ['string'], false, ([s]) => String(adler32(encodeUtf8(text(s))))),
  defineFunc('bcrypt', ['string'], false, ([password], context) => bcrypt(text(password), context)),
  defineFunc('htpasswd', ['string', 'string'], false, ([user, password], context) =>
    text(user).includes(':') ? `invalid username: ${text(user)}` : `${text(user)}:${bcrypt(text(password), context)}`,
  ),
  defineFunc('derivePassword', ['any', 'string', 'string', 'string', 'string'], false, (args, context) => {
    context.step(2 ** 20);
    return derivePassword(args[0], text(args[1]), text(args[2]), text(args[3]), text(args[4]));
  }),
  defineFunc('encryptAES', ['string', 'string'], false, ([password, plain], context) =>
    text(plain) === '' ? '' : encrypt(text(password), text(plain), context),
  ),
  defineFunc('decryptAES', ['string', 'string'], false, ([password, encrypted]) =>
    text(encrypted) === '' ? '' : decrypt(text(password), text(encrypted)),
  ),
  fromHost('genPrivateKey', ['string']),
  fromHost('buildCustomCert', ['string', 'string'], ([certificate, key]) => {
    mustBeBase64(text(certificate), 'certificate');
    mustBeBase64(text(key), 'private key');
  }),
  fromHost('genCA', ['string', 'int']),
  fromHost('genCAWithKey', ['string', 'int', 'string']),
  fromHost('genSelfSignedCert', ['string', LIST, LIST, 'int']),
  fromHost('genSelfSignedCertWithKey', ['string', LIST, LIST, 'int', 'string']),
  fromHost('genSignedCert', ['string', LIST, LIST, 'int', CERTIFICATE]),
  fromHost('genSignedCertWithKey', ['string', LIST, LIST, 'int', CERTIFICATE, 'string']),
);

function fromHost(
  name: string,
  parameters: readonly GoParameter[],
  check?: (args: readonly GoValue[]) => void,
): GoFunc {
  return defineFunc(name, parameters, false, (args, { host }) => {
    check?.(args);
    const call = host.crypto?.[name];
    if (call === undefined) throw new GoFuncError('no keys and certificates can be made here');
    return call(args);
  });
}

function mustBeBase64(value: string, what: string): void {
  try {
    decodeBase64(value);
  } catch {
    throw new GoFuncError(`unable to decode base64 ${what}`);
  }
}

const ADLER_BASE = 65521;
/** So many bytes can be added before the sums must be reduced. */
const ADLER_RUN = 5552;

function adler32(bytes: Uint8Array): number {
  let a = 1;
  let b = 0;
  for (let from = 0; from < bytes.length; from += ADLER_RUN) {
    for (const byte of bytes.subarray(from, from + ADLER_RUN)) {
      a += byte;
      b += a;
    }
    a %= ADLER_BASE;
    b %= ADLER_BASE;
  }
  return b * 65536 + a;
}

/** bcrypt takes no more bytes than this. */
const MAX_PASSWORD = 72;

function bcrypt(password: string, context: CallContext): string {
  const bytes = encodeUtf8(password);
  if (bytes.length > MAX_PASSWORD) {
    return 'failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes';
  }
  context.step(2 ** 20);
  return bcryptHash(bytes, hostRandom(context, 16));
}

const BLOCK = 16;

/** The password is the key: cut or filled with zeros to 32 bytes. */
function aesKey(password: string): Uint8Array {
  const key = new Uint8Array(32);
  key.set(encodeUtf8(password).subarray(0, 32));
  return key;
}

function encrypt(password: string, plain: string, context: CallContext): string {
  const iv = Uint8Array.from(hostRandom(context, BLOCK));
  const encrypted = cbc(aesKey(password), iv).encrypt(encodeUtf8(plain));
  const all = new Uint8Array(BLOCK + encrypted.length);
  all.set(iv);
  all.set(encrypted, BLOCK);
  return encodeBase64(all);
}

/** Trusts the last byte to be the padding's length, as Sprig does: a wrong password gives rubbish or Go's panic. */
function decrypt(password: string, encrypted: string): string {
  const bytes = decodeBase64(encrypted);
  // Go's slice has room for what the text might hold at most.
  const capacity = Math.floor(utf8Length(encrypted) / 4) * 3;
  if (capacity < BLOCK) return sliceBounds(`[:${BLOCK}] with capacity ${capacity}`);
  if (bytes.length < BLOCK) return sliceBounds(`[${BLOCK}:${bytes.length}]`);
  const body = bytes.subarray(BLOCK);
  if (body.length % BLOCK !== 0) throw new GoFuncError('crypto/cipher: input not full blocks');
  if (body.length === 0) throw new GoFuncError('runtime error: index out of range [-1]');
  const plain = cbc(aesKey(password), bytes.subarray(0, BLOCK), { disablePadding: true }).decrypt(body);
  const end = plain.length - (plain.at(-1) ?? 0);
  return end < 0 ? sliceBounds(`[:${end}]`) : decodeUtf8(plain.subarray(0, end));
}
