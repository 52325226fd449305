import { describe, expect, it } from 'vitest';
import { canBackquote, joinBytes, quote, quoteRune, quoteToAscii } from './quote.ts';
import { unquote, unquoteChar } from './unquote.ts';

describe('quote', () => {
  it.each([
    ['plain', '"plain"'],
    ['a"b\\', '"a\\"b\\\\"'],
    ['\u0000\u007f\u00a0\u200b\ufeff', '"\\x00\\x7f\\u00a0\\u200b\\ufeff"'],
    ['\u0007\b\f\n\r\t\v', '"\\a\\b\\f\\n\\r\\t\\v"'],
    ['é日😀\u{e0001}', '"é日😀\\U000e0001"'],
    ['\udcff\udcfe', '"\\xff\\xfe"'],
    ['\udcc3\udca9', '"é"'], // two halves joined again
  ])('%j', (text, quoted) => expect(quote(text)).toBe(quoted));

  it('keeps to ASCII on demand', () => expect(quoteToAscii('é😀')).toBe('"\\u00e9\\U0001f600"'));

  it('quotes characters', () => {
    expect(quoteRune(0x27)).toBe("'\\''");
    expect(quoteRune(0xd800)).toBe("'\ufffd'");
    expect(quoteRune(0x65e5, true)).toBe("'\\u65e5'");
  });
});

describe('canBackquote', () => {
  it('refuses control characters, backquotes and what is no text', () => {
    expect(canBackquote('a\tb😀')).toBe(true);
    for (const text of ['`', '\n', '\u007f', '\ufeff', '\udc80']) expect(canBackquote(text)).toBe(false);
  });
});

describe('unquote', () => {
  it.each([
    ['"a\\x41\\101\\u00e9\\U0001F600"', 'aAAé😀'],
    ['"\\xc3\\xa9"', 'é'],
    ['"\\xff"', '\udcff'],
    ['`a\r\nb\\n`', 'a\nb\\n'],
    ['"\\\'"', undefined],
    ['"\\400"', undefined],
    ['"\\ud800"', undefined],
    ['"\\U00110000"', undefined],
    ['"\\q"', undefined],
    ['"a', undefined],
  ])('%s', (literal, value) => expect(unquote(literal)).toBe(value));

  it('reads one character', () => {
    expect(unquoteChar("'日'", 1, "'")).toEqual({ code: 0x65e5, isByte: false, next: 2 });
    expect(unquoteChar("''", 1, "'")).toBeUndefined();
  });
});

describe('joinBytes', () => {
  it('joins what is valid and leaves the rest', () => expect(joinBytes('\udcc3\udca9\udcc3')).toBe('é\udcc3'));
});
