import { failed, type Parsed, type Problem, parsed } from '../../core/problem.ts';
import { type ApiFailure, type KubeApi, openKubeApi } from '../../platform/kube-api.ts';

export type Connection = { readonly kubeconfig: string | undefined; readonly context: string | undefined };

/** The cluster that the flags name, or the kubeconfig's own. */
export function connect(connection: Connection): Parsed<KubeApi> {
  const opened = openKubeApi({ ...connection, userAgent: 'remora' });
  return opened.ok ? parsed(opened.value) : failed(clusterProblem(opened.failure, ''));
}

/** A failure of the API server as a problem; `what` is what was tried: `read Secret a/b`. */
export function clusterProblem({ kind, reason, message }: ApiFailure, what: string): Problem {
  const tried = what === '' ? message : `cannot ${what}: ${message}`;
  switch (kind) {
    case 'config':
      return {
        code: 'CLUSTER_CONFIG',
        severity: 'error',
        message,
        remedy: 'Name a kubeconfig with --kubeconfig and one of its contexts with --context.',
      };
    case 'unreachable':
      return {
        code: 'CLUSTER_UNREACHABLE',
        severity: 'error',
        message: tried,
        remedy: 'Make sure that the cluster runs and that its address can be reached from here: kubectl version.',
      };
    case 'refused':
      return {
        code: 'CLUSTER_REFUSED',
        severity: 'error',
        message: tried,
        remedy:
          reason === 'Forbidden'
            ? 'Ask for the right that the message names, or use another context.'
            : 'See what the API server says.',
      };
  }
}
