import { getKey, isObject, type JsonObject } from '../../../core/json.ts';
import type { Problem } from '../../../core/problem.ts';
import type { ApiFailure, KubeApi } from '../../../platform/kube-api.ts';
import { type WatchTarget, watchObjects } from '../../../platform/kube-watch.ts';
import { kubeletVersions } from '../file-sources.ts';
import type { ConfigTexts, Source, SourceListener } from '../source.ts';
import { apiProblem } from './api-problem.ts';
import { textAt } from './object-text.ts';

export type ClusterTextsOptions = {
  readonly namespace: string;
  readonly injectConfigMap: string;
  readonly meshConfigMap: string;
  /** Namespaces are asked for by OpenShift's user ids only. */
  readonly watchNamespaces: boolean;
  /** Nodes are asked for by `--nativeSidecars auto` only. */
  readonly watchNodes: boolean;
  readonly watchProxyConfigs: boolean;
};

/** undefined: it cannot be read, and is not waited for. */
type Parts = Map<Part, ReadonlyMap<string, JsonObject> | undefined>;

type Part = 'inject' | 'mesh' | 'namespaces' | 'nodes' | 'proxyConfigs';

/** From the first change on, until what belongs to it is there too: the two config maps of one `kubectl apply`. */
const DEBOUNCE = 100;

/** The config maps of a cluster, watched, with what else of the cluster a configuration needs. */
export function clusterTexts(api: KubeApi, options: ClusterTextsOptions): Source<ConfigTexts> {
  const { namespace, injectConfigMap } = options;
  return {
    name: `config map ${namespace}/${injectConfigMap}`,
    run: async (listener, signal) => {
      const targets = targetsOf(options);
      const parts: Parts = new Map();
      let pending: NodeJS.Timeout | undefined;
      const given = onlyChanges(listener);
      const refused = new Set<Part>();
      const give = (): void => {
        pending = undefined;
        if (targets.every(([part]) => parts.has(part))) giveTexts(parts, options, given);
      };
      await Promise.all(
        targets.map(([part, target, optional]) =>
          watchObjects(
            api,
            target,
            {
              changed: (objects) => {
                parts.set(part, objects);
                pending ??= setTimeout(give, DEBOUNCE);
              },
              failed: (failure) => {
                // A CRD that is not installed, or a right that we were not given: pods must not wait for it.
                if (optional && (failure.status === 404 || failure.status === 403)) {
                  if (failure.status === 403 && !refused.has(part)) listener.problem(unwatched(failure, target.path));
                  refused.add(part);
                  if (parts.has(part)) return;
                  parts.set(part, undefined);
                  pending ??= setTimeout(give, DEBOUNCE);
                  return;
                }
                given.problem(apiProblem(failure, `watch ${target.path}`, api));
              },
            },
            signal,
          ),
        ),
      );
      clearTimeout(pending);
    },
  };
}

function targetsOf(options: ClusterTextsOptions): readonly (readonly [Part, WatchTarget, optional: boolean])[] {
  const maps = `/api/v1/namespaces/${options.namespace}/configmaps`;
  const named = (name: string): WatchTarget => ({ path: maps, query: { fieldSelector: `metadata.name=${name}` } });
  return [
    ['inject', named(options.injectConfigMap), false],
    ['mesh', named(options.meshConfigMap), false],
    ...(options.watchNamespaces
      ? ([['namespaces', { path: '/api/v1/namespaces', reduce: annotationsOnly }, true]] as const)
      : []),
    ...(options.watchNodes ? ([['nodes', { path: '/api/v1/nodes', reduce: kubeletOnly }, true]] as const) : []),
    ...(options.watchProxyConfigs
      ? ([['proxyConfigs', { path: '/apis/networking.istio.io/v1beta1/proxyconfigs' }, true]] as const)
      : []),
  ];
}

function giveTexts(parts: Parts, options: ClusterTextsOptions, listener: SourceListener<ConfigTexts>): void {
  const { namespace, injectConfigMap, meshConfigMap } = options;
  const inject = parts.get('inject')?.get(`${namespace}/${injectConfigMap}`);
  const mesh = parts.get('mesh')?.get(`${namespace}/${meshConfigMap}`);
  const place = `config map ${namespace}/${injectConfigMap}`;
  const config = inject === undefined ? undefined : keyOf(inject, 'config');
  if (inject === undefined || config === undefined) {
    const what = inject === undefined ? 'no ConfigMap found' : 'missing ConfigMap config key "config"';
    listener.problem(missing(what, place));
    return;
  }
  const values = keyOf(inject, 'values');
  const nodes = parts.get('nodes');
  const namespaces = parts.get('namespaces');
  listener.value({
    config,
    values,
    mesh: mesh === undefined ? undefined : keyOf(mesh, 'mesh'),
    files: {
      config: `${place}, key config`,
      values: `${place}, key values`,
      mesh: `config map ${namespace}/${meshConfigMap}, key mesh`,
    },
    proxyConfigs: [...(parts.get('proxyConfigs')?.values() ?? [])],
    ...(nodes === undefined ? {} : { nodes: kubeletVersions([...nodes.values()]) }),
    namespaces: Object.fromEntries(
      [...(namespaces?.values() ?? [])].map((object) => [textAt(object, 'metadata', 'name'), object]),
    ),
  });
}

function keyOf(configMap: JsonObject, key: string): string | undefined {
  const data = getKey(configMap, 'data');
  const value = isObject(data) ? getKey(data, key) : undefined;
  return typeof value === 'string' ? value : undefined;
}

/** In istiod's words. */
function missing(message: string, place: string): Problem {
  return {
    code: 'CONFIG_MAP_MISSING',
    severity: 'error',
    message,
    where: { file: place },
    remedy: 'Make the config map, with the keys config and values: remora install prints it. It is taken up at once.',
  };
}

function unwatched({ message }: ApiFailure, path: string): Problem {
  return {
    code: 'CLUSTER_REFUSED',
    severity: 'warning',
    message: `cannot watch ${path}: ${message}`,
    remedy:
      'Give the service account the ClusterRole that remora install prints. Until then --nativeSidecars auto means no, and OpenShift ids are the default ones.',
  };
}

/**
 * Kubelets write their status all the time, and a configuration that is given anew is compiled anew: what is the same as
 * before is not given, unless something was wrong in between.
 */
function onlyChanges({ value, problem }: SourceListener<ConfigTexts>): SourceListener<ConfigTexts> {
  let last = '';
  return {
    value: (texts) => {
      const text = JSON.stringify(texts);
      if (text === last) return;
      last = text;
      value(texts);
    },
    problem: (one) => {
      last = '';
      problem(one);
    },
  };
}

/** What is kept of a Node: its kubelet's version. */
function kubeletOnly(node: JsonObject): JsonObject {
  const kubeletVersion = textAt(node, 'status', 'nodeInfo', 'kubeletVersion');
  return { metadata: { name: textAt(node, 'metadata', 'name') }, status: { nodeInfo: { kubeletVersion } } };
}

/** What is kept of a Namespace: OpenShift's ranges are annotations. */
function annotationsOnly(namespace: JsonObject): JsonObject {
  const metadata = getKey(namespace, 'metadata');
  const annotations = isObject(metadata) ? getKey(metadata, 'annotations') : undefined;
  return {
    metadata: { name: textAt(namespace, 'metadata', 'name'), ...(annotations === undefined ? {} : { annotations }) },
  };
}
