import { ALWAYS, jump, RETURN, rule, TCP } from './plan-parts.ts';
import {
  type CaptureRule,
  type CaptureRules,
  CHAIN,
  type IpFamily,
  type Match,
  type TableName,
  type Target,
} from './rules.ts';

/**
 * The shell script `istio-iptables.sh` of Istio 1.0.2, entry point of the image proxy_init (capture.md 19). One port for
 * both directions unless told otherwise; IPv4 only, and IPv6 shut off.
 */
export type ScriptSettings = {
  readonly proxyPort: string;
  /** Of ISTIO_IN_REDIRECT; TPROXY uses the proxy's port. */
  readonly inboundCapturePort: string;
  readonly proxyUids: readonly string[];
  readonly proxyGids: readonly string[];
  readonly tproxy: boolean;
  readonly tproxyMark: string;
  readonly tproxyTable: string;
  /** The text as given: `*`, empty, or a list. */
  readonly inboundPorts: string;
  readonly excludedInboundPorts: string;
  readonly serviceCidr: string;
  readonly excludedCidr: string;
  readonly enableInboundIpv6: boolean;
};

const V4: readonly IpFamily[] = [4];
const V6: readonly IpFamily[] = [6];
const SOCKET: Match = { kind: 'socket' };

/** The rules that the script makes, in its order. */
export function planScript(settings: ScriptSettings): CaptureRules {
  const tproxyRoute = settings.tproxy && settings.inboundPorts !== '';
  return {
    rules: [
      ...redirectChains(settings),
      ...(settings.inboundPorts === '' ? [] : inbound(settings)),
      ...outbound(settings),
      ...(settings.enableInboundIpv6 ? [] : restrictIpv6()),
    ],
    families: settings.enableInboundIpv6 ? [4] : [4, 6],
    routes: tproxyRoute
      ? [{ kind: 'tproxy-route', family: 4, mark: settings.tproxyMark, table: settings.tproxyTable }]
      : [],
  };
}

function redirectChains({ proxyPort, inboundCapturePort }: ScriptSettings): readonly CaptureRule[] {
  return [
    nat(
      'redirect-outbound',
      CHAIN.redirect,
      [TCP],
      { kind: 'redirect', port: proxyPort },
      `Outbound connections go to the proxy on ${proxyPort}.`,
    ),
    nat(
      'redirect-inbound',
      CHAIN.inRedirect,
      [TCP],
      { kind: 'redirect', port: inboundCapturePort },
      `Inbound connections go to the proxy on ${inboundCapturePort}.`,
    ),
  ];
}

function inbound(settings: ScriptSettings): readonly CaptureRule[] {
  const { tproxy, tproxyMark: mark, proxyPort, inboundPorts } = settings;
  const table: TableName = tproxy ? 'mangle' : 'nat';
  const make = (
    id: CaptureRule['id'],
    chain: string,
    matches: readonly Match[],
    target: Target,
    reason: string,
  ): CaptureRule => rule(V4, id, table, chain, matches, target, reason);
  const divert = tproxy
    ? [
        make(
          'divert-mark',
          CHAIN.divert,
          ALWAYS,
          { kind: 'set-mark', mark },
          `Mark ${mark} makes routing deliver the packet to this machine.`,
        ),
        make('divert-accept', CHAIN.divert, ALWAYS, { kind: 'accept' }, 'The packet is marked.'),
        make(
          'tproxy',
          CHAIN.tproxy,
          [{ kind: 'destination', prefix: { 4: '127.0.0.1/32' }, negated: true }, TCP],
          { kind: 'tproxy', port: proxyPort, mark },
          `The proxy takes the connection on ${proxyPort} with both its addresses kept.`,
        ),
      ]
    : [];
  const port = (text: string): Match => ({ kind: 'destination-port', ports: [text] });
  const jumpIn = make(
    'inbound-jump',
    'PREROUTING',
    [TCP],
    jump(CHAIN.inbound),
    'Connections that come in are looked at.',
  );
  if (inboundPorts !== '*') {
    const each = words(inboundPorts).flatMap((text) => {
      const reason = `Inbound port ${text} is captured.`;
      if (!tproxy) return [make('inbound-redirect', CHAIN.inbound, [TCP, port(text)], jump(CHAIN.inRedirect), reason)];
      const later = make(
        'inbound-divert',
        CHAIN.inbound,
        [TCP, port(text), SOCKET],
        jump(CHAIN.divert),
        'Later packets of a connection need the mark only.',
      );
      // The script makes this rule twice.
      return [later, later, make('inbound-tproxy', CHAIN.inbound, [TCP, port(text)], jump(CHAIN.tproxy), reason)];
    });
    return [...divert, jumpIn, ...each];
  }
  const excluded = ['22', ...words(settings.excludedInboundPorts)].map((text) =>
    make(
      'exclude-inbound-port',
      CHAIN.inbound,
      [TCP, port(text)],
      RETURN,
      text === '22' ? 'SSH is never captured.' : `Inbound port ${text} is excluded.`,
    ),
  );
  const all = 'Every other inbound port is captured.';
  const rest = tproxy
    ? [
        make(
          'inbound-divert',
          CHAIN.inbound,
          [TCP, SOCKET],
          jump(CHAIN.divert),
          'Later packets of a connection need the mark only.',
        ),
        make('inbound-tproxy', CHAIN.inbound, [TCP], jump(CHAIN.tproxy), all),
      ]
    : [make('inbound-redirect', CHAIN.inbound, [TCP], jump(CHAIN.inRedirect), all)];
  return [...divert, jumpIn, ...excluded, ...rest];
}

