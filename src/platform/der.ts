/** The little of ASN.1 that a certificate is made of, in DER. */

type Part = Uint8Array;

/** An element: tag, length, content. */
function element(tag: number, ...content: readonly Part[]): Buffer {
  const body = Buffer.concat(content);
  return Buffer.concat([Uint8Array.of(tag, ...lengthBytes(body.length)), body]);
}

export const sequence = (...content: readonly Part[]): Buffer => element(0x30, ...content);
export const set = (...content: readonly Part[]): Buffer => element(0x31, ...content);
export const octets = (content: Part): Buffer => element(0x04, content);
export const boolean = (value: boolean): Buffer => element(0x01, Uint8Array.of(value ? 0xff : 0));
export const utf8 = (text: string): Buffer => element(0x0c, Buffer.from(text, 'utf8'));
export const NULL = element(0x05);
/** `[n]` around elements. */
export const explicit = (n: number, ...content: readonly Part[]): Buffer => element(0xa0 + n, ...content);
/** `[n]` in place of a tag. */
export const implicit = (n: number, content: Part): Buffer => element(0x80 + n, content);

/** An integer that is not negative, from its bytes. */
export function integer(bytes: Part): Buffer {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const digits = bytes.subarray(start);
  return element(0x02, (digits[0] ?? 0) >= 0x80 ? Uint8Array.of(0) : new Uint8Array(), digits);
}

/** Bits from the left: `unused` of the last byte count for nothing. */
export function bits(bytes: Part, unused = 0): Buffer {
  return element(0x03, Uint8Array.of(unused), bytes);
}

export function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  return element(0x06, Uint8Array.from([first * 40 + second, ...rest.flatMap(base128)]));
}

/** UTCTime, and from 2050 on GeneralizedTime, as RFC 5280 wants them. */
export function time(milliseconds: number): Buffer {
  const text = new Date(milliseconds).toISOString().replace(/[-:T]|\.\d+/g, '');
  return text < '2050' ? element(0x17, Buffer.from(text.slice(2))) : element(0x18, Buffer.from(text));
}

/** The elements inside of one, each with its header. */
export function elementsOf(der: Part): readonly Buffer[] {
  const elements: Buffer[] = [];
  for (let at = headerLength(der, 0); at < der.length; ) {
    const end = at + headerLength(der, at) + contentLength(der, at);
    elements.push(Buffer.from(der.subarray(at, end)));
    at = end;
  }
  return elements;
}

/** What an element holds, without its header. */
export function contentOf(der: Part): Uint8Array {
  return der.subarray(headerLength(der, 0));
}

function lengthBytes(length: number): readonly number[] {
  if (length < 0x80) return [length];
  const digits: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) digits.unshift(rest % 256);
  return [0x80 + digits.length, ...digits];
}

function headerLength(der: Part, at: number): number {
  const first = der[at + 1] ?? 0;
  return first < 0x80 ? 2 : 2 + (first & 0x7f);
}

function contentLength(der: Part, at: number): number {
  const first = der[at + 1] ?? 0;
  if (first < 0x80) return first;
  return der.subarray(at + 2, at + 2 + (first & 0x7f)).reduce((length, byte) => length * 256 + byte, 0);
}

function base128(value: number): readonly number[] {
  const digits = [value % 128];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) digits.unshift((rest % 128) + 128);
  return digits;
}
