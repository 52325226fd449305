import { getKey, type JsonObject } from '../json.ts';
import { matchSelector } from '../kube/index.ts';
import type { ClusterSnapshot, Finding } from './model.ts';
import { injectorEntries, isDeactivated, labelOf, listAt, nameOf, objectAt, textAt } from './objects.ts';

/** What stands in the webhook configurations themselves. */
export function webhookRules({ configurations, namespaces }: ClusterSnapshot): readonly Finding[] {
  if (configurations === undefined) return [];
  const injectors = configurations.filter((configuration) => injectorEntries(configuration).length > 0);
  if (injectors.length === 0) return [NO_INJECTOR];
  const active = injectors.filter((configuration) => !isDeactivated(configuration));
  return [
    ...injectors.map(presence),
    ...active.flatMap(bundles),
    ...active.flatMap(contested),
    ...active.flatMap(ignoring),
    ...active.flatMap((configuration) => neverAgain(configuration, configurations)),
    ...severalInjectors(active, namespaces ?? []),
  ];
}

const NO_INJECTOR: Finding = {
  id: 'no-injector',
  severity: 'error',
  where: '',
  message: 'No MutatingWebhookConfiguration has an entry named …sidecar-injector.istio.io: no pod is injected.',
  remedy: 'Install an injector: remora install --apply.',
};

function presence(configuration: JsonObject): Finding {
  const where = `MutatingWebhookConfiguration ${nameOf(configuration)}`;
  const revision = labelOf(configuration, 'istio.io/rev') ?? 'none';
  if (isDeactivated(configuration)) {
    const message = 'It was deactivated by a revision tag, and matches no pod.';
    return { id: 'deactivated', severity: 'ok', where, message, remedy: undefined };
  }
  const tag = labelOf(configuration, 'istio.io/tag');
  const what =
    tag === undefined ? `It injects for revision ${revision}.` : `The tag ${tag} stands for revision ${revision}.`;
  return { id: 'injector-present', severity: 'ok', where, message: what, remedy: undefined };
}

function bundles(configuration: JsonObject): readonly Finding[] {
  const where = `MutatingWebhookConfiguration ${nameOf(configuration)}`;
  const entries = injectorEntries(configuration);
  const bundle = (entry: JsonObject): string => textAt(entry, 'clientConfig', 'caBundle');
  const missing = entries.filter((entry) => bundle(entry) === '').map((entry) => textAt(entry, 'name'));
  if (missing.length > 0) {
    return [
      {
        id: 'ca-bundle-missing',
        severity: 'error',
        where,
        message: `There is no caBundle in ${missing.join(', ')}: the API server trusts nobody there, and calls fail.`,
        remedy:
          'Make sure that the webhook runs and may patch the configuration: its log tells, and /readyz of its pods. With cert-manager, that its cainjector runs.',
      },
    ];
  }
  const broken = entries.filter((entry) => !isPem(bundle(entry))).map((entry) => textAt(entry, 'name'));
  if (broken.length > 0) {
    return [
      {
        id: 'ca-bundle-invalid',
        severity: 'error',
        where,
        message: `The caBundle of ${broken.join(', ')} is no PEM certificate.`,
        remedy: 'Take the field out of what you apply: the webhook owns it, and writes it.',
      },
    ];
  }
  if (new Set(entries.map(bundle)).size <= 1) return [];
  return [
    {
      id: 'ca-bundle-differs',
      severity: 'warning',
      where,
      message: 'Its entries have different caBundles.',
      remedy: 'Look who else writes them: kubectl get mutatingwebhookconfiguration -o yaml --show-managed-fields.',
    },
  ];
}

/** Base64 of a PEM certificate, by its first bytes: `-----BEGIN CERTIFICATE`. */
function isPem(base64: string): boolean {
  return base64.startsWith('LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t');
}

