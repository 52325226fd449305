import { base64 } from '../../base64.ts';
import { getKey, isObject, type JsonObject, type JsonValue, stringifyGoJson } from '../../json.ts';
import { parseYaml, roundTrip } from '../../kube/index.ts';
import { formatRelease, type Release } from '../../release.ts';
import type { InjectionOutcome, PodTemplate } from '../model.ts';
import { behaves } from '../releases.ts';

/** One HTTP answer of the webhook, ready to be written. */
export type ReviewAnswer = {
  readonly status: number;
  readonly contentType: 'application/json' | 'text/plain; charset=utf-8';
  readonly body: string;
  /** What the engine said, where it was asked at all. */
  readonly outcome?: InjectionOutcome | undefined;
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
 * `injectPod` is called with the typed pod, its `metadata.managedFields` dropped and an empty namespace filled in.
 */
export function answerReview(
  body: string,
  contentType: string | undefined,
  release: Release,
  injectPod: (request: ReviewRequest) => InjectionOutcome,
): ReviewAnswer {
  if (body === '') return plain(400, 'no body found');
  if (contentType !== 'application/json') return plain(415, 'invalid Content-Type, want `application/json`');
  const review = parseReview(body, release);
  if (typeof review === 'string') return refusal({}, '', review);
  const pod = readPod(review.object);
  if (typeof pod === 'string') return refusal(review.typeMeta, review.uid, pod);
  const fills = behaves(release, 'decision-namespace-from-request');
  const outcome = injectPod({ ...review, pod: namespaced(pod, fills ? review.namespace : '') });
  switch (outcome.kind) {
    case 'failed':
      return { ...refusal(review.typeMeta, review.uid, outcome.problems[0]?.message ?? ''), outcome };
    case 'skipped':
      return { ...json(review.typeMeta, { uid: review.uid, allowed: true }), outcome };
    case 'injected': {
      const patch = base64(stringifyGoJson(outcome.patch));
      return { ...json(review.typeMeta, { uid: review.uid, allowed: true, patch, patchType: 'JSONPatch' }), outcome };
    }
  }
}

type Review = {
  readonly typeMeta: JsonObject;
  readonly uid: string;
  readonly namespace: string;
  readonly dryRun: boolean;
  readonly object: JsonValue | undefined;
};

/** The review's parts, or the text of what is wrong with it. */
function parseReview(body: string, release: Release): Review | string {
  const decoded = parseYaml(body);
  if (!decoded.ok) return `couldn't decode the AdmissionReview: ${decoded.problems[0]?.message ?? 'unreadable'}`;
  const review = decoded.value;
  if (!isObject(review)) return "couldn't decode the AdmissionReview: the body is no JSON object";
  const apiVersion = text(review, 'apiVersion');
  const v1 = behaves(release, 'admission-review-v1');
  const known = ['', 'admission.k8s.io/v1beta1', ...(v1 ? ['admission.k8s.io/v1'] : [])];
  if (!known.includes(apiVersion)) {
    return `no kind "${text(review, 'kind')}" is registered for version "${apiVersion}" in Istio ${formatRelease(release)}`;
  }
  // Go dereferences a nil request here and the connection dies; a clear refusal serves the API server better.
  const request = getKey(review, 'request');
  if (!isObject(request)) return 'AdmissionReview has no request';
  const typeMeta: { apiVersion?: string; kind?: string } = {};
  const kind = text(review, 'kind');
  if (kind !== '') typeMeta.kind = kind;
  if (apiVersion !== '') typeMeta.apiVersion = apiVersion;
  return {
    typeMeta: typeMeta as JsonObject,
    uid: text(request, 'uid'),
    namespace: text(request, 'namespace'),
    dryRun: getKey(request, 'dryRun') === true,
    object: getKey(request, 'object'),
  };
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

function refusal(typeMeta: JsonObject, uid: string, message: string): ReviewAnswer {
  return json(typeMeta, { uid, allowed: false, status: { metadata: {}, message } });
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
