import { compareCodePoints, textAt } from '../../json.ts';
import { applyJsonPatch, diffJson, type JsonPatch, roundTrip } from '../../kube/index.ts';
import type { Problem } from '../../problem.ts';
import { decideInjection } from '../decide.ts';
import { erasedProblem } from '../erased-fields.ts';
import type {
  InjectionConfig,
  InjectionContext,
  InjectionDecision,
  InjectionOutcome,
  PodTemplate,
  StepTrace,
} from '../model.ts';
import { metadataOf, STATUS_ANNOTATION, specOf } from '../pod.ts';
import { behaves } from '../releases.ts';
import { skippedProblem } from '../skipped.ts';
import { appendSpec } from './append.ts';
import { createPatch } from './create-patch.ts';
import { legacyErased } from './erased.ts';
import { withKubernetesDefaults } from './kubernetes-defaults.ts';
import { legacyLabels } from './labels.ts';
import { legacyMetrics, withSidecarEnv } from './metrics.ts';
import { type Prepared, prepareSpec } from './prepare.ts';
import { type LegacyProbes, legacyProbes } from './probes.ts';
import { podSecurityContext } from './security-context.ts';
import { legacyStatusText } from './status.ts';

/**
 * Injects the sidecar as Istio 1.0 to 1.8 did: by a patch whose operations and their order are upstream's, or, in
 * kube-inject up to 1.7, by appending. `pod` is not changed. Linear in the pod's size.
 */
export function injectLegacy(pod: PodTemplate, at: InjectionContext, cfg: InjectionConfig): InjectionOutcome {
  const decision = decideInjection(pod, at, cfg);
  if (!decision.inject) {
    const problems = [...decision.problems, ...skippedProblem(decision, pod, at, cfg.release)];
    return { kind: 'skipped', decision, pod, problems };
  }
  const prepared = prepareSpec(pod, at, cfg);
  if (!prepared.ok) return { kind: 'failed', decision, problems: prepared.problems };
  const write = at.path === 'webhook' || behaves(cfg.release, 'kube-inject-by-patch') ? patched : appended;
  return write({ pod, at, cfg, decision, prepared: prepared.value });
}

type Request = {
  readonly pod: PodTemplate;
  readonly at: InjectionContext;
  readonly cfg: InjectionConfig;
  readonly decision: InjectionDecision;
  readonly prepared: Prepared;
};

function appended({ pod, at, cfg, decision, prepared }: Request): InjectionOutcome {
  const { release } = cfg;
  const { spec, hold } = prepared;
  const probes = legacyProbes(pod, spec, statusPort(cfg), release);
  const securityContext = podSecurityContext(pod, cfg.mesh, at.host, release);
  const status = legacyStatusText(spec, cfg.templateVersion);
  const result = appendSpec(pod, { spec, status, probes, hold, revision: at.revision, securityContext }, release);
  const patch = diffJson(pod, result, { type: 'core/v1.Pod' });
  return injected(
    result,
    patch,
    decision,
    traceOf(prepared, probes),
    erasedProblem(legacyErased(pod, result, false), pod),
  );
}

function patched({ pod, at, cfg, decision, prepared }: Request): InjectionOutcome {
  const { release } = cfg;
  const { owner, hold } = prepared;
  const spec = behaves(release, 'kubernetes-defaults') ? withKubernetesDefaults(prepared.spec) : prepared.spec;
  const probes = legacyProbes(pod, spec, statusPort(cfg), release);
  const metrics = legacyMetrics(pod, cfg.mesh, release);
  const told = withSidecarEnv(spec.containers, 'ISTIO_KUBE_APP_PROBERS', probes?.told);
  const containers = withSidecarEnv(told, 'ISTIO_PROMETHEUS_ANNOTATIONS', metrics?.told);
  const patch = createPatch(
    pod,
    {
      spec: { ...spec, containers },
      annotations: annotationsFor(legacyStatusText(spec, cfg.templateVersion), metrics?.annotations ?? [], at, cfg),
      labels: legacyLabels(pod, spec, owner.name, at.revision, release),
      securityContext: behaves(release, 'security-context-patched')
        ? podSecurityContext(pod, cfg.mesh, at.host, release)
        : undefined,
      probes,
      hold,
    },
    release,
  );
  const applied = applyJsonPatch(pod, patch);
  if (!applied.ok) return { kind: 'failed', decision, problems: applied.problems };
  const result = typed(applied.value as PodTemplate);
  return injected(
    result,
    patch,
    decision,
    traceOf(prepared, probes),
    erasedProblem(legacyErased(pod, result, true), pod),
  );
}

function annotationsFor(
  status: string,
  metrics: readonly (readonly [string, string])[],
  at: InjectionContext,
  cfg: InjectionConfig,
): readonly (readonly [string, string])[] {
  const configured = at.path === 'webhook' ? Object.entries(cfg.injectedAnnotations) : [];
  const all = new Map([[STATUS_ANNOTATION, status], ...configured, ...metrics]);
  return [...all].sort(([a], [b]) => compareCodePoints(a, b));
}

/** Of the mesh itself: the pod's own proxy.istio.io/config does not move the agent's port (1.6 to 1.8). */
function statusPort(cfg: InjectionConfig): number {
  return cfg.mesh.defaultConfig?.statusPort ?? 0;
}

/** The pod as Go's types write it; a patch leaves operations' order, and empty lists that removals left behind. */
function typed(pod: PodTemplate): PodTemplate {
  const form = { unknown: 'keep', creationTimestampNull: false } as const;
  const result = roundTrip('core/v1.Pod', { metadata: metadataOf(pod), spec: specOf(pod) }, form);
  return result.ok ? { ...pod, metadata: metadataOf(result.value), spec: specOf(result.value) } : pod;
}

function injected(
  pod: PodTemplate,
  patch: JsonPatch,
  decision: InjectionDecision,
  trace: readonly StepTrace[],
  problem: Problem | undefined,
): InjectionOutcome {
  const problems = problem === undefined ? decision.problems : [...decision.problems, problem];
  return { kind: 'injected', decision, pod, trace, patch, problems };
}

function traceOf({ spec, hold }: Prepared, probes: LegacyProbes | undefined): readonly StepTrace[] {
  const names = [...spec.initContainers, ...spec.containers].map((container) => textAt(container, 'name'));
  const rewritten = probes?.rewritten ?? [];
  return [
    { step: 'template', because: `The template brings ${names.join(', ') || 'no container'}.`, at: [] },
    ...(rewritten.length === 0
      ? []
      : [
          {
            step: 'probes',
            because: `The agent answers ${rewritten.length} probes.`,
            at: rewritten.map(({ container, kind }) => `/spec/containers/${container}/${kind}`),
          },
        ]),
    ...(hold
      ? [
          {
            step: 'order',
            because: 'The sidecar stands first: the application starts after it.',
            at: ['/spec/containers'],
          },
        ]
      : []),
    {
      step: 'status',
      because: 'The status annotation lists what was injected.',
      at: ['/metadata/annotations/sidecar.istio.io~1status'],
    },
  ];
}
