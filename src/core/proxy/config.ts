import {
  type AccessLog,
  type AddressFamilies,
  addressFamilies,
  type BootstrapInput,
  buildNodeMetadata,
  connectionLimit,
  idleTimeoutOf,
  type StaticOptions,
} from '../envoy/index.ts';
import { isArray, isObject, type JsonValue, valueAt } from '../json.ts';
import { durationMilliseconds } from '../mesh/index.ts';
import { failed, type Parsed, type Problem, ProblemError, parsed } from '../problem.ts';
import { type WorkloadIdentity, workloadIdentity } from '../telemetry/index.ts';

/** What the embedded engine is started with: a file of its own, as Envoy has its bootstrap. Times in milliseconds. */
export type EmbeddedConfig = {
  readonly families: AddressFamilies;
  readonly ports: {
    readonly outbound: number;
    readonly inbound: number;
    readonly admin: number;
    readonly health: number;
    readonly prometheus: number;
    /** The agent's, which answers what the health port is asked. */
    readonly status: number;
  };
  readonly tproxy: boolean;
  /** What is meant for one of these and comes by the outbound port goes to loopback: rules of 1.0 bring it there. */
  readonly ownAddresses: readonly string[];
  readonly registryOnly: boolean;
  readonly connectTimeout: number;
  readonly idleTimeout: number;
  readonly connectionLimit: number;
  readonly drainTimeout: number;
  readonly metricsLocalhostOnly: boolean;
  readonly accessLog?: AccessLog | undefined;
  readonly identity: WorkloadIdentity;
};

/** Envoy's defaults for the clusters that stand behind capture (agent.md 15.3), and for a TCP proxy that idles. */
const CONNECT_TIMEOUT = 10_000;
const IDLE_TIMEOUT = 3_600_000;
const DRAIN_TIMEOUT = 45_000;

/** The same facts as `buildStaticBootstrap` takes, for the engine in place of Envoy. */
export function buildEmbeddedConfig(input: BootstrapInput, options: StaticOptions): Parsed<EmbeddedConfig> {
  const problems: Problem[] = [];
  try {
    const metadata = buildNodeMetadata(input, (message, pointer) => problems.push(warning(message, pointer)));
    const { proxyConfig } = input;
    const config: EmbeddedConfig = {
      families: addressFamilies([...new Set(input.instanceIps)], input.features.dualStack),
      ports: {
        outbound: options.outboundPort,
        inbound: options.inboundPort,
        admin: number(proxyConfig.proxyAdminPort, 15000),
        health: input.statusPort,
        prometheus: input.prometheusPort,
        status: number(proxyConfig.statusPort, 15020),
      },
      tproxy: options.tproxy,
      ownAddresses: [...new Set(input.instanceIps)],
      registryOnly: options.registryOnly,
      connectTimeout: CONNECT_TIMEOUT,
      idleTimeout: durationMilliseconds(idleTimeoutOf(metadata.output), IDLE_TIMEOUT),
      connectionLimit: connectionLimit(proxyConfig),
      drainTimeout: durationMilliseconds(proxyConfig.drainDuration, DRAIN_TIMEOUT),
      metricsLocalhostOnly:
        isObject(proxyConfig.proxyMetadata) && proxyConfig.proxyMetadata.METRICS_LOCALHOST_ACCESS_ONLY === 'true',
      accessLog: options.accessLog,
      identity: workloadIdentity(metadata.output),
    };
    return parsed(config, problems);
  } catch (error) {
    if (error instanceof ProblemError) return failed(error.problem, ...problems);
    throw error;
  }
}

/** Reads a file of the agent's; what is missing or of another type is refused with its place. */
export function parseEmbeddedConfig(text: string): Parsed<EmbeddedConfig> {
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch (error) {
    return failed(wrong(`the configuration is no JSON: ${error instanceof Error ? error.message : String(error)}`, ''));
  }
  const problems = SHAPE.flatMap(([path, type]) => {
    const found = valueAt(value, ...path.split('/'));
    return typeof found === type
      ? []
      : [wrong(`${path} must be a ${type}, not ${JSON.stringify(found) ?? 'missing'}`, path)];
  });
  if (!isTexts(valueAt(value, 'ownAddresses')))
    problems.push(wrong('ownAddresses must be a list of strings', 'ownAddresses'));
  // Its members have just been checked, one by one.
  return problems.length > 0 ? failed(...problems) : parsed(value as unknown as EmbeddedConfig);
}

const SHAPE: readonly (readonly [path: string, type: 'string' | 'number' | 'boolean'])[] = [
  ...['localhost', 'wildcard', 'lookup'].map((name) => [`families/${name}`, 'string'] as const),
  ...['outbound', 'inbound', 'admin', 'health', 'prometheus', 'status'].map(
    (name) => [`ports/${name}`, 'number'] as const,
  ),
  ...['connectTimeout', 'idleTimeout', 'connectionLimit', 'drainTimeout'].map((name) => [name, 'number'] as const),
  ...['tproxy', 'registryOnly', 'metricsLocalhostOnly'].map((name) => [name, 'boolean'] as const),
  ...[
    'workload',
    'namespace',
    'app',
    'version',
    'canonicalService',
    'canonicalRevision',
    'cluster',
    'istioVersion',
  ].map((name) => [`identity/${name}`, 'string'] as const),
];

function isTexts(value: JsonValue | undefined): boolean {
  return isArray(value) && value.every((item) => typeof item === 'string');
}

function number(value: JsonValue | undefined, fallback: number): number {
  return typeof value === 'number' ? value : fallback;
}

function warning(message: string, pointer: string | undefined): Problem {
  return { ...wrong(message, pointer ?? ''), severity: 'warning' };
}

function wrong(message: string, pointer: string): Problem {
  return {
    code: 'AGENT_CONFIG_INVALID',
    severity: 'error',
    message,
    where: { pointer: `/${pointer}` },
    remedy: 'Let the agent write this file (remora proxy sidecar --engine embedded), or correct the member.',
  };
}
