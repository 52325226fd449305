import { getKey, type JsonObject, textAt } from '../json.ts';
import { isEmptySelector, matchSelector } from '../kube/index.ts';
import type { Problem } from '../problem.ts';
import { formatRelease, type Release } from '../release.ts';
import type { InjectionContext, InjectionDecision, PodTemplate, RuleCheck } from './model.ts';
import {
  annotationOf,
  containersOf,
  findContainer,
  labelsOf,
  labelTexts,
  metadataOf,
  PROXY_CONTAINER,
  STATUS_ANNOTATION,
  specOf,
} from './pod.ts';
import { behaves } from './releases.ts';
import type { RuleId } from './rules.ts';

/** What of the configuration decides. */
export type InjectionPolicy = {
  readonly release: Release;
  readonly policy: string;
  readonly neverInjectSelector: readonly JsonObject[];
  readonly alwaysInjectSelector: readonly JsonObject[];
};

/**
 * Whether this pod gets a sidecar, and by which rule: the rules are asked in order, the first with an opinion decides,
 * and every answer is kept as evidence (injection.md 1.1, 1.2, 1.4).
 *
 * | host network | namespace | inject value | selectors    | policy   | result |
 * |--------------|-----------|--------------|--------------|----------|--------|
 * | true         |           |              |              |          | no     |
 * |              | ignored   |              |              |          | no     |
 * |              |           |              |              | other    | no     |
 * |              |           | false        |              |          | no     |
 * |              |           | true         |              |          | yes    |
 * |              |           | undecided    | never hits   |          | no     |
 * |              |           | undecided    | always hits  |          | yes    |
 * |              |           | undecided    | none         | enabled  | yes    |
 * |              |           | undecided    | none         | disabled | no     |
 *
 * kube-inject takes the policy for `enabled` and has no selectors; up to 1.7 it asks nothing but the host network.
 */
export function decideInjection(
  pod: PodTemplate,
  at: Pick<InjectionContext, 'path' | 'requestNamespace'>,
  policy: InjectionPolicy,
): InjectionDecision {
  const subject = subjectOf(pod, at, policy);
  const checks: RuleCheck[] = [];
  const problems: Problem[] = [];
  for (const rule of RULES) {
    if (rule.applies?.(subject) === false) continue;
    const { verdict, because, at: pointers, problem } = rule.ask(subject);
    checks.push({ rule: rule.id, verdict, because, at: pointers ?? [] });
    if (problem !== undefined) problems.push(problem);
    if (verdict !== 'no-opinion') return { inject: verdict === 'inject', decidedBy: rule.id, checks, problems };
  }
  return { inject: false, decidedBy: 'policy', checks, problems };
}

type Subject = {
  readonly pod: PodTemplate;
  readonly namespace: string;
  readonly release: Release;
  readonly policy: string;
  readonly legalPolicy: boolean;
  readonly manual: boolean;
  /** kube-inject up to 1.7 injects whatever is not on the host's network. */
  readonly unconditional: boolean;
  readonly never: readonly JsonObject[];
  readonly always: readonly JsonObject[];
};

type Answer = {
  readonly verdict: RuleCheck['verdict'];
  readonly because: string;
  readonly at?: readonly string[];
  readonly problem?: Problem;
};

type Rule = {
  readonly id: RuleId;
  /** A rule that a path or release does not know is left out of the evidence. */
  readonly applies?: (subject: Subject) => boolean;
  readonly ask: (subject: Subject) => Answer;
};

const RULES: readonly Rule[] = [
  { id: 'host-network', ask: hostNetwork },
  { id: 'already-injected', applies: skipsInjected, ask: alreadyInjected },
  { id: 'ignored-namespace', ask: ignoredNamespace },
  { id: 'inject-value', ask: injectValue },
  { id: 'never-inject-selector', ask: (subject) => selectors(subject, subject.never, 'neverInjectSelector', 'skip') },
  {
    id: 'always-inject-selector',
    ask: (subject) => selectors(subject, subject.always, 'alwaysInjectSelector', 'inject'),
  },
  { id: 'policy', ask: policyRule },
];

