/** Every row of capture.md 4.1, by its number: the condition, and the rules that it makes in their order. */
import { describe, expect, it } from 'vitest';
import { type CaptureConfig, DEFAULT_CAPTURE_CONFIG } from './capture-config.ts';
import { iptablesLines } from './iptables.ts';
import { planCapture } from './plan.ts';
import type { CaptureRules, IpFamily } from './rules.ts';

function plan(changes: Partial<CaptureConfig>): CaptureRules {
  const result = planCapture({ ...DEFAULT_CAPTURE_CONFIG, ...changes });
  if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join('; '));
  return result.value;
}

/** As the specification writes rules: `table CHAIN rule`, with `insert N` where a place is named. */
function linesOf(changes: Partial<CaptureConfig>, family: IpFamily = 4): readonly string[] {
  return iptablesLines(plan(changes), family).map(({ table, chain, insertAt, params }) =>
    [table, chain, ...(insertAt === undefined ? [] : [`insert ${insertAt}`]), ...params].join(' '),
  );
}

const TPROXY = { inboundInterceptionMode: 'TPROXY' } as const;
const ALL_DNS = { redirectDns: true, captureAllDns: true } as const;
const SERVERS = { redirectDns: true, dnsServersV4: ['10.0.0.53', '10.0.0.54'], dnsServersV6: ['fd00::53'] } as const;
const IPV6 = { enableIpv6: true } as const;

type Row = readonly [
  row: string,
  config: Partial<CaptureConfig>,
  rules: readonly string[],
  more?: { readonly family?: IpFamily; readonly absent?: string },
];

