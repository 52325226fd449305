/** A flag of istio-iptables, and the variables that stand for it. */
export type Setting = {
  readonly flag: string;
  readonly short?: string;
  /** Environment variables, the later one beats the earlier. */
  readonly env: readonly string[];
  readonly kind: 'text' | 'switch' | 'port' | 'duration';
  readonly fallback: string;
  readonly help: string;
};

/** The flags of istio-iptables (capture.md 2.1; master of August 2026), in the order of its help. */
export const IPTABLES_FLAGS: readonly Setting[] = [
  // Upstream documents ENVOY_PORT for virtual machines and then does not read it; we do, below the flag.
  text('envoy-port', 'p', ['ENVOY_PORT'], '15001', 'port for captured outbound TCP'),
  text('inbound-capture-port', 'z', ['INBOUND_CAPTURE_PORT'], '15006', 'port for captured inbound TCP'),
  text('inbound-tunnel-port', 'e', ['INBOUND_TUNNEL_PORT'], '15008', 'port of the HBONE tunnel, never captured'),
  text('proxy-uid', 'u', ['PROXY_UID'], '', 'comma list of users whose traffic is not captured'),
  text('proxy-gid', 'g', ['PROXY_GID'], '', 'comma list of groups, likewise'),
  text(
    'istio-inbound-interception-mode',
    'm',
    ['ISTIO_INBOUND_INTERCEPTION_MODE'],
    '',
    'TPROXY, or anything else for REDIRECT',
  ),
  text('istio-inbound-tproxy-mark', 't', ['ISTIO_INBOUND_TPROXY_MARK'], '1337', 'mark for TPROXY'),
  text('istio-inbound-tproxy-route-table', 'r', ['ISTIO_INBOUND_TPROXY_ROUTE_TABLE'], '133', 'its routing table'),
  text('istio-inbound-ports', 'b', ['ISTIO_INBOUND_PORTS'], '', 'inbound ports to capture; * is all'),
  text('istio-local-exclude-ports', 'd', ['ISTIO_LOCAL_EXCLUDE_PORTS'], '', 'inbound ports not to capture, with -b *'),
  text('istio-exclude-interfaces', 'c', ['ISTIO_EXCLUDE_INTERFACES'], '', 'interfaces where nothing is captured'),
  text('istio-service-cidr', 'i', ['ISTIO_SERVICE_CIDR'], '', 'destinations to capture; * is all'),
  text('istio-service-exclude-cidr', 'x', ['ISTIO_SERVICE_EXCLUDE_CIDR'], '', 'destinations to leave alone'),
  text('istio-outbound-ports', 'q', ['ISTIO_OUTBOUND_PORTS'], '', 'outbound ports to capture whatever the address'),
  text(
    'istio-local-outbound-ports-exclude',
    'o',
    ['ISTIO_LOCAL_OUTBOUND_PORTS_EXCLUDE'],
    '',
    'outbound ports to leave alone',
  ),
  text(
    'kube-virt-interfaces',
    'k',
    ['KUBE_VIRT_INTERFACES'],
    '',
    'interfaces whose incoming traffic counts as outbound',
  ),
  toggle('dry-run', 'n', ['DRY_RUN'], 'call nothing, print what would be called'),
  {
    flag: 'iptables-probe-port',
    env: ['IPTABLES_PROBE_PORT'],
    kind: 'port',
    fallback: '15002',
    help: 'destination port of the probe',
  },
  { flag: 'probe-timeout', env: ['PROBE_TIMEOUT'], kind: 'duration', fallback: '5s', help: 'time limit of the probe' },
  toggle('skip-rule-apply', '', ['SKIP_RULE_APPLY'], 'no rules, no routes, no addresses'),
  toggle('run-validation', '', ['RUN_VALIDATION'], 'run the probe at the end; exit code 126 where nothing is captured'),
  toggle('redirect-dns', '', ['REDIRECT_DNS', 'ISTIO_META_DNS_CAPTURE'], 'capture DNS'),
  toggle('capture-all-dns', '', ['CAPTURE_ALL_DNS'], 'all DNS, not only to the servers of /etc/resolv.conf'),
  toggle('drop-invalid', '', ['DROP_INVALID', 'INVALID_DROP'], 'drop packets that connection tracking calls invalid'),
  toggle('dual-stack', '', ['DUAL_STACK', 'ISTIO_DUAL_STACK'], 'the pod has IPv4 and IPv6'),
  text('network-namespace', '', ['NETWORK_NAMESPACE'], '', 'path of the network namespace'),
  toggle('cni-mode', '', ['CNI_MODE'], 'run as from the CNI plugin'),
  toggle('reconcile', '', ['RECONCILE'], 'replace other rules that are there'),
  toggle('cleanup-only', '', ['CLEANUP_ONLY'], 'remove, apply nothing'),
  toggle('force-apply', '', ['FORCE_APPLY'], 'apply although the rules look right already'),
  toggle('native-nftables', '', ['NATIVE_NFTABLES'], 'nftables instead of iptables'),
  text('force-iptables-binary', '', ['FORCE_IPTABLES_BINARY'], '', 'legacy or nft'),
];

function text(flag: string, short: string, env: readonly string[], fallback: string, help: string): Setting {
  return { flag, ...(short === '' ? {} : { short }), env, kind: 'text', fallback, help };
}

function toggle(flag: string, short: string, env: readonly string[], help: string): Setting {
  return { flag, ...(short === '' ? {} : { short }), env, kind: 'switch', fallback: 'false', help };
}
