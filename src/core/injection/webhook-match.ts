import { getKey, isArray, type JsonObject, listAt, objectAt, textAt } from '../json.ts';
import { matchSelector } from '../kube/index.ts';
import type { PodTemplate } from './model.ts';
import { labelsOf, labelTexts, metadataOf } from './pod.ts';

/** One webhook of one configuration, and whether the API server would call it for the pod. */
export type WebhookCheck = {
  readonly configuration: string;
  readonly revision: string;
  readonly webhook: string;
  readonly verdict: 'match' | 'no-match' | 'deactivated' | 'other-resource' | 'invalid';
  readonly because: string;
};

/** One configuration as `istioctl x check-inject` shows it. */
export type ConfigurationVerdict = {
  readonly configuration: string;
  readonly revision: string;
  readonly injected: boolean;
  readonly reason: string;
};

type Labels = Readonly<Record<string, string>>;

/** Which injectors the API server calls for a pod, and why the others are not called. */
export type WebhookMatch = {
  /** The webhooks called, in the API server's order: configurations by name, webhooks as listed. */
  readonly called: readonly WebhookCheck[];
  readonly checks: readonly WebhookCheck[];
  readonly configurations: readonly ConfigurationVerdict[];
  /** check-inject's footer, where there is one: no configuration at all, or more than one injector. */
  readonly warning?: string | undefined;
};

/**
 * Asks the selectors of MutatingWebhookConfigurations about a pod (injection.md 1.3 and 1.5): the layer before the
 * injector's own decision. Configurations without a webhook whose name ends in `istio.io` are others' and left out;
 * revision tags and deactivated defaults are configurations like any other.
 *
 * Labels of namespace and pod alone count here: an annotation `sidecar.istio.io/inject: "true"` calls nobody.
 */
export function matchWebhook(hooks: readonly JsonObject[], namespace: JsonObject, pod: PodTemplate): WebhookMatch {
  const configurations = hooks
    .filter((hook) => istioWebhooks(hook).length > 0)
    .sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : nameOf(a) > nameOf(b) ? 1 : 0));
  const namespaceLabels = labelTexts(namespace);
  const podLabels = labelTexts(pod);
  const checks = configurations.flatMap((hook) =>
    istioWebhooks(hook).map((webhook) => checkWebhook(hook, webhook, namespaceLabels, podLabels)),
  );
  const verdicts = configurations.map((hook) => verdictOf(hook, namespaceLabels, podLabels));
  return {
    called: checks.filter((check) => check.verdict === 'match'),
    checks,
    configurations: verdicts,
    warning: warningOf(verdicts),
  };
}

function warningOf(verdicts: readonly ConfigurationVerdict[]): string | undefined {
  if (verdicts.length === 0) return 'ERROR: no Istio injection hooks present.';
  const several = verdicts.filter((verdict) => verdict.injected).length > 1;
  return several ? 'ERROR: multiple webhooks will inject, which can lead to errors' : undefined;
}

function checkWebhook(hook: JsonObject, webhook: JsonObject, namespaceLabels: Labels, podLabels: Labels): WebhookCheck {
  const head = { configuration: nameOf(hook), revision: revisionOf(hook), webhook: textAt(webhook, 'name') };
  if (isDeactivated(webhook)) return { ...head, verdict: 'deactivated', because: DEACTIVATED };
  if (!watchesPodCreation(webhook)) {
    return { ...head, verdict: 'other-resource', because: 'It is not called when pods are created.' };
  }
  const sides = [
    ['namespace', 'namespaceSelector', namespaceLabels],
    ['pod', 'objectSelector', podLabels],
  ] as const;
  for (const [what, key, labels] of sides) {
    const match = matchSelector(objectAt(webhook, key), labels);
    if (match.kind === 'invalid') return { ...head, verdict: 'invalid', because: `${key}: ${match.reason}` };
    if (match.kind === 'no-match') {
      return { ...head, verdict: 'no-match', because: `The labels of the ${what} fail ${key}: ${match.because}.` };
    }
  }
  return { ...head, verdict: 'match', because: 'The labels of namespace and pod satisfy both selectors.' };
}

const DEACTIVATED = 'The injection webhook is deactivated, and will never match labels.';

/** What a revision tag that takes over the default role writes into both selectors of the old default. */
function isDeactivated(webhook: JsonObject): boolean {
  return ['namespaceSelector', 'objectSelector'].some(
    (key) => getKey(objectAt(objectAt(webhook, key), 'matchLabels'), 'istio.io/deactivated') === 'never-match',
  );
}

/** Without rules the webhook is taken for one of pods: exported or shortened configurations leave them out. */
function watchesPodCreation(webhook: JsonObject): boolean {
  const rules = listAt(webhook, 'rules');
  if (rules.length === 0) return true;
  const has = (rule: JsonObject, key: string, value: string): boolean => {
    const values = getKey(rule, key);
    return isArray(values) && (values.includes(value) || values.includes('*'));
  };
  return rules.some(
    (rule) => has(rule, 'operations', 'CREATE') && has(rule, 'resources', 'pods') && has(rule, 'apiGroups', ''),
  );
}

