import {
  type CaptureRule,
  type CaptureRules,
  type IpFamily,
  parseIptablesSave,
  recogniseRules,
  ruleText,
} from '../capture/index.ts';
import { type Parsed, parsed } from '../problem.ts';

/** A rule of the kernel and how many packets have matched it. */
export type CountedRule = { readonly rule: CaptureRule; readonly packets: number };

/**
 * Reads `iptables-save -c`. Rules that were planned bring their reason. In the table nat only the first packet of a
 * connection is asked about, so that there a packet counted is a connection.
 */
export function parseCounters(
  save: string,
  planned: CaptureRules,
  family: IpFamily = 4,
): Parsed<readonly CountedRule[]> {
  const saved = parseIptablesSave(save, family);
  if (!saved.ok) return saved;
  // Only rules of tables that the parser knows; both go through the text in the same order.
  const packets: number[] = [];
  let table = '';
  for (const line of save.split('\n')) {
    if (line.startsWith('*')) table = line.slice(1).trim();
    const counted = /^\[(\d+):\d+\] -A /.exec(line);
    if (counted !== null && KNOWN.includes(table)) packets.push(Number(counted[1]));
  }
  const rules = recogniseRules(saved.value.rules, planned, family).rules;
  return parsed(rules.map((rule, i) => ({ rule, packets: packets[i] ?? 0 })));
}

const KNOWN = ['filter', 'mangle', 'nat', 'raw'];

/** The rules by what they do, for comparing two readings. */
export function ruleKey(rule: CaptureRule): string {
  return `${rule.table} ${rule.chain} ${ruleText(rule, 4)}`;
}

export type RuleCount = {
  readonly table: string;
  readonly chain: string;
  readonly rule: string;
  readonly reason: string;
  readonly packets: number;
};

/** What came to each rule between two readings. */
export function countsBetween(before: readonly CountedRule[], after: readonly CountedRule[]): readonly RuleCount[] {
  const earlier = new Map(before.map(({ rule, packets }) => [ruleKey(rule), packets]));
  return after.map(({ rule, packets }) => ({
    table: rule.table,
    chain: rule.chain,
    rule: ruleText(rule, 4),
    reason: rule.reason,
    packets: packets - (earlier.get(ruleKey(rule)) ?? 0),
  }));
}

/** Connections that were turned to a port of the sidecar: 15001 by REDIRECT; 15006 by REDIRECT or TPROXY. */
export function turnedTo(port: number, before: readonly CountedRule[], after: readonly CountedRule[]): number {
  const earlier = new Map(before.map(({ rule, packets }) => [ruleKey(rule), packets]));
  return after
    .filter(({ rule: { target } }) => {
      return (target.kind === 'redirect' || target.kind === 'tproxy') && target.port === String(port);
    })
    .reduce((sum, { rule, packets }) => sum + packets - (earlier.get(ruleKey(rule)) ?? 0), 0);
}
