import { getKey, isArray, isObject, type JsonObject } from '../../core/json.ts';
import type { Problem } from '../../core/problem.ts';

/**
 * Other injectors that would inject the same pods as a configuration of ours: of the same revision, whose istiod also
 * writes the caBundle of every configuration with its label, or in the same default role. `configurations` are all
 * MutatingWebhookConfigurations of the cluster; `own` are those that we are about to apply.
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
  const reasons = [
    ...(revision !== '' && revision === otherRevision && !isTag && !isOurs(other)
      ? [`has the same revision "${revision}", whose control plane writes the caBundle of both`]
      : []),
    ...(isDefault(ours) && isDefault(other) ? ['injects namespaces labelled istio-injection=enabled too'] : []),
  ];
  return reasons.map((reason) => ({
    code: 'INJECTOR_CONFLICT',
    severity: 'error',
    message: `MutatingWebhookConfiguration ${nameOf(other)} ${reason}`,
    remedy:
      'Install another revision (--revision canary) and move namespaces to it one by one, uninstall the other injector, or insist with --force.',
  }));
}

function isOurs(configuration: JsonObject): boolean {
  return labelOf(configuration, 'app.kubernetes.io/managed-by') === 'remora';
}

function isDefault(configuration: JsonObject): boolean {
  return entriesOf(configuration).some((entry) =>
    JSON.stringify(getKey(entry, 'namespaceSelector') ?? {}).includes('"enabled"'),
  );
}

function isDeactivated(configuration: JsonObject): boolean {
  return entriesOf(configuration).every((entry) => JSON.stringify(entry).includes('"istio.io/deactivated"'));
}

function isInjector(entry: JsonObject): boolean {
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
