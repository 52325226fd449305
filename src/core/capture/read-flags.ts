import { parseGoBool } from '../go-values.ts';
import { failed, type Parsed, type Problem, parsed } from '../problem.ts';
import { type CaptureConfig, DEFAULT_CAPTURE_CONFIG, DEFAULT_PROXY_ID } from './capture-config.ts';
import type { ApplyOptions } from './compare-state.ts';
import { isValid, toMilliseconds } from './flag-syntax.ts';
import { IPTABLES_FLAGS, type Setting } from './iptables-flags.ts';

/** How the run is made, beside what is captured. */
export type RunOptions = ApplyOptions & {
  readonly dryRun: boolean;
  /** Where the record of a dry run is written, too; empty: nowhere. */
  readonly dryRunFile: string;
  readonly skipRuleApply: boolean;
  readonly runValidation: boolean;
  readonly probePort: number;
  readonly probeTimeoutMs: number;
  readonly dualStack: boolean;
  readonly networkNamespace: string;
  readonly cniMode: boolean;
  readonly forceIptablesBinary: string;
};

export type IptablesCall =
  | { readonly kind: 'run'; readonly config: CaptureConfig; readonly options: RunOptions }
  | { readonly kind: 'help' };

/** Flags of other releases and of Istio's logging: taken, and without effect. */
const IGNORED = /^(?:log_|vklog$|restore-format$|iptables-version$|iptables-trace-logging$)/;

/** Those of them that take no value. */
const IGNORED_SWITCHES: ReadonlySet<string> = new Set(['log_as_json', 'restore-format', 'iptables-trace-logging']);

/** What the machine says about itself, where a setting depends on it (capture.md 3). */
export type MachineFacts = {
  readonly env: (name: string) => string | undefined;
  /** Id of a user of /etc/passwd. */
  readonly uidOf: (user: string) => string | undefined;
  readonly enableIpv6: (dualStack: boolean) => Parsed<boolean>;
  /** Name servers of /etc/resolv.conf. */
  readonly nameServers: () => Parsed<{ readonly v4: readonly string[]; readonly v6: readonly string[] }>;
};

/** Reads arguments and environment as istio-iptables does, and fills in what the machine knows. */
export function readIptablesCall(args: readonly string[], facts: MachineFacts): Parsed<IptablesCall> {
  const given = readArguments(args);
  if (!given.ok) return given;
  if (given.value === 'help') return parsed({ kind: 'help' });
  const values = new Map<string, string>();
  const problems: Problem[] = [];
  for (const setting of IPTABLES_FLAGS) {
    const flag = given.value.get(setting.flag);
    if (flag !== undefined && !isValid(setting, flag)) problems.push(invalid(setting, flag));
    // A variable that does not parse is passed over, as upstream does.
    const variable = setting.env
      .map(facts.env)
      .findLast((value) => value !== undefined && value !== '' && isValid(setting, value));
    values.set(setting.flag, flag ?? variable ?? setting.fallback);
  }
  if (problems.length > 0) return failed(...problems);
  return fill(values, facts);
}

function readArguments(args: readonly string[]): Parsed<ReadonlyMap<string, string> | 'help'> {
  const given = new Map<string, string>();
  for (let i = 0; i < args.length; i++) {
    const word = args[i] ?? '';
    if (word === '-h' || word === '--help') return parsed('help');
    const long = /^--([^=]+)(?:=([\s\S]*))?$/.exec(word);
    const short = /^-([A-Za-z])=?([\s\S]*)$/.exec(word);
    const name = long?.[1] ?? short?.[1] ?? '';
    const attached = long === null ? short?.[2] || undefined : long[2];
    const setting = IPTABLES_FLAGS.find((candidate) => (long === null ? candidate.short : candidate.flag) === name);
    if (setting === undefined) {
      if (long !== null && IGNORED.test(name)) {
        if (attached === undefined && !IGNORED_SWITCHES.has(name)) i++;
        continue;
      }
      if (short !== null && name === 'f') continue;
      return failed(unknownFlag(word));
    }
    if (setting.kind === 'switch') given.set(setting.flag, attached ?? 'true');
    else {
      const value = attached ?? args[++i];
      if (value === undefined) return failed(missingValue(word));
      given.set(setting.flag, value);
    }
  }
  return parsed(given);
}

