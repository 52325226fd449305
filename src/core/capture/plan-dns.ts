import { capturesDns, DNS_PORT, splitList } from './capture-config.ts';
import { ALWAYS, jump, type Plan, rule, TCP, UDP } from './plan-parts.ts';
import { type CaptureRule, CHAIN, type IpFamily, type Match } from './rules.ts';

const QUERY: Match = { kind: 'destination-port', ports: ['53'] };
const ANSWER: Match = { kind: 'source-port', ports: ['53'] };

/** A server with its family, as a prefix. */
type Server = { readonly family: IpFamily; readonly prefix: string };

function serversOf({ config, families }: Plan): readonly Server[] {
  return [
    ...config.dnsServersV4.map((address) => ({ family: 4, prefix: `${address}/32` }) as const),
    ...config.dnsServersV6.map((address) => ({ family: 6, prefix: `${address}/128` }) as const),
  ].filter((server) => families.includes(server.family));
}

/** Families in which some DNS is captured. */
function capturedFamilies(plan: Plan): readonly IpFamily[] {
  if (plan.config.captureAllDns) return plan.families;
  const servers = serversOf(plan);
  return plan.families.filter((family) => servers.some((server) => server.family === family));
}

/** Rows 28 and 29. A jump to a chain that gets no rule is left out, where upstream's nft transaction fails. */
export function dnsJumpRules(plan: Plan): readonly CaptureRule[] {
  const { config, families } = plan;
  if (!capturesDns(config)) return [];
  const captured = capturedFamilies(plan);
  const raw = rule(
    families,
    'dns-jump',
    'raw',
    'OUTPUT',
    ALWAYS,
    jump(CHAIN.outputDns),
    'DNS over UDP gets connection tracking zones of its own.',
  );
  const nat = rule(captured, 'dns-jump', 'nat', CHAIN.output, ALWAYS, jump(CHAIN.outputDns), 'DNS is looked at first.');
  const rawJump = config.nativeNftables && dnsRawRules(plan).length === 0 ? [] : [raw];
  return captured.length === 0 ? rawJump : [...rawJump, nat];
}

/** Rows 30 and 31. */
export function dnsRedirectRules(plan: Plan): readonly CaptureRule[] {
  const { config, families } = plan;
  if (!capturesDns(config)) return [];
  const redirect = { kind: 'redirect', port: DNS_PORT } as const;
  return ([TCP, UDP] as const).flatMap((protocol): readonly CaptureRule[] => {
    if (config.captureAllDns) {
      const reason = `All DNS queries go to the agent on ${DNS_PORT}.`;
      return [rule(families, 'dns-redirect', 'nat', CHAIN.outputDns, [protocol, QUERY], redirect, reason)];
    }
    return serversOf(plan).map(({ family, prefix }) =>
      rule(
        [family],
        'dns-redirect',
        'nat',
        CHAIN.outputDns,
        [protocol, QUERY, { kind: 'destination', prefix: { [family]: prefix } }],
        redirect,
        `Queries to the DNS server ${prefix} go to the agent on ${DNS_PORT}.`,
      ),
    );
  });
}

/** Rows 32 to 35: without zones, the agent's answer to the application and its own query would be one connection. */
export function dnsRawRules(plan: Plan): readonly CaptureRule[] {
  const { config } = plan;
  if (!capturesDns(config)) return [];
  return [
    ...splitList(config.proxyUid).flatMap((id) => agentZones(plan, { kind: 'owner', of: 'uid', id })),
    ...splitList(config.proxyGid).flatMap((id) => agentZones(plan, { kind: 'owner', of: 'gid', id })),
    ...applicationZones(plan),
  ];
}

function agentZones({ families }: Plan, owner: Match): readonly CaptureRule[] {
  const zone = (matches: readonly Match[], number: string, reason: string): CaptureRule =>
    rule(families, 'dns-zone', 'raw', CHAIN.outputDns, matches, { kind: 'conntrack-zone', zone: number }, reason);
  return [
    zone([UDP, QUERY, owner], '1', "The agent's own queries are in zone 1."),
    zone(
      [UDP, { kind: 'source-port', ports: [DNS_PORT] }, owner],
      '2',
      "The agent's answers belong to the application's queries, in zone 2.",
    ),
  ];
}

function applicationZones(plan: Plan): readonly CaptureRule[] {
  const captured = capturedFamilies(plan);
  if (captured.length === 0) return [];
  const jumpIn = rule(
    captured,
    'dns-jump',
    'raw',
    'PREROUTING',
    ALWAYS,
    jump(CHAIN.inbound),
    'Answers of DNS servers are looked at.',
  );
  const pair = (
    families: readonly IpFamily[],
    to: readonly Match[],
    from: readonly Match[],
  ): readonly CaptureRule[] => [
    rule(
      families,
      'dns-zone',
      'raw',
      CHAIN.outputDns,
      [UDP, QUERY, ...to],
      { kind: 'conntrack-zone', zone: '2' },
      "The application's queries are in zone 2.",
    ),
    rule(
      families,
      'dns-zone',
      'raw',
      CHAIN.inbound,
      [UDP, ANSWER, ...from],
      { kind: 'conntrack-zone', zone: '1' },
      "Servers' answers belong to the agent's queries, in zone 1.",
    ),
  ];
  if (plan.config.captureAllDns) return [jumpIn, ...pair(plan.families, [], [])];
  const servers = serversOf(plan).flatMap(({ family, prefix }) =>
    pair(
      [family],
      [{ kind: 'destination', prefix: { [family]: prefix } }],
      [{ kind: 'source', prefix: { [family]: prefix } }],
    ),
  );
  return [jumpIn, ...servers];
}
