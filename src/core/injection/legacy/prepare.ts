import type { GoObject } from '../../gotemplate/index.ts';
import { compareCodePoints, type JsonObject, objectAt, textAt } from '../../json.ts';
import { applyProxyConfigAnnotation, type MeshConfig } from '../../mesh/index.ts';
import { failed, type Parsed, type Problem, parsed } from '../../problem.ts';
import { proxyEnvironment, withProxyEnvironment } from '../cluster-env.ts';
import { invalidAnnotations } from '../effective-mesh.ts';
import type { InjectionConfig, InjectionContext, OwnerMeta, PodTemplate } from '../model.ts';
import { renderHost } from '../nested-render.ts';
import { annotationOf, containersOf, metadataOf, PROXY_CONFIG_ANNOTATION, specOf } from '../pod.ts';
import { behaves } from '../releases.ts';
import { withValuesHint } from '../render.ts';
import { templateData } from '../template-data.ts';
import { withConcurrency } from './concurrency-argument.ts';
import { legacyOwner } from './owner.ts';
import { podSecurityContext } from './security-context.ts';
import { renderSidecarSpec, type SidecarSpec } from './sidecar-spec.ts';

/** What both ways of writing it need. */
export type Prepared = {
  readonly spec: SidecarSpec;
  readonly owner: OwnerMeta;
  readonly hold: boolean;
};

/** Validates the annotations, renders the template and adds what Go code adds to the rendered containers. */
export function prepareSpec(pod: PodTemplate, at: InjectionContext, cfg: InjectionConfig): Parsed<Prepared> {
  const invalid = invalidAnnotations(pod, cfg.release);
  if (invalid !== undefined) return failed(invalid);
  const mesh = meshOf(pod, cfg);
  if (!mesh.ok) return mesh;
  const template = cfg.templates.get('sidecar');
  if (template === undefined) return failed(noTemplate());
  const owner = at.owner ?? legacyOwner(pod, at.requestNamespace, cfg.release);
  const data = dataFor(pod, at, cfg, mesh.value, owner);
  const host = renderHost(data, at.host, cfg.release);
  const rendered = renderSidecarSpec(template, data, host, cfg.release);
  if (!rendered.ok) return failed(...withValuesHint(rendered.problems, template, cfg));
  return parsed({
    spec: { ...rendered.value, containers: sidecarFinished(rendered.value.containers, pod, at, cfg) },
    owner,
    hold: holds(rendered.value, mesh.value, cfg),
  });
}

/** The mesh with the pod's annotation: what templates see. Probes and metrics use the mesh without it. */
function meshOf(pod: PodTemplate, cfg: InjectionConfig): Parsed<MeshConfig> {
  const annotation = annotationOf(pod, PROXY_CONFIG_ANNOTATION);
  if (annotation === undefined || !behaves(cfg.release, 'proxy-config-annotation')) return parsed(cfg.mesh);
  return applyProxyConfigAnnotation(cfg.mesh, annotation, cfg.release);
}

function noTemplate(): Problem {
  return {
    code: 'TEMPLATE_NOT_FOUND',
    severity: 'error',
    message: 'the configuration has no template',
    remedy: 'Give the `config` of the istio-sidecar-injector config map.',
  };
}

function dataFor(
  pod: PodTemplate,
  at: InjectionContext,
  cfg: InjectionConfig,
  mesh: MeshConfig,
  owner: OwnerMeta,
): GoObject {
  return templateData(
    {
      owner,
      ownerMetadata: owner.metadata ?? metadataOf(pod),
      pod: at.path === 'webhook' ? asTheWebhookSees(pod, at, cfg) : pod,
      proxyConfig: mesh.defaultConfig ?? {},
      meshConfig: mesh,
      values: cfg.values,
      revision: at.revision,
      nativeSidecars: false,
      proxyImage: '',
      proxyInitImage: '',
      proxyUid: 0n,
      proxyGid: 0n,
      inboundTrafficPolicyMode: '',
      compliancePolicy: '',
      estimatedConcurrency: 0,
    },
    cfg.release,
  );
}

/** From 1.1 on with the namespace of the request, and with the group that the pod is about to get. */
function asTheWebhookSees(pod: PodTemplate, at: InjectionContext, cfg: InjectionConfig): PodTemplate {
  const metadata = metadataOf(pod);
  const fills = behaves(cfg.release, 'decision-namespace-from-request') && textAt(metadata, 'namespace') === '';
  const securityContext = podSecurityContext(pod, cfg.mesh, at.host, cfg.release);
  return {
    ...pod,
    metadata: fills && at.requestNamespace !== '' ? { ...metadata, namespace: at.requestNamespace } : metadata,
    spec: securityContext === undefined ? specOf(pod) : { ...specOf(pod), securityContext },
  };
}

function sidecarFinished(
  containers: readonly JsonObject[],
  pod: PodTemplate,
  at: InjectionContext,
  cfg: InjectionConfig,
): readonly JsonObject[] {
  const { release } = cfg;
  const threaded = behaves(release, 'concurrency-argument') ? withConcurrency(containers) : containers;
  const envs = behaves(release, 'values-set-cluster')
    ? proxyEnvironment(pod, at, cfg.valuesJson)
    : sorted(at.proxyEnvs);
  return containersOf(withProxyEnvironment({ spec: { containers: threaded } }, envs, false), 'containers');
}

function sorted(envs: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map([...envs].sort(([a], [b]) => compareCodePoints(a, b)));
}

/** 1.7 reads the rendered text and, through it, the values; 1.8 reads mesh, annotation and values. */
function holds(spec: SidecarSpec, mesh: MeshConfig, cfg: InjectionConfig): boolean {
  if (!behaves(cfg.release, 'hold-application')) return false;
  if (!behaves(cfg.release, 'hold-by-mesh')) return spec.hold;
  const values = objectAt(objectAt(cfg.valuesJson, 'global'), 'proxy');
  return (
    mesh.defaultConfig?.holdApplicationUntilProxyStarts === true || values.holdApplicationUntilProxyStarts === true
  );
}
