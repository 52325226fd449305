/**
 * What a user is told when something is wrong: a Problem is a value, collected with others and returned.
 * `throw` stays for bugs and for I/O. Codes are stable; each has a page in `docs/problems/<CODE>.md`.
 */

/** Where the cause stands: a file with a 1-based line and column, a JSON pointer into a document, or both. */
export type Where = {
  readonly file?: string | undefined;
  readonly line?: number | undefined;
  readonly column?: number | undefined;
  readonly pointer?: string | undefined;
};

/** Every code there is. A test checks that each has its page, so that a code never goes out undocumented. */
export const PROBLEM_CODES = [
  'AGENT_CONFIG_INVALID',
  'ALREADY_INJECTED',
  'ANNOTATION_INVALID',
  'BINARY_INPUT',
  'CAPTURE_APPLY_FAILED',
  'CAPTURE_BACK_END',
  'CAPTURE_CIDR_INVALID',
  'CAPTURE_CONFIG_INVALID',
  'CAPTURE_NOT_ACTIVE',
  'CAPTURE_NO_ADDRESS',
  'CAPTURE_NO_NAMESPACE',
  'CAPTURE_RULES_UNREADABLE',
  'CA_BUNDLE_CONTESTED',
  'CERTIFICATE_INVALID',
  'CLUSTER_CONFIG',
  'CLUSTER_REFUSED',
  'CLUSTER_UNREACHABLE',
  'CONFIG_INVALID',
  'CONFIG_MAP_MISSING',
  'DNS_POLICY',
  'FILE_UNREADABLE',
  'FILE_UNWRITABLE',
  'HOST_NETWORK',
  'INJECTION_DISABLED',
  'INJECTOR_CONFLICT',
  'INJECT_VALUE_INVALID',
  'INSTALL_NOT_READY',
  'LABEL_SELECTOR_INVALID',
  'LEGACY_FLAG',
  'MERGE_FAILED',
  'MESH_CONFIG_INVALID',
  'METADATA_NOT_UPDATED',
  'NOT_INJECTED',
  'OVERRIDES_INVALID',
  'PATCH_FAILED',
  'POD_INVALID',
  'POLICY_INVALID',
  'PROBE_NOT_UPDATED',
  'PROMETHEUS_PORT',
  'PROXY_CONFIG_INVALID',
  'PROXY_NOT_FOUND',
  'PROXY_PORT',
  'RELEASE_ASSUMED',
  'RELEASE_UNKNOWN',
  'REVIEW_INVALID',
  'STATUS_INVALID',
  'TAG_REFUSED',
  'TEMPLATE_ERASED_FIELDS',
  'TEMPLATE_EXEC',
  'TEMPLATE_LIMIT',
  'TEMPLATE_NOT_FOUND',
  'TEMPLATE_PARSE',
  'UNDO_RECORD_STALE',
  'UNINJECT_UNVERIFIED',
  'USAGE',
  'VALUES_INVALID',
  'WEBHOOK_PORT',
  'YAML_SYNTAX',
] as const;

export type ProblemCode = (typeof PROBLEM_CODES)[number];

export type Problem = {
  readonly code: ProblemCode;
  readonly severity: 'error' | 'warning';
  /** What is wrong, with the values concerned. Where Istio has a text for it, that text word for word. */
  readonly message: string;
  readonly where?: Where | undefined;
  /** What to do about it, as an imperative sentence. */
  readonly remedy?: string | undefined;
};

/** The result of reading something a user wrote. A success may carry warnings; a failure has at least one error. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T; readonly problems: readonly Problem[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** A success, with the warnings met on the way. */
export function parsed<T>(value: T, problems: readonly Problem[] = []): Parsed<T> {
  return { ok: true, value, problems };
}

/** A failure. Pass every problem found, not only the first. */
export function failed(...problems: readonly Problem[]): Parsed<never> {
  return { ok: false, problems };
}

/**
 * Carries a Problem out of a deep recursion (parser, executor, merge). It is caught inside the same room and turned
 * into a `Parsed` there: it never crosses a room's door.
 */
export class ProblemError extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.message);
    this.name = 'ProblemError';
    this.problem = problem;
  }
}
