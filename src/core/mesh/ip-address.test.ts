import { describe, expect, it } from 'vitest';
import { parseCidr, parsePrefix } from './ip-address.ts';

describe('parsePrefix', () => {
  it.each(['10.0.0.0/8', '10.1.2.3/32', '::/0', 'fd00::1/128', '::ffff:1.2.3.4/96'])('takes %s', (text) => {
    expect([4, 6]).toContain(parsePrefix(text));
  });

  it.each([
    ['bad', `netip.ParsePrefix("bad"): no '/'`],
    ['bad/8', 'netip.ParsePrefix("bad/8"): ParseAddr("bad"): unable to parse IP'],
    ['1.2.3/8', 'netip.ParsePrefix("1.2.3/8"): ParseAddr("1.2.3"): IPv4 address too short'],
    ['256.0.0.0/8', 'netip.ParsePrefix("256.0.0.0/8"): ParseAddr("256.0.0.0"): IPv4 field has value >255'],
    ['10.0.0.0/33', 'netip.ParsePrefix("10.0.0.0/33"): prefix length out of range'],
    ['10.0.0.0/08', 'netip.ParsePrefix("10.0.0.0/08"): bad bits after slash: "08"'],
    ['10.0.0.0/x', 'netip.ParsePrefix("10.0.0.0/x"): bad bits after slash: "x"'],
    ['fe80::1%eth0/64', 'netip.ParsePrefix("fe80::1%eth0/64"): IPv6 zones cannot be present in a prefix'],
  ])('refuses %s with the text of net/netip', (text, error) => {
    expect(parsePrefix(text)).toEqual({ error });
  });
});

describe('parseCidr', () => {
  it('has one text, and takes leading zeros in the length', () => {
    expect(parseCidr('10.0.0.0/08')).toBe(4);
    expect(parseCidr('10.0.0.0/33')).toEqual({ error: 'invalid CIDR address: 10.0.0.0/33' });
  });
});
