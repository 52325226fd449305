import { getKey, isObject, type JsonObject } from '../../core/json.ts';
import { failed, type Parsed, type Problem, parsed } from '../../core/problem.ts';
import type { KubeApi } from '../../platform/kube-api.ts';
import { getObject } from '../../platform/kube-api-calls.ts';
import { type Connection, connect } from './connect.ts';

export type ConfigMapNames = {
  readonly namespace: string;
  /** undefined: not asked for. */
  readonly inject: string | undefined;
  readonly mesh: string | undefined;
};

/** The texts of a cluster's config maps, with what they are called in messages. */
export type ClusterTexts = {
  readonly context: string;
  readonly config: ConfigText | undefined;
  readonly values: ConfigText | undefined;
  readonly mesh: ConfigText | undefined;
};

type ConfigText = { readonly from: string; readonly text: string };

/** Reads the configuration that a cluster injects with. Errors have istioctl's texts (injection.md 5.3), and all are told. */
export async function readConfigMaps(connection: Connection, names: ConfigMapNames): Promise<Parsed<ClusterTexts>> {
  const api = connect(connection);
  if (!api.ok)
    return failed(...api.problems.map((problem) => ({ ...problem, remedy: `${problem.remedy} ${OFFLINE}` })));
  try {
    const { namespace, inject, mesh } = names;
    const injectMap = await readMap(api.value, namespace, inject, 'inject');
    const meshMap = await readMap(api.value, namespace, mesh, 'mesh');
    const config = keyOf(injectMap, 'config', `in "${inject}"`);
    const values = keyOf(injectMap, 'values', `in "${inject}"`);
    const meshText = keyOf(meshMap, 'mesh', '');
    if (!config.ok || !values.ok || !meshText.ok) {
      return failed(...unique([config, values, meshText].flatMap((part) => part.problems)));
    }
    return parsed({
      context: api.value.context,
      config: config.value,
      values: values.value,
      mesh: meshText.value,
    });
  } finally {
    api.value.close();
  }
}

const OFFLINE =
  'Or contact no cluster: give the files (--injectConfigFile, --meshConfigFile), or --offline for the built-in configuration.';

type FoundMap = { readonly name: string; readonly data: JsonObject } | undefined;

async function readMap(
  api: KubeApi,
  namespace: string,
  name: string | undefined,
  kind: 'inject' | 'mesh',
): Promise<Parsed<FoundMap>> {
  if (name === undefined) return parsed(undefined);
  const found = await getObject(api, `/api/v1/namespaces/${namespace}/configmaps/${name}`);
  if (!found.ok) {
    const { kind: failure, message } = found.failure;
    const text =
      kind === 'mesh'
        ? `could not read valid configmap "${name}" from namespace "${namespace}": ${message} - Use --meshConfigFile or re-run kube-inject with \`-i <istioSystemNamespace>\` and ensure valid MeshConfig exists`
        : `could not find valid configmap "${name}" from namespace  "${namespace}": ${message} - Use --injectConfigFile or re-run kube-inject with \`-i <istioSystemNamespace>\` and ensure istio-sidecar-injector configmap exists`;
    return failed({
      code: failure === 'unreachable' ? 'CLUSTER_UNREACHABLE' : 'CONFIG_MAP_MISSING',
      severity: 'error',
      message: text,
      remedy: `Name the namespace with -i and the revision with --revision. ${OFFLINE}`,
    });
  }
  const data = getKey(found.value, 'data');
  return parsed({ name: `config map ${namespace}/${name}`, data: isObject(data) ? data : {} });
}

function keyOf(map: Parsed<FoundMap>, key: string, where: string): Parsed<ConfigText | undefined> {
  if (!map.ok) return map;
  if (map.value === undefined) return parsed(undefined);
  const text = getKey(map.value.data, key);
  if (typeof text === 'string') return parsed({ from: `${map.value.name}, key ${key}`, text });
  if (key === 'values') return parsed(undefined);
  return failed({
    code: 'CONFIG_MAP_MISSING',
    severity: 'error',
    message: `missing configuration map key "${key}"${where === '' ? '' : ` ${where}`}`,
    where: { file: map.value.name },
    remedy: 'Name another config map, or correct this one: remora install prints both.',
  });
}

function unique(problems: readonly Problem[]): readonly Problem[] {
  return problems.filter((problem, i) => problems.findIndex(({ message }) => message === problem.message) === i);
}
