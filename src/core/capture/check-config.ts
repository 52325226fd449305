import { parsePrefix } from '../ip.ts';
import type { Problem } from '../problem.ts';
import { separateFamilies } from './address-lists.ts';
import { type CaptureConfig, isTproxy, splitList } from './capture-config.ts';

/** More groups than this upstream refuses (capture.md 2.2). */
export const MAX_OWNER_GROUPS = 64;

/**
 * What upstream itself refuses before it makes rules: too many groups, a loopback range that is none, CIDRs. And items
 * that would put more words into a rule than one.
 */
export function validateCaptureConfig(config: CaptureConfig): readonly Problem[] {
  return [
    ...ownerGroupProblems(config),
    ...loopbackProblems(config),
    ...rangeProblems(config),
    ...wordProblems(config),
  ];
}

/**
 * The same, and what would only fail when the rules are loaded: ports, interfaces, ids, marks. The drop-in for
 * istio-iptables does not refuse these: a back end takes some of them, such as a range of ports.
 */
export function checkCaptureConfig(config: CaptureConfig): readonly Problem[] {
  return [
    ...validateCaptureConfig(config),
    ...portProblems(config),
    ...interfaceNameProblems(config.excludeInterfaces),
    ...interfaceNameProblems(config.rerouteVirtualInterfaces),
    ...idProblems(config),
  ];
}

/** Rules are texts, their words parted by blanks: `eth0 -j ACCEPT` as the name of an interface would be another rule. */
function wordProblems(config: CaptureConfig): readonly Problem[] {
  const texts = Object.entries(config).flatMap(([name, text]) => (typeof text === 'string' ? [[name, text]] : []));
  return texts.flatMap(([name = '', text = '']) =>
    splitList(text)
      .filter((item) => /[^\x21-\x7e]|[;{}"'`\\#]/.test(item.replace(/^ +| +$/g, '')))
      .map((item) => problem(`${name}: ${JSON.stringify(item)} is not one word`, 'Separate items by commas.')),
  );
}

function ownerGroupProblems({ ownerGroupsInclude }: CaptureConfig): readonly Problem[] {
  const groups = ownerGroupsInclude === '*' ? [] : splitList(ownerGroupsInclude);
  if (groups.length <= MAX_OWNER_GROUPS) return [];
  return [
    problem(
      `${groups.length} owner groups are included, and at most ${MAX_OWNER_GROUPS} can be`,
      'Include fewer groups, or exclude groups instead: of those there is no limit.',
    ),
  ];
}

function loopbackProblems({ hostIpv4LoopbackCidr }: CaptureConfig): readonly Problem[] {
  const prefix = parsePrefix(hostIpv4LoopbackCidr);
  const inside = prefix?.address.family === 4 && prefix.address.value >> 24n === 127n && prefix.bits >= 8;
  if (prefix !== undefined && inside) return [];
  return [
    problem(
      `"${hostIpv4LoopbackCidr}" is no range of IPv4 loopback addresses`,
      'Give a prefix in 127.0.0.0/8, of a length from 8 to 32.',
    ),
  ];
}

function rangeProblems(config: CaptureConfig): readonly Problem[] {
  const { outboundIpRangesInclude, outboundIpRangesExclude } = config;
  return [
    ...separateFamilies(outboundIpRangesInclude, 'outboundIpRangesInclude').problems,
    ...(outboundIpRangesExclude === '*'
      ? [
          problem(
            'outboundIpRangesExclude: "*" cannot be excluded',
            'Include nothing instead: an empty list of ranges.',
          ),
        ]
      : separateFamilies(outboundIpRangesExclude, 'outboundIpRangesExclude').problems),
  ];
}

function portProblems(config: CaptureConfig): readonly Problem[] {
  const single = (['proxyPort', 'inboundCapturePort', 'inboundTunnelPort'] as const).flatMap((name) =>
    isPort(config[name]) ? [] : [problem(`${name}: "${config[name]}" is no port`, 'Give a number from 0 to 65535.')],
  );
  const lists = PORT_LISTS.flatMap((name) => {
    const text = config[name];
    const wrong = name === 'inboundPortsInclude' && text === '*' ? [] : splitList(text).filter((port) => !isPort(port));
    return wrong.map((port) =>
      problem(
        `${name}: "${port}" is no port`,
        port === '*'
          ? 'Only the inbound ports to include can be "*".'
          : 'Give numbers from 0 to 65535, separated by commas.',
      ),
    );
  });
  return [...single, ...lists];
}

const PORT_LISTS = [
  'inboundPortsInclude',
  'inboundPortsExclude',
  'outboundPortsInclude',
  'outboundPortsExclude',
] as const;

function isPort(text: string): boolean {
  return /^ *\d{1,5} *$/.test(text) && Number(text) <= 65535;
}

/** Names of interfaces as upstream takes them from annotations: what is no name could smuggle conditions into a rule. */
export function interfaceNameProblems(list: string): readonly Problem[] {
  return splitList(list)
    .filter((name) => !/^[A-Za-z][A-Za-z0-9_.-]{0,14}$/.test(name.trim()))
    .map((name) =>
      problem(
        `"${name}" is no name of a network interface`,
        'Give names that begin with a letter, of at most 15 letters, digits, dots, hyphens and underscores.',
      ),
    );
}

/** Which variant of iptables may be forced. */
export function forcedBinaryProblems(value: string): readonly Problem[] {
  if (['', 'legacy', 'nft'].includes(value)) return [];
  return [
    problem(`invalid FORCE_IPTABLES_BINARY value "${value}"`, 'Force legacy or nft, or leave the choice to detection.'),
  ];
}

/** Numbers, or names that the back end looks up. */
function idProblems(config: CaptureConfig): readonly Problem[] {
  const wrong = idsOf(config).filter((id) => !/^(?:\d{1,10}|[A-Za-z_][A-Za-z0-9_.-]*\$?)$/.test(id));
  const marks = isTproxy(config) ? [config.inboundTproxyMark, config.inboundTproxyRouteTable] : [];
  return [
    ...wrong.map((id) => problem(`"${id}" is no user or group`, 'Give numbers, or names of users and groups.')),
    ...marks
      .filter((mark) => !/^\d{1,10}$/.test(mark))
      .map((mark) => problem(`"${mark}" is no mark or routing table`, 'Give a decimal number.')),
  ];
}

function idsOf({ proxyUid, proxyGid, ownerGroupsInclude, ownerGroupsExclude }: CaptureConfig): readonly string[] {
  const included = ownerGroupsInclude === '*' ? [] : splitList(ownerGroupsInclude);
  return [...splitList(proxyUid), ...splitList(proxyGid), ...included, ...splitList(ownerGroupsExclude)];
}

/** Whether only the back end can tell that the rules load: what we do not know, and names of users and groups. */
export function mayNotLoad(config: CaptureConfig): boolean {
  return checkCaptureConfig(config).length > 0 || idsOf(config).some((id) => !/^\d+$/.test(id));
}

function problem(message: string, remedy: string): Problem {
  return { code: 'CAPTURE_CONFIG_INVALID', severity: 'error', message, remedy };
}
