import { decideInjection, type InjectionPolicy, loadInjectionConfig, matchWebhook } from '../injection/index.ts';
import { getKey, isObject, type JsonObject } from '../json.ts';
import { LATEST } from '../release.ts';
import type { ClusterSnapshot, Finding } from './model.ts';
import { annotationOf, labelOf, listAt, nameOf, namespaceOf, textAt } from './objects.ts';
import { activeConfigurations } from './selector-rules.ts';

const INJECT = 'sidecar.istio.io/inject';
const STATUS = 'sidecar.istio.io/status';

/** Pods against what would become of them if they were created now. */
export function podRules(snapshot: ClusterSnapshot): readonly Finding[] {
  const { pods, namespaces, configurations } = snapshot;
  if (pods === undefined || namespaces === undefined || configurations === undefined) return [];
  const active = activeConfigurations(snapshot);
  const policyOf = policies(snapshot.configMaps ?? []);
  const byName = new Map(namespaces.map((namespace) => [nameOf(namespace), namespace]));
  const findings = pods
    .filter((pod) => !['Succeeded', 'Failed'].includes(textAt(pod, 'status', 'phase')))
    .flatMap((pod) => {
      const namespace = byName.get(namespaceOf(pod));
      return namespace === undefined ? [] : [...contradiction(pod), ...sidecar(pod, namespace, active, policyOf)];
    });
  const grouped = group(findings);
  if (grouped.length > 0 || pods.length === 0) return grouped;
  const message = `All ${pods.length} pods have the sidecars that they should have.`;
  return [{ id: 'pods-in-order', severity: 'ok', where: '', message, remedy: undefined }];
}

function contradiction(pod: JsonObject): readonly Finding[] {
  const [label, annotation] = [labelOf(pod, INJECT), annotationOf(pod, INJECT)];
  if (label === undefined || annotation === undefined || label === annotation) return [];
  return [
    {
      id: 'label-and-annotation',
      severity: 'warning',
      where: titleOf(pod),
      message: `Its label ${INJECT} is "${label}" and its annotation "${annotation}"; the label counts.`,
      remedy: 'Take the annotation away: selectors of the webhook do not see it either.',
    },
  ];
}

function sidecar(
  pod: JsonObject,
  namespace: JsonObject,
  active: readonly JsonObject[],
  policyOf: (revision: string) => InjectionPolicy,
): readonly Finding[] {
  const { called } = matchWebhook(active, namespace, pod);
  const caller = called[0];
  const has = ['containers', 'initContainers'].some((list) =>
    listAt(pod, 'spec', list).some((container) => nameOf({ metadata: container }) === 'istio-proxy'),
  );
  if (caller === undefined) return [];
  const at = { path: 'webhook', requestNamespace: namespaceOf(pod) } as const;
  const decision = decideInjection(pod, at, policyOf(caller.revision));
  if (!has && decision.inject) {
    return [
      {
        id: 'sidecar-missing',
        severity: 'error',
        where: titleOf(pod),
        message: `It would be injected by ${caller.configuration} (${caller.webhook}), and has no sidecar: it was created before that, or while nobody answered.`,
        remedy: `Create it anew: kubectl -n ${namespaceOf(pod)} rollout restart ${ownerOf(pod)}.`,
      },
    ];
  }
  const revision = revisionOf(pod);
  if (!has || revision === undefined || caller.revision === '' || revision === caller.revision) return [];
  return [
    {
      id: 'sidecar-other-revision',
      severity: 'warning',
      where: titleOf(pod),
      message: `Its sidecar is of revision ${revision}; created now it would be of ${caller.revision}.`,
      remedy: `Create it anew when it suits: kubectl -n ${namespaceOf(pod)} rollout restart ${ownerOf(pod)}.`,
    },
  ];
}

/** The policy that nearly everybody has; what the pod itself says goes before it. */
const USUAL: InjectionPolicy = {
  policy: 'enabled',
  neverInjectSelector: [],
  alwaysInjectSelector: [],
  release: LATEST,
};

/** The policy of a revision, out of its config map where that can be read. */
function policies(configMaps: readonly JsonObject[]): (revision: string) => InjectionPolicy {
  const known = new Map<string, InjectionPolicy>();
  return (revision) => {
    const name = `istio-sidecar-injector${revision === 'default' || revision === '' ? '' : `-${revision}`}`;
    const found = known.get(name) ?? policyIn(configMaps.find((map) => nameOf(map) === name));
    known.set(name, found);
    return found;
  };
}

function policyIn(map: JsonObject | undefined): InjectionPolicy {
  if (map === undefined) return USUAL;
  const loaded = loadInjectionConfig({ configText: textAt(map, 'data', 'config'), release: LATEST });
  return loaded.ok ? loaded.value : USUAL;
}

function revisionOf(pod: JsonObject): string | undefined {
  const own = annotationOf(pod, 'istio.io/rev');
  if (own !== undefined) return own;
  try {
    const status: unknown = JSON.parse(annotationOf(pod, STATUS) ?? '');
    const revision = isObject(status as JsonObject) ? getKey(status as JsonObject, 'revision') : undefined;
    return typeof revision === 'string' ? revision : undefined;
  } catch {
    return undefined;
  }
}

function titleOf(pod: JsonObject): string {
  return `Pod ${namespaceOf(pod)}/${nameOf(pod)}`;
}

/** `deployment/app` for a pod of a Deployment's ReplicaSet, else what owns it. */
function ownerOf(pod: JsonObject): string {
  const owner = listAt(pod, 'metadata', 'ownerReferences')[0];
  if (owner === undefined) return `pod/${nameOf(pod)} (by hand: it has no owner)`;
  const [kind, name] = [textAt(owner, 'kind'), textAt(owner, 'name')];
  const hash = labelOf(pod, 'pod-template-hash');
  if (kind === 'ReplicaSet' && hash !== undefined && name.endsWith(`-${hash}`)) {
    return `deployment/${name.slice(0, -hash.length - 1)}`;
  }
  return `${kind.toLowerCase()}/${name}`;
}

const SHOWN = 3;

/** Many pods of one kind of trouble are one finding: its first few, and how many more. */
function group(findings: readonly Finding[]): readonly Finding[] {
  const byId = new Map<string, Finding[]>();
  for (const finding of findings) byId.set(finding.id, [...(byId.get(finding.id) ?? []), finding]);
  return [...byId.values()].flatMap((same) => {
    const rest = same.length - SHOWN;
    const shown = same.slice(0, SHOWN);
    const last = shown.at(-1);
    if (rest <= 0 || last === undefined) return shown;
    return [...shown.slice(0, -1), { ...last, message: `${last.message} So it is with ${rest} more pods.` }];
  });
}
