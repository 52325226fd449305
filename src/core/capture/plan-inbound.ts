import { type CaptureConfig, isTproxy, OUTBOUND_MARK, splitList } from './capture-config.ts';
import { ALWAYS, jump, notLoopback, OWN_SOURCE, type Plan, RETURN, rule, TCP } from './plan-parts.ts';
import { type CaptureRule, CHAIN, type Match } from './rules.ts';

const ESTABLISHED: Match = { kind: 'conntrack-state', states: ['RELATED', 'ESTABLISHED'] };
const ON_LOOPBACK: Match = { kind: 'out-interface', name: 'lo' };

/** Rows 8 to 14: what comes in. */
export function inboundRules(plan: Plan): readonly CaptureRule[] {
  const { config, families } = plan;
  if (config.inboundPortsInclude === '') return [];
  const tproxy = isTproxy(config);
  const table = tproxy ? 'mangle' : 'nat';
  return [
    ...(tproxy ? divertRules(plan) : []),
    rule(
      families,
      'inbound-jump',
      table,
      'PREROUTING',
      [TCP],
      jump(CHAIN.inbound),
      'Connections that come in are looked at.',
    ),
    ...(config.inboundPortsInclude === '*' ? allPorts(plan) : listedPorts(plan)),
  ];
}

function divertRules({ config, families }: Plan): readonly CaptureRule[] {
  const mark = config.inboundTproxyMark;
  return [
    rule(
      families,
      'divert-mark',
      'mangle',
      CHAIN.divert,
      ALWAYS,
      { kind: 'set-mark', mark },
      `Mark ${mark} makes routing deliver the packet to this machine.`,
    ),
    rule(families, 'divert-accept', 'mangle', CHAIN.divert, ALWAYS, { kind: 'accept' }, 'The packet is marked.'),
    rule(
      families,
      'tproxy',
      'mangle',
      CHAIN.tproxy,
      [notLoopback(config), TCP],
      { kind: 'tproxy', port: config.inboundCapturePort, mark },
      `The proxy takes the connection on ${config.inboundCapturePort} with both its addresses kept.`,
    ),
  ];
}

function allPorts({ config, families }: Plan): readonly CaptureRule[] {
  const tproxy = isTproxy(config);
  const table = tproxy ? 'mangle' : 'nat';
  const excluded = splitList(config.inboundPortsExclude).map((port) =>
    rule(
      families,
      'exclude-inbound-port',
      table,
      CHAIN.inbound,
      [TCP, portMatch(port)],
      RETURN,
      `Inbound port ${port} is excluded.`,
    ),
  );
  return [...excluded, ...capture(config, families, [], 'Every other inbound port is captured.')];
}

function listedPorts({ config, families }: Plan): readonly CaptureRule[] {
  return splitList(config.inboundPortsInclude).flatMap((port) =>
    capture(config, families, [portMatch(port)], `Inbound port ${port} is captured.`),
  );
}

function capture(
  config: CaptureConfig,
  families: Plan['families'],
  port: readonly Match[],
  reason: string,
): readonly CaptureRule[] {
  const matches = [TCP, ...port];
  if (!isTproxy(config)) {
    return [rule(families, 'inbound-redirect', 'nat', CHAIN.inbound, matches, jump(CHAIN.inRedirect), reason)];
  }
  return [
    rule(
      families,
      'inbound-divert',
      'mangle',
      CHAIN.inbound,
      [...matches, ESTABLISHED],
      jump(CHAIN.divert),
      'Later packets of a connection need the mark only.',
    ),
    rule(families, 'inbound-tproxy', 'mangle', CHAIN.inbound, matches, jump(CHAIN.tproxy), reason),
  ];
}

function portMatch(port: string): Match {
  return { kind: 'destination-port', ports: [port] };
}

/** Rows 41 to 48, whether or not inbound ports are set: the marks by which the proxy's own packets find their way. */
export function tproxyRules({ config, families }: Plan): readonly CaptureRule[] {
  const mark = config.inboundTproxyMark;
  const marked: Match = { kind: 'mark', mark };
  const selfCall = (of: 'uid' | 'gid', id: string): CaptureRule =>
    rule(
      families,
      'mark-self-call',
      'mangle',
      'OUTPUT',
      [notLoopback(config), TCP, ON_LOOPBACK, { kind: 'owner', of, id }],
      { kind: 'set-mark', mark: OUTBOUND_MARK },
      `A call of the proxy (${of} ${id}) to its own pod must pass the inbound side.`,
    );
  return [
    rule(
      families,
      'save-mark',
      'mangle',
      'PREROUTING',
      [TCP, marked],
      { kind: 'save-mark' },
      'The connection remembers that the proxy opened it in the name of a client.',
    ),
    rule(
      families,
      'marked-loopback',
      'mangle',
      'OUTPUT',
      [TCP, ON_LOOPBACK, marked],
      RETURN,
      'A connection in the name of a client keeps its mark.',
    ),
    ...splitList(config.proxyUid).map((id) => selfCall('uid', id)),
    ...splitList(config.proxyGid).map((id) => selfCall('gid', id)),
    rule(
      families,
      'restore-mark',
      'mangle',
      'OUTPUT',
      [TCP, { kind: 'connection-mark', mark }],
      { kind: 'restore-mark' },
      "The application's answer goes back to the proxy, not to the client whose address it bears.",
    ),
    rule(
      families,
      'inbound-marked',
      'mangle',
      CHAIN.inbound,
      [TCP, marked],
      RETURN,
      'A connection in the name of a client has been through the proxy.',
      1,
    ),
    rule(
      families,
      'inbound-from-proxy',
      'mangle',
      CHAIN.inbound,
      [TCP, OWN_SOURCE, { kind: 'in-interface', name: 'lo' }],
      RETURN,
      'A call from 127.0.0.6 (::6) has been through the proxy.',
      2,
    ),
    rule(
      families,
      'inbound-loopback',
      'mangle',
      CHAIN.inbound,
      [TCP, { kind: 'in-interface', name: 'lo' }, { kind: 'mark', mark: OUTBOUND_MARK, negated: true }],
      RETURN,
      'Calls inside the pod are left alone, but those of the proxy to its own pod.',
      3,
    ),
  ];
}