function subjectOf(
  pod: PodTemplate,
  at: Pick<InjectionContext, 'path' | 'requestNamespace'>,
  policy: InjectionPolicy,
): Subject {
  const { release } = policy;
  const manual = at.path === 'kube-inject';
  const own = textAt(metadataOf(pod), 'namespace');
  // In 1.0 a pod made by a controller has no namespace here, so that the rule about namespaces rarely fires.
  const filled = own === '' && behaves(release, 'decision-namespace-from-request') ? at.requestNamespace : own;
  const withSelectors = !manual && behaves(release, 'inject-selectors');
  const text = manual ? 'enabled' : policy.policy;
  return {
    pod,
    namespace: filled,
    release,
    policy: text,
    legalPolicy: text === 'enabled' || text === 'disabled',
    manual,
    unconditional: manual && !behaves(release, 'kube-inject-asks-policy'),
    never: withSelectors ? policy.neverInjectSelector : [],
    always: withSelectors ? policy.alwaysInjectSelector : [],
  };
}

function hostNetwork({ pod }: Subject): Answer {
  const at = ['/spec/hostNetwork'];
  return getKey(specOf(pod), 'hostNetwork') === true
    ? { verdict: 'skip', because: 'The pod uses the network of its node (spec.hostNetwork is true).', at }
    : noOpinion('The pod has a network of its own.');
}

function skipsInjected({ manual, release }: Subject): boolean {
  return manual && behaves(release, 'kube-inject-skips-injected');
}

function alreadyInjected({ pod, release }: Subject): Answer {
  const containers = containersOf(pod, 'containers');
  const marked = !behaves(release, 'skips-injected-by-status') || annotationOf(pod, STATUS_ANNOTATION) !== undefined;
  return containers.length > 1 && marked && findContainer(containers, PROXY_CONTAINER) !== undefined
    ? { verdict: 'skip', because: `The pod has the container ${PROXY_CONTAINER} already.`, at: ['/spec/containers'] }
    : noOpinion('The pod was not injected before.');
}

const IGNORED_NAMESPACES = ['kube-system', 'kube-public', 'kube-node-lease', 'local-path-storage'];

function ignoredNamespace({ namespace, release, unconditional, manual }: Subject): Answer {
  if (unconditional) return noOpinion('kube-inject of this release does not look at the namespace.');
  const ignored = behaves(release, 'ignored-namespaces-four') ? IGNORED_NAMESPACES : IGNORED_NAMESPACES.slice(0, 2);
  return ignored.includes(namespace)
    ? { verdict: 'skip', because: `Namespace ${namespace} is never injected.`, at: ['/metadata/namespace'] }
    : noOpinion(namespace === '' ? unnamed(manual) : `Namespace ${namespace} is not excluded.`);
}

/** istioctl too asks the pod template alone: a Deployment in kube-system is injected by kube-inject. */
function unnamed(manual: boolean): string {
  return manual
    ? "The pod template names no namespace; kube-inject does not look at the workload's."
    : 'The namespace is not known.';
}

const INJECT = 'sidecar.istio.io/inject';
const ESCAPED = 'sidecar.istio.io~1inject';

