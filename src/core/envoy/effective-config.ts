import { parseGoInteger } from '../go-values.ts';
import type { JsonObject, MutableJsonObject } from '../json.ts';
import {
  applyProxyConfigAnnotation,
  checkProxyConfig,
  type MeshConfig,
  PROXY_CONFIG_ANNOTATION,
  type ProxyConfig,
  parseMeshConfig,
} from '../mesh/index.ts';
import { failed, type Parsed, type Problem, parsed } from '../problem.ts';
import { LATEST } from '../release.ts';
import { settingProblem } from './settings.ts';

export type EffectiveConfigRequest = {
  /** Text of the mesh config file; undefined where there is none. */
  readonly meshFile?: string | undefined;
  /** Variable PROXY_CONFIG. */
  readonly environment?: string | undefined;
  /** Of the pod's annotations file. */
  readonly annotations: Readonly<Record<string, string>>;
  /** ISTIO_CPU_LIMIT; 0: none. */
  readonly cpuLimit: number;
  /** Flags `--concurrency` (0: not given) and `--serviceCluster`. */
  readonly concurrency: number;
  readonly serviceCluster: string;
};

/** The layers alone: defaults, mesh file, PROXY_CONFIG, annotation, each replacing the fields that it names. */
export function layerProxyConfig(
  request: Pick<EffectiveConfigRequest, 'meshFile' | 'environment' | 'annotations'>,
): Parsed<ProxyConfig> {
  const mesh = parseMeshConfig(request.meshFile ?? '', { release: LATEST });
  if (!mesh.ok) return mesh;
  let layered: MeshConfig = mesh.value;
  const problems: Problem[] = [...mesh.problems];
  for (const [text, where] of [
    [request.environment ?? '', 'variable PROXY_CONFIG'],
    [request.annotations[PROXY_CONFIG_ANNOTATION] ?? '', `annotation ${PROXY_CONFIG_ANNOTATION}`],
  ] as const) {
    if (text.trim() === '') continue;
    const next = applyProxyConfigAnnotation(layered, text, LATEST);
    if (!next.ok)
      return failed(...next.problems.map((problem) => ({ ...problem, message: `${where}: ${problem.message}` })));
    layered = next.value;
  }
  return parsed(layered.defaultConfig ?? {}, problems);
}

/** The ProxyConfig that the agent works with (agent.md 5): layers, flags and limits, checks, then two annotations. */
export function effectiveProxyConfig(request: EffectiveConfigRequest): Parsed<JsonObject> {
  const layered = layerProxyConfig(request);
  if (!layered.ok) return layered;
  const problems: Problem[] = [...layered.problems];
  const config: MutableJsonObject = { ...layered.value };
  if (config.concurrency === undefined && request.cpuLimit !== 0) config.concurrency = request.cpuLimit;
  if (request.concurrency !== 0) config.concurrency = request.concurrency;
  if (config.serviceCluster === undefined && config.tracingServiceName === undefined) {
    config.serviceCluster = request.serviceCluster;
  }
  if (config.concurrency === 0 && request.cpuLimit !== 0) {
    const text = `concurrency 0 starts a thread for every CPU of the machine, while the limit is ${request.cpuLimit}`;
    problems.push(settingProblem(text, 'warning', '/concurrency'));
  }
  const failures = checkProxyConfig(config as ProxyConfig, LATEST);
  if (failures.length > 0) {
    return failed(...failures.map(({ field, text }) => settingProblem(text, 'error', `/${field}`)), ...problems);
  }
  const address = request.annotations['sidecar.istio.io/discoveryAddress'];
  if (address !== undefined) config.discoveryAddress = address;
  const port = request.annotations['status.sidecar.istio.io/port'];
  if (port !== undefined) config.statusPort = statusPort(port, problems);
  return parsed(config, problems);
}

/** As upstream, a port that is no number switches the status server off; the user is told. */
function statusPort(text: string, problems: Problem[]): number {
  const port = parseGoInteger(text);
  if (port !== undefined) return port;
  problems.push(
    settingProblem(
      `annotation status.sidecar.istio.io/port is no number and counts as 0: ${text.slice(0, 80)}`,
      'warning',
    ),
  );
  return 0;
}

/** Host of the discovery address: the name that the control plane's certificate must have. */
export function pilotSubjectAltNames(config: JsonObject): readonly string[] {
  if (config.controlPlaneAuthPolicy !== 'MUTUAL_TLS' || typeof config.discoveryAddress !== 'string') return [];
  const host = config.discoveryAddress.replace(/:[^:\]]*$/, '').replace(/^\[(.*)\]$/, '$1');
  return [host === 'localhost' ? 'istiod.istio-system.svc' : host];
}
