import { type CaptureRules, planCapture, readIptablesCall } from '../capture/index.ts';
import { builtinConfig, type InjectionDecision, loadInjectionConfig } from '../injection/index.ts';
import { getKey, type JsonObject, listAt, objectAt } from '../json.ts';
import { injectManifest, type ManifestSettings } from '../manifest/index.ts';
import { failed, type Parsed, parsed } from '../problem.ts';
import { LATEST } from '../release.ts';
import {
  type ContainerProcess,
  containerProcess,
  type PodFile,
  podFiles,
  writableFolders,
} from './container-process.ts';
import type { PodFacts } from './downward-api.ts';
import { MANIFESTS } from './manifests.ts';
import type { PodReport, RunProcess } from './report.ts';
import { type DemoPod, type InterceptionMode, MESH_CONFIG, OUTSIDE, PODS } from './story.ts';

/** A pod of the story after injection: all that is needed to run it. */
export type InjectedPod = {
  readonly part: DemoPod;
  readonly report: PodReport;
  readonly init: ContainerProcess;
  readonly proxy: ContainerProcess;
  /** What istio-proxy finds mounted: files of the downward API, and folders that it may write. */
  readonly files: readonly PodFile[];
  readonly folders: readonly string[];
  /** What istio-init will program. */
  readonly planned: CaptureRules;
};

export type Node = { readonly cpus: number; readonly memoryBytes: number };

/** Injects the Deployments with the configuration of our own, and reads the result as a kubelet would. */
export function injectPods(
  mode: InterceptionMode,
  node: Node,
  tag: string,
  host: ManifestSettings['context']['host'],
): Parsed<readonly InjectedPod[]> {
  const meshConfigText = mode === 'TPROXY' ? `${MESH_CONFIG}  interceptionMode: TPROXY\n` : MESH_CONFIG;
  const config = loadInjectionConfig({ ...builtinConfig({ tag, meshConfigText }), release: LATEST });
  if (!config.ok) return config;
  const settings: ManifestSettings = {
    config: config.value,
    context: { revision: '', nativeSidecars: 'false', nodes: undefined, platform: '', compliancePolicy: '', host },
    namespaces: new Map(),
  };
  const pods: InjectedPod[] = [];
  for (const part of PODS) {
    const name = `examples/${part.workload}.yaml`;
    const result = injectManifest({ name, text: MANIFESTS[part.part] }, settings);
    const outcome = result.workloads[0]?.outcome;
    if (outcome?.kind !== 'injected') return failed(...result.problems);
    const pod = injectedPod(part, outcome.pod, outcome.decision, node);
    if (!pod.ok) return pod;
    pods.push(pod.value);
  }
  return parsed(pods);
}

function injectedPod(part: DemoPod, pod: JsonObject, decision: InjectionDecision, node: Node): Parsed<InjectedPod> {
  const facts = factsOf(part, pod, node);
  const init = containerProcess(pod, 'istio-init', facts);
  const proxy = containerProcess(pod, 'istio-proxy', facts);
  if (!init.ok) return init;
  if (!proxy.ok) return proxy;
  const planned = plannedRules(init.value);
  if (!planned.ok) return planned;
  const report: PodReport = {
    workload: part.workload,
    pod: part.pod,
    address: part.address,
    port: part.port,
    injection: {
      decidedBy: decision.decidedBy,
      because: decision.checks.find(({ rule }) => rule === decision.decidedBy)?.because ?? '',
      containers: namesOf(pod, 'containers'),
      initContainers: namesOf(pod, 'initContainers'),
    },
    init: toRun(init.value),
    proxy: toRun(proxy.value),
    rules: [],
    accessLog: [],
    ownLog: [],
    metrics: [],
  };
  return parsed({
    part,
    report,
    init: init.value,
    proxy: proxy.value,
    files: podFiles(pod, 'istio-proxy', facts),
    folders: writableFolders(pod, 'istio-proxy'),
    planned: planned.value,
  });
}

function factsOf(part: DemoPod, pod: JsonObject, node: Node): PodFacts {
  const metadata = objectAt(pod, 'metadata');
  return {
    name: part.pod,
    namespace: 'default',
    uid: `00000000-0000-4000-8000-0000000000${part.address.split('.').at(-1)?.padStart(2, '0')}`,
    podIp: part.address,
    hostIp: OUTSIDE.gateway,
    nodeName: 'this-machine',
    serviceAccount: 'default',
    labels: textsOf(objectAt(metadata, 'labels')),
    annotations: textsOf(objectAt(metadata, 'annotations')),
    nodeCpus: node.cpus,
    nodeMemoryBytes: node.memoryBytes,
  };
}

function textsOf(object: JsonObject): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, String(value)]));
}

function namesOf(pod: JsonObject, list: string): readonly string[] {
  return listAt(objectAt(pod, 'spec'), list).map((container) => String(getKey(container, 'name')));
}

function toRun({ container, args, env, uid, gid, capabilities }: ContainerProcess): RunProcess {
  return { container, args, env: Object.fromEntries(env), uid, gid, capabilities };
}

/** The rules that the init container's arguments ask for; its first argument is the program's name. */
function plannedRules(init: ContainerProcess): Parsed<CaptureRules> {
  const call = readIptablesCall(init.args.slice(1), {
    env: (name) => init.env.get(name),
    uidOf: () => undefined,
    enableIpv6: () => parsed(false),
    nameServers: () => parsed({ v4: [], v6: [] }),
  });
  if (!call.ok) return call;
  if (call.value.kind === 'help') return failed();
  return planCapture(call.value.config);
}
