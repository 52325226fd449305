import type { InjectionOutcome } from '../model.ts';

/** Why somebody should look at a pod's injection, with a reason in CamelCase as Events have it. */
export type Noteworthy = { readonly reason: 'SidecarNotInjected' | 'SidecarInjectionFailed'; readonly message: string };

/**
 * Whether an outcome is one that its user may not expect, for warnings of the API server and for Events. A pod whose owner
 * has said `sidecar.istio.io/inject: "false"` has got what was asked for, and to say so at every creation is noise; the
 * audit annotations have it all the same.
 *
 * | outcome                                  | told |
 * |------------------------------------------|------|
 * | injected                                 | no   |
 * | skipped by an explicit `false`           | no   |
 * | skipped by any other rule                | yes  |
 * | failed                                   | yes  |
 */
export function noteworthy(outcome: InjectionOutcome): Noteworthy | undefined {
  switch (outcome.kind) {
    case 'injected':
      return undefined;
    case 'failed':
      return { reason: 'SidecarInjectionFailed', message: outcome.problems[0]?.message ?? 'the injection failed' };
    case 'skipped': {
      const { decidedBy, checks } = outcome.decision;
      if (decidedBy === 'inject-value') return undefined;
      const because = checks.at(-1)?.because ?? decidedBy;
      return { reason: 'SidecarNotInjected', message: `No sidecar: ${because} (rule ${decidedBy})` };
    }
  }
}
