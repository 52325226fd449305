import { isArray, isObject, type JsonObject, type JsonValue } from '../json.ts';
import { failed, type Parsed, type Problem, parsed } from '../problem.ts';
import { type CaptureConfig, DEFAULT_CAPTURE_CONFIG } from './capture-config.ts';

/** Field of upstream's Go structure (tools/common/config, master of August 2026) → ours. */
const FIELDS = {
  ProxyPort: 'proxyPort',
  InboundCapturePort: 'inboundCapturePort',
  InboundTunnelPort: 'inboundTunnelPort',
  ProxyUID: 'proxyUid',
  ProxyGID: 'proxyGid',
  InboundInterceptionMode: 'inboundInterceptionMode',
  InboundTProxyMark: 'inboundTproxyMark',
  InboundTProxyRouteTable: 'inboundTproxyRouteTable',
  InboundPortsInclude: 'inboundPortsInclude',
  InboundPortsExclude: 'inboundPortsExclude',
  OwnerGroupsInclude: 'ownerGroupsInclude',
  OwnerGroupsExclude: 'ownerGroupsExclude',
  OutboundPortsInclude: 'outboundPortsInclude',
  OutboundPortsExclude: 'outboundPortsExclude',
  OutboundIPRangesInclude: 'outboundIpRangesInclude',
  OutboundIPRangesExclude: 'outboundIpRangesExclude',
  RerouteVirtualInterfaces: 'rerouteVirtualInterfaces',
  ExcludeInterfaces: 'excludeInterfaces',
  RedirectDNS: 'redirectDns',
  CaptureAllDNS: 'captureAllDns',
  DropInvalid: 'dropInvalid',
  EnableIPv6: 'enableIpv6',
  DNSServersV4: 'dnsServersV4',
  DNSServersV6: 'dnsServersV6',
  HostIPv4LoopbackCidr: 'hostIpv4LoopbackCidr',
  NativeNftables: 'nativeNftables',
} as const satisfies Readonly<Record<string, keyof CaptureConfig>>;

/** Fields about the run, not about the rules. They may stand in the file, and the rules do not depend on them. */
const ABOUT_THE_RUN: ReadonlySet<string> = new Set([
  ...['IptablesProbePort', 'ProbeTimeout', 'DryRun', 'SkipRuleApply', 'RunValidation', 'NetworkNamespace'],
  ...['HostFilesystemPodNetwork', 'DualStack', 'HostIP', 'Reconcile', 'CleanupOnly', 'ForceApply'],
  'ForceIptablesBinary',
]);

/** Reads the JSON form of a capture configuration; what is absent has its default. */
export function captureConfigFromJson(value: JsonValue): Parsed<CaptureConfig> {
  if (!isObject(value)) return failed(wrong('', 'an object', value));
  const problems: Problem[] = [];
  const given: Partial<Record<keyof CaptureConfig, JsonValue>> = {};
  for (const [name, item] of Object.entries(value)) {
    if (ABOUT_THE_RUN.has(name)) continue;
    if (!isField(name)) {
      problems.push(unknownField(name));
      continue;
    }
    const field = FIELDS[name];
    const wanted = DEFAULT_CAPTURE_CONFIG[field];
    const kind =
      typeof wanted === 'string' ? 'a string' : typeof wanted === 'boolean' ? 'true or false' : 'a list of strings';
    const fits =
      kind === 'a list of strings'
        ? isArray(item) && item.every((one) => typeof one === 'string')
        : typeof item === typeof wanted;
    if (fits) given[field] = item;
    else problems.push(wrong(`/${name}`, kind, item));
  }
  if (problems.length > 0) return failed(...problems);
  return parsed({ ...DEFAULT_CAPTURE_CONFIG, ...(given as Partial<CaptureConfig>) });
}

/** The JSON form, in upstream's field names and order. */
export function captureConfigToJson(config: CaptureConfig): JsonObject {
  return Object.fromEntries(Object.entries(FIELDS).map(([name, field]) => [name, config[field]]));
}

function isField(name: string): name is keyof typeof FIELDS {
  return Object.hasOwn(FIELDS, name);
}

function unknownField(name: string): Problem {
  return {
    code: 'CAPTURE_CONFIG_INVALID',
    severity: 'error',
    message: `unknown field "${name}"`,
    where: { pointer: `/${name}` },
    remedy: `Use the field names of istio-iptables' configuration, such as ${Object.keys(FIELDS).slice(0, 3).join(', ')}.`,
  };
}

function wrong(pointer: string, wanted: string, value: JsonValue): Problem {
  return {
    code: 'CAPTURE_CONFIG_INVALID',
    severity: 'error',
    message: `${pointer === '' ? 'the configuration' : pointer.slice(1)} must be ${wanted}, not ${JSON.stringify(value)}`,
    where: { pointer },
    remedy: `Give ${wanted}.`,
  };
}