const ROWS: readonly Row[] = [
  [
    '1: excluded interfaces',
    { excludeInterfaces: 'a0,b0' },
    [
      'nat PREROUTING -i a0 -j RETURN',
      'nat OUTPUT -o a0 -j RETURN',
      'nat PREROUTING -i b0 -j RETURN',
      'nat OUTPUT -o b0 -j RETURN',
    ],
    { absent: 'mangle' },
  ],
  [
    '2: excluded interfaces with TPROXY, after all of row 1',
    { ...TPROXY, excludeInterfaces: 'a0,b0' },
    [
      'nat OUTPUT -o b0 -j RETURN',
      'mangle PREROUTING -i a0 -j RETURN',
      'mangle OUTPUT -o a0 -j RETURN',
      'mangle PREROUTING -i b0 -j RETURN',
      'mangle OUTPUT -o b0 -j RETURN',
    ],
  ],
  [
    '3: virtual interfaces',
    { rerouteVirtualInterfaces: 'v0,v1' },
    ['nat PREROUTING insert 1 -i v0 -j RETURN', 'nat PREROUTING insert 1 -i v1 -j RETURN'],
  ],
  [
    '4: drop-invalid',
    { dropInvalid: true },
    ['mangle PREROUTING -m conntrack --ctstate INVALID -j ISTIO_DROP', 'mangle ISTIO_DROP -j DROP'],
  ],
  ['5: the tunnel port', {}, ['nat ISTIO_INBOUND -p tcp --dport 15008 -j RETURN']],
  ['6: outbound', { proxyPort: '1' }, ['nat ISTIO_REDIRECT -p tcp -j REDIRECT --to-ports 1']],
  ['7: inbound', { inboundCapturePort: '2' }, ['nat ISTIO_IN_REDIRECT -p tcp -j REDIRECT --to-ports 2']],
  [
    '8: TPROXY chains',
    { ...TPROXY, inboundPortsInclude: '80', hostIpv4LoopbackCidr: '127.0.0.1/8' },
    [
      'mangle ISTIO_DIVERT -j MARK --set-mark 1337',
      'mangle ISTIO_DIVERT -j ACCEPT',
      'mangle ISTIO_TPROXY ! -d 127.0.0.1/8 -p tcp -j TPROXY --tproxy-mark 1337/0xffffffff --on-port 15006',
      // 9: the table of inbound is mangle.
      'mangle PREROUTING -p tcp -j ISTIO_INBOUND',
    ],
    { absent: 'nat PREROUTING' },
  ],
  ['8: not without inbound ports', TPROXY, [], { absent: 'ISTIO_DIVERT' }],
  [
    '8: IPv6',
    { ...TPROXY, ...IPV6, inboundPortsInclude: '*' },
    ['mangle ISTIO_TPROXY ! -d ::1/128 -p tcp -j TPROXY --tproxy-mark 1337/0xffffffff --on-port 15006'],
    { family: 6 },
  ],
  ['9: REDIRECT', { inboundPortsInclude: '80' }, ['nat PREROUTING -p tcp -j ISTIO_INBOUND']],
  [
    '10 and 11: all inbound ports but some',
    { inboundPortsInclude: '*', inboundPortsExclude: '22,15020' },
    [
      'nat ISTIO_INBOUND -p tcp --dport 22 -j RETURN',
      'nat ISTIO_INBOUND -p tcp --dport 15020 -j RETURN',
      'nat ISTIO_INBOUND -p tcp -j ISTIO_IN_REDIRECT',
    ],
  ],
  [
    '10 and 12: all inbound ports but one, TPROXY',
    { ...TPROXY, inboundPortsInclude: '*', inboundPortsExclude: '22' },
    [
      'mangle ISTIO_INBOUND -p tcp --dport 22 -j RETURN',
      'mangle ISTIO_INBOUND -p tcp -m conntrack --ctstate RELATED,ESTABLISHED -j ISTIO_DIVERT',
      'mangle ISTIO_INBOUND -p tcp -j ISTIO_TPROXY',
    ],
  ],
  [
    '13: a list of inbound ports; exclusions are not looked at',
    { inboundPortsInclude: '80,443', inboundPortsExclude: '22' },
    [
      'nat ISTIO_INBOUND -p tcp --dport 80 -j ISTIO_IN_REDIRECT',
      'nat ISTIO_INBOUND -p tcp --dport 443 -j ISTIO_IN_REDIRECT',
    ],
    { absent: '--dport 22' },
  ],
  [
    '14: a list of inbound ports, TPROXY',
    { ...TPROXY, inboundPortsInclude: '80,443' },
    [
      'mangle ISTIO_INBOUND -p tcp --dport 80 -m conntrack --ctstate RELATED,ESTABLISHED -j ISTIO_DIVERT',
      'mangle ISTIO_INBOUND -p tcp --dport 80 -j ISTIO_TPROXY',
      'mangle ISTIO_INBOUND -p tcp --dport 443 -m conntrack --ctstate RELATED,ESTABLISHED -j ISTIO_DIVERT',
      'mangle ISTIO_INBOUND -p tcp --dport 443 -j ISTIO_TPROXY',
    ],
  ],
  [
    '15 to 17: outbound, excluded ports, what comes from the inbound side',
    { outboundPortsExclude: '25,26' },
    [
      'nat OUTPUT -j ISTIO_OUTPUT',
      'nat ISTIO_OUTPUT -p tcp --dport 25 -j RETURN',
      'nat ISTIO_OUTPUT -p udp --dport 25 -j RETURN',
      'nat ISTIO_OUTPUT -p tcp --dport 26 -j RETURN',
      'nat ISTIO_OUTPUT -p udp --dport 26 -j RETURN',
      'nat ISTIO_OUTPUT -o lo -s 127.0.0.6/32 -j RETURN',
    ],
  ],
  ['17: IPv6', IPV6, ['nat ISTIO_OUTPUT -o lo -s ::6/128 -j RETURN'], { family: 6 }],
  [
    '18 to 20: each uid, then 21 to 23: each gid',
    { proxyUid: '1,2', proxyGid: '3' },
    [
      'nat ISTIO_OUTPUT -o lo ! -d 127.0.0.1/32 -p tcp ! --dport 15008 -m owner --uid-owner 1 -j ISTIO_IN_REDIRECT',
      'nat ISTIO_OUTPUT -o lo -m owner ! --uid-owner 1 -j RETURN',
      'nat ISTIO_OUTPUT -m owner --uid-owner 1 -j RETURN',
      'nat ISTIO_OUTPUT -o lo ! -d 127.0.0.1/32 -p tcp ! --dport 15008 -m owner --uid-owner 2 -j ISTIO_IN_REDIRECT',
      'nat ISTIO_OUTPUT -o lo -m owner ! --uid-owner 2 -j RETURN',
      'nat ISTIO_OUTPUT -m owner --uid-owner 2 -j RETURN',
      'nat ISTIO_OUTPUT -o lo ! -d 127.0.0.1/32 -p tcp ! --dport 15008 -m owner --gid-owner 3 -j ISTIO_IN_REDIRECT',
      'nat ISTIO_OUTPUT -o lo -m owner ! --gid-owner 3 -j RETURN',
      'nat ISTIO_OUTPUT -m owner --gid-owner 3 -j RETURN',
    ],
  ],
  [
    '18 to 23 with DNS: port 53 is left out, for the gid only in row 22',
    { ...ALL_DNS, proxyUid: '1', proxyGid: '3' },
    [
      'nat ISTIO_OUTPUT -o lo ! -d 127.0.0.1/32 -p tcp -m multiport ! --dports 53,15008 -m owner --uid-owner 1 -j ISTIO_IN_REDIRECT',
      'nat ISTIO_OUTPUT -o lo -p tcp ! --dport 53 -m owner ! --uid-owner 1 -j RETURN',
      'nat ISTIO_OUTPUT -m owner --uid-owner 1 -j RETURN',
      'nat ISTIO_OUTPUT -o lo ! -d 127.0.0.1/32 -p tcp ! --dport 15008 -m owner --gid-owner 3 -j ISTIO_IN_REDIRECT',
      'nat ISTIO_OUTPUT -o lo -p tcp ! --dport 53 -m owner ! --gid-owner 3 -j RETURN',
      'nat ISTIO_OUTPUT -m owner --gid-owner 3 -j RETURN',
    ],
  ],
  [
    '19 and 22: not with a loopback address among what is included, of either family',
    { outboundIpRangesInclude: '::1/128' },
    [],
    { absent: 'owner ! --' },
  ],
  [
    '26: excluded groups',
    { ownerGroupsExclude: 'a,7' },
    ['nat ISTIO_OUTPUT -m owner --gid-owner a -j RETURN', 'nat ISTIO_OUTPUT -m owner --gid-owner 7 -j RETURN'],
  ],
  [
    '27: only some groups; exclusions are not looked at',
    { ownerGroupsInclude: '5,6', ownerGroupsExclude: '7' },
    ['nat ISTIO_OUTPUT -m owner ! --gid-owner 5 -m owner ! --gid-owner 6 -j RETURN'],
    { absent: '--gid-owner 7' },
  ],
  ['27: no group', { ownerGroupsInclude: '' }, ['nat ISTIO_OUTPUT -j RETURN']],
  [
    '28 to 34: all DNS',
    { ...ALL_DNS, proxyUid: '1', proxyGid: '3' },
    [
      'raw OUTPUT -j ISTIO_OUTPUT_DNS',
      'nat ISTIO_OUTPUT -j ISTIO_OUTPUT_DNS',
      'nat ISTIO_OUTPUT_DNS -p tcp --dport 53 -j REDIRECT --to-ports 15053',
      'nat ISTIO_OUTPUT_DNS -p udp --dport 53 -j REDIRECT --to-port 15053',
      'raw ISTIO_OUTPUT_DNS -p udp --dport 53 -m owner --uid-owner 1 -j CT --zone 1',
      'raw ISTIO_OUTPUT_DNS -p udp --sport 15053 -m owner --uid-owner 1 -j CT --zone 2',
      'raw ISTIO_OUTPUT_DNS -p udp --dport 53 -m owner --gid-owner 3 -j CT --zone 1',
      'raw ISTIO_OUTPUT_DNS -p udp --sport 15053 -m owner --gid-owner 3 -j CT --zone 2',
      'raw PREROUTING -j ISTIO_INBOUND',
      'raw ISTIO_OUTPUT_DNS -p udp --dport 53 -j CT --zone 2',
      'raw ISTIO_INBOUND -p udp --sport 53 -j CT --zone 1',
    ],
  ],
  [
    '30, 31 and 35: DNS of known servers',
    { ...SERVERS, proxyUid: '', proxyGid: '' },
    [
      'nat ISTIO_OUTPUT_DNS -p tcp --dport 53 -d 10.0.0.53/32 -j REDIRECT --to-ports 15053',
      'nat ISTIO_OUTPUT_DNS -p tcp --dport 53 -d 10.0.0.54/32 -j REDIRECT --to-ports 15053',
      'nat ISTIO_OUTPUT_DNS -p udp --dport 53 -d 10.0.0.53/32 -j REDIRECT --to-port 15053',
      'nat ISTIO_OUTPUT_DNS -p udp --dport 53 -d 10.0.0.54/32 -j REDIRECT --to-port 15053',
      'raw PREROUTING -j ISTIO_INBOUND',
      'raw ISTIO_OUTPUT_DNS -p udp --dport 53 -d 10.0.0.53/32 -j CT --zone 2',
      'raw ISTIO_INBOUND -p udp --sport 53 -s 10.0.0.53/32 -j CT --zone 1',
      'raw ISTIO_OUTPUT_DNS -p udp --dport 53 -d 10.0.0.54/32 -j CT --zone 2',
      'raw ISTIO_INBOUND -p udp --sport 53 -s 10.0.0.54/32 -j CT --zone 1',
    ],
    { absent: 'fd00::53' },
  ],
  [
    '35: IPv6',
    { ...SERVERS, ...IPV6 },
    [
      'raw PREROUTING -j ISTIO_INBOUND',
      'raw ISTIO_OUTPUT_DNS -p udp --dport 53 -d fd00::53/128 -j CT --zone 2',
      'raw ISTIO_INBOUND -p udp --sport 53 -s fd00::53/128 -j CT --zone 1',
    ],
    { family: 6, absent: '10.0.0.53' },
  ],
  [
    '29: not in a family without a server',
    { redirectDns: true, dnsServersV6: ['fd00::53'], ...IPV6 },
    ['raw OUTPUT -j ISTIO_OUTPUT_DNS'],
    { absent: 'nat ISTIO_OUTPUT -j ISTIO_OUTPUT_DNS' },
  ],
  ['28: not where DNS is asked for and no server is known', { redirectDns: true }, [], { absent: '53' }],
  [
    '36 to 39: loopback, excluded CIDRs, included ports, everything else, virtual interfaces',
    {
      outboundIpRangesInclude: '*',
      outboundIpRangesExclude: '10.0.0.0/8,fd00::/8',
      outboundPortsInclude: '80',
      rerouteVirtualInterfaces: 'v0',
    },
    [
      'nat ISTIO_OUTPUT -d 127.0.0.1/32 -j RETURN',
      'nat ISTIO_OUTPUT -d 10.0.0.0/8 -j RETURN',
      'nat ISTIO_OUTPUT -p tcp --dport 80 -j ISTIO_REDIRECT',
      'nat ISTIO_OUTPUT -j ISTIO_REDIRECT',
      'nat PREROUTING insert 1 -i v0 -j ISTIO_REDIRECT',
    ],
    { absent: 'fd00' },
  ],
  [
    '36 and 37: IPv6',
    { ...IPV6, outboundIpRangesExclude: '10.0.0.0/8,fd00::/8' },
    ['nat ISTIO_OUTPUT -d ::1/128 -j RETURN', 'nat ISTIO_OUTPUT -d fd00::/8 -j RETURN'],
    { family: 6, absent: '10.0.0.0' },
  ],
  [
    '40: included CIDRs, each after its virtual interfaces',
    { outboundIpRangesInclude: '10.0.0.0/8,11.0.0.0/8', rerouteVirtualInterfaces: 'v0,v1' },
    [
      'nat PREROUTING insert 1 -i v0 -d 10.0.0.0/8 -j ISTIO_REDIRECT',
      'nat PREROUTING insert 1 -i v1 -d 10.0.0.0/8 -j ISTIO_REDIRECT',
      'nat ISTIO_OUTPUT -d 10.0.0.0/8 -j ISTIO_REDIRECT',
      'nat PREROUTING insert 1 -i v0 -d 11.0.0.0/8 -j ISTIO_REDIRECT',
      'nat PREROUTING insert 1 -i v1 -d 11.0.0.0/8 -j ISTIO_REDIRECT',
      'nat ISTIO_OUTPUT -d 11.0.0.0/8 -j ISTIO_REDIRECT',
    ],
  ],
  [
    '41 to 48: the marks of TPROXY, whether or not inbound ports are set',
    { ...TPROXY, inboundTproxyMark: '9', proxyUid: '1', proxyGid: '3' },
    [
      'mangle PREROUTING -p tcp -m mark --mark 9 -j CONNMARK --save-mark',
      'mangle OUTPUT -p tcp -o lo -m mark --mark 9 -j RETURN',
      'mangle OUTPUT ! -d 127.0.0.1/32 -p tcp -o lo -m owner --uid-owner 1 -j MARK --set-mark 1338',
      'mangle OUTPUT ! -d 127.0.0.1/32 -p tcp -o lo -m owner --gid-owner 3 -j MARK --set-mark 1338',
      'mangle OUTPUT -p tcp -m connmark --mark 9 -j CONNMARK --restore-mark',
      'mangle ISTIO_INBOUND insert 1 -p tcp -m mark --mark 9 -j RETURN',
      'mangle ISTIO_INBOUND insert 2 -p tcp -s 127.0.0.6/32 -i lo -j RETURN',
      'mangle ISTIO_INBOUND insert 3 -p tcp -i lo -m mark ! --mark 1338 -j RETURN',
    ],
  ],
];