function outbound(settings: ScriptSettings): readonly CaptureRule[] {
  const { proxyUids, proxyGids, serviceCidr, excludedCidr } = settings;
  const owner = (of: 'uid' | 'gid') => (id: string) =>
    nat(
      'proxy-direct',
      CHAIN.output,
      [{ kind: 'owner', of, id }],
      RETURN,
      `What the proxy (${of} ${id}) sends must not come back to it.`,
    );
  const to = (cidr: string): Match => ({
    kind: 'destination',
    prefix: { 4: cidr.includes('/') ? cidr : `${cidr}/32` },
  });
  const included = words(serviceCidr);
  return [
    nat('outbound-jump', 'OUTPUT', [TCP], jump(CHAIN.output), 'Every connection that this pod opens is looked at.'),
    nat(
      'proxy-self-call',
      CHAIN.output,
      [
        { kind: 'out-interface', name: 'lo' },
        { kind: 'destination', prefix: { 4: '127.0.0.1/32' }, negated: true },
      ],
      jump(CHAIN.redirect),
      "A call to the own pod, the application's too, goes through the proxy.",
    ),
    ...proxyUids.map(owner('uid')),
    ...proxyGids.map(owner('gid')),
    nat(
      'loopback-direct',
      CHAIN.output,
      [{ kind: 'destination', prefix: { 4: '127.0.0.1/32' } }],
      RETURN,
      'Calls to the loopback address stay inside the pod.',
    ),
    ...words(excludedCidr).map((cidr) =>
      nat('exclude-cidr', CHAIN.output, [to(cidr)], RETURN, `Destinations in ${cidr} are excluded.`),
    ),
    ...(serviceCidr === '*'
      ? [
          nat(
            'include-cidr',
            CHAIN.output,
            ALWAYS,
            jump(CHAIN.redirect),
            'All other outbound connections are captured.',
          ),
        ]
      : included.map((cidr) =>
          nat('include-cidr', CHAIN.output, [to(cidr)], jump(CHAIN.redirect), `Destinations in ${cidr} are captured.`),
        )),
    ...(serviceCidr !== '*' && included.length > 0
      ? [nat('include-cidr', CHAIN.output, ALWAYS, RETURN, 'Everything else is left alone.')]
      : []),
  ];
}

/** IPv6 was not captured, and so is not let in. */
function restrictIpv6(): readonly CaptureRule[] {
  const reason = 'IPv6 is not captured, so that nothing may come in by it.';
  return [
    rule(
      V6,
      'restrict-ipv6',
      'filter',
      'INPUT',
      [{ kind: 'conntrack-state', states: ['ESTABLISHED'], module: 'state' }],
      { kind: 'accept' },
      reason,
    ),
    rule(V6, 'restrict-ipv6', 'filter', 'INPUT', ALWAYS, { kind: 'reject' }, reason),
  ];
}

function nat(
  id: CaptureRule['id'],
  chain: string,
  matches: readonly Match[],
  target: Target,
  reason: string,
): CaptureRule {
  return rule(V4, id, 'nat', chain, matches, target, reason);
}

/** Commands that take the script's IPv4 rules away, in its order; each may fail where there is nothing. */
export const SCRIPT_CLEANUP: readonly (readonly string[])[] = [
  ['-t', 'nat', '-D', 'PREROUTING', '-p', 'tcp', '-j', CHAIN.inbound],
  ['-t', 'mangle', '-D', 'PREROUTING', '-p', 'tcp', '-j', CHAIN.inbound],
  ['-t', 'nat', '-D', 'OUTPUT', '-p', 'tcp', '-j', CHAIN.output],
  ...(
    [
      ['nat', CHAIN.output],
      ['nat', CHAIN.inbound],
      ['mangle', CHAIN.inbound],
      ['mangle', CHAIN.divert],
      ['mangle', CHAIN.tproxy],
      ['nat', CHAIN.redirect],
      ['nat', CHAIN.inRedirect],
    ] as const
  ).flatMap(([table, chain]) => [
    ['-t', table, '-F', chain],
    ['-t', table, '-X', chain],
  ]),
];

/** A shell's words with IFS set to a comma; the blank of `80, 443,` does no harm to a port. */
export function words(text: string): readonly string[] {
  return text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}
