import { describe, expect, it } from 'vitest';
import { HttpHeaders } from './http-headers.ts';

const parse = (lines: string): HttpHeaders | undefined => HttpHeaders.parse(`GET / HTTP/1.1\r\n${lines}\r\n`, 15);

describe('HttpHeaders', () => {
  it.each([
    ['Host: web\r\n', 'host', 'web'],
    ['host:web\n', 'host', 'web'],
    ['X-A: 1\r\nx-a:\t2 \r\n', 'x-a', '1,2'],
    ['x-a:\r\n', 'x-a', ''],
    ['x-host: a\r\nhost-x: b\r\n', 'host', undefined],
    ['x-a: host: b\r\n', 'host', undefined],
    ['x-a: caf\u00c9 \u00a0\r\n', 'x-a', 'caf\u00c9 \u00a0'],
    ['', 'host', undefined],
  ])('%j: %s is %j', (lines, name, value) => {
    expect(parse(lines)?.get(name)).toBe(value);
  });

  it.each(['no colon\r\n', 'a : b\r\n', ' continued: no\r\n', ': b\r\n', 'a: b\rc: d\r\n', 'a: b\r\n\r\nc: d\r\n'])(
    'is none for %j',
    (lines) => {
      expect(parse(lines)).toBeUndefined();
    },
  );

  it('takes as many lines as a head can have', () => {
    expect(parse(`${'a:1\r\n'.repeat(13_000)}b:2\r\n`)?.get('b')).toBe('2');
  });
});
