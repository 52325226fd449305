import { formatPrefix, network, parsePrefix } from '../ip.ts';
import { iptablesParams } from './iptables.ts';
import type { CaptureRule, CaptureRules, IpFamily, Match } from './rules.ts';

/** Rules read from a kernel, beside those that were planned. */
export type Recognised = {
  /** In the order of the kernel; a planned rule brings its purpose and reason, any other is `foreign`. */
  readonly rules: readonly CaptureRule[];
  readonly missing: readonly CaptureRule[];
  readonly foreign: readonly CaptureRule[];
};

/** Tells planned rules of one family among those that were read, by what they do and not by how they are written. */
export function recogniseRules(read: readonly CaptureRule[], planned: CaptureRules, family: IpFamily): Recognised {
  const expected = new Map<string, CaptureRule[]>();
  for (const rule of planned.rules) {
    if (!rule.families.includes(family)) continue;
    const key = canonical(rule, family);
    expected.set(key, [...(expected.get(key) ?? []), rule]);
  }
  const foreign: CaptureRule[] = [];
  const rules = read.map((rule) => {
    const known = expected.get(canonical(rule, family))?.shift();
    if (known !== undefined) return { ...rule, id: known.id, reason: known.reason };
    foreign.push(rule);
    return rule;
  });
  return { rules, foreign, missing: [...expected.values()].flat() };
}

/** Conditions have no order of their own, and a kernel forgets host bits: made alike, two writings of a rule are equal. */
function canonical(rule: CaptureRule, family: IpFamily): string {
  const conditions = rule.matches
    .filter((match) => !isAnywhere(match, family))
    .map((match) => iptablesParams({ ...rule, matches: [plainest(match, family)] }, family).join(' '))
    .sort();
  const target = iptablesParams({ ...rule, matches: [] }, family).join(' ');
  return [rule.table, rule.chain, ...conditions, target].join('|');
}

/** A prefix of length 0 is no condition, and the kernel does not list it. */
function isAnywhere(match: Match, family: IpFamily): boolean {
  if (match.kind !== 'source' && match.kind !== 'destination') return false;
  return match.negated !== true && match.prefix[family]?.endsWith('/0') === true;
}

function plainest(match: Match, family: IpFamily): Match {
  switch (match.kind) {
    case 'conntrack-state':
      return { ...match, states: [...match.states].sort() };
    case 'source':
    case 'destination': {
      const prefix = parsePrefix(match.prefix[family] ?? '');
      return prefix === undefined ? match : { ...match, prefix: { [family]: formatPrefix(network(prefix)) } };
    }
    case 'source-port':
    case 'destination-port':
      return { ...match, ports: [...match.ports].sort() };
    default:
      return match;
  }
}
