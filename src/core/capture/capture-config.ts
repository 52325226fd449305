/**
 * What is to be captured: the settings of istio-iptables (capture.md 2.1) as one value, with its defaults. Texts stay
 * texts, as upstream has them: what they must be is in check-config.ts, not here.
 */
export type CaptureConfig = {
  readonly proxyPort: string;
  readonly inboundCapturePort: string;
  readonly inboundTunnelPort: string;
  /** Comma lists of users and groups whose traffic is the proxy's own. */
  readonly proxyUid: string;
  readonly proxyGid: string;
  /** Exactly `TPROXY` selects TPROXY; any other text is REDIRECT. */
  readonly inboundInterceptionMode: string;
  readonly inboundTproxyMark: string;
  readonly inboundTproxyRouteTable: string;
  /** `*`, a comma list, or empty: none. */
  readonly inboundPortsInclude: string;
  /** Only where include is `*`. */
  readonly inboundPortsExclude: string;
  /** `*`: all but the excluded; else only these. */
  readonly ownerGroupsInclude: string;
  readonly ownerGroupsExclude: string;
  readonly outboundPortsInclude: string;
  readonly outboundPortsExclude: string;
  readonly outboundIpRangesInclude: string;
  readonly outboundIpRangesExclude: string;
  /** Interfaces whose incoming traffic counts as outbound. */
  readonly rerouteVirtualInterfaces: string;
  readonly excludeInterfaces: string;
  readonly redirectDns: boolean;
  readonly captureAllDns: boolean;
  readonly dropInvalid: boolean;
  readonly enableIpv6: boolean;
  readonly dnsServersV4: readonly string[];
  readonly dnsServersV6: readonly string[];
  /** What "loopback" means in the IPv4 rules. */
  readonly hostIpv4LoopbackCidr: string;
  readonly nativeNftables: boolean;
};

/** Port of the agent's DNS proxy. */
export const DNS_PORT = '15053';

/** The proxy's user and group where nobody says otherwise. */
export const DEFAULT_PROXY_ID = '1337';

/** The mark of packets from the proxy's outbound side to its own pod (TPROXY): the inbound side must see them. */
export const OUTBOUND_MARK = '1338';

/** Without flags and environment: nothing is captured but what the chains always have. */
export const DEFAULT_CAPTURE_CONFIG: CaptureConfig = {
  proxyPort: '15001',
  inboundCapturePort: '15006',
  inboundTunnelPort: '15008',
  proxyUid: DEFAULT_PROXY_ID,
  proxyGid: DEFAULT_PROXY_ID,
  inboundInterceptionMode: '',
  inboundTproxyMark: '1337',
  inboundTproxyRouteTable: '133',
  inboundPortsInclude: '',
  inboundPortsExclude: '',
  ownerGroupsInclude: '*',
  ownerGroupsExclude: '',
  outboundPortsInclude: '',
  outboundPortsExclude: '',
  outboundIpRangesInclude: '',
  outboundIpRangesExclude: '',
  rerouteVirtualInterfaces: '',
  excludeInterfaces: '',
  redirectDns: false,
  captureAllDns: false,
  dropInvalid: false,
  enableIpv6: false,
  dnsServersV4: [],
  dnsServersV6: [],
  hostIpv4LoopbackCidr: '127.0.0.1/32',
  nativeNftables: false,
};

export function isTproxy(config: CaptureConfig): boolean {
  return config.inboundInterceptionMode === 'TPROXY';
}

/** DNS is captured when it is asked for and there is some: all of it, or the queries to servers that are known. */
export function capturesDns(config: CaptureConfig): boolean {
  const { redirectDns, captureAllDns, dnsServersV4, dnsServersV6 } = config;
  return redirectDns && (captureAllDns || dnsServersV4.length > 0 || dnsServersV6.length > 0);
}

/** Items of a comma list, as upstream splits: empty ones dropped, white space kept. */
export function splitList(text: string): readonly string[] {
  return text.split(',').filter((item) => item !== '');
}
