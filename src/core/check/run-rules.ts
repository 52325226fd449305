import { getKey, type JsonObject } from '../json.ts';
import { matchSelector } from '../kube/index.ts';
import type { ClusterSnapshot, Finding } from './model.ts';
import { injectorEntries, isDeactivated, nameOf, namespaceOf, numberAt, objectAt, textAt } from './objects.ts';

/** The Deployments behind the webhook's Services: enough of them, ready, and safe from a drain. */
export function runRules(snapshot: ClusterSnapshot): readonly Finding[] {
  const { configurations, services, deployments } = snapshot;
  if (configurations === undefined || services === undefined || deployments === undefined) return [];
  const called = new Set(
    configurations
      .filter((configuration) => !isDeactivated(configuration))
      .flatMap(injectorEntries)
      .map((entry) => {
        const service = objectAt(entry, 'clientConfig', 'service');
        return `${textAt(service, 'namespace')}/${textAt(service, 'name')}`;
      }),
  );
  const behind = services.filter((service) => called.has(`${namespaceOf(service)}/${nameOf(service)}`));
  return deployments
    .filter((deployment) => behind.some((service) => leadsTo(service, deployment)))
    .flatMap((deployment) => deploymentFindings(deployment, snapshot));
}

function leadsTo(service: JsonObject, deployment: JsonObject): boolean {
  const selector = objectAt(service, 'spec', 'selector');
  if (namespaceOf(service) !== namespaceOf(deployment) || Object.keys(selector).length === 0) return false;
  return matchSelector({ matchLabels: selector }, podLabels(deployment)).kind === 'match';
}

function podLabels(deployment: JsonObject): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(objectAt(deployment, 'spec', 'template', 'metadata', 'labels')).filter(
      (each): each is [string, string] => typeof each[1] === 'string',
    ),
  );
}

function deploymentFindings(deployment: JsonObject, { disruptionBudgets }: ClusterSnapshot): readonly Finding[] {
  const where = `Deployment ${namespaceOf(deployment)}/${nameOf(deployment)}`;
  const wanted =
    getKey(objectAt(deployment, 'spec'), 'replicas') === undefined ? 1 : numberAt(deployment, 'spec', 'replicas');
  const ready = numberAt(deployment, 'status', 'readyReplicas');
  const findings: Finding[] = [];
  if (ready < wanted) {
    findings.push({
      id: 'not-ready',
      severity: ready === 0 ? 'error' : 'warning',
      where,
      message: `${ready} of ${wanted} replicas are ready.`,
      remedy: `See why: kubectl -n ${namespaceOf(deployment)} describe pods -l app=${podLabels(deployment).app ?? ''}.`,
    });
  } else
    findings.push({
      id: 'replicas-ready',
      severity: 'ok',
      where,
      message: `${ready} replicas are ready.`,
      remedy: undefined,
    });
  if (wanted < 2) {
    findings.push({
      id: 'one-replica',
      severity: 'warning',
      where,
      message:
        'There is one replica: while it is replaced, nobody answers, and with failurePolicy Fail no pod is created.',
      remedy: 'Run two or more, on different nodes.',
    });
  } else if (disruptionBudgets !== undefined && !disruptionBudgets.some((budget) => guards(budget, deployment))) {
    findings.push({
      id: 'no-disruption-budget',
      severity: 'warning',
      where,
      message: 'No PodDisruptionBudget keeps a replica alive while nodes are drained.',
      remedy: 'Make one with maxUnavailable: 1; remora install prints it.',
    });
  }
  return findings;
}

function guards(budget: JsonObject, deployment: JsonObject): boolean {
  return (
    namespaceOf(budget) === namespaceOf(deployment) &&
    matchSelector(objectAt(budget, 'spec', 'selector'), podLabels(deployment)).kind === 'match'
  );
}
