import { describe, expect, it } from 'vitest';
import { atLeast, formatRelease, LATEST, parseRelease } from './release.ts';

describe('release', () => {
  it('reads the forms that people write', () => {
    for (const [text, want] of [
      ['1.20', { minor: 20, patch: 999 }],
      ['v1.0.2', { minor: 0, patch: 2 }],
      ['1.9.3-rc.1', { minor: 9, patch: 3 }],
      ['1.20.0-alpha.0', { minor: 20, patch: 0 }],
      ['1.20.99', { minor: 20, patch: 99 }],
      ['latest', LATEST],
    ] as const) {
      expect(parseRelease(text)).toEqual({ ok: true, value: want, problems: [] });
    }
  });

  it('refuses others with both the value and the range', () => {
    for (const text of [
      '2.0',
      '1',
      '1.99',
      '',
      'newest',
      '1.20-alpha',
      '1.20.1-alpha',
      '1.20-rc.1',
      '1.9.3-rc.x',
      '1.2+x',
    ]) {
      const result = parseRelease(text);
      expect(result.ok).toBe(false);
      expect(result.problems[0]?.message).toContain(`"${text}"`);
      expect(result.problems[0]?.remedy).toContain('1.0 to 1.32');
    }
  });

  it('compares minor first, then patch', () => {
    expect(atLeast({ minor: 0, patch: 3 }, 0, 3)).toBe(true);
    expect(atLeast({ minor: 0, patch: 2 }, 0, 3)).toBe(false);
    expect(atLeast({ minor: 9, patch: 0 }, 8, 5)).toBe(true);
    expect(formatRelease({ minor: 0, patch: 2 })).toBe('1.0.2');
    expect(formatRelease({ minor: 20, patch: 999 })).toBe('1.20');
  });
});
