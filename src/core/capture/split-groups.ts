import { type CaptureRule, type CaptureRules, CHAIN, type Match } from './rules.ts';

/** iptables-restore 1.8.9 takes no more conditions on owners in a rule; nft takes 63 and upstream allows 64. */
const MOST_OWNERS: { readonly [backEnd in 'iptables' | 'nft']: number } = { iptables: 49, nft: 63 };

/**
 * The rules as a kernel can load them. "Leave alone what none of these groups sends" with more groups than a rule takes
 * becomes a chain with a rule for each group:
 *
 *   -A ISTIO_OUTPUT -j ISTIO_OWNER_GROUPS
 *   -A ISTIO_OWNER_GROUPS -m owner --gid-owner G -j RETURN     for each group: go on with the rules below the jump
 *   -A ISTIO_OWNER_GROUPS -j ACCEPT                            for all others: nat is done with the connection
 *
 * Upstream's one rule would RETURN out of ISTIO_OUTPUT instead of accepting. That differs only where somebody else has
 * rules in nat OUTPUT behind ours.
 */
export function splitOwnerGroups(rules: CaptureRules, backEnd: 'iptables' | 'nft'): CaptureRules {
  return { ...rules, rules: rules.rules.flatMap((rule) => split(rule, MOST_OWNERS[backEnd])) };
}

function split(rule: CaptureRule, most: number): readonly CaptureRule[] {
  const owners = rule.matches.filter((match) => match.kind === 'owner');
  if (rule.id !== 'only-owner-groups' || owners.length <= most) return [rule];
  const inChain = (matches: readonly Match[], target: CaptureRule['target']): CaptureRule => ({
    ...rule,
    chain: CHAIN.ownerGroups,
    matches,
    target,
  });
  return [
    { ...rule, chain: CHAIN.output, matches: [], target: { kind: 'jump', chain: CHAIN.ownerGroups } },
    ...owners.map((owner) => inChain([{ ...owner, negated: false }], { kind: 'return' })),
    inChain([], { kind: 'accept' }),
  ];
}
