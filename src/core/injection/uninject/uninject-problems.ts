import type { JsonObject } from '../../json.ts';
import type { Problem } from '../../problem.ts';
import { erasingFields } from '../erased-fields.ts';
import type { PodTemplate } from '../model.ts';
import { STATUS_ANNOTATION } from '../pod.ts';
import { lostProbes } from './put-back.ts';

/** What the templates erased is in the injected pod no more; only that they do erase there can be told. */
export function erasingProblem(overlays: readonly JsonObject[]): readonly Problem[] {
  const erasing = [...new Set(overlays.flatMap(erasingFields))];
  if (erasing.length === 0) return [];
  return [
    {
      code: 'TEMPLATE_ERASED_FIELDS',
      severity: 'warning',
      message: `the template erases what a pod has at ${erasing.join(', ')}: it is not known whether this pod had anything there`,
      where: { pointer: erasing[0] },
      remedy: 'Compare with the original manifest, and put back there what is missing.',
    },
  ];
}

export function notInjected(): Problem {
  return {
    code: 'NOT_INJECTED',
    severity: 'warning',
    message: `the pod has no annotation ${STATUS_ANNOTATION}: nothing to take out`,
    where: { pointer: '/metadata/annotations' },
    remedy: 'Nothing, where it was never injected; otherwise restore the annotation.',
  };
}

export function unreadableStatus(): Problem {
  return {
    code: 'STATUS_INVALID',
    severity: 'error',
    message: `annotation ${STATUS_ANNOTATION} does not say what was injected`,
    where: { pointer: '/metadata/annotations/sidecar.istio.io~1status' },
    remedy: 'Restore the annotation as injection wrote it, or go back to the original manifest.',
  };
}

export function otherConfiguration(): Problem {
  return {
    code: 'UNINJECT_UNVERIFIED',
    severity: 'warning',
    message: 'with this configuration, injection does not give this pod: what Istio usually adds was taken out',
    where: { pointer: '' },
    remedy: 'Give the configuration that the pod was injected with, and compare the result with the original.',
  };
}

export function lostProblem(pod: PodTemplate): readonly Problem[] {
  const lost = lostProbes(pod);
  if (lost.length === 0) return [];
  return [
    {
      code: 'UNINJECT_UNVERIFIED',
      severity: 'warning',
      message: `probes that ask the agent, which was never told the original: ${lost.join(', ')}`,
      where: { pointer: lost[0] },
      remedy: 'Write these probes anew: as they are, they ask a sidecar that is no longer there.',
    },
  ];
}
