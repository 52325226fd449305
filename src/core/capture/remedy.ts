/** What to do about a command that failed, by what it said; undefined where that tells nothing. */
export function remedyForText(text: string): string | undefined {
  return CAUSES.find(({ says }) => says.test(text))?.remedy;
}

/** The first that fits counts: iptables says "you must be root" about capabilities, too. */
const CAUSES: readonly { readonly says: RegExp; readonly remedy: string }[] = [
  {
    says: /IPv6 is disabled/i,
    remedy:
      'The rules are loaded, but the pod has no IPv6 on lo. Leave IPv6 out (without --dual-stack, or EnableIPv6 false), or set the sysctl net.ipv6.conf.lo.disable_ipv6=0 and run this again.',
  },
  {
    says: /lock/i,
    remedy: 'Make /run writable, or mount a tmpfs there: legacy iptables keeps its lock in /run/xtables.lock.',
  },
  {
    says: /permission denied|not permitted|must be root/i,
    remedy: 'Run as root with the capabilities NET_ADMIN and NET_RAW in the network namespace.',
  },
  {
    says: /does not exist|unknown option|can't initialize|No chain\/target\/match/i,
    remedy:
      'The kernel lacks a module for this rule (such as xt_owner, xt_REDIRECT, nf_nat): load it on the node. Or a name in it is not known on this machine.',
  },
  {
    says: /exist/i,
    remedy: 'Chains of ours are there already: run with --reconcile to replace them, or --cleanup-only first.',
  },
  {
    says: /bad value|not valid|invalid|unable to resolve|parameter problem/i,
    remedy:
      'Correct the setting that the message names. Names of users and groups must be known where the rules are loaded.',
  },
];
