/** Whether a cluster could be reached from here, without loading the client that would reach it. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

const SERVICE_ACCOUNT_TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token';

/** $KUBECONFIG, ~/.kube/config, or a pod's service account. */
export function hasKubeConfig(env: Readonly<Record<string, string | undefined>>): boolean {
  if ((env.KUBECONFIG ?? '').split(delimiter).some((file) => file !== '')) return true;
  if (existsSync(join(env.HOME ?? homedir(), '.kube', 'config'))) return true;
  return env.KUBERNETES_SERVICE_HOST !== undefined && existsSync(SERVICE_ACCOUNT_TOKEN);
}