/** check-inject's reading of one configuration: its webhooks in order, the first with a verdict counts. */
function verdictOf(hook: JsonObject, namespaceLabels: Labels, podLabels: Labels): ConfigurationVerdict {
  const head = { configuration: nameOf(hook), revision: revisionOf(hook) };
  for (const webhook of istioWebhooks(hook)) {
    const verdict = webhookVerdict(webhook, namespaceLabels, podLabels);
    if (verdict !== undefined) return { ...head, ...verdict };
  }
  return { ...head, injected: false, reason: noMatchReason(istioWebhooks(hook)) };
}

type Verdict = { readonly injected: boolean; readonly reason: string };

function webhookVerdict(webhook: JsonObject, namespaceLabels: Labels, podLabels: Labels): Verdict | undefined {
  if (isDeactivated(webhook)) return { injected: false, reason: DEACTIVATED };
  const namespaceSelector = objectAt(webhook, 'namespaceSelector');
  const objectSelector = objectAt(webhook, 'objectSelector');
  const namespaceMatches = matchSelector(namespaceSelector, namespaceLabels).kind === 'match';
  const podMatches = matchSelector(objectSelector, podLabels).kind === 'match';
  if (namespaceMatches && podMatches) {
    return matchedBy(shownLabel(namespaceSelector, namespaceLabels), shownLabel(objectSelector, podLabels));
  }
  if (namespaceMatches) {
    const label = preventingLabel(objectSelector, podLabels);
    return label === undefined
      ? undefined
      : { injected: false, reason: `Pod has ${label} label, preventing injection` };
  }
  const injection = getKey(namespaceLabels, 'istio-injection');
  if (!podMatches || typeof injection !== 'string' || injection === 'enabled') return undefined;
  return { injected: false, reason: `Namespace has istio-injection=${injection} label, preventing injection` };
}

/** Two selectors that match without any label to show leave the verdict to the next webhook. */
function matchedBy(namespaceLabel: string | undefined, podLabel: string | undefined): Verdict | undefined {
  if (namespaceLabel !== undefined && podLabel !== undefined) {
    return { injected: true, reason: `Namespace label ${namespaceLabel} matches, and pod label ${podLabel} matches` };
  }
  if (namespaceLabel !== undefined) {
    const auto = namespaceLabel.startsWith('kubernetes.io/metadata.name=');
    const suffix = auto ? ' (Automatic injection is enabled in all namespaces).' : '';
    return { injected: true, reason: `Namespace label ${namespaceLabel} matches${suffix}` };
  }
  return podLabel === undefined ? undefined : { injected: true, reason: `Pod label ${podLabel} matches` };
}

/** The label of the first In or NotIn expression whose key the object has. */
function shownLabel(selector: JsonObject, labels: Labels): string | undefined {
  for (const expression of listAt(selector, 'matchExpressions')) {
    const operator = textAt(expression, 'operator');
    const value = getKey(labels, textAt(expression, 'key'));
    if ((operator === 'In' || operator === 'NotIn') && typeof value === 'string') {
      return `${textAt(expression, 'key')}=${value}`;
    }
  }
  return undefined;
}

/** The first label of the pod that the selector forbids, whatever its key: a revision of its own also keeps away. */
function preventingLabel(selector: JsonObject, labels: Labels): string | undefined {
  for (const expression of listAt(selector, 'matchExpressions')) {
    const key = textAt(expression, 'key');
    const value = getKey(labels, key);
    if (typeof value !== 'string') continue;
    const operator = textAt(expression, 'operator');
    const values = getKey(expression, 'values');
    const forbidden = operator === 'NotIn' && isArray(values) && values.includes(value);
    if (operator === 'DoesNotExist' || forbidden) return `${key}=${value}`;
  }
  return undefined;
}

function noMatchReason(webhooks: readonly JsonObject[]): string {
  const namespaceLabels = new Set<string>();
  const podLabels = new Set<string>();
  for (const webhook of webhooks) {
    for (const label of wantedLabels(objectAt(webhook, 'namespaceSelector'))) namespaceLabels.add(label);
    for (const label of wantedLabels(objectAt(webhook, 'objectSelector'))) podLabels.add(label);
  }
  return `No matching namespace labels (${[...namespaceLabels].join(', ')}) or pod labels (${[...podLabels].join(', ')})`;
}

function wantedLabels(selector: JsonObject): readonly string[] {
  return listAt(selector, 'matchExpressions')
    .filter((expression) => textAt(expression, 'operator') === 'In')
    .flatMap((expression) => {
      const values = getKey(expression, 'values');
      return isArray(values) ? values.map((value) => `${textAt(expression, 'key')}=${String(value)}`) : [];
    });
}

function istioWebhooks(hook: JsonObject): readonly JsonObject[] {
  return listAt(hook, 'webhooks').filter((webhook) => textAt(webhook, 'name').endsWith('istio.io'));
}

function nameOf(hook: JsonObject): string {
  return textAt(metadataOf(hook), 'name');
}

function revisionOf(hook: JsonObject): string {
  const revision = getKey(labelsOf(hook), 'istio.io/rev');
  return typeof revision === 'string' ? revision : '';
}
