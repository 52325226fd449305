import { parseGoBool } from '../go-values.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import { formatProtoDuration, parseGoDuration } from '../mesh/index.ts';
import { failed, type Parsed, parsed } from '../problem.ts';
import type { AgentFlags } from './agent-flags.ts';
import { badFlag } from './setting-problem.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What the agent reads of its environment (agent.md 3). Booleans by Go's rule: another text is the default, with a warning. */
export type AgentEnvironment = {
  readonly podName: string;
  readonly podNamespace: string;
  readonly instanceIp: string;
  readonly hostIp: string;
  readonly cpuLimit: number;
  readonly bootstrapOverride: string;
  readonly bootstrapTemplate: string;
  readonly coreDump: boolean;
  readonly disableProxy: boolean;
  readonly statusPort: number;
  readonly prometheusPort: number;
  readonly secureMetricsPort: number;
  readonly secureMergedMetricsPort: number;
  readonly proxyProtocol: boolean;
  readonly exitOnZero: boolean;
  readonly minimumDrainMilliseconds: number;
  readonly skipDeprecatedLogs: boolean;
  readonly http2Probing: boolean;
  readonly legacyLocalhostProbes: boolean;
  readonly probeKeepAlive: boolean;
  readonly metricsLocalhostOnly: boolean;
  readonly mergeProxyStats: boolean;
  readonly stripFragment: boolean;
  readonly dualStack: boolean;
  readonly deltaXds: boolean;
  readonly dnsCapture: boolean;
  readonly dnsProxyAddress: string;
  readonly dnsForwardParallel: boolean;
  readonly dnsForwardTimeoutMilliseconds: number;
  readonly workloadIdentitySocket: string;
  readonly fileMountedCertificates: boolean;
  readonly compliancePolicy: string;
  readonly tproxy: boolean;
  readonly exactBalance: boolean;
  readonly restarts: number;
  readonly quitWithApplication: boolean;
};

export type ReadEnvironment = { readonly value: AgentEnvironment; readonly warnings: readonly string[] };