function injectValue({ pod, release, legalPolicy, policy, unconditional }: Subject): Answer {
  if (unconditional) return noOpinion(`kube-inject of this release does not look at ${INJECT}.`);
  const label = behaves(release, 'inject-label') ? getKey(labelsOf(pod), INJECT) : undefined;
  // A present label wins even when it is empty.
  const fromLabel = typeof label === 'string';
  const value = fromLabel ? label : (annotationOf(pod, INJECT) ?? '');
  const source = fromLabel ? 'Label' : 'Annotation';
  const at = [`/metadata/${fromLabel ? 'labels' : 'annotations'}/${ESCAPED}`];
  if (value === '') return noOpinion(`Neither label nor annotation ${INJECT} has a value.`);
  if (!legalPolicy)
    return noOpinion(`${source} ${INJECT} is "${value}", which the illegal policy "${policy}" overrules.`);
  const because = `${source} ${INJECT} is "${value}".`;
  switch (explicitValue(value, behaves(release, 'inject-values-strict'))) {
    case true:
      return { verdict: 'inject', because, at };
    case false:
      return { verdict: 'skip', because, at };
    case undefined:
      return { ...noOpinion(`${because} Only true and false count.`), at, problem: invalidValue(value, at[0]) };
  }
}

/** Up to 1.26 every spelling of YAML's yes counts in any case, and whatever else is a no, typos too. */
function explicitValue(value: string, strict: boolean): boolean | undefined {
  if (!strict) return ['y', 'yes', 'true', 'on'].includes(value.toLowerCase());
  return value === 'true' ? true : value === 'false' ? false : undefined;
}

function invalidValue(value: string, pointer: string | undefined): Problem {
  return {
    code: 'INJECT_VALUE_INVALID',
    severity: 'warning',
    message: `Invalid value for ${INJECT}: "${value}". Only 'true' and 'false' are accepted. Falling back to default injection policy.`,
    where: { pointer },
    remedy: `Set ${INJECT} to "true" or "false".`,
  };
}

function selectors(
  { pod, legalPolicy, policy }: Subject,
  list: readonly JsonObject[],
  key: 'neverInjectSelector' | 'alwaysInjectSelector',
  verdict: 'inject' | 'skip',
): Answer {
  if (list.length === 0) return noOpinion(`There is no ${key}.`);
  if (!legalPolicy) return noOpinion(`${key} is overruled by the illegal policy "${policy}".`);
  const labels = labelTexts(pod);
  let problem: Problem | undefined;
  for (const [i, selector] of list.entries()) {
    // In Kubernetes an empty selector selects everything; here it selects nothing, so that a slip injects no cluster.
    if (isEmptySelector(selector)) continue;
    const match = matchSelector(selector, labels);
    if (match.kind === 'match') {
      const because = `${key}[${i}] selects the labels of the pod.`;
      return { verdict, because, at: ['/metadata/labels'], ...(problem === undefined ? {} : { problem }) };
    }
    if (match.kind === 'invalid') problem = invalidSelector(key, i, match.reason);
  }
  const answer = noOpinion(`No ${key} selects the pod.`);
  return problem === undefined ? answer : { ...answer, problem };
}

function invalidSelector(key: string, index: number, reason: string): Problem {
  const name = key.charAt(0).toUpperCase() + key.slice(1);
  return {
    code: 'LABEL_SELECTOR_INVALID',
    severity: 'warning',
    message: `Invalid selector for ${name}: ${reason}`,
    remedy: `Correct ${key}[${index}] in the injector's configuration; until then it selects nothing.`,
  };
}

function policyRule({ policy, legalPolicy, release, unconditional }: Subject): Answer {
  if (unconditional) {
    const because = `kube-inject of Istio ${formatRelease(release)} injects every workload that is not on the host's network.`;
    return { verdict: 'inject', because };
  }
  if (legalPolicy) {
    const enabled = policy === 'enabled';
    return { verdict: enabled ? 'inject' : 'skip', because: `The policy of the injector is ${policy}.` };
  }
  const message = `Illegal value for autoInject:${policy}, must be one of [disabled,enabled]. Auto injection disabled!`;
  const remedy = 'Set policy to enabled or disabled in the configuration of the injector.';
  return {
    verdict: 'skip',
    because: `The policy "${policy}" of the injector is neither enabled nor disabled.`,
    problem: { code: 'POLICY_INVALID', severity: 'warning', message, remedy },
  };
}

function noOpinion(because: string): Answer {
  return { verdict: 'no-opinion', because };
}