function contested(configuration: JsonObject): readonly Finding[] {
  const managers = listAt(configuration, 'metadata', 'managedFields')
    .filter((entry) => JSON.stringify(objectAt(entry, 'fieldsV1')).includes('"f:caBundle"'))
    .map((entry) => textAt(entry, 'manager'));
  const different = [...new Set(managers)];
  if (different.length <= 1) return [];
  return [
    {
      id: 'ca-bundle-contested',
      severity: 'warning',
      where: `MutatingWebhookConfiguration ${nameOf(configuration)}`,
      message: `The caBundle is written by ${different.join(' and ')}.`,
      remedy:
        'Leave it to one: give the other injector another revision, or take the field out of what a tool applies.',
    },
  ];
}

function ignoring(configuration: JsonObject): readonly Finding[] {
  const entries = injectorEntries(configuration).filter((entry) => textAt(entry, 'failurePolicy') === 'Ignore');
  if (entries.length === 0) return [];
  return [
    {
      id: 'failure-policy-ignore',
      severity: 'warning',
      where: `MutatingWebhookConfiguration ${nameOf(configuration)}`,
      message:
        'failurePolicy is Ignore: a pod that is created while nobody answers has no sidecar, and nobody is told.',
      remedy: 'Set failurePolicy to Fail; three replicas and a PodDisruptionBudget keep somebody answering.',
    },
  ];
}

/** Webhooks of others that the API server asks after ours about the same pods: configurations by name. */
function neverAgain(configuration: JsonObject, all: readonly JsonObject[]): readonly Finding[] {
  if (injectorEntries(configuration).every((entry) => textAt(entry, 'reinvocationPolicy') === 'IfNeeded')) return [];
  const later = all
    .filter((other) => nameOf(other) > nameOf(configuration) && injectorEntries(other).length === 0)
    .filter((other) => listAt(other, 'webhooks').some(watchesPods))
    .map(nameOf);
  if (later.length === 0) return [];
  return [
    {
      id: 'reinvocation-never',
      severity: 'warning',
      where: `MutatingWebhookConfiguration ${nameOf(configuration)}`,
      message: `${later.join(', ')} may change pods after it, and reinvocationPolicy is Never: what they add is not seen.`,
      remedy: 'Set reinvocationPolicy to IfNeeded: injection twice gives what injection once gives.',
    },
  ];
}

function watchesPods(entry: JsonObject): boolean {
  return listAt(entry, 'rules').some((rule) => {
    const resources = JSON.stringify(getKey(rule, 'resources') ?? []);
    const operations = JSON.stringify(getKey(rule, 'operations') ?? []);
    return /"(\*|pods|\*\/\*)"/.test(resources) && /"(\*|CREATE)"/.test(operations);
  });
}

/** Two configurations that both take the pods of one namespace: each pod gets two sidecars, or a mixture of both. */
function severalInjectors(active: readonly JsonObject[], namespaces: readonly JsonObject[]): readonly Finding[] {
  const clashes = new Map<string, string[]>();
  for (const namespace of namespaces) {
    const labels = labelsOf(namespace);
    const takers = active.filter((configuration) =>
      injectorEntries(configuration).some(
        (entry) =>
          matchSelector(objectAt(entry, 'namespaceSelector'), labels).kind === 'match' &&
          matchSelector(objectAt(entry, 'objectSelector'), {}).kind === 'match',
      ),
    );
    if (takers.length < 2) continue;
    const pair = takers.map(nameOf).join(' and ');
    clashes.set(pair, [...(clashes.get(pair) ?? []), nameOf(namespace)]);
  }
  return [...clashes].map(([pair, names]) => ({
    id: 'several-injectors',
    severity: 'error',
    where: `Namespace ${names.join(', ')}`,
    message: `Both ${pair} inject its pods.`,
    remedy: 'Label the namespace for one revision, or uninstall one of the injectors.',
  }));
}

function labelsOf(object: JsonObject): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(objectAt(object, 'metadata', 'labels')).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    ),
  );
}
