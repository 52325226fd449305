import {
  type BootstrapInput,
  effectiveProxyConfig,
  parseDownwardApi,
  pilotSubjectAltNames,
  readTrafficSettings,
  type StaticOptions,
} from '../envoy/index.ts';
import type { JsonObject } from '../json.ts';
import { failed, type Parsed, type Problem, parsed } from '../problem.ts';
import {
  type AgentEnvironment,
  type Environment,
  proxyConfigOfFlags,
  readAgentEnvironment,
} from './agent-environment.ts';
import type { AgentFlags } from './agent-flags.ts';
import { chooseEngine, type Engine } from './engine.ts';
import { DEFAULT_LEVELS, type LogLevels, parseLogLevels } from './log-line.ts';
import { type InterfaceAddress, nodeAddresses } from './node-addresses.ts';
import { type Prober, parseProbers } from './probers.ts';
import { parseScrapeConfig, type ScrapeTarget } from './prometheus-config.ts';

/** Everything that the agent works with, read and checked before anything starts. */
export type AgentSettings = {
  readonly flags: AgentFlags;
  readonly env: AgentEnvironment;
  readonly engine: Engine;
  readonly config: JsonObject;
  readonly statusPort: number;
  readonly addresses: readonly string[];
  readonly probers: ReadonlyMap<string, Prober>;
  readonly targets: readonly ScrapeTarget[];
  readonly bootstrap: BootstrapInput;
  readonly statics: StaticOptions;
};

/** What the agent finds on its machine: texts of files, undefined where there is none, and addresses. */
export type AgentSurroundings = {
  readonly environment: Environment;
  readonly labelsFile: string | undefined;
  readonly annotationsFile: string | undefined;
  readonly meshFile: string | undefined;
  readonly interfaces: readonly InterfaceAddress[];
  /** Of this program. */
  readonly version: string;
};

/** Start-up up to step 7 (agent.md 4): all that can be wrong in what was given is found here. */
export function readSettings(flags: AgentFlags, around: AgentSurroundings): Parsed<AgentSettings> {
  const { environment, annotationsFile, meshFile } = around;
  const { value: env, warnings } = readAgentEnvironment(environment);
  const problems: Problem[] = warnings.map((message) => warning(message));
  const read = annotationsFile === undefined ? undefined : parseDownwardApi(annotationsFile);
  const annotations = read?.ok === true ? read.value : {};
  const excluded = (annotations['traffic.sidecar.istio.io/excludeInterfaces'] ?? '')
    .split(',')
    .filter((name) => name !== '');
  const addresses = nodeAddresses(env.instanceIp, around.interfaces, excluded);
  const engine = chooseEngine(flags.texts.engine, environment.REMORA_ENGINE);
  if (!engine.ok) return engine;
  const early = proxyConfigOfFlags(flags);
  if (!early.ok) return early;
  const effective = effectiveProxyConfig({
    meshFile,
    environment: environment.PROXY_CONFIG ?? early.value,
    annotations,
    cpuLimit: env.cpuLimit,
    concurrency: flags.numbers.concurrency ?? 0,
    serviceCluster: flags.texts.serviceCluster ?? 'istio-proxy',
  });
  if (!effective.ok) return effective;
  problems.push(...effective.problems);
  const config = effective.value;
  problems.push(...ownTemplate(flags, env, config));
  const statusPort = typeof config.statusPort === 'number' ? config.statusPort : 0;
  const probers = parseProbers(environment.ISTIO_KUBE_APP_PROBERS ?? '');
  const scrape = parseScrapeConfig(environment.ISTIO_PROMETHEUS_ANNOTATIONS, statusPort, flags.nodeType);
  const wrong = [...(probers.ok ? [] : probers.problems), ...(scrape.ok ? [] : scrape.problems)];
  if (!probers.ok || !scrape.ok) return failed(...wrong);
  const traffic = readTrafficSettings(meshFile, environment);
  // What there is to say of the mesh file was said with the ProxyConfig.
  if (!traffic.ok) return traffic;
  return parsed(
    {
      flags,
      env,
      engine: engine.value,
      config,
      statusPort,
      addresses,
      probers: probers.value,
      targets: scrape.value?.targets ?? [],
      bootstrap: bootstrapInput(flags, env, config, addresses, around),
      statics: {
        outboundPort: traffic.value.outboundPort,
        inboundPort: traffic.value.inboundPort,
        tproxy: env.tproxy,
        registryOnly: traffic.value.registryOnly,
        exactBalance: env.exactBalance,
        detectionTimeout: traffic.value.detectionTimeout,
        accessLog: traffic.value.accessLog,
      },
    },
    problems,
  );
}

