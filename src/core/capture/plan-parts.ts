import type { AddressRanges } from './address-lists.ts';
import type { CaptureConfig } from './capture-config.ts';
import type { ByFamily, CaptureRule, IpFamily, Match, RuleKind, TableName, Target } from './rules.ts';

/** What the parts of the plan share. */
export type Plan = {
  readonly config: CaptureConfig;
  readonly families: readonly IpFamily[];
  readonly include: AddressRanges;
  readonly exclude: AddressRanges;
};

export const ALWAYS: readonly Match[] = [];
export const TCP: Match = { kind: 'protocol', protocol: 'tcp' };
export const UDP: Match = { kind: 'protocol', protocol: 'udp' };
export const RETURN: Target = { kind: 'return' };
export const LOOPBACK_6 = '::1/128';

/** Source of connections from the proxy's inbound side to the application. */
export const OWN_SOURCE: Match = { kind: 'source', prefix: { 4: '127.0.0.6/32', 6: '::6/128' } };

export function jump(chain: string): Target {
  return { kind: 'jump', chain };
}

export function both(v4: string, v6: string): ByFamily {
  return { 4: v4, 6: v6 };
}

export function notLoopback(config: CaptureConfig): Match {
  return { kind: 'destination', prefix: both(config.hostIpv4LoopbackCidr, LOOPBACK_6), negated: true };
}

export function rule(
  families: readonly IpFamily[],
  id: RuleKind,
  table: TableName,
  chain: string,
  matches: readonly Match[],
  target: Target,
  reason: string,
  insertAt?: number,
): CaptureRule {
  return { id, table, chain, insertAt, families, matches, target, reason };
}

/** IPv4 always, also on a host that has IPv6 only. */
export function familiesOf(config: CaptureConfig): readonly IpFamily[] {
  return config.enableIpv6 ? [4, 6] : [4];
}

/** Whether the rule can be of one family only. */
export function namesAddress(rule: CaptureRule): boolean {
  const { matches, target } = rule;
  return target.kind === 'tproxy' || matches.some(({ kind }) => kind === 'source' || kind === 'destination');
}
