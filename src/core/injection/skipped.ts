import type { Problem } from '../problem.ts';
import type { InjectionContext, InjectionDecision, PodTemplate } from './model.ts';
import { metadataOf, textAt } from './pod.ts';

/**
 * kube-inject's warning about a workload that it leaves alone, in upstream's words (injection.md 5.3): the name of the
 * template itself, else the workload's; the namespace only where the workload has one. The webhook skips silently.
 */
export function skippedProblem(
  decision: InjectionDecision,
  pod: PodTemplate,
  at: Pick<InjectionContext, 'path' | 'owner'>,
): readonly Problem[] {
  if (at.path !== 'kube-inject') return [];
  const metadata = metadataOf(pod);
  const name = textAt(metadata, 'name') || (at.owner?.name ?? '');
  const namespace = at.owner?.namespace ?? textAt(metadata, 'namespace');
  const fullName = namespace === '' ? name : `${namespace}/${name}`;
  const kind = at.owner?.kind ?? 'Pod';
  const subject = `${kind === '' ? '' : `${kind} `}"${fullName}"`;
  const host = decision.decidedBy === 'host-network';
  return [
    {
      code: host ? 'HOST_NETWORK' : 'INJECTION_DISABLED',
      severity: 'warning',
      message: `Skipping injection because ${subject} has ${host ? 'host networking enabled' : 'sidecar injection disabled'}`,
      where: { pointer: decision.checks.at(-1)?.at[0] },
      remedy: host
        ? 'Remove spec.hostNetwork if the workload belongs into the mesh.'
        : 'Set sidecar.istio.io/inject to "true" if the workload belongs into the mesh.',
    },
  ];
}
