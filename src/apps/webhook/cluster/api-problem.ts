import type { Problem } from '../../../core/problem.ts';
import type { ApiFailure, KubeApi } from '../../../platform/kube-api.ts';

/** A failure of the API server as a problem; `what` is what was tried: `read the Secret a/b`. */
export function apiProblem({ kind, reason, message }: ApiFailure, what: string, api: KubeApi): Problem {
  switch (kind) {
    case 'config':
      return { code: 'CLUSTER_CONFIG', severity: 'error', message, remedy: 'Correct the kubeconfig, or name another.' };
    case 'unreachable':
      return {
        code: 'CLUSTER_UNREACHABLE',
        severity: 'error',
        message: `cannot ${what}: ${message}`,
        remedy: `Make sure that ${api.server} can be reached from here; it is tried again and again.`,
      };
    case 'refused':
      return {
        code: 'CLUSTER_REFUSED',
        severity: 'error',
        message: `cannot ${what}: ${message}`,
        remedy:
          reason === 'Forbidden'
            ? 'Give the service account the Role that remora install prints.'
            : 'See what the API server says; it is tried again and again.',
      };
  }
}
