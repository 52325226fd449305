import { base64 } from '../../base64.ts';
import { getKey, isObject, type JsonObject, type JsonValue, stringifyGoJson } from '../../json.ts';
import { parseYaml, roundTrip } from '../../kube/index.ts';
import { parsed } from '../../problem.ts';
import { formatRelease, type Release } from '../../release.ts';
import type { InjectionOutcome, PodTemplate } from '../model.ts';
import { behaves } from '../releases.ts';
import { parseJsonBody } from './json-body.ts';
import { remarks } from './remarks.ts';

/** One HTTP answer of the webhook, ready to be written. */
export type ReviewAnswer = {
  readonly status: number;
  readonly contentType: 'application/json' | 'text/plain; charset=utf-8';
  readonly body: string;
  /** The patch, which stands in the body as base64. */
  readonly patch?: string | undefined;
  /** What the engine said, where it was asked at all. */
  readonly outcome?: InjectionOutcome | undefined;
  /** What it was asked: the review's request, its pod as received or as typed. */
  readonly request?: ReviewRequest | undefined;
};

/** What the API server tells about the request besides the pod. */
export type ReviewRequest = {
  readonly uid: string;
  readonly namespace: string;
  readonly dryRun: boolean;
  readonly pod: PodTemplate;
};

/**
 * The webhook's answer to one POST, as istiod gives it (injection.md 6.1, in its order): 400 without a body, 415 for a
 * content type that is not exactly `application/json`, and otherwise 200, where a refusal is `allowed: false` with the
 * cause, because a status other than 200 would be handled by failurePolicy instead of being shown to the user.
 *
 * Warnings and audit annotations are our own addition; API servers that know neither ignore them.
 *
 * `injectPod` is called with the typed pod, its `metadata.managedFields` dropped and an empty namespace filled in.
 * `decoded` is what {@link parseJsonBody} gives for the body, from a caller who has asked already.
 */
export function answerReview(
  body: string,
  contentType: string | undefined,
  release: Release,
  injectPod: (request: ReviewRequest) => InjectionOutcome,
  decoded?: JsonValue,
): ReviewAnswer {
  if (body === '') return plain(400, 'no body found');
  if (contentType !== 'application/json') return plain(415, 'invalid Content-Type, want `application/json`');
  const review = parseReview(body, release, decoded ?? parseJsonBody(body));
  if (review.kind === 'unreadable') return refusal(review.typeMeta, '', review.message);
  const pod = readPod(review.object);
  if (typeof pod === 'string') return refusal(review.typeMeta, review.uid, pod);
  const fills = behaves(release, 'decision-namespace-from-request');
  const { uid, namespace, dryRun } = review;
  const request = { uid, namespace, dryRun, pod: namespaced(pod, fills ? namespace : '') };
  const outcome = injectPod(request);
  switch (outcome.kind) {
    case 'failed':
      return {
        ...refusal(review.typeMeta, uid, outcome.problems[0]?.message ?? '', remarks(outcome)),
        outcome,
        request,
      };
    case 'skipped':
      return { ...json(review.typeMeta, { uid, allowed: true, ...remarks(outcome) }), outcome, request };
    case 'injected': {
      const patch = stringifyGoJson(outcome.patch);
      const response = { uid, allowed: true, patch: base64(patch), patchType: 'JSONPatch', ...remarks(outcome) };
      return { ...json(review.typeMeta, response), patch, outcome, request };
    }
  }
}

type Review = {
  readonly kind: 'review';
  readonly typeMeta: JsonObject;
  readonly uid: string;
  readonly namespace: string;
  readonly dryRun: boolean;
  readonly object: JsonValue | undefined;
};

type Unreadable = { readonly kind: 'unreadable'; readonly message: string; readonly typeMeta: JsonObject };

/** The review's parts, or what is wrong with it, with as much of its type as the answer can repeat. */
function parseReview(body: string, release: Release, json: JsonValue | undefined): Review | Unreadable {
  // Go's decoder takes YAML too.
  const decoded = json === undefined ? parseYaml(body) : parsed(json);
  if (!decoded.ok) {
    return unreadable(`couldn't decode the AdmissionReview: ${decoded.problems[0]?.message ?? 'unreadable'}`);
  }
  const review = decoded.value;
  if (!isObject(review)) return unreadable("couldn't decode the AdmissionReview: the body is no JSON object");
  const kind = text(review, 'kind');
  const apiVersion = text(review, 'apiVersion');
  const wrong = wrongType(kind, apiVersion, release);
  if (wrong !== undefined) return unreadable(wrong);
  const typeMeta = { ...(kind === '' ? {} : { kind }), ...(apiVersion === '' ? {} : { apiVersion }) };
  // Go dereferences a nil request here and the connection dies; a clear refusal serves the API server better.
  const request = getKey(review, 'request');
  if (!isObject(request)) return unreadable('AdmissionReview has no request', typeMeta);
  return {
    kind: 'review',
    typeMeta,
    uid: text(request, 'uid'),
    namespace: text(request, 'namespace'),
    dryRun: getKey(request, 'dryRun') === true,
    object: getKey(request, 'object'),
  };
}

/** Up to 1.6 the one version known was taken for granted where the body does not name its type. */
function wrongType(kind: string, apiVersion: string, release: Release): string | undefined {
  const knowsV1 = behaves(release, 'admission-review-v1');
  if (!knowsV1 && kind === '' && apiVersion === '') return undefined;
  if (kind === '') return "Object 'Kind' is missing in the AdmissionReview";
  if (apiVersion === '') return "Object 'apiVersion' is missing in the AdmissionReview";
  const known = apiVersion === 'admission.k8s.io/v1beta1' || (knowsV1 && apiVersion === 'admission.k8s.io/v1');
  return known && kind === 'AdmissionReview'
    ? undefined
    : `no kind "${kind}" is registered for version "${apiVersion}" in Istio ${formatRelease(release)}`;
}

function unreadable(message: string, typeMeta: JsonObject = {}): Unreadable {
  return { kind: 'unreadable', message, typeMeta };
}

function readPod(object: JsonValue | undefined): PodTemplate | string {
  if (object === undefined || object === null) return 'AdmissionReview has no pod in request.object';
  if (!isObject(object)) return 'json: cannot unmarshal the request object into Go value of type v1.Pod';
  const typed = roundTrip('core/v1.Pod', object, { unknown: 'keep', creationTimestampNull: false });
  if (!typed.ok) return typed.problems[0]?.message ?? 'the pod does not decode';
  return typed.value;
}

/** managedFields are never patched; a pod made by a controller has no namespace of its own at admission time. */
function namespaced(pod: PodTemplate, namespace: string): PodTemplate {
  const found = getKey(pod, 'metadata');
  const metadata = isObject(found) ? found : {};
  const { managedFields: _dropped, ...rest } = metadata;
  const own = text(metadata, 'namespace');
  return { ...pod, metadata: own === '' && namespace !== '' ? { ...rest, namespace } : rest };
}

function refusal(typeMeta: JsonObject, uid: string, message: string, more: JsonObject = {}): ReviewAnswer {
  return json(typeMeta, { uid, allowed: false, status: { metadata: {}, message }, ...more });
}

function json(typeMeta: JsonObject, response: JsonObject): ReviewAnswer {
  return { status: 200, contentType: 'application/json', body: stringifyGoJson({ ...typeMeta, response }) };
}

function plain(status: number, message: string): ReviewAnswer {
  return { status, contentType: 'text/plain; charset=utf-8', body: `${message}\n` };
}

function text(object: JsonObject, key: string): string {
  const value = getKey(object, key);
  return typeof value === 'string' ? value : '';
}
