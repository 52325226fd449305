import type { AddressRanges } from './address-lists.ts';
import { splitList } from './capture-config.ts';
import { ALWAYS, both, jump, LOOPBACK_6, OWN_SOURCE, type Plan, RETURN, rule, TCP } from './plan-parts.ts';
import { type CaptureRule, CHAIN, type IpFamily } from './rules.ts';

/** Rows 15 to 17. */
export function outboundHead({ config, families }: Plan): readonly CaptureRule[] {
  const excludedPorts = splitList(config.outboundPortsExclude).flatMap((port) =>
    (['tcp', 'udp'] as const).map((protocol) =>
      rule(
        families,
        'exclude-outbound-port',
        'nat',
        CHAIN.output,
        [
          { kind: 'protocol', protocol },
          { kind: 'destination-port', ports: [port] },
        ],
        RETURN,
        `Outbound port ${port} is excluded.`,
      ),
    ),
  );
  return [
    rule(
      families,
      'outbound-jump',
      'nat',
      'OUTPUT',
      ALWAYS,
      jump(CHAIN.output),
      'Everything that this pod sends is looked at; UDP too, for DNS.',
    ),
    ...excludedPorts,
    rule(
      families,
      'proxy-to-application',
      'nat',
      CHAIN.output,
      [{ kind: 'out-interface', name: 'lo' }, OWN_SOURCE],
      RETURN,
      "The proxy's inbound side calls the application from 127.0.0.6 (::6): this has been through the proxy.",
    ),
  ];
}

/** Rows 36 to 40. */
export function outboundTail(plan: Plan): readonly CaptureRule[] {
  const { config, families, include, exclude } = plan;
  const virtual = splitList(config.rerouteVirtualInterfaces);
  const loopback = both(config.hostIpv4LoopbackCidr, LOOPBACK_6);
  const destination = (cidr: string, family: IpFamily) =>
    ({ kind: 'destination', prefix: { [family]: cidr } }) as const;
  return [
    rule(
      families,
      'loopback-direct',
      'nat',
      CHAIN.output,
      [{ kind: 'destination', prefix: loopback }],
      RETURN,
      'Calls to the loopback address stay inside the pod.',
    ),
    ...byFamily(plan, exclude).map(([cidr, family]) =>
      rule(
        [family],
        'exclude-cidr',
        'nat',
        CHAIN.output,
        [destination(cidr, family)],
        RETURN,
        `Destinations in ${cidr} are excluded.`,
      ),
    ),
    ...splitList(config.outboundPortsInclude).map((port) =>
      rule(
        families,
        'include-outbound-port',
        'nat',
        CHAIN.output,
        [TCP, { kind: 'destination-port', ports: [port] }],
        jump(CHAIN.redirect),
        `Outbound port ${port} is captured, whatever the address.`,
      ),
    ),
    ...(include.v4.wildcard ? includeAll(families, virtual) : []),
    ...byFamily(plan, include).flatMap(([cidr, family]) => [
      ...virtual.map((name) =>
        rule(
          [family],
          'virtual-interface-redirect',
          'nat',
          'PREROUTING',
          [{ kind: 'in-interface', name }, destination(cidr, family)],
          jump(CHAIN.redirect),
          `What comes from ${name} for ${cidr} is captured as outbound.`,
          1,
        ),
      ),
      rule(
        [family],
        'include-cidr',
        'nat',
        CHAIN.output,
        [destination(cidr, family)],
        jump(CHAIN.redirect),
        `Destinations in ${cidr} are captured.`,
      ),
    ]),
  ];
}

function includeAll(families: readonly IpFamily[], virtual: readonly string[]): readonly CaptureRule[] {
  return [
    rule(
      families,
      'include-cidr',
      'nat',
      CHAIN.output,
      ALWAYS,
      jump(CHAIN.redirect),
      'All other outbound connections are captured.',
    ),
    ...virtual.map((name) =>
      rule(
        families,
        'virtual-interface-redirect',
        'nat',
        'PREROUTING',
        [{ kind: 'in-interface', name }],
        jump(CHAIN.redirect),
        `What comes from ${name} is captured as outbound.`,
        1,
      ),
    ),
  ];
}

/** IPv4 first, then IPv6 where it is on. */
function byFamily(plan: Plan, ranges: AddressRanges): readonly (readonly [cidr: string, family: IpFamily])[] {
  return plan.families.flatMap((family) =>
    (family === 4 ? ranges.v4 : ranges.v6).cidrs.map((cidr) => [cidr, family] as const),
  );
}
