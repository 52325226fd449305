import type { JsonObject } from '../json.ts';
import { matchSelector } from '../kube/index.ts';
import type { ClusterSnapshot, Finding } from './model.ts';
import { injectorEntries, isDeactivated, labelOf, listAt, nameOf, objectAt, textAt } from './objects.ts';

const SYSTEM = ['kube-system', 'kube-public', 'kube-node-lease'];

/** What namespaces ask for, and whether somebody serves it. */
export function selectorRules({ configurations, namespaces }: ClusterSnapshot): readonly Finding[] {
  if (configurations === undefined || namespaces === undefined) return [];
  const active = configurations.filter(
    (configuration) => injectorEntries(configuration).length > 0 && !isDeactivated(configuration),
  );
  const revisions = servedRevisions(active);
  const labelled = namespaces.flatMap((namespace) => labelFindings(namespace, revisions));
  const injected = namespaces.filter((namespace) => active.some((each) => takes(each, namespace))).map(nameOf);
  const summary: Finding = {
    id: 'namespaces-injected',
    severity: 'ok',
    where: '',
    message:
      injected.length === 0
        ? 'No namespace is injected as a whole; pods may ask for it by label.'
        : `Pods of ${injected.length === 1 ? 'namespace' : 'namespaces'} ${injected.join(', ')} are injected.`,
    remedy: undefined,
  };
  return [...labelled, ...active.flatMap((each) => blocking(each, namespaces)), summary];
}

function servedRevisions(active: readonly JsonObject[]): ReadonlySet<string> {
  return new Set(
    active.flatMap((configuration) => {
      const own = labelOf(configuration, 'istio.io/tag') ?? labelOf(configuration, 'istio.io/rev');
      return own === undefined ? [] : [own];
    }),
  );
}

function labelFindings(namespace: JsonObject, revisions: ReadonlySet<string>): readonly Finding[] {
  const where = `Namespace ${nameOf(namespace)}`;
  const injection = labelOf(namespace, 'istio-injection');
  const revision = labelOf(namespace, 'istio.io/rev');
  const findings: Finding[] = [];
  if (injection !== undefined && revision !== undefined) {
    findings.push({
      id: 'both-labels',
      severity: 'warning',
      where,
      message: `It has istio-injection=${injection} and istio.io/rev=${revision}; only istio-injection counts.`,
      remedy: 'Take away the one that is not meant: kubectl label namespace NAME istio-injection- (or istio.io/rev-).',
    });
  }
  if (injection !== undefined && injection !== 'enabled' && injection !== 'disabled') {
    findings.push({
      id: 'odd-value',
      severity: 'warning',
      where,
      message: `istio-injection=${injection} means the same as disabled: only "enabled" injects.`,
      remedy: 'Set it to enabled or disabled.',
    });
  }
  if (injection === undefined && revision !== undefined && !revisions.has(revision)) {
    findings.push({
      id: 'unknown-revision',
      severity: 'error',
      where,
      message: `It asks for revision ${revision}, which nobody serves: its pods start without a sidecar. There are ${[...revisions].join(', ') || 'none'}.`,
      remedy: 'Install the revision, make a tag of that name (remora tag set), or correct the label.',
    });
  }
  return findings;
}

/** Whether a pod without labels of its own would be injected. */
function takes(configuration: JsonObject, namespace: JsonObject): boolean {
  return injectorEntries(configuration).some(
    (entry) => asks(entry, namespace) && matchSelector(objectAt(entry, 'objectSelector'), {}).kind === 'match',
  );
}

function asks(entry: JsonObject, namespace: JsonObject): boolean {
  const labels = Object.fromEntries(
    Object.entries(objectAt(namespace, 'metadata', 'labels')).filter(
      (each): each is [string, string] => typeof each[1] === 'string',
    ),
  );
  return matchSelector(objectAt(entry, 'namespaceSelector'), labels).kind === 'match';
}

/** A webhook that its own pods, or the system's, must wait for, may never come back once it is down. */
function blocking(configuration: JsonObject, namespaces: readonly JsonObject[]): readonly Finding[] {
  const where = `MutatingWebhookConfiguration ${nameOf(configuration)}`;
  const findings: Finding[] = [];
  for (const namespace of namespaces.filter((each) => takes(configuration, each))) {
    const name = nameOf(namespace);
    const own = injectorEntries(configuration).some(
      (entry) => textAt(entry, 'clientConfig', 'service', 'namespace') === name,
    );
    if (own) {
      findings.push({
        id: 'selects-itself',
        severity: 'error',
        where,
        message: `It is asked about pods of its own namespace ${name}: when all of its pods are gone, none can be created.`,
        remedy: `Label the namespace: kubectl label namespace ${name} istio-injection=disabled --overwrite.`,
      });
    } else if (SYSTEM.includes(name)) {
      findings.push({
        id: 'selects-system',
        severity: 'warning',
        where,
        message: `It is asked about pods of ${name}, which it never injects: the system waits for the webhook for nothing.`,
        remedy: `Take the label for injection away from ${name}.`,
      });
    }
  }
  return findings;
}

/** For pod rules: the entries of active configurations. */
export function activeConfigurations({ configurations }: ClusterSnapshot): readonly JsonObject[] {
  return (configurations ?? []).filter(
    (configuration) => listAt(configuration, 'webhooks').length > 0 && !isDeactivated(configuration),
  );
}
