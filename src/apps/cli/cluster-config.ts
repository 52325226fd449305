import { type Parsed, parsed } from '../../core/problem.ts';
import { hasKubeConfig } from '../../platform/kubeconfig.ts';
import type { ClusterTexts } from '../cluster/index.ts';
import { type Arguments, flagIsOn, flagText } from './arguments.ts';
import type { Surroundings } from './command.ts';

/** Flags that say which cluster, and which of its config maps. */
const ASKING = ['kubeconfig', 'context', 'injectConfigMapName', 'meshConfigMapName', 'webhookConfig'];

/**
 * The configuration of the cluster, where that is to be asked.
 *
 * | given                                        | injector configuration | mesh configuration             |
 * |----------------------------------------------|------------------------|--------------------------------|
 * | --offline                                    | built-in               | --meshConfigFile or release's  |
 * | --injectConfigFile                           | the file               | --meshConfigFile or release's  |
 * | --injectConfigFile, --meshConfigMapName      | the file               | cluster                        |
 * | a flag about a cluster, or a kubeconfig here | cluster                | --meshConfigFile or cluster    |
 * | nothing of that                              | built-in               | --meshConfigFile or release's  |
 *
 * Where a cluster is asked and does not answer, nothing else is taken in its place without a word.
 */
export async function clusterConfig(
  args: Arguments,
  env: Surroundings['env'],
): Promise<Parsed<ClusterTexts | undefined>> {
  const given = (flag: string): boolean => flagText(args, flag) !== undefined;
  if (flagIsOn(args, 'offline')) return parsed(undefined);
  const hasMesh = given('meshConfigFile') || given('operatorFileName');
  const file = given('injectConfigFile');
  if (file && (hasMesh || !given('meshConfigMapName'))) return parsed(undefined);
  if (!file && !ASKING.some(given) && !hasKubeConfig(env)) return parsed(undefined);
  const { readConfigMaps } = await import('../cluster/index.ts');
  const named = flagText(args, 'revision') ?? '';
  const suffix = named === '' || named === 'default' ? '' : `-${named}`;
  return readConfigMaps(
    { kubeconfig: flagText(args, 'kubeconfig'), context: flagText(args, 'context') },
    {
      namespace: flagText(args, 'istioNamespace') ?? 'istio-system',
      inject: file ? undefined : withRevision(flagText(args, 'injectConfigMapName'), 'istio-sidecar-injector', suffix),
      mesh: hasMesh ? undefined : withRevision(flagText(args, 'meshConfigMapName'), 'istio', suffix),
    },
  );
}

/** istioctl appends the revision to the name only where that is the default one. */
function withRevision(given: string | undefined, usual: string, suffix: string): string {
  return given === undefined || given === usual ? `${usual}${suffix}` : given;
}
