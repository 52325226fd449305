import type { JsonObject } from '../json.ts';
import { type Problem, ProblemError } from '../problem.ts';

/** Switches of the agent's environment that shape the bootstrap (agent.md 3). */
export type BootstrapFeatures = {
  readonly deltaXds: boolean;
  readonly dualStack: boolean;
  readonly statusPortProxyProtocol: boolean;
  readonly httpStripFragment: boolean;
  readonly dnsProxyAddress: string;
};

/** What the cloud says of the machine; on Kubernetes with `CLOUD_PLATFORM=none` nothing. */
export type CloudPlatform = {
  readonly kubernetes: boolean;
  readonly metadata: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly locality: Locality;
};

export type Locality = { readonly region: string; readonly zone: string; readonly subZone: string };

/** Everything that a bootstrap depends on, as data: nothing is read from the process. */
export type BootstrapInput = {
  /** `<type>~<first address>~<POD_NAME>.<POD_NAMESPACE>~<domain>`. */
  readonly nodeId: string;
  /** Takes the place of ISTIO_META_ISTIO_VERSION where that is not set. */
  readonly binaryVersion: string;
  readonly instanceIps: readonly string[];
  /** `NAME=value`, in order: of a name given twice the last counts, as in Go's loop over os.Environ. */
  readonly env: readonly string[];
  /** Text of the downward API's files; undefined where there is no such file. */
  readonly labelsFile?: string | undefined;
  readonly annotationsFile?: string | undefined;
  /** The effective ProxyConfig, protobuf JSON. */
  readonly proxyConfig: JsonObject;
  readonly pilotSubjectAltNames: readonly string[];
  readonly outlierLogPath: string;
  readonly stsPort: number;
  readonly prometheusPort: number;
  readonly statusPort: number;
  readonly secureMetricsPort: number;
  readonly secureMergedMetricsPort: number;
  readonly workloadIdentitySocket: string;
  /** undefined: as ENABLE_HBONE says. */
  readonly metadataDiscovery?: boolean | undefined;
  readonly exitOnZeroActiveConnections: boolean;
  readonly skipDeprecatedLogs: boolean;
  readonly credentialSocket: boolean;
  readonly fileCredentials: boolean;
  readonly logAsJson: boolean;
  readonly compliancePolicy: string;
  readonly platform: CloudPlatform;
  readonly features: BootstrapFeatures;
};

/** Warnings met on the way, collected by the caller. */
export type Warn = (message: string, pointer?: string) => void;

export function settingProblem(message: string, severity: Problem['severity'], pointer?: string): Problem {
  return {
    code: 'AGENT_CONFIG_INVALID',
    severity,
    message,
    ...(pointer === undefined ? {} : { where: { pointer } }),
    remedy: 'Correct the variable, annotation or ProxyConfig field named in the message.',
  };
}

/** Ends the building; caught at the room's door and turned into a `Parsed`. */
export function refuse(message: string, pointer?: string): never {
  throw new ProblemError(settingProblem(message, 'error', pointer));
}

/** Values of `NAME=value` lines; a value may contain `=`. */
export function environmentEntries(env: readonly string[]): readonly (readonly [name: string, value: string])[] {
  return env.map((line) => {
    const at = line.indexOf('=');
    return at < 0 ? ([line, ''] as const) : ([line.slice(0, at), line.slice(at + 1)] as const);
  });
}
