import { matchWebhook } from '../../core/injection/index.ts';
import { getKey, isArray, isObject, type JsonObject } from '../../core/json.ts';
import type { Problem } from '../../core/problem.ts';

/**
 * Other injectors that would inject the same pods as a configuration of ours, or of the same revision, whose istiod also
 * writes the caBundle of every configuration with its label. `configurations` are all MutatingWebhookConfigurations of
 * the cluster; `own` are those that we are about to apply.
 */
export function rivals(own: readonly JsonObject[], configurations: readonly JsonObject[]): readonly Problem[] {
  const names = new Set(own.map(nameOf));
  return configurations
    .filter((other) => !names.has(nameOf(other)) && entriesOf(other).some(isInjector) && !isDeactivated(other))
    .flatMap((other) => own.flatMap((ours) => clash(ours, other)));
}

function clash(ours: JsonObject, other: JsonObject): readonly Problem[] {
  const [revision, otherRevision] = [labelOf(ours, 'istio.io/rev'), labelOf(other, 'istio.io/rev')];
  // A tag has the revision of what it stands for, and the labels of its namespaces are its own.
  const isTag = labelOf(ours, 'istio.io/tag') !== '' || labelOf(other, 'istio.io/tag') !== '';
  const shared = probes(ours).filter((probe) => calls(ours, probe) && calls(other, probe));
  // Whole namespaces say enough; single pods are of interest where no namespace is shared.
  const told = shared.some(({ pod }) => pod === undefined) ? shared.filter(({ pod }) => pod === undefined) : shared;
  const reasons = [
    ...(revision !== '' && revision === otherRevision && !isTag && !isOurs(other)
      ? [`has the same revision "${revision}", whose control plane writes the caBundle of both`]
      : []),
    ...(told.length > 0 ? [`injects ${told.map(probeText).join(', ')} too`] : []),
  ];
  return reasons.map((reason) => ({
    code: 'INJECTOR_CONFLICT',
    severity: 'error',
    message: `MutatingWebhookConfiguration ${nameOf(other)} ${reason}`,
    remedy:
      'Install another revision (--revision canary) and move namespaces to it one by one, uninstall the other injector, or insist with --force.',
  }));
}

type Label = readonly [key: string, value: string];

/** A pod, and the namespace that it is in, by the one label that either has. */
type Probe = { readonly namespace: Label | undefined; readonly pod: Label | undefined };

/** One for each way in which a configuration of ours can be asked for (injection.md 1.3, matrix). */
function probes(ours: JsonObject): readonly Probe[] {
  const revision = labelOf(ours, 'istio.io/tag') || labelOf(ours, 'istio.io/rev');
  const namespaces: readonly (Label | undefined)[] = [
    ['istio-injection', 'enabled'],
    ['istio.io/rev', revision],
    undefined,
  ];
  const pods: readonly Label[] = [
    ['istio.io/rev', revision],
    ['sidecar.istio.io/inject', 'true'],
  ];
  return [
    ...namespaces.map((namespace) => ({ namespace, pod: undefined })),
    ...pods.map((pod) => ({ namespace: undefined, pod })),
  ];
}

function calls(configuration: JsonObject, { namespace, pod }: Probe): boolean {
  const labels = { 'kubernetes.io/metadata.name': 'probe', ...(namespace === undefined ? {} : labelled(namespace)) };
  const match = matchWebhook(
    [configuration],
    { metadata: { name: 'probe', labels } },
    {
      metadata: { labels: pod === undefined ? {} : labelled(pod) },
    },
  );
  return match.called.length > 0;
}

function labelled([key, value]: Label): JsonObject {
  return { [key]: value };
}

function probeText({ namespace, pod }: Probe): string {
  if (pod !== undefined) return `pods labelled ${pod.join('=')}`;
  return namespace === undefined ? 'namespaces without a label' : `namespaces labelled ${namespace.join('=')}`;
}

export function isOurs(configuration: JsonObject): boolean {
  return labelOf(configuration, 'app.kubernetes.io/managed-by') === 'remora';
}

export function isDeactivated(configuration: JsonObject): boolean {
  return entriesOf(configuration).every((entry) => JSON.stringify(entry).includes('"istio.io/deactivated"'));
}

export function isInjector(entry: JsonObject): boolean {
  return String(getKey(entry, 'name')).endsWith('sidecar-injector.istio.io');
}

export function entriesOf(configuration: JsonObject): readonly JsonObject[] {
  const webhooks = getKey(configuration, 'webhooks');
  return isArray(webhooks) ? webhooks.filter(isObject) : [];
}

export function nameOf(object: JsonObject): string {
  const metadata = getKey(object, 'metadata');
  return isObject(metadata) ? String(getKey(metadata, 'name') ?? '') : '';
}

export function labelOf(object: JsonObject, key: string): string {
  const metadata = getKey(object, 'metadata');
  const labels = isObject(metadata) ? getKey(metadata, 'labels') : undefined;
  const value = isObject(labels) ? getKey(labels, key) : undefined;
  return typeof value === 'string' ? value : '';
}
