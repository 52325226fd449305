import { describe, expect, it } from 'vitest';
import { formatFloat } from './float-format.ts';

describe('formatFloat', () => {
  it.each([
    [15020, '15020'],
    [999999, '999999'],
    [1000000, '1e+06'],
    [1234567, '1.234567e+06'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [1.1, '1.1'],
    [-0, '-0'],
    [5e-324, '5e-324'],
    [1e100, '1e+100'],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, '+Inf'],
    [Number.NEGATIVE_INFINITY, '-Inf'],
  ])('%f as %%g is %s', (value, text) => expect(formatFloat(value, 'g')).toBe(text));

  it('rounds ties to even on the exact value', () => {
    expect(formatFloat(0.5, 'f', 0)).toBe('0');
    expect(formatFloat(1.5, 'f', 0)).toBe('2');
    expect(formatFloat(2.5, 'f', 0)).toBe('2');
    expect(formatFloat(2.675, 'f', 2)).toBe('2.67');
    expect(formatFloat(9.5, 'e', 0)).toBe('1e+01'); // the tie goes from 9 to 10
    expect(formatFloat(0.05, 'f', 0)).toBe('0');
    expect(formatFloat(99999.5, 'g', 5)).toBe('1e+05');
  });

  it('gives digits beyond the shortest', () => {
    expect(formatFloat(0.1, 'f', 20)).toBe('0.10000000000000000555');
    expect(formatFloat(1e22, 'f', 1)).toBe('10000000000000000000000.0');
    expect(formatFloat(5e-324, 'e', 3)).toBe('4.941e-324');
  });

  it('has the binary and hexadecimal forms', () => {
    expect(formatFloat(-0.1, 'b')).toBe('-7205759403792794p-56');
    expect(formatFloat(-0.1, 'x')).toBe('-0x1.999999999999ap-04');
    expect(formatFloat(0, 'x')).toBe('0x0p+00');
    expect(formatFloat(1.999, 'x', 1)).toBe('0x1.0p+01');
    expect(formatFloat(5e-324, 'X')).toBe('0X1P-1074');
  });
});
