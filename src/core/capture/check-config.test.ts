import { describe, expect, it } from 'vitest';
import { type CaptureConfig, DEFAULT_CAPTURE_CONFIG } from './capture-config.ts';
import { checkCaptureConfig, mayNotLoad, validateCaptureConfig } from './check-config.ts';

function groups(count: number): string {
  return Array.from({ length: count }, (_, i) => i).join(',');
}

function config(changes: Partial<CaptureConfig>): CaptureConfig {
  return { ...DEFAULT_CAPTURE_CONFIG, ...changes };
}

describe('refused in any case', () => {
  it.each<readonly [Partial<CaptureConfig>, string]>([
    [{ ownerGroupsInclude: groups(65) }, '65 owner groups are included, and at most 64 can be'],
    [{ hostIpv4LoopbackCidr: '127.0.0.0/7' }, '"127.0.0.0/7" is no range of IPv4 loopback addresses'],
    [{ hostIpv4LoopbackCidr: '10.0.0.0/8' }, '"10.0.0.0/8" is no range'],
    [{ hostIpv4LoopbackCidr: '127.0.0.1' }, '"127.0.0.1" is no range'],
    [{ outboundIpRangesInclude: 'all' }, 'outboundIpRangesInclude: "all" is no IP prefix'],
    [{ outboundIpRangesExclude: '*' }, '"*" cannot be excluded'],
    [{ excludeInterfaces: 'a0 -j ACCEPT' }, 'excludeInterfaces: "a0 -j ACCEPT" is not one word'],
    [{ inboundPortsInclude: '80\nCOMMIT' }, 'inboundPortsInclude: "80\\nCOMMIT" is not one word'],
    [{ rerouteVirtualInterfaces: 'v0;flush' }, 'is not one word'],
  ])('%j', (changes, message) => {
    expect(validateCaptureConfig(config(changes)).map((problem) => problem.message)).toEqual([
      expect.stringContaining(message),
    ]);
  });
  it.each<Partial<CaptureConfig>>([
    {},
    { ownerGroupsInclude: groups(64) },
    { ownerGroupsExclude: groups(1000) },
    { hostIpv4LoopbackCidr: '127.0.0.1/8' },
    { hostIpv4LoopbackCidr: '127.9.9.9/32' },
    { inboundPortsInclude: '80, 443,' },
  ])('not %j', (changes) => expect(validateCaptureConfig(config(changes))).toEqual([]));
});

describe('what only a back end could take', () => {
  it.each<readonly [Partial<CaptureConfig>, string]>([
    [{ proxyPort: '' }, 'proxyPort: "" is no port'],
    [{ inboundCapturePort: '1,2' }, 'inboundCapturePort: "1,2" is no port'],
    [{ proxyPort: '65536' }, 'proxyPort: "65536" is no port'],
    [{ inboundPortsExclude: '*' }, 'inboundPortsExclude: "*" is no port'],
    [{ outboundPortsInclude: '8000:8010' }, '"8000:8010" is no port'],
    [{ excludeInterfaces: '0eth' }, '"0eth" is no name of a network interface'],
    [{ excludeInterfaces: 'a234567890123456' }, 'is no name of a network interface'],
    [{ proxyUid: '-1' }, '"-1" is no user or group'],
    [{ ownerGroupsExclude: '!5' }, '"!5" is no user or group'],
    [{ inboundInterceptionMode: 'TPROXY', inboundTproxyMark: '0x539' }, '"0x539" is no mark'],
  ])('%j', (changes, message) => {
    const problems = checkCaptureConfig(config(changes)).map((problem) => problem.message);
    expect(problems).toEqual([expect.stringContaining(message)]);
    expect(validateCaptureConfig(config(changes))).toEqual([]);
  });
  it('marks matter to TPROXY only', () => {
    expect(checkCaptureConfig(config({ inboundTproxyMark: 'x' }))).toEqual([]);
  });
  it('names of groups may be unknown where the rules are loaded', () => {
    expect(checkCaptureConfig(config({ ownerGroupsInclude: 'java,ftp' }))).toEqual([]);
    expect(mayNotLoad(config({ ownerGroupsInclude: 'java,ftp' }))).toBe(true);
    expect(mayNotLoad(config({ ownerGroupsInclude: '5,6' }))).toBe(false);
    expect(mayNotLoad(config({ outboundPortsInclude: '8000:8010' }))).toBe(true);
  });
});
