import { describe, expect, it } from 'vitest';
import { base64 } from './base64.ts';

describe('base64', () => {
  it('equals Node for every length of padding and for characters beyond ASCII', () => {
    for (const text of ['', 'a', 'ab', 'abc', 'abcd', '[{"op":"add"}]', 'größe ☸ 🐟']) {
      expect(base64(text)).toBe(Buffer.from(text, 'utf8').toString('base64'));
    }
  });
});