function fill(values: ReadonlyMap<string, string>, facts: MachineFacts): Parsed<IptablesCall> {
  const get = (flag: string): string => values.get(flag) ?? '';
  const on = (flag: string): boolean => parseGoBool(get(flag)) === true;
  const env = (name: string, fallback: string): string => facts.env(name) ?? fallback;
  const uid = get('proxy-uid') || facts.uidOf(env('ENVOY_USER', 'istio-proxy')) || DEFAULT_PROXY_ID;
  const ipv6 = facts.enableIpv6(on('dual-stack'));
  const perServer = on('redirect-dns') && !on('capture-all-dns');
  const servers = perServer ? facts.nameServers() : parsed({ v4: [], v6: [] });
  if (!ipv6.ok || !servers.ok) return failed(...ipv6.problems, ...servers.problems);
  const config: CaptureConfig = {
    ...DEFAULT_CAPTURE_CONFIG,
    proxyPort: get('envoy-port'),
    inboundCapturePort: get('inbound-capture-port'),
    inboundTunnelPort: get('inbound-tunnel-port'),
    proxyUid: uid,
    proxyGid: get('proxy-gid') || uid,
    inboundInterceptionMode: get('istio-inbound-interception-mode'),
    inboundTproxyMark: get('istio-inbound-tproxy-mark'),
    inboundTproxyRouteTable: get('istio-inbound-tproxy-route-table'),
    inboundPortsInclude: get('istio-inbound-ports'),
    inboundPortsExclude: get('istio-local-exclude-ports'),
    ownerGroupsInclude: env('ISTIO_OUTBOUND_OWNER_GROUPS', '*'),
    ownerGroupsExclude: env('ISTIO_OUTBOUND_OWNER_GROUPS_EXCLUDE', ''),
    outboundPortsInclude: get('istio-outbound-ports'),
    outboundPortsExclude: get('istio-local-outbound-ports-exclude'),
    outboundIpRangesInclude: get('istio-service-cidr'),
    outboundIpRangesExclude: get('istio-service-exclude-cidr'),
    rerouteVirtualInterfaces: get('kube-virt-interfaces'),
    excludeInterfaces: get('istio-exclude-interfaces'),
    redirectDns: on('redirect-dns'),
    captureAllDns: on('capture-all-dns'),
    dropInvalid: on('drop-invalid'),
    enableIpv6: ipv6.value,
    dnsServersV4: servers.value.v4,
    dnsServersV6: servers.value.v6,
    hostIpv4LoopbackCidr: env('ISTIO_OUTBOUND_IPV4_LOOPBACK_CIDR', '127.0.0.1/32'),
    nativeNftables: on('native-nftables'),
  };
  const options: RunOptions = {
    dryRun: on('dry-run'),
    dryRunFile: env('DRY_RUN_FILE_PATH', ''),
    skipRuleApply: on('skip-rule-apply'),
    runValidation: on('run-validation'),
    probePort: Number(get('iptables-probe-port')),
    probeTimeoutMs: toMilliseconds(get('probe-timeout')) ?? 0,
    dualStack: on('dual-stack'),
    networkNamespace: get('network-namespace'),
    cniMode: on('cni-mode'),
    reconcile: on('reconcile'),
    cleanupOnly: on('cleanup-only'),
    forceApply: on('force-apply'),
    forceIptablesBinary: get('force-iptables-binary'),
  };
  return parsed({ kind: 'run', config, options });
}

function unknownFlag(word: string): Problem {
  const message = word.startsWith('-') ? `unknown flag: ${word.split('=')[0]}` : `unexpected argument "${word}"`;
  return { code: 'USAGE', severity: 'error', message, remedy: 'See istio-iptables --help.' };
}

function missingValue(word: string): Problem {
  return {
    code: 'USAGE',
    severity: 'error',
    message: `flag needs an argument: ${word}`,
    remedy: `Give ${word} VALUE.`,
  };
}

function invalid(setting: Setting, value: string): Problem {
  const wanted = { text: 'a text', switch: 'true or false', port: 'a port', duration: 'a duration such as 5s' }[
    setting.kind
  ];
  return {
    code: 'USAGE',
    severity: 'error',
    message: `invalid argument "${value}" for --${setting.flag}: it is not ${wanted}`,
    remedy: `Give ${wanted}.`,
  };
}
