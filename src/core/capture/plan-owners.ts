import { capturesDns, splitList } from './capture-config.ts';
import { jump, notLoopback, type Plan, RETURN, rule, TCP } from './plan-parts.ts';
import { type CaptureRule, CHAIN, type Match } from './rules.ts';

const ON_LOOPBACK: Match = { kind: 'out-interface', name: 'lo' };

/** Rows 18 to 23: the proxy's own connections, for each of its users and then each of its groups. */
export function proxyIdRules(plan: Plan): readonly CaptureRule[] {
  return [
    ...splitList(plan.config.proxyUid).flatMap((id) => rulesOf(plan, 'uid', id)),
    ...splitList(plan.config.proxyGid).flatMap((id) => rulesOf(plan, 'gid', id)),
  ];
}

function rulesOf({ config, families, include }: Plan, of: 'uid' | 'gid', id: string): readonly CaptureRule[] {
  const owner: Match = { kind: 'owner', of, id };
  const other: Match = { kind: 'owner', of, id, negated: true };
  const dns = capturesDns(config);
  // The group's rule never leaves port 53 out: upstream's slip, without effect, as the agent has one user.
  const ports = dns && of === 'uid' ? ['53', config.inboundTunnelPort] : [config.inboundTunnelPort];
  const application = dns
    ? [ON_LOOPBACK, TCP, { kind: 'destination-port', ports: ['53'], negated: true } as const, other]
    : [ON_LOOPBACK, other];
  const selfCall = rule(
    families,
    'proxy-self-call',
    'nat',
    CHAIN.output,
    [ON_LOOPBACK, notLoopback(config), TCP, { kind: 'destination-port', ports, negated: true }, owner],
    jump(CHAIN.inRedirect),
    `A call of the proxy (${of} ${id}) to its own pod must pass the inbound side.`,
  );
  const loopback = rule(
    families,
    'application-loopback',
    'nat',
    CHAIN.output,
    application,
    RETURN,
    `Calls inside the pod that the proxy (${of} ${id}) does not make are left alone.`,
  );
  const direct = rule(
    families,
    'proxy-direct',
    'nat',
    CHAIN.output,
    [owner],
    RETURN,
    `What the proxy (${of} ${id}) sends must not come back to it.`,
  );
  // Someone who includes a loopback range wants the application's loopback traffic captured.
  const captured = include.v4.hasLoopback || include.v6.hasLoopback;
  return captured ? [selfCall, direct] : [selfCall, loopback, direct];
}

/** Rows 26 and 27. */
export function ownerGroupRules({ config, families }: Plan): readonly CaptureRule[] {
  if (config.ownerGroupsInclude === '*') {
    return splitList(config.ownerGroupsExclude).map((id) =>
      rule(
        families,
        'exclude-owner-group',
        'nat',
        CHAIN.output,
        [{ kind: 'owner', of: 'gid', id }],
        RETURN,
        `What group ${id} sends is excluded.`,
      ),
    );
  }
  const groups = splitList(config.ownerGroupsInclude);
  const others = groups.map((id): Match => ({ kind: 'owner', of: 'gid', id, negated: true }));
  const reason =
    groups.length === 0 ? 'No group is captured.' : `Only what these groups send is captured: ${groups.join(', ')}.`;
  return [rule(families, 'only-owner-groups', 'nat', CHAIN.output, others, RETURN, reason)];
}
