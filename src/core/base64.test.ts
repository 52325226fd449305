import { describe, expect, it } from 'vitest';
import { base64, base64Bytes } from './base64.ts';

describe('base64', () => {
  it('equals Node for every length of padding and for characters beyond ASCII', () => {
    for (const text of ['', 'a', 'ab', 'abc', 'abcd', '[{"op":"add"}]', 'größe ☸ 🐟']) {
      expect(base64(text)).toBe(Buffer.from(text, 'utf8').toString('base64'));
    }
  });

  it('reads back what it wrote, line breaks or not', () => {
    for (const text of ['', 'a', 'ab', 'abc', 'größe ☸ 🐟']) {
      const bytes = base64Bytes(base64(text).replace(/.{4}/g, '$&\r\n'));
      expect(Buffer.from(bytes ?? []).toString('utf8')).toBe(text);
    }
  });

  it('refuses what is no base64', () => {
    for (const text of ['a', 'ab', 'abc', 'ab=c', 'a===', '*abc', 'ab c']) expect(base64Bytes(text)).toBeUndefined();
  });
});