describe('rows of the specification', () => {
  it.each(ROWS.map((row) => ({ name: row[0], row })))('$name', ({ row: [_name, config, rules, more] }) => {
    const { family = 4, absent } = more ?? {};
    const lines = linesOf(config, family);
    let at = -1;
    for (const rule of rules) {
      const next = lines.indexOf(rule, at + 1);
      expect(next, `${rule}\nin\n${lines.join('\n')}`).toBeGreaterThan(at);
      at = next;
    }
    if (absent !== undefined) expect(lines.filter((line) => line.includes(absent))).toEqual([]);
  });

  it('without anything set, only what every configuration has', () => {
    expect(linesOf({ proxyUid: '', proxyGid: '' })).toEqual([
      'nat ISTIO_INBOUND -p tcp --dport 15008 -j RETURN',
      'nat ISTIO_REDIRECT -p tcp -j REDIRECT --to-ports 15001',
      'nat ISTIO_IN_REDIRECT -p tcp -j REDIRECT --to-ports 15006',
      'nat OUTPUT -j ISTIO_OUTPUT',
      'nat ISTIO_OUTPUT -o lo -s 127.0.0.6/32 -j RETURN',
      'nat ISTIO_OUTPUT -d 127.0.0.1/32 -j RETURN',
    ]);
    expect(linesOf({}, 6)).toEqual([]);
  });
});

