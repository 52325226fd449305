import { describe, expect, it } from 'vitest';
import { compareCodePoints, getKey, type MutableJsonObject, setKey, stringifyGoJson } from './json.ts';

describe('stringifyGoJson', () => {
  it('escapes what Go escapes', () => {
    expect(stringifyGoJson('<a>&\u2028\u2029"\\\n\t\u0001\u007f')).toBe(
      '"\\u003ca\\u003e\\u0026\\u2028\\u2029\\"\\\\\\n\\t\\u0001\u007f"',
    );
    expect(stringifyGoJson('<', { sortKeys: false, escapeHtml: false })).toBe('"<"');
  });

  it('writes numbers as Go does', () => {
    expect(stringifyGoJson([0, -0, 1e21, 1e20, 1e-7, 1.5e-10, 0.000001, 123456789012345680000n])).toBe(
      '[0,-0,1e+21,100000000000000000000,1e-7,1.5e-10,0.000001,123456789012345680000]',
    );
  });

  it('keeps insertion order, or sorts by code point when asked', () => {
    const value = { b: 1, a: { d: 2, c: 3 }, '\u{1f41f}': 4, '\uffff': 5 };
    expect(stringifyGoJson(value)).toBe('{"b":1,"a":{"d":2,"c":3},"\u{1f41f}":4,"\uffff":5}');
    expect(stringifyGoJson(value, { sortKeys: true, escapeHtml: true })).toBe(
      '{"a":{"c":3,"d":2},"b":1,"\uffff":5,"\u{1f41f}":4}',
    );
  });
});

describe('keys', () => {
  it('treats __proto__ as an ordinary key', () => {
    const object: MutableJsonObject = {};
    setKey(object, '__proto__', 'x');
    expect(Object.keys(object)).toEqual(['__proto__']);
    expect(getKey(object, '__proto__')).toBe('x');
    expect(getKey({}, 'constructor')).toBeUndefined();
  });

  it('compares by code point, not by UTF-16 unit', () => {
    expect(compareCodePoints('\u{1f41f}', '\uffff')).toBeGreaterThan(0);
    expect(compareCodePoints('a', 'ab')).toBeLessThan(0);
  });
});
