import { describe, expect, it } from 'vitest';
import { durationNanoseconds, formatGoDuration, formatProtoDuration, parseGoDuration } from './duration.ts';

describe('durations', () => {
  it.each([
    ['45s', '45s', '45s'],
    ['1m', '60s', '1m0s'],
    ['1h', '3600s', '1h0m0s'],
    ['1.5s', '1.500s', '1.5s'],
    ['100ms', '0.100s', '100ms'],
    ['1us', '0.000001s', '1µs'],
    ['3ns', '0.000000003s', '3ns'],
    ['0', '0s', '0s'],
    ['-1.5s', '-1.500s', '-1.5s'],
    ['1h15m30.918273645s', '4530.918273645s', '1h15m30.918273645s'],
    ['.5s', '0.500s', '500ms'],
  ])('%s is %s in JSON and %s in Go', (text, json, go) => {
    const nanoseconds = parseGoDuration(text);
    if (typeof nanoseconds !== 'bigint') throw new Error(nanoseconds.error);
    expect(formatProtoDuration(nanoseconds)).toBe(json);
    expect(formatGoDuration(nanoseconds)).toBe(go);
    expect(durationNanoseconds(json)).toBe(nanoseconds);
  });

  it.each([
    ['', 'time: invalid duration ""'],
    ['x', 'time: invalid duration "x"'],
    ['5', 'time: missing unit in duration "5"'],
    ['5d', 'time: unknown unit "d" in duration "5d"'],
    ['10000000h', 'time: invalid duration "10000000h"'],
  ])('%s is refused', (text, error) => {
    expect(parseGoDuration(text)).toEqual({ error });
  });

  it('of nothing is zero', () => {
    expect(durationNanoseconds(undefined)).toBe(0n);
  });
});