describe('the plan', () => {
  it('says for each rule why it is there, in a sentence', () => {
    const { rules } = plan({
      ...TPROXY,
      ...ALL_DNS,
      ...IPV6,
      inboundPortsInclude: '*',
      outboundIpRangesInclude: '*',
      ownerGroupsInclude: '5',
    });
    expect(rules.length).toBeGreaterThan(35);
    for (const rule of rules) expect(rule.reason).toMatch(/^[A-Z1].{10,}\.$/);
  });
  it('names the routes that TPROXY needs, and the address of IPv6', () => {
    expect(plan({}).routes).toEqual([]);
    expect(plan(IPV6).routes).toEqual([{ kind: 'loopback-address', address: '::6/128' }]);
    expect(plan({ ...TPROXY, ...IPV6 }).routes).toHaveLength(1);
    expect(plan({ ...TPROXY, ...IPV6, inboundPortsInclude: '*', inboundTproxyMark: '9' }).routes).toEqual([
      { kind: 'loopback-address', address: '::6/128' },
      { kind: 'tproxy-route', family: 4, mark: '9', table: '133' },
      { kind: 'tproxy-route', family: 6, mark: '9', table: '133' },
    ]);
  });
  it('any other text than TPROXY is REDIRECT', () => {
    for (const inboundInterceptionMode of ['', 'tproxy', 'NONE', 'REDIRECT']) {
      expect(linesOf({ inboundInterceptionMode, inboundPortsInclude: '*' })).toEqual(
        linesOf({ inboundPortsInclude: '*' }),
      );
    }
  });
  it('refuses lists of CIDRs that are none, of both options at once', () => {
    const config = { ...DEFAULT_CAPTURE_CONFIG, outboundIpRangesInclude: '10.0.0.1', outboundIpRangesExclude: '*' };
    expect(planCapture(config).problems.map(({ message }) => message)).toEqual([
      'outboundIpRangesInclude: "10.0.0.1" is no IP prefix',
      'outboundIpRangesExclude: "*" cannot be excluded',
    ]);
  });
});
