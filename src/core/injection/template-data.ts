import { GoInt, type GoObject, type GoValue, NO_FIELD } from '../gotemplate/index.ts';
import type { JsonObject } from '../json.ts';
import type { MeshConfig, ProxyConfig } from '../mesh/index.ts';
import type { Release } from '../release.ts';
import { KubernetesView } from './kubernetes-view.ts';
import { meshConfigView, proxyConfigView } from './message-view.ts';
import type { OwnerMeta, PodTemplate } from './model.ts';
import { metadataOf, specOf } from './pod.ts';
import { behaves } from './releases.ts';

/** Everything that a template is told (injection.md 2.6). */
export type SidecarTemplateData = {
  readonly owner: OwnerMeta;
  /** Metadata of the workload, or of the pod where only its owner's name is known. */
  readonly ownerMetadata: JsonObject;
  /** The stripped pod (injection.md 4.2). */
  readonly pod: PodTemplate;
  readonly proxyConfig: ProxyConfig;
  readonly meshConfig: MeshConfig;
  readonly values: GoValue;
  /** Raw: may be empty in kube-inject. */
  readonly revision: string;
  readonly nativeSidecars: boolean;
  readonly proxyImage: string;
  readonly proxyInitImage: string;
  readonly proxyUid: bigint;
  readonly proxyGid: bigint;
  /** `localhost` or `passthrough`. */
  readonly inboundTrafficPolicyMode: string;
  readonly compliancePolicy: string;
  /** Worker threads of Envoy, 1.11 to 1.17. */
  readonly estimatedConcurrency: number;
};

/**
 * The data as the Go value of the release: a field that the release did not have is an error in a template, as it was
 * there. Fields are converted when a template asks for them.
 */
export function templateData(data: SidecarTemplateData, release: Release): GoObject {
  return new TemplateDataView(data, release);
}

type FieldReader = (data: SidecarTemplateData, release: Release) => GoValue;

const FIELDS: ReadonlyMap<string, FieldReader> = new Map<string, FieldReader>([
  ['TypeMeta', ({ owner: { apiVersion, kind } }) => new KubernetesView('meta/v1.TypeMeta', { apiVersion, kind })],
  ['DeploymentMeta', deploymentMeta],
  ['ObjectMeta', ({ pod }) => new KubernetesView('meta/v1.ObjectMeta', metadataOf(pod))],
  ['Spec', ({ pod }) => new KubernetesView('core/v1.PodSpec', specOf(pod))],
  ['ProxyConfig', ({ proxyConfig }, release) => proxyConfigView(proxyConfig, release)],
  ['MeshConfig', ({ meshConfig }, release) => meshConfigView(meshConfig, release)],
  ['Values', ({ values }) => values],
  ['Revision', ({ revision }) => revision],
  ['EstimatedConcurrency', ({ estimatedConcurrency }) => new GoInt('int', BigInt(estimatedConcurrency))],
  ['ProxyImage', ({ proxyImage }) => proxyImage],
  ['NativeSidecars', ({ nativeSidecars }) => nativeSidecars],
  ['ProxyUID', ({ proxyUid }) => new GoInt('int64', proxyUid)],
  ['ProxyGID', ({ proxyGid }) => new GoInt('int64', proxyGid)],
  ['CompliancePolicy', ({ compliancePolicy }) => compliancePolicy],
  ['InboundTrafficPolicyMode', ({ inboundTrafficPolicyMode }) => inboundTrafficPolicyMode],
  ['ProxyInitImage', ({ proxyInitImage }) => proxyInitImage],
]);

function deploymentMeta({ owner: { name, namespace }, ownerMetadata }: SidecarTemplateData, release: Release): GoValue {
  const rest = behaves(release, 'deployment-meta-whole') ? ownerMetadata : {};
  return new KubernetesView('meta/v1.ObjectMeta', { ...rest, name, namespace });
}

/** Fields that some release did not have. */
const AVAILABLE: ReadonlyMap<string, (release: Release) => boolean> = new Map([
  ['DeploymentMeta', (release: Release) => behaves(release, 'deployment-meta')],
  ['Values', (release: Release) => behaves(release, 'template-values')],
  ['TypeMeta', (release: Release) => behaves(release, 'type-meta')],
  ['Revision', (release: Release) => behaves(release, 'template-revision')],
  ['EstimatedConcurrency', (release: Release) => behaves(release, 'estimated-concurrency')],
  ['ProxyImage', (release: Release) => behaves(release, 'proxy-image')],
  ['NativeSidecars', (release: Release) => behaves(release, 'native-sidecars-field')],
  ['ProxyUID', (release: Release) => behaves(release, 'proxy-uid')],
  ['ProxyGID', (release: Release) => behaves(release, 'proxy-uid')],
  ['CompliancePolicy', (release: Release) => behaves(release, 'compliance-policy')],
  ['InboundTrafficPolicyMode', (release: Release) => behaves(release, 'inbound-traffic-policy-mode')],
  ['ProxyInitImage', (release: Release) => behaves(release, 'proxy-init-image')],
]);

class TemplateDataView implements GoObject {
  readonly kind = 'pointer';
  readonly type = '*inject.SidecarTemplateData';
  readonly nil = false;
  private readonly data: SidecarTemplateData;
  private readonly release: Release;
  private readonly converted = new Map<string, GoValue>();

  constructor(data: SidecarTemplateData, release: Release) {
    this.data = data;
    this.release = release;
  }

  field(name: string): GoValue | typeof NO_FIELD {
    if (this.converted.has(name)) return this.converted.get(name);
    const read = FIELDS.get(name);
    const available = AVAILABLE.get(name);
    if (read === undefined || (available !== undefined && !available(this.release))) return NO_FIELD;
    const value = read(this.data, this.release);
    this.converted.set(name, value);
    return value;
  }

  method(): undefined {
    return undefined;
  }

  basic(): undefined {
    return undefined;
  }

  print(): string {
    return '&{SidecarTemplateData}';
  }

  toJson(): GoValue {
    return null;
  }
}
