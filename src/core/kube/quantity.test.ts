import { describe, expect, it } from 'vitest';
import { canonicalQuantity, parseQuantity } from './quantity.ts';

describe('quantities, as apimachinery writes them after a decode', () => {
  it.each([
    // injection.md A.3
    ['1000m', '1'],
    ['2000m', '2'],
    ['1500m', '1500m'],
    ['0.5', '500m'],
    ['1024Mi', '1Gi'],
    ['1023Mi', '1023Mi'],
    ['1000Ki', '1000Ki'],
    ['1.5Gi', '1536Mi'],
    ['0.1Mi', '104857600m'],
    ['0.25Ki', '256'],
    ['0Mi', '0'],
    ['1000', '1k'],
    ['1000000', '1M'],
    ['128974848', '128974848'],
    ['1e3', '1e3'],
    ['1e4', '10e3'],
    ['12E2', '1200'],
    ['1e-3', '1e-3'],
    ['100m', '100m'],
    ['.5', '500m'],
    ['5.', '5.'],
    ['+5', '+5'],
    ['-1500m', '-1500m'],
    ['-1000m', '-1'],
    ['0', '0'],
    ['0.0000000001', '1n'],
    ['1.0000000001', '1000000001n'],
    ['01', '01'],
    ['512', '512'],
    ['512Ki', '512Ki'],
    ['2048Ki', '2Mi'],
    ['1Ei', '1Ei'],
    ['8Ei', '9223372036854775807'],
    [' 1 ', '1'],
  ])('%s is %s', (text, canonical) => {
    expect(canonicalQuantity(text)).toBe(canonical);
  });

  it.each(['', 'a', '1 Gi', '1..5', '1e', '1K', '1gi', '--1', '1Gim', '0x10', '1,5'])('%s is none', (text) => {
    expect(parseQuantity(text).ok).toBe(false);
  });

  it('says why in the words of apimachinery', () => {
    expect(parseQuantity('1K')).toEqual({ ok: false, error: "unable to parse quantity's suffix" });
    expect(parseQuantity('x')).toMatchObject({ error: expect.stringContaining('must match the regular expression') });
  });

  it('is quick with an exponent beyond all reason', () => {
    expect(canonicalQuantity('1e999999999')).toBe('1e999999999');
    expect(canonicalQuantity('1e-999999999')).toBe('1e-9');
  });
});
