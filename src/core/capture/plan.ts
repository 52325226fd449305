import { failed, type Parsed, parsed } from '../problem.ts';
import { type AddressRanges, separateFamilies } from './address-lists.ts';
import { type CaptureConfig, isTproxy, splitList } from './capture-config.ts';
import { dnsJumpRules, dnsRawRules, dnsRedirectRules } from './plan-dns.ts';
import { inboundRules, tproxyRules } from './plan-inbound.ts';
import { outboundHead, outboundTail } from './plan-outbound.ts';
import { ownerGroupRules, proxyIdRules } from './plan-owners.ts';
import { ALWAYS, familiesOf, jump, namesAddress, type Plan, RETURN, rule, TCP } from './plan-parts.ts';
import { type CaptureRule, type CaptureRules, CHAIN, type IpFamily, type RouteSetting } from './rules.ts';

/**
 * Plans what is captured, as Istio's istio-iptables does (capture.md 4.1; master of August 2026). The rules stand in
 * the order of production, which inside a chain is the order of the kernel unless a rule names its place.
 *
 *   interfaces left out → ports → chains that redirect → inbound → outbound: exclusions, the proxy itself, groups, DNS,
 *   loopback, CIDRs → TPROXY's marks
 *
 * Fails for CIDR lists that are none. Ports, interfaces and ids are taken as they are: check them with
 * `checkCaptureConfig` first.
 */
export function planCapture(config: CaptureConfig): Parsed<CaptureRules> {
  const include = separateFamilies(config.outboundIpRangesInclude, 'outboundIpRangesInclude');
  const exclude = excludedRanges(config.outboundIpRangesExclude);
  if (!include.ok || !exclude.ok) return failed(...include.problems, ...exclude.problems);
  const plan: Plan = { config, families: familiesOf(config), include: include.value, exclude: exclude.value };
  const rules = [
    ...interfaceRules(plan),
    ...invalidRules(plan),
    ...redirectChains(plan),
    ...inboundRules(plan),
    ...outboundHead(plan),
    ...proxyIdRules(plan),
    ...ownerGroupRules(plan),
    ...dnsJumpRules(plan),
    ...dnsRedirectRules(plan),
    ...dnsRawRules(plan),
    ...outboundTail(plan),
    ...(isTproxy(config) ? tproxyRules(plan) : []),
  ];
  return parsed({
    rules: config.nativeNftables ? rules.map(inBothFamilies) : rules,
    families: plan.families,
    routes: routesOf(config, plan.families),
  });
}

/** An inet table of nftables sees IPv6 as well, whether that is on or not: only a rule that names an address is of one family. */
function inBothFamilies(rule: CaptureRule): CaptureRule {
  return namesAddress(rule) ? rule : { ...rule, families: [4, 6] };
}

/** `*` to exclude would mean that nothing is captured, and upstream refuses it. */
function excludedRanges(text: string): Parsed<AddressRanges> {
  if (text !== '*') return separateFamilies(text, 'outboundIpRangesExclude');
  return failed({
    code: 'CAPTURE_CIDR_INVALID',
    severity: 'error',
    message: 'outboundIpRangesExclude: "*" cannot be excluded',
    remedy: 'Capture nothing by an empty list of ranges to include (-i "") instead.',
  });
}

/** Rows 1 to 3. */
function interfaceRules({ config, families }: Plan): readonly CaptureRule[] {
  const excluded = splitList(config.excludeInterfaces);
  const pair = (table: 'nat' | 'mangle', name: string): readonly CaptureRule[] => {
    const reason = `Traffic of interface ${name} is not captured.`;
    return [
      rule(families, 'exclude-interface', table, 'PREROUTING', [{ kind: 'in-interface', name }], RETURN, reason),
      rule(families, 'exclude-interface', table, 'OUTPUT', [{ kind: 'out-interface', name }], RETURN, reason),
    ];
  };
  return [
    ...excluded.flatMap((name) => pair('nat', name)),
    ...(isTproxy(config) ? excluded.flatMap((name) => pair('mangle', name)) : []),
    ...splitList(config.rerouteVirtualInterfaces).map((name) =>
      rule(
        families,
        'virtual-interface-return',
        'nat',
        'PREROUTING',
        [{ kind: 'in-interface', name }],
        RETURN,
        `What comes from ${name} and goes to no captured destination is left alone.`,
        1,
      ),
    ),
  ];
}

/** Row 4. nft looks at TCP only, as upstream's nftables do. */
function invalidRules({ config, families }: Plan): readonly CaptureRule[] {
  if (!config.dropInvalid) return [];
  const state = { kind: 'conntrack-state', states: ['INVALID'] } as const;
  const matches = config.nativeNftables ? [TCP, state] : [state];
  return [
    rule(
      families,
      'drop-invalid',
      'mangle',
      'PREROUTING',
      matches,
      jump(CHAIN.drop),
      'A packet that connection tracking cannot place must not reach the application past the proxy.',
    ),
    rule(families, 'drop', 'mangle', CHAIN.drop, ALWAYS, { kind: 'drop' }, 'Invalid packets end here.'),
  ];
}

/** Rows 5 to 7: in the nat table in every configuration, jumped to or not. */
function redirectChains({ config, families }: Plan): readonly CaptureRule[] {
  const { inboundTunnelPort, proxyPort, inboundCapturePort } = config;
  const port = { kind: 'destination-port', ports: [inboundTunnelPort] } as const;
  return [
    rule(
      families,
      'tunnel-port',
      'nat',
      CHAIN.inbound,
      [TCP, port],
      RETURN,
      `The proxy listens on its tunnel port ${inboundTunnelPort} itself.`,
    ),
    rule(
      families,
      'redirect-outbound',
      'nat',
      CHAIN.redirect,
      [TCP],
      { kind: 'redirect', port: proxyPort },
      `Outbound connections go to the proxy on ${proxyPort}.`,
    ),
    rule(
      families,
      'redirect-inbound',
      'nat',
      CHAIN.inRedirect,
      [TCP],
      { kind: 'redirect', port: inboundCapturePort },
      `Inbound connections go to the proxy on ${inboundCapturePort}.`,
    ),
  ];
}

function routesOf(config: CaptureConfig, families: readonly IpFamily[]): readonly RouteSetting[] {
  const needsRoute = isTproxy(config) && config.inboundPortsInclude !== '';
  return possibleRoutes(config).filter((setting) =>
    setting.kind === 'loopback-address' ? families.includes(6) : needsRoute && families.includes(setting.family),
  );
}

/** What a configuration may have brought beside rules, whichever mode and families it had: for cleaning up. */
export function possibleRoutes(config: CaptureConfig): readonly RouteSetting[] {
  const { inboundTproxyMark: mark, inboundTproxyRouteTable: table } = config;
  return [
    { kind: 'loopback-address', address: '::6/128' },
    { kind: 'tproxy-route', family: 4, mark, table },
    { kind: 'tproxy-route', family: 6, mark, table },
  ];
}
