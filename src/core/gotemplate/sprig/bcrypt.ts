/** bcrypt: Blowfish with an expensive key schedule. */
import { piWords } from './pi-words.ts';

const COST = 10;
const ALPHABET = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const MAGIC = 'OrpheanBeholderScryDoubt';
const ROUND_KEYS = 18;

/** `$2a$10$` with salt (16 bytes) and hash of a password of at most 72 bytes. */
export function bcryptHash(password: Uint8Array, salt: Uint8Array): string {
  const words = Uint32Array.from(piWords());
  const cipher: Blowfish = { p: words.subarray(0, ROUND_KEYS), s: words.subarray(ROUND_KEYS), left: 0, right: 0 };
  const key = wordsOf(Uint8Array.of(...password, 0), ROUND_KEYS);
  const saltWords = wordsOf(salt, ROUND_KEYS);
  expandKey(cipher, key, wordsOf(salt, 4));
  for (let i = 0; i < 2 ** COST; i++) {
    expandKey(cipher, key, undefined);
    expandKey(cipher, saltWords, undefined);
  }
  const block = wordsOf(
    Uint8Array.from(MAGIC, (char) => char.charCodeAt(0)),
    6,
  );
  for (let at = 0; at < block.length; at += 2) {
    cipher.left = block[at] ?? 0;
    cipher.right = block[at + 1] ?? 0;
    for (let i = 0; i < 64; i++) encrypt(cipher);
    block[at] = cipher.left;
    block[at + 1] = cipher.right;
  }
  const bytes = Array.from(block).flatMap((word) => [word >>> 24, (word >> 16) & 255, (word >> 8) & 255, word & 255]);
  return `$2a$${COST}$${encode([...salt])}${encode(bytes.slice(0, 23))}`;
}

type Blowfish = { readonly p: Uint32Array; readonly s: Uint32Array; left: number; right: number };

/** Big-endian words of the bytes, repeated until there are enough. */
function wordsOf(bytes: Uint8Array, count: number): Uint32Array {
  const words = new Uint32Array(count);
  for (let i = 0; i < count * 4; i++) {
    words[i >> 2] = ((words[i >> 2] ?? 0) << 8) | (bytes[i % bytes.length] ?? 0);
  }
  return words;
}

function expandKey(cipher: Blowfish, key: Uint32Array, salt: Uint32Array | undefined): void {
  const { p, s } = cipher;
  for (let i = 0; i < ROUND_KEYS; i++) p[i] = (p[i] ?? 0) ^ (key[i] ?? 0);
  cipher.left = 0;
  cipher.right = 0;
  let at = 0;
  const fill = (table: Uint32Array): void => {
    for (let i = 0; i < table.length; i += 2) {
      if (salt !== undefined) {
        cipher.left ^= salt[at] ?? 0;
        cipher.right ^= salt[at + 1] ?? 0;
        at = (at + 2) % 4;
      }
      encrypt(cipher);
      table[i] = cipher.left;
      table[i + 1] = cipher.right;
    }
  };
  fill(p);
  fill(s);
}

function encrypt(cipher: Blowfish): void {
  const { p, s } = cipher;
  let left = cipher.left ^ (p[0] ?? 0);
  let right = cipher.right;
  for (let i = 1; i <= 16; i += 2) {
    right ^= mix(s, left) ^ (p[i] ?? 0);
    left ^= mix(s, right) ^ (p[i + 1] ?? 0);
  }
  cipher.left = (right ^ (p[17] ?? 0)) >>> 0;
  cipher.right = left >>> 0;
}

function mix(s: Uint32Array, x: number): number {
  const sum = ((s[x >>> 24] ?? 0) + (s[256 + ((x >> 16) & 255)] ?? 0)) | 0;
  return ((sum ^ (s[512 + ((x >> 8) & 255)] ?? 0)) + (s[768 + (x & 255)] ?? 0)) | 0;
}

/** bcrypt's own base64: another alphabet and no padding. */
function encode(bytes: readonly number[]): string {
  let out = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i;
    const word = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    for (let k = 0; k <= Math.min(left, 3); k++) out += ALPHABET.charAt((word >> (18 - 6 * k)) & 63);
  }
  return out;
}