export function readAgentEnvironment(env: Environment): ReadEnvironment {
  const warnings: string[] = [];
  const text = (name: string): string => env[name] ?? '';
  const odd = (name: string, form: string, used: string): void => {
    warnings.push(`${name} is ${JSON.stringify(text(name).slice(0, 80))}, which is no ${form}; ${used} is used`);
  };
  const flag = (name: string, fallback: boolean): boolean => {
    if (text(name) === '') return fallback;
    const value = parseGoBool(text(name));
    if (value === undefined) odd(name, 'boolean', String(fallback));
    return value ?? fallback;
  };
  const number = (name: string, fallback: number): number => {
    if (text(name) === '') return fallback;
    if (/^\d{1,9}$/.test(text(name))) return Number(text(name));
    odd(name, 'whole number', String(fallback));
    return fallback;
  };
  const milliseconds = (name: string, fallback: number): number => {
    if (text(name) === '') return fallback;
    const nanoseconds = parseGoDuration(text(name));
    if (typeof nanoseconds === 'bigint' && nanoseconds >= 0n) return Number(nanoseconds / 1_000_000n);
    odd(name, 'duration such as 5s', `${fallback / 1000}s`);
    return fallback;
  };
  return {
    value: {
      podName: text('POD_NAME'),
      podNamespace: text('POD_NAMESPACE'),
      instanceIp: text('INSTANCE_IP'),
      hostIp: text('HOST_IP'),
      cpuLimit: number('ISTIO_CPU_LIMIT', 0),
      bootstrapOverride: text('ISTIO_BOOTSTRAP_OVERRIDE'),
      bootstrapTemplate: text('ISTIO_BOOTSTRAP'),
      coreDump: flag('ISTIO_ENVOY_ENABLE_CORE_DUMP', false),
      disableProxy: flag('DISABLE_ENVOY', false),
      statusPort: number('ENVOY_STATUS_PORT', 15021),
      prometheusPort: number('ENVOY_PROMETHEUS_PORT', 15090),
      secureMetricsPort: number('ENVOY_SECURE_METRICS_PORT', 0),
      secureMergedMetricsPort: number('ENVOY_SECURE_MERGED_METRICS_PORT', 0),
      proxyProtocol: flag('ENVOY_STATUS_PORT_ENABLE_PROXY_PROTOCOL', false),
      exitOnZero: flag('EXIT_ON_ZERO_ACTIVE_CONNECTIONS', false),
      minimumDrainMilliseconds: milliseconds('MINIMUM_DRAIN_DURATION', 5000),
      skipDeprecatedLogs: flag('ENVOY_SKIP_DEPRECATED_LOGS', true),
      http2Probing: flag('ISTIO_ENABLE_HTTP2_PROBING', true),
      legacyLocalhostProbes: flag('REWRITE_PROBE_LEGACY_LOCALHOST_DESTINATION', false),
      probeKeepAlive: flag('ENABLE_PROBE_KEEPALIVE_CONNECTIONS', false),
      metricsLocalhostOnly: flag('METRICS_LOCALHOST_ACCESS_ONLY', false),
      mergeProxyStats: flag('PILOT_AGENT_MERGE_ENVOY_STATS', true),
      stripFragment: flag('HTTP_STRIP_FRAGMENT_FROM_PATH_UNSAFE_IF_DISABLED', true),
      dualStack: flag('ISTIO_DUAL_STACK', false),
      deltaXds: flag('ISTIO_DELTA_XDS', true),
      dnsCapture: flag('ISTIO_META_DNS_CAPTURE', false) || flag('ISTIO_META_ENABLE_DNS_SERVER', false),
      dnsProxyAddress: text('DNS_PROXY_ADDR'),
      dnsForwardParallel: flag('DNS_FORWARD_PARALLEL', false),
      dnsForwardTimeoutMilliseconds: milliseconds('DNS_FORWARD_TIMEOUT', 5000),
      workloadIdentitySocket: text('WORKLOAD_IDENTITY_SOCKET_FILE') || 'socket',
      fileMountedCertificates: flag('FILE_MOUNTED_CERTS', false),
      compliancePolicy: text('COMPLIANCE_POLICY'),
      tproxy: text('ISTIO_META_INTERCEPTION_MODE') === 'TPROXY',
      exactBalance: flag('ISTIO_META_INBOUND_LISTENER_EXACT_BALANCE', false),
      restarts: number('REMORA_RESTART_PROXY', 0),
      quitWithApplication: flag('REMORA_QUIT_WITH_APPLICATION', false),
    },
    warnings,
  };
}

/** What a template before 1.5 gave as flags, as the text of PROXY_CONFIG; undefined where there is none of it. */
export function proxyConfigOfFlags({
  texts,
  numbers,
}: Pick<AgentFlags, 'texts' | 'numbers'>): Parsed<string | undefined> {
  const drain = texts.drainDuration === undefined ? undefined : parseGoDuration(texts.drainDuration);
  if (drain !== undefined && typeof drain !== 'bigint') {
    const message = `--drainDuration is ${JSON.stringify(texts.drainDuration)}, which is no duration such as 45s`;
    return failed(badFlag(message, 'drainDuration'));
  }
  const config = {
    ...optional('configPath', texts.configPath),
    ...optional('binaryPath', texts.binaryPath),
    ...optional('discoveryAddress', texts.discoveryAddress),
    ...optional('statsdUdpAddress', texts.statsdUdpAddress),
    ...optional('customConfigFile', texts.customConfigFile),
    ...optional('controlPlaneAuthPolicy', texts.controlPlaneAuthPolicy),
    ...optional('tracing', texts.zipkinAddress && { zipkin: { address: texts.zipkinAddress } }),
    ...optional('drainDuration', drain && formatProtoDuration(drain)),
    ...optional('proxyAdminPort', numbers.proxyAdminPort),
    ...optional('statusPort', numbers.statusPort),
  };
  return parsed(Object.keys(config).length === 0 ? undefined : JSON.stringify(config));
}

/** A member where there is something to say. */
function optional(name: string, value: JsonValue | undefined): JsonObject {
  return value === undefined || value === '' || value === 0 ? {} : { [name]: value };
}
