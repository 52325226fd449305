import { describe, expect, it } from 'vitest';
import { type CaptureConfig, DEFAULT_CAPTURE_CONFIG } from './capture-config.ts';
import { nftRuleCommands, renderNftables, renderNftablesCleanup } from './nftables.ts';
import { planCapture } from './plan.ts';

function text(changes: Partial<CaptureConfig>): string {
  const plan = planCapture({ ...DEFAULT_CAPTURE_CONFIG, nativeNftables: true, ...changes });
  if (!plan.ok) throw new Error('no plan');
  return renderNftables(plan.value);
}

describe('nftables', () => {
  it('a table is made, emptied and filled; chains without a rule are not made', () => {
    const lines = text({}).split('\n');
    expect(lines.slice(0, 3)).toEqual([
      'add table inet istio-proxy-nat',
      'flush table inet istio-proxy-nat',
      'add chain inet istio-proxy-nat output { type nat hook output priority -100 ; }',
    ]);
    expect(lines.join('\n')).not.toMatch(/mangle|raw|prerouting|output-dns/);
  });
  it.each([
    [{ dropInvalid: true }, 'prerouting meta l4proto tcp ct state invalid counter jump istio-drop'],
    [{ excludeInterfaces: 'a0' }, 'prerouting iifname a0 counter return'],
    [
      { enableIpv6: true },
      'istio-output oifname lo meta l4proto tcp ip6 daddr != ::1/128 tcp dport != 15008 skuid 1337 counter jump istio-in-redirect',
    ],
    [
      { redirectDns: true, captureAllDns: true },
      'istio-output oifname lo meta l4proto tcp ip daddr != 127.0.0.1/32 tcp dport != { 53, 15008 } skuid 1337 counter jump istio-in-redirect',
    ],
    [{ ownerGroupsInclude: '5,6' }, 'istio-output skgid != 5 skgid != 6 counter return'],
    [{ redirectDns: true, captureAllDns: true }, 'istio-output-dns udp dport 53 meta skuid 1337 counter ct zone set 1'],
    [{ outboundIpRangesInclude: '10.0.0.0/8' }, 'istio-output ip daddr 10.0.0.0/8 counter jump istio-redirect'],
  ])('%j', (changes, rule) => {
    expect(text(changes)).toMatch(
      new RegExp(`^add rule inet istio-proxy-\\w+ ${rule.replace(/[!{}.]/g, '\\$&')}$`, 'm'),
    );
  });
  it('TPROXY sets its mark and accepts in one rule', () => {
    expect(text({ inboundInterceptionMode: 'TPROXY', inboundPortsInclude: '*' })).toContain(
      'istio-tproxy meta l4proto tcp ip daddr != 127.0.0.1/32 tproxy ip to :15006 meta mark set 1337 counter accept\n',
    );
  });
  it('an insert is an add while the chain has too few rules', () => {
    const rule = (name: string, insertAt?: number) => ({ table: 't', chain: 'c', insertAt, text: name });
    expect(nftRuleCommands([rule('a', 0), rule('b', 0), rule('c'), rule('d', 3), rule('e', 2)])).toEqual([
      'add rule inet t c a',
      'insert rule inet t c index 0 b',
      'add rule inet t c c',
      'add rule inet t c d',
      'insert rule inet t c index 2 e',
    ]);
  });
  it('a jump to a chain that gets no rule is left out: nft would refuse the transaction', () => {
    const rules = text({ redirectDns: true, dnsServersV6: ['fd00::53'], proxyUid: '', proxyGid: '' });
    const jumps = [...rules.matchAll(/inet (\S+) \S+ .*jump (\S+)/g)].map(([, table, chain]) => `${table} ${chain}`);
    const chains = [...rules.matchAll(/^add chain inet (\S+ \S+)/gm)].map((match) => match[1]);
    expect(jumps.filter((jump) => !chains.includes(jump))).toEqual([]);
  });
  it('cleanup works whether a table is there or not', () => {
    expect(renderNftablesCleanup()).toBe(
      ['nat', 'mangle', 'raw']
        .map((name) => `add table inet istio-proxy-${name}\ndelete table inet istio-proxy-${name}\n`)
        .join(''),
    );
  });
});
