import { describe, expect, it } from 'vitest';
import { ipv6FromAddresses, nameServersOf, uidInPasswd } from './machine.ts';

describe('IPv6 from the addresses of the machine', () => {
  it.each([
    [['127.0.0.1', '10.0.0.1'], false, false],
    [['::1', 'fd00::1', '10.0.0.1'], false, true],
    [['10.0.0.1', 'fd00::1'], false, false],
    [['10.0.0.1', 'fd00::1'], true, true],
    [['10.0.0.1'], true, false],
    [['fe80::1%eth0', '169.254.1.1', '10.0.0.1/24'], false, false],
    [['fe80::1', 'febf::1', 'ff02::1', '224.0.0.1', 'fec0::1'], false, true],
    // Written as IPv6, and IPv4 all the same.
    [['::ffff:10.0.0.1'], false, false],
    [['nonsense', 'fd00::1'], false, true],
  ])('%j, dual stack %s: %s', (addresses, dualStack, want) => {
    expect(ipv6FromAddresses(addresses, dualStack)).toMatchObject({ ok: true, value: want });
  });
  it.each([[[]], [['127.0.0.1', '::1', 'fe80::1']]])('%j: none can be used', (addresses) => {
    expect(ipv6FromAddresses(addresses, true).problems[0]).toMatchObject({
      code: 'CAPTURE_NO_ADDRESS',
      message: 'no valid local IP address found',
    });
  });
});

describe('files of the machine', () => {
  it('resolv.conf by family; what is no address is passed over', () => {
    const text = 'search a b\nnameserver 10.0.0.10\n  nameserver fd00::10 # x\nnameserver host\n#nameserver 1.1.1.1\n';
    expect(nameServersOf(text)).toEqual({ v4: ['10.0.0.10'], v6: ['fd00::10'] });
  });
  it('users of /etc/passwd', () => {
    const text = 'root:x:0:0:root:/root:/bin/sh\nistio-proxy:x:1337:1337::/:/bin/false\n';
    expect(uidInPasswd(text, 'istio-proxy')).toBe('1337');
    expect(uidInPasswd(text, 'istio')).toBeUndefined();
  });
});
