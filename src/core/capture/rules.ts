import type { IpFamily } from '../ip.ts';

/**
 * The intermediate representation: what is captured, as data. Renderers turn it into iptables and nftables, the
 * simulator runs packets through it, parsers make it again from what the kernel says it has.
 */

export type { IpFamily };

export type TableName = 'filter' | 'mangle' | 'nat' | 'raw';

/** An address or prefix by family; a rule without one of the families is not made for it. */
export type ByFamily = { readonly 4?: string | undefined; readonly 6?: string | undefined };

/** A condition on a packet. All conditions of a rule must hold. In the order in which iptables is given them. */
export type Match =
  | { readonly kind: 'protocol'; readonly protocol: 'tcp' | 'udp' }
  | { readonly kind: 'in-interface' | 'out-interface'; readonly name: string; readonly negated?: boolean }
  | { readonly kind: 'source' | 'destination'; readonly prefix: ByFamily; readonly negated?: boolean }
  /** One port, or several of which one must be equal (negated: none). */
  | {
      readonly kind: 'source-port' | 'destination-port';
      readonly ports: readonly string[];
      readonly negated?: boolean;
    }
  /** The process that made the packet; numbers, or names that the back end looks up. */
  | { readonly kind: 'owner'; readonly of: 'uid' | 'gid'; readonly id: string; readonly negated?: boolean }
  /** `module: 'state'` is the older spelling, of which 1.0.2 makes use. */
  | { readonly kind: 'conntrack-state'; readonly states: readonly ConntrackState[]; readonly module?: 'state' }
  /** Of the packet, or of its connection. */
  | { readonly kind: 'mark' | 'connection-mark'; readonly mark: string; readonly negated?: boolean }
  /** A socket of this machine already handles the packet's connection (1.0's TPROXY). */
  | { readonly kind: 'socket' }
  /** Something that a parser met and does not model. The rule then matches or not: the simulator says so. */
  | { readonly kind: 'unknown'; readonly text: string };

export type ConntrackState = 'INVALID' | 'NEW' | 'ESTABLISHED' | 'RELATED' | 'UNTRACKED';

/** What is done with a packet that matches. */
export type Target =
  | { readonly kind: 'return' | 'accept' | 'drop' | 'reject' }
  | { readonly kind: 'jump'; readonly chain: string }
  | { readonly kind: 'redirect'; readonly port: string }
  | { readonly kind: 'tproxy'; readonly port: string; readonly mark: string }
  | { readonly kind: 'set-mark'; readonly mark: string }
  /** Packet's mark to connection, and back. */
  | { readonly kind: 'save-mark' | 'restore-mark' }
  | { readonly kind: 'conntrack-zone'; readonly zone: string }
  | { readonly kind: 'unknown'; readonly text: string };

export type CaptureRule = {
  /** What the rule is for; stable, for explanations and for tests that ask whether every kind was seen. */
  readonly id: RuleKind;
  readonly table: TableName;
  readonly chain: string;
  /** 1-based place where it is inserted; absent: appended. */
  readonly insertAt?: number | undefined;
  readonly families: readonly IpFamily[];
  readonly matches: readonly Match[];
  readonly target: Target;
  /** Why it is there: one sentence for people. */
  readonly reason: string;
};

/** A route or routing rule that TPROXY needs beside the rules, or an address. */
export type RouteSetting =
  /** Packets with the mark are looked up in the table, which delivers everything to this machine. */
  | { readonly kind: 'tproxy-route'; readonly family: IpFamily; readonly mark: string; readonly table: string }
  | { readonly kind: 'loopback-address'; readonly address: string };

export type CaptureRules = {
  /** In the order in which they are produced. */
  readonly rules: readonly CaptureRule[];
  /** Families for which rules are made. */
  readonly families: readonly IpFamily[];
  readonly routes: readonly RouteSetting[];
};

export const RULE_KINDS = [
  'exclude-interface',
  'virtual-interface-return',
  'drop-invalid',
  'drop',
  'tunnel-port',
  'redirect-outbound',
  'redirect-inbound',
  'divert-mark',
  'divert-accept',
  'tproxy',
  'inbound-jump',
  'exclude-inbound-port',
  'inbound-redirect',
  'inbound-divert',
  'inbound-tproxy',
  'outbound-jump',
  'exclude-outbound-port',
  'proxy-to-application',
  'proxy-self-call',
  'application-loopback',
  'proxy-direct',
  'exclude-owner-group',
  'only-owner-groups',
  'dns-jump',
  'dns-redirect',
  'dns-zone',
  'loopback-direct',
  'exclude-cidr',
  'include-outbound-port',
  'include-cidr',
  'virtual-interface-redirect',
  'save-mark',
  'marked-loopback',
  'mark-self-call',
  'restore-mark',
  'inbound-marked',
  'inbound-from-proxy',
  'inbound-loopback',
  'restrict-ipv6',
  /** Not ours: met by a parser. */
  'foreign',
] as const;

export type RuleKind = (typeof RULE_KINDS)[number];

/** Names of our own chains begin with this. */
export const CHAIN_PREFIX = 'ISTIO_';

export const CHAIN = {
  inbound: 'ISTIO_INBOUND',
  inRedirect: 'ISTIO_IN_REDIRECT',
  redirect: 'ISTIO_REDIRECT',
  output: 'ISTIO_OUTPUT',
  outputDns: 'ISTIO_OUTPUT_DNS',
  divert: 'ISTIO_DIVERT',
  tproxy: 'ISTIO_TPROXY',
  drop: 'ISTIO_DROP',
  /** Ours alone: see split-groups.ts. */
  ownerGroups: 'ISTIO_OWNER_GROUPS',
} as const;

/** Whether a rule stands in a chain of ours or leads to one. */
export function isOursByName({ chain, target }: CaptureRule): boolean {
  return chain.startsWith(CHAIN_PREFIX) || (target.kind === 'jump' && target.chain.startsWith(CHAIN_PREFIX));
}
