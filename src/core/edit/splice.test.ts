import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applySplices, invertSplices, type Splice } from './splice.ts';

const planned = fc
  .tuple(
    fc.string({ minLength: 1, maxLength: 60 }),
    fc.array(fc.tuple(fc.nat(60), fc.nat(6), fc.string({ maxLength: 5 })), { maxLength: 6 }),
  )
  .map(([source, raw]) => {
    const splices: Splice[] = [];
    let at = 0;
    for (const [gap, length, text] of raw) {
      const start = at + (gap % 10);
      const end = start + length;
      if (end > source.length) break;
      splices.push({ start, end, text });
      at = end;
    }
    return { source, splices };
  });

describe('splices', () => {
  it('are undone by their inverse', () => {
    fc.assert(
      fc.property(planned, ({ source, splices }) => {
        const edited = applySplices(source, splices);
        expect(applySplices(edited, invertSplices(source, splices))).toBe(source);
      }),
    );
  });

  it('keep their order at one place', () => {
    const splices = [
      { start: 1, end: 1, text: 'x' },
      { start: 1, end: 1, text: 'y' },
    ];
    expect(applySplices('ab', splices)).toBe('axyb');
  });

  it('refuse to overlap', () => {
    const splices = [
      { start: 0, end: 2, text: '' },
      { start: 1, end: 1, text: 'x' },
    ];
    expect(() => applySplices('abc', splices)).toThrow('overlap');
  });
});
