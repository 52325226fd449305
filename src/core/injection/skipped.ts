import { textAt } from '../json.ts';
import type { Problem } from '../problem.ts';
import type { Release } from '../release.ts';
import type { InjectionContext, InjectionDecision, PodTemplate } from './model.ts';
import { metadataOf } from './pod.ts';
import { behaves } from './releases.ts';

/**
 * kube-inject's warning about a workload that it leaves alone, in upstream's words (injection.md 5.3): the name of the
 * template itself, else the workload's; the namespace only where the workload has one. The webhook skips silently.
 */
export function skippedProblem(
  decision: InjectionDecision,
  pod: PodTemplate,
  at: Pick<InjectionContext, 'path' | 'owner'>,
  release: Release,
): readonly Problem[] {
  if (at.path !== 'kube-inject') return [];
  const metadata = metadataOf(pod);
  const ownName = textAt(metadata, 'name');
  const name = ownName === '' && behaves(release, 'skip-names-workload') ? (at.owner?.name ?? '') : ownName;
  const subject = behaves(release, 'skip-names-kind') ? fullSubject(name, pod, at) : `"${name}"`;
  if (decision.decidedBy === 'already-injected') return [alreadyInjected(subject)];
  const host = decision.decidedBy === 'host-network';
  return [
    {
      code: host ? 'HOST_NETWORK' : 'INJECTION_DISABLED',
      severity: 'warning',
      message: `Skipping injection because ${subject} has ${host ? 'host networking enabled' : 'sidecar injection disabled'}`,
      where: { pointer: decision.checks.at(-1)?.at[0] },
      remedy: remedyOf(decision),
    },
  ];
}

/** What helps depends on the rule: no annotation brings a sidecar into an ignored namespace or onto the host's network. */
function remedyOf({ decidedBy }: InjectionDecision): string {
  switch (decidedBy) {
    case 'host-network':
      return 'Remove spec.hostNetwork if the workload belongs into the mesh.';
    case 'already-injected':
      return INJECTED_REMEDY;
    case 'ignored-namespace':
      return 'Move the workload to another namespace if it belongs into the mesh; no label or annotation injects here.';
    case 'inject-value':
      return 'Set sidecar.istio.io/inject to "true" if the workload belongs into the mesh.';
    case 'never-inject-selector':
      return 'Set sidecar.istio.io/inject to "true", or change the labels that neverInjectSelector selects.';
    case 'always-inject-selector':
    case 'policy':
      return 'Set sidecar.istio.io/inject to "true", or policy to enabled in the configuration of the injector.';
  }
}

const INJECTED_REMEDY = 'Give the manifest as it was before injection.';

function fullSubject(name: string, pod: PodTemplate, at: Pick<InjectionContext, 'owner'>): string {
  const namespace = at.owner?.namespace ?? textAt(metadataOf(pod), 'namespace');
  const kind = at.owner?.kind ?? 'Pod';
  return `${kind === '' ? '' : `${kind} `}"${namespace === '' ? name : `${namespace}/${name}`}"`;
}

function alreadyInjected(subject: string): Problem {
  return {
    code: 'ALREADY_INJECTED',
    severity: 'warning',
    message: `Skipping injection because ${subject} has injected "istio-proxy" sidecar already`,
    where: { pointer: '/spec/containers' },
    remedy: INJECTED_REMEDY,
  };
}
