import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeUtf8, encodeUtf8, utf8Length } from './utf8.ts';

describe('utf8', () => {
  it('encodes and counts as Node does', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(Buffer.from(encodeUtf8(text))).toEqual(Buffer.from(text, 'utf8'));
        expect(utf8Length(text)).toBe(Buffer.byteLength(text, 'utf8'));
      }),
    );
  });

  it('carries any bytes through a string and back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const text = decodeUtf8(bytes);
        expect([...encodeUtf8(text)]).toEqual([...bytes]);
        expect(utf8Length(text)).toBe(bytes.length);
      }),
    );
  });

  it('escapes overlong, surrogate and cut sequences byte by byte, as Go decodes them', () => {
    expect(decodeUtf8(Uint8Array.of(0xc0, 0x80))).toBe('\udcc0\udc80');
    expect(decodeUtf8(Uint8Array.of(0xed, 0xa0, 0x80))).toBe('\udced\udca0\udc80');
    expect(decodeUtf8(Uint8Array.of(0x41, 0xe2, 0x82))).toBe('A\udce2\udc82');
  });
});
