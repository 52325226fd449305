import { getKey, type JsonObject, listAt, type MutableJsonObject, objectAt, textAt } from '../../json.ts';
import type { PodTemplate } from '../model.ts';
import {
  annotationOf,
  annotationsOf,
  containersOf,
  labelsOf,
  OVERRIDES_ANNOTATION,
  PROXY_CONTAINER,
  STATUS_ANNOTATION,
  sidecarOf,
  specOf,
  withAnnotations,
  withLabels,
} from '../pod.ts';
import type { InjectedNames } from './injected-names.ts';

/** Labels that Istio's templates, or its Go code, write in one release or another. */
export const WRITTEN_LABELS = [
  'security.istio.io/tlsMode',
  'service.istio.io/canonical-name',
  'service.istio.io/canonical-revision',
  'networking.istio.io/tunnel',
  'topology.istio.io/network',
  'istio.io/rev',
] as const;

export const WRITTEN_ANNOTATIONS = [
  STATUS_ANNOTATION,
  OVERRIDES_ANNOTATION,
  'istio.io/rev',
  'kubectl.kubernetes.io/default-container',
  'kubectl.kubernetes.io/default-logs-container',
  'prometheus.istio.io/secure-port',
] as const;

/** The pod without any of them: the judge tells which were the user's. */
export function withoutWritten(pod: PodTemplate): PodTemplate {
  return withAnnotations(without(pod, 'labels', WRITTEN_LABELS), gone(WRITTEN_ANNOTATIONS));
}

/**
 * The same where there is no judge: only what has exactly the value that the shipped templates derive is taken for
 * theirs. `injected` still has the sidecar, whose environment tells more.
 */
export function withoutRecognised(pod: PodTemplate, injected: PodTemplate, names: InjectedNames): PodTemplate {
  const labels = labelsOf(pod);
  const env = environmentOf(injected);
  const first = textAt(
    containersOf(pod, 'containers').find((c) => textAt(c, 'name') !== PROXY_CONTAINER) ?? {},
    'name',
  );
  const templates = annotationOf(pod, 'inject.istio.io/templates') ?? '';
  const derived: Readonly<Record<string, string | undefined>> = {
    'security.istio.io/tlsMode': 'istio',
    'service.istio.io/canonical-name': labelText(
      firstText(labels, ['app.kubernetes.io/name', 'app']) ?? env.get('ISTIO_META_WORKLOAD_NAME'),
    ),
    'service.istio.io/canonical-revision': firstText(labels, ['app.kubernetes.io/version', 'version']) ?? 'latest',
    'networking.istio.io/tunnel': env.get('ISTIO_META_ENABLE_HBONE') === 'true' ? 'http' : undefined,
    'topology.istio.io/network': env.get('ISTIO_META_NETWORK'),
    // Up to 1.8 the revision is a label; later a user chooses his revision with it.
    'istio.io/rev': names.legacy ? textAt(labels, 'istio.io/rev') : undefined,
  };
  const theirs = WRITTEN_LABELS.filter((name) => getKey(labels, name) === derived[name]);
  const annotations: Readonly<Record<string, string | undefined>> = {
    'kubectl.kubernetes.io/default-container': first,
    'kubectl.kubernetes.io/default-logs-container': first,
    'prometheus.istio.io/secure-port': env.get('ENVOY_SECURE_MERGED_METRICS_PORT'),
    ...(names.initContainers.includes('istio-validation') ? toldToCni(env) : {}),
    // No Envoy, no rewritten probes.
    ...(templates.startsWith('grpc-') ? { 'sidecar.istio.io/rewriteAppHTTPProbers': 'false' } : {}),
  };
  const written = Object.keys(annotations).filter((name) => annotationOf(pod, name) === annotations[name]);
  const always = [STATUS_ANNOTATION, OVERRIDES_ANNOTATION, 'istio.io/rev'];
  const cleaned = withAnnotations(without(pod, 'labels', theirs), gone([...always, ...written]));
  return withoutProxySettings(withoutIstioNetwork(cleaned), templates);
}

