/** encoding/base64 and encoding/base32, with the places of their errors. */
import { GoFuncError } from '../value.ts';
import { toByteText } from './byte-text.ts';

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

export function encodeBase64(bytes: Uint8Array): string {
  return encode(bytes, BASE64, 6, 4);
}

export function encodeBase32(bytes: Uint8Array): string {
  return encode(bytes, BASE32, 5, 8);
}

/** Line breaks are skipped wherever they are. Throws GoFuncError with Go's text and the offset of the first bad byte. */
export function decodeBase64(text: string): Uint8Array {
  const source = toByteText(text);
  const bad = (at: number): never => {
    throw new GoFuncError(`illegal base64 data at input byte ${at}`);
  };
  const values: number[] = [];
  let i = 0;
  const skipBreaks = (): void => {
    while (source.charAt(i) === '\n' || source.charAt(i) === '\r') i++;
  };
  for (;;) {
    skipBreaks();
    if (i === source.length) {
      // Go counts the characters of the open group back from the end, line breaks or not.
      if (values.length % 4 !== 0) bad(source.length - (values.length % 4));
      break;
    }
    const value = BASE64.indexOf(source.charAt(i));
    if (value >= 0) {
      values.push(value);
      i++;
      continue;
    }
    if (source.charAt(i) !== '=' || values.length % 4 < 2) bad(i);
    i++;
    if (values.length % 4 === 2) {
      skipBreaks();
      if (i === source.length) bad(source.length);
      if (source.charAt(i) !== '=') bad(i - 1);
      i++;
    }
    skipBreaks();
    if (i < source.length) bad(i);
    break;
  }
  return pack(values, 6);
}

/** As {@link decodeBase64}; offsets do not count line breaks. */
export function decodeBase32(text: string): Uint8Array {
  const source = toByteText(text).replace(/[\r\n]/g, '');
  const bad = (at: number): never => {
    throw new GoFuncError(`illegal base32 data at input byte ${at}`);
  };
  const values: number[] = [];
  for (let i = 0; i < source.length; i++) {
    const place = i % 8;
    const left = source.length - i - 1;
    const value = BASE32.indexOf(source.charAt(i));
    if (source.charAt(i) === '=' && place >= 2 && left < 8) {
      if (left + place < 7) bad(source.length);
      for (let k = 0; k < 7 - place; k++) if (left > k && source.charAt(i + 1 + k) !== '=') bad(i + k);
      if (place === 3 || place === 6) bad(i);
      return pack(values, 5);
    }
    if (value < 0) bad(i);
    values.push(value);
  }
  if (values.length % 8 !== 0) bad(source.length - (values.length % 8));
  return pack(values, 5);
}

function encode(bytes: Uint8Array, alphabet: string, width: number, group: number): string {
  let out = '';
  let bits = 0;
  let count = 0;
  const mask = (1 << width) - 1;
  for (const byte of bytes) {
    bits = ((bits & 0xff) << 8) | byte;
    count += 8;
    while (count >= width) {
      count -= width;
      out += alphabet.charAt((bits >> count) & mask);
    }
  }
  if (count > 0) out += alphabet.charAt((bits << (width - count)) & mask);
  return out + '='.repeat((group - (out.length % group)) % group);
}

/** Bits that fill no byte are dropped. */
function pack(values: readonly number[], width: number): Uint8Array {
  const bytes = new Uint8Array(Math.floor((values.length * width) / 8));
  let bits = 0;
  let count = 0;
  let n = 0;
  for (const value of values) {
    bits = ((bits & 0xff) << width) | value;
    count += width;
    if (count < 8) continue;
    count -= 8;
    bytes[n++] = (bits >> count) & 0xff;
  }
  return bytes;
}
