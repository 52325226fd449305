/** Every rule that can decide about a pod, in the order in which the decision asks them. */
export const RULE_IDS = [
  /** The pod shares its node's network: a sidecar would capture the node's traffic. */
  'host-network',
  /** kube-inject of 1.3 to 1.13: the manifest has the sidecar already. */
  'already-injected',
  /** The namespace belongs to Kubernetes itself. */
  'ignored-namespace',
  /** Label or annotation `sidecar.istio.io/inject`. */
  'inject-value',
  'never-inject-selector',
  'always-inject-selector',
  /** `policy` of the injector's configuration. */
  'policy',
] as const;

export type RuleId = (typeof RULE_IDS)[number];