/** What the templates write for the CNI plugin where neither pod nor values say anything. */
function toldToCni(env: ReadonlyMap<string, string>): Readonly<Record<string, string | undefined>> {
  return {
    'sidecar.istio.io/interceptionMode':
      env.get('ISTIO_META_INTERCEPTION_MODE') === 'REDIRECT' ? 'REDIRECT' : undefined,
    'traffic.sidecar.istio.io/includeOutboundIPRanges': '*',
    'traffic.sidecar.istio.io/excludeOutboundIPRanges': '',
    'traffic.sidecar.istio.io/includeInboundPorts': '*',
    'traffic.sidecar.istio.io/excludeInboundPorts': '15020',
    'traffic.sidecar.istio.io/includeOutboundPorts': '',
    'traffic.sidecar.istio.io/excludeOutboundPorts': '',
  };
}

/**
 * 1337 is the proxy's group: kubelets before 1.19 needed it as fsGroup, and no application has it. A gateway may bind the
 * ports of a web server.
 */
function withoutProxySettings(pod: PodTemplate, templates: string): PodTemplate {
  const context: MutableJsonObject = { ...objectAt(specOf(pod), 'securityContext') };
  const before = Object.keys(context).length;
  if (context.fsGroup === 1337) delete context.fsGroup;
  if (templates === 'gateway' && JSON.stringify(context.sysctls) === GATEWAY_SYSCTLS) delete context.sysctls;
  if (Object.keys(context).length === before) return pod;
  const { securityContext: _removed, ...spec } = specOf(pod);
  return { ...pod, spec: Object.keys(context).length === 0 ? spec : { ...spec, securityContext: context } };
}

const GATEWAY_SYSCTLS = '[{"name":"net.ipv4.ip_unprivileged_port_start","value":"0"}]';

/** Multus: the CNI plugin's network was appended to the user's. */
function withoutIstioNetwork(pod: PodTemplate): PodTemplate {
  const networks = annotationOf(pod, NETWORKS);
  return networks === undefined ? pod : withAnnotations(pod, [[NETWORKS, shorterNetworks(networks)]]);
}

export const NETWORKS = 'k8s.v1.cni.cncf.io/networks';

/** The list before `istio-cni` was appended to it; undefined where it was all there is. */
export function shorterNetworks(networks: string): string | undefined {
  const shorter = networks
    .replace(/,\s*\{"name": "(?:[^"/]*\/)?istio-cni"(?:, "namespace": "[^"]*")?\}\s*\]/, ']')
    .replace(/(?:^|,\s*)(?:[^\s,/]+\/)?istio-cni\s*$/, '');
  return shorter === '' ? undefined : shorter;
}

/** As a template cuts a workload's name to the length of a label. */
function labelText(name: string | undefined): string | undefined {
  return name?.slice(0, 63).replace(/[-_.]+$/, '');
}

function environmentOf(pod: PodTemplate): ReadonlyMap<string, string> {
  const env = listAt(sidecarOf(pod) ?? {}, 'env');
  return new Map(env.map((item) => [textAt(item, 'name'), textAt(item, 'value')]));
}

function firstText(labels: JsonObject, names: readonly string[]): string | undefined {
  return names.map((name) => textAt(labels, name)).find((text) => text !== '');
}

/** The pod without these keys of its labels or annotations. */
export function without(pod: PodTemplate, map: 'labels' | 'annotations', keys: readonly string[]): PodTemplate {
  const present = map === 'labels' ? labelsOf(pod) : annotationsOf(pod);
  const found = keys.filter((key) => Object.hasOwn(present, key));
  if (found.length === 0) return pod;
  return map === 'labels' ? withLabels(pod, gone(found)) : withAnnotations(pod, gone(found));
}

function gone(keys: readonly string[]): readonly (readonly [string, undefined])[] {
  return keys.map((key) => [key, undefined] as const);
}
