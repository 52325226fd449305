import { describe, expect, it } from 'vitest';
import {
  formatIp,
  formatPrefix,
  ipBytes,
  ipOfBytes,
  isLoopback,
  network,
  parseIp,
  parsePrefix,
  prefixContains,
} from './ip.ts';

function ip(text: string) {
  const address = parseIp(text);
  if (address === undefined) throw new Error(text);
  return address;
}

function prefix(text: string) {
  const read = parsePrefix(text);
  if (read === undefined) throw new Error(text);
  return read;
}

describe('addresses', () => {
  it.each([
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255'],
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['0:0:0:0:0:0:0:6', '::6'],
    ['2001:DB8:0:0:0:0:0:5', '2001:db8::5'],
    ['2001:0db8:0000:0001:0000:0000:0000:0001', '2001:db8:0:1::1'],
    // The longest run of zeros is shortened, the first of equal ones, and a single zero never.
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['1:0:0:2:3:0:0:4', '1::2:3:0:0:4'],
    ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
    ['::ffff:10.0.0.1', '::ffff:10.0.0.1'],
    ['::ffff:a00:1', '::ffff:10.0.0.1'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ])('%s is written %s', (text, want) => {
    expect(formatIp(ip(text))).toBe(want);
    expect(ip(want)).toEqual(ip(text));
  });
  it.each([
    ...['', '1', '1.2.3', '1.2.3.4.5', '256.1.1.1', '01.2.3.4', '1.2.3.-4', ' 1.2.3.4'],
    ...[':', ':::', '1::2::3', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '::12345', '::g', '::1.2.3', 'fe80::1%eth0'],
    '1:2:3:4:5:6:7::8',
  ])('"%s" is none', (text) => expect(parseIp(text)).toBeUndefined());
});

describe('prefixes', () => {
  it('keep their host bits until the network is asked for', () => {
    expect(formatPrefix(prefix('10.1.2.3/16'))).toBe('10.1.2.3/16');
    expect(formatPrefix(network(prefix('10.1.2.3/16')))).toBe('10.1.0.0/16');
    expect(formatPrefix(network(prefix('2001:db8::5/32')))).toBe('2001:db8::/32');
    expect(formatPrefix(network(prefix('1.2.3.4/0')))).toBe('0.0.0.0/0');
  });
  it.each(['10.0.0.1', '10.0.0.0/', '10.0.0.0/33', '::/129', '10.0.0.0/08', '10.0.0.0/-1', '/8', 'x/8'])(
    '"%s" is none',
    (text) => expect(parsePrefix(text)).toBeUndefined(),
  );
  it('contain addresses of their own family', () => {
    expect(prefixContains(prefix('10.0.0.0/8'), ip('10.255.0.1'))).toBe(true);
    expect(prefixContains(prefix('10.0.0.0/8'), ip('11.0.0.1'))).toBe(false);
    expect(prefixContains(prefix('0.0.0.0/0'), ip('::1'))).toBe(false);
    expect(prefixContains(prefix('::/0'), ip('fd00::1'))).toBe(true);
    expect(prefixContains(prefix('::1/128'), ip('::2'))).toBe(false);
  });
  it('loopback is 127/8 and ::1', () => {
    expect(['127.0.0.1', '127.255.0.1', '::1'].every((text) => isLoopback(ip(text)))).toBe(true);
    expect(['126.0.0.1', '::6', '::ffff:127.0.0.1'].some((text) => isLoopback(ip(text)))).toBe(false);
  });
});

describe('bytes', () => {
  it.each(['0.0.0.0', '10.1.2.255', '::', '::1', '2001:db8::1:0:0:1', '::ffff:10.0.0.1'])(
    '%s goes there and back',
    (text) => {
      const ip = parseIp(text);
      if (ip === undefined) throw new Error('no address');
      expect(formatIp(ipOfBytes(ipBytes(ip)))).toBe(text);
    },
  );

  it('are in the order of the network', () => {
    const bytes = (text: string) => [...ipBytes(parseIp(text) ?? { family: 4, value: 0n })];
    expect(bytes('10.1.2.3')).toEqual([10, 1, 2, 3]);
    expect(bytes('2001:db8::7')).toEqual([0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7]);
  });
});