function bootstrapInput(
  flags: AgentFlags,
  env: AgentEnvironment,
  config: JsonObject,
  addresses: readonly string[],
  { environment, labelsFile, annotationsFile, version }: AgentSurroundings,
): BootstrapInput {
  const domain = flags.texts.domain || `${env.podNamespace}.svc.cluster.local`;
  return {
    nodeId: `${flags.nodeType}~${addresses[0] ?? ''}~${env.podName}.${env.podNamespace}~${domain}`,
    binaryVersion: version,
    instanceIps: addresses,
    env: Object.entries(environment).map(([name, value]) => `${name}=${value ?? ''}`),
    labelsFile,
    annotationsFile,
    proxyConfig: config,
    pilotSubjectAltNames: pilotSubjectAltNames(config),
    outlierLogPath: flags.texts.outlierLogPath ?? '',
    stsPort: flags.numbers.stsPort ?? 0,
    prometheusPort: env.prometheusPort,
    statusPort: env.statusPort,
    secureMetricsPort: env.secureMetricsPort,
    secureMergedMetricsPort: env.secureMergedMetricsPort,
    workloadIdentitySocket: env.workloadIdentitySocket,
    exitOnZeroActiveConnections: env.exitOnZero,
    skipDeprecatedLogs: env.skipDeprecatedLogs,
    credentialSocket: false,
    fileCredentials: env.fileMountedCertificates,
    logAsJson: flags.switches.log_as_json ?? false,
    compliancePolicy: env.compliancePolicy,
    platform: { kubernetes: true, metadata: {}, labels: {}, locality: { region: '', zone: '', subZone: '' } },
    features: {
      deltaXds: env.deltaXds,
      dualStack: env.dualStack,
      statusPortProxyProtocol: env.proxyProtocol,
      httpStripFragment: env.stripFragment,
      dnsProxyAddress: env.dnsProxyAddress,
    },
  };
}

/** Upstream renders a bootstrap template of the user's own; here the bootstrap is built, and nothing is left out silently. */
function ownTemplate(flags: AgentFlags, env: AgentEnvironment, config: JsonObject): readonly Problem[] {
  const places: readonly (readonly [string, unknown])[] = [
    ['ISTIO_BOOTSTRAP', env.bootstrapTemplate],
    ['--templateFile', flags.texts.templateFile],
    ['proxyBootstrapTemplatePath', config.proxyBootstrapTemplatePath],
  ];
  const given = places.find(([, file]) => typeof file === 'string' && file !== '');
  if (given === undefined) return [];
  return [
    {
      code: 'AGENT_CONFIG_INVALID',
      severity: 'warning',
      message: `${given[0]} names the bootstrap template ${String(given[1])}, which is not used: the bootstrap is built without a template`,
      remedy:
        'Give what it adds as a file that Envoy merges (ISTIO_BOOTSTRAP_OVERRIDE, annotation sidecar.istio.io/bootstrapOverride), or a whole configuration (customConfigFile).',
    },
  ];
}

export type LogSettings = { readonly levels: LogLevels; readonly json: boolean; readonly targets: readonly string[] };

/** How the agent logs; a level that does not exist is said and the default taken, so that the pod starts. */
export function logSettings(flags: AgentFlags): LogSettings & { readonly odd: string | undefined } {
  const text = flags.texts.log_output_level ?? '';
  const levels = parseLogLevels(text);
  return {
    levels: levels ?? DEFAULT_LEVELS,
    json: flags.switches.log_as_json ?? false,
    targets: (flags.texts.log_target ?? 'stdout').split(',').filter((target) => target !== ''),
    odd:
      levels === undefined ? `--log_output_level=${text} names a level that does not exist; info is used` : undefined,
  };
}

function warning(message: string): Problem {
  return {
    code: 'AGENT_CONFIG_INVALID',
    severity: 'warning',
    message,
    remedy: 'Correct the variable of the container istio-proxy.',
  };
}
