import type { JsonObject } from '../json.ts';

/** What was read of a cluster, or of files that stand for one. A list that could not be read is undefined. */
export type ClusterSnapshot = {
  readonly configurations: readonly JsonObject[] | undefined;
  readonly namespaces: readonly JsonObject[] | undefined;
  readonly pods: readonly JsonObject[] | undefined;
  readonly services: readonly JsonObject[] | undefined;
  readonly endpointSlices: readonly JsonObject[] | undefined;
  readonly deployments: readonly JsonObject[] | undefined;
  readonly disruptionBudgets: readonly JsonObject[] | undefined;
  readonly configMaps: readonly JsonObject[] | undefined;
  readonly nodes: readonly JsonObject[] | undefined;
  /** `v1.35.2`; empty where unknown. */
  readonly serverVersion: string;
  /** What could not be read, with the API server's reason. */
  readonly unread: readonly { readonly what: string; readonly why: string }[];
  /** What the webhook served when it was dialled, by configuration and entry. */
  readonly served: readonly Served[];
  /** What became of a pod that was created for a try, and not kept. */
  readonly tries: readonly Try[];
  /** Milliseconds. */
  readonly now: number;
};

/** One TLS connection to where a webhook entry leads. */
export type Served = {
  readonly configuration: string;
  readonly entry: string;
  /** `https://127.0.0.1:15017/inject`, `10.0.0.7:443`. */
  readonly address: string;
  readonly result:
    | {
        readonly kind: 'connected';
        /** Milliseconds. */
        readonly validFrom: number;
        readonly validTo: number;
        readonly names: readonly string[];
        /** undefined: the entry's caBundle vouches for it, under the name that the API server uses. */
        readonly refused: string | undefined;
        readonly serverName: string;
      }
    | { readonly kind: 'failed'; readonly reason: string; readonly message: string };
};

/** A pod created with dryRun in a namespace that a configuration selects: the way that the API server itself goes. */
export type Try = {
  readonly configuration: string;
  readonly namespace: string;
  readonly result:
    | { readonly kind: 'injected' | 'not-injected' }
    | { readonly kind: 'refused'; readonly message: string };
};

/** One thing that is in order, or is not. */
export type Finding = {
  /** Stable: `ca-bundle-missing`. */
  readonly id: FindingId;
  readonly severity: 'error' | 'warning' | 'ok';
  /** The object: `Namespace demo`; empty for the cluster. */
  readonly where: string;
  /** A sentence, with the values seen. */
  readonly message: string;
  /** What to do, as an imperative sentence; none where all is well. */
  readonly remedy: string | undefined;
};

/** The order of the report; the title of each family. */
export const FAMILIES = [
  ['access', 'What could be read'],
  ['webhook', 'Webhook configurations'],
  ['reach', 'Reaching the webhook'],
  ['selectors', 'Namespaces and selectors'],
  ['pods', 'Pods'],
  ['config', 'Configuration'],
  ['run', 'The injector itself'],
] as const;

export type Family = (typeof FAMILIES)[number][0];

/** Every finding there is: its family, and what it means. docs/check.md has the table. */
export const FINDINGS = {
  'not-readable': ['access', 'Something could not be read, and what depends on it is not checked'],
  'no-injector': ['webhook', 'No webhook configuration injects sidecars'],
  'injector-present': ['webhook', 'A webhook configuration injects sidecars'],
  deactivated: ['webhook', 'A configuration was deactivated by a revision tag'],
  'ca-bundle-missing': ['webhook', 'An entry has no caBundle'],
  'ca-bundle-invalid': ['webhook', 'A caBundle is no PEM'],
  'ca-bundle-differs': ['webhook', 'Entries of one configuration trust different authorities'],
  'ca-bundle-contested': ['webhook', 'Several managers write the caBundle'],
  'failure-policy-ignore': ['webhook', 'Pods start without a sidecar when the webhook does not answer'],
  'reinvocation-never': ['webhook', 'Other webhooks change pods after ours, which is not asked again'],
  'several-injectors': ['webhook', 'Two injectors inject the same pods'],
  'service-missing': ['reach', 'The Service of an entry does not exist'],
  'no-endpoints': ['reach', 'The Service has no ready pod behind it'],
  unreachable: ['reach', 'Nobody answers where an entry leads'],
  'certificate-refused': ['reach', 'The API server would not accept the certificate that is served'],
  'certificate-expired': ['reach', 'The certificate has expired'],
  'certificate-expires': ['reach', 'The certificate expires soon'],
  'certificate-good': ['reach', 'The certificate is accepted'],
  'try-failed': ['reach', 'The API server could not have a pod injected'],
  'try-not-injected': ['reach', 'A pod that should be injected came back without a sidecar'],
  'try-injected': ['reach', 'The API server had a pod injected'],
  'both-labels': ['selectors', 'A namespace has both labels, and one of them counts'],
  'unknown-revision': ['selectors', 'A namespace asks for a revision that nobody serves'],
  'odd-value': ['selectors', 'A namespace label has a value that means nothing'],
  'selects-itself': ['selectors', 'The webhook is asked about its own pods'],
  'selects-system': ['selectors', 'The webhook is asked about pods of the system'],
  'namespaces-injected': ['selectors', 'Namespaces are injected'],
  'label-and-annotation': ['pods', 'Label and annotation of a pod contradict each other'],
  'sidecar-missing': ['pods', 'A pod should have a sidecar and has none'],
  'sidecar-other-revision': ['pods', "A pod's sidecar is of another revision"],
  'pods-in-order': ['pods', 'Pods have the sidecars that they should have'],
  'config-invalid': ['config', 'A configuration cannot be used'],
  'config-good': ['config', 'A configuration can be used'],
  'native-unsupported': ['config', 'Nodes are too old for native sidecars'],
  'one-replica': ['run', 'One replica only'],
  'not-ready': ['run', 'The injector is not ready'],
  'no-disruption-budget': ['run', 'A drain may take all replicas at once'],
  'replicas-ready': ['run', 'The injector is ready'],
} as const satisfies Readonly<Record<string, readonly [Family, string]>>;

export type FindingId = keyof typeof FINDINGS;
