import { getKey, isObject, type JsonValue, stringifyGoJson } from '../../json.ts';
import type { ReviewAnswer, ReviewRequest } from './answer-review.ts';
import { parseJsonBody } from './json-body.ts';

/** Answers one POST. `path` is the decoded path of the URL, `decoded` the body as JSON where it has been read already. */
export type Answerer = (body: string, contentType: string | undefined, path: string, decoded?: JsonValue) => Answered;

export type Answered = {
  readonly answer: ReviewAnswer;
  /**
   * Whether clock, random numbers or a network had a part in it: such an answer is good once. The environment has none,
   * as it does not change while the process runs.
   */
  readonly onceOnly: boolean;
};

/** How much is kept: entries, and characters of keys and answers together. */
export const CACHE_LIMITS = { entries: 2_000, characters: 32_000_000, largestBody: 128_000 };

/**
 * The name of the volume that the API server's ServiceAccount plugin adds to every pod before it asks us, with a random
 * end: the one thing in which two pods of a ReplicaSet always differ, besides the times in managedFields, which count for
 * nothing.
 */
const TOKEN_VOLUME = /kube-api-access-[bcdfghjklmnpqrstvwxz2456789]{5}/g;

type Entry = {
  /** What follows the uid in the answer. */
  readonly tail: string;
  readonly answer: ReviewAnswer;
  /** The random names of the pod that it was computed for. */
  readonly tokens: string;
  /** A pod with other random names has got the same answer, so that they have no part in it. */
  readonly confirmed: boolean;
  readonly size: number;
};

/**
 * Remembers answers of `compute`: a Deployment of 100 pods asks the same 100 times. The key is everything that an answer
 * may depend on, which is the whole pod as received without managedFields, the namespace, the type of the review and the
 * path; what is the same for all pods belongs to `compute`, and a new configuration begins with a new cache.
 *
 * The random end of {@link TOKEN_VOLUME} is left out of the key, and that is not taken on trust: the second pod of a key
 * is computed again, and only when both answers are equal to the letter, and hold neither of the names, do later ones get
 * it. docs/adr/0015 says why answers are kept and not rendered templates.
 */
export function cachedAnswers(compute: Answerer, limits: typeof CACHE_LIMITS = CACHE_LIMITS): Answerer {
  const entries = new Map<string, Entry>();
  let characters = 0;

  function forget(key: string): void {
    characters -= entries.get(key)?.size ?? 0;
    entries.delete(key);
  }

  function keep(key: string, entry: Entry): void {
    forget(key);
    entries.set(key, entry);
    characters += entry.size;
    // A Map keeps the order of insertion: the first has not been asked for the longest.
    for (const oldest of entries.keys()) {
      if (entries.size <= limits.entries && characters <= limits.characters) break;
      forget(oldest);
    }
  }

  return (body, contentType, path) => {
    const small = contentType === 'application/json' && body.length <= limits.largestBody;
    const decoded = small ? parseJsonBody(body) : undefined;
    const asked = read(decoded, path);
    if (asked === undefined) return compute(body, contentType, path, decoded);
    const { key, tokens, request, uid } = asked;
    const known = entries.get(key);
    if (known !== undefined && (known.confirmed || known.tokens === tokens)) {
      // To the end of the order.
      entries.delete(key);
      entries.set(key, known);
      return {
        answer: { ...known.answer, body: `${asked.head}${stringifyGoJson(uid)}${known.tail}`, request },
        onceOnly: false,
      };
    }
    const computed = compute(body, contentType, path, decoded);
    const tail = tailOf(computed, asked.head, uid);
    if (tail === undefined) {
      forget(key);
      return computed;
    }
    const confirmed = known !== undefined && known.tail === tail;
    const { status, contentType: type, outcome } = computed.answer;
    const answer = { status, contentType: type, body: '', outcome: remembered(outcome) };
    keep(key, { tail, answer, tokens, confirmed, size: key.length + tail.length });
    return computed;
  };
}

type Asked = {
  readonly key: string;
  readonly tokens: string;
  readonly uid: string;
  /** The beginning of the answer, to its uid. */
  readonly head: string;
  readonly request: ReviewRequest;
};

/** The key of a review that is usual in every way; anything else is left to the one who knows all ways. */
function read(review: JsonValue | undefined, path: string): Asked | undefined {
  if (!isObject(review)) return undefined;
  const { kind, apiVersion } = review;
  const request = getKey(review, 'request');
  if (kind !== 'AdmissionReview' || typeof apiVersion !== 'string' || !isObject(request)) return undefined;
  const { uid, object, dryRun } = request;
  const namespace = getKey(request, 'namespace') ?? '';
  if (typeof uid !== 'string' || typeof namespace !== 'string' || !isObject(object)) return undefined;
  const metadata = getKey(object, 'metadata');
  if (!isObject(metadata)) return undefined;
  const { managedFields: _times, ...lasting } = metadata;
  const text = JSON.stringify({ ...object, metadata: lasting });
  const tokens = text.match(TOKEN_VOLUME);
  const pod = tokens === null ? text : text.replace(TOKEN_VOLUME, 'kube-api-access-');
  return {
    key: `${path}\n${apiVersion}\n${namespace}\n${pod}`,
    tokens: tokens === null ? '' : tokens.join(),
    uid,
    head: `{"kind":"AdmissionReview","apiVersion":${stringifyGoJson(apiVersion)},"response":{"uid":`,
    request: { uid, namespace, dryRun: dryRun === true, pod: object },
  };
}

/** What follows the uid; undefined for an answer that must not be given a second time. */
function tailOf({ answer, onceOnly }: Answered, head: string, uid: string): string | undefined {
  const start = `${head}${stringifyGoJson(uid)}`;
  if (onceOnly || answer.status !== 200 || !answer.body.startsWith(start)) return undefined;
  if (answer.outcome === undefined || answer.outcome.kind === 'failed') return undefined;
  // As base64, the patch in the answer does not show whether a random name stands in it.
  return answer.patch?.includes('kube-api-access-') ? undefined : answer.body.slice(start.length);
}

/** What log and metrics ask of an outcome; pod and patch stand in the answer already. */
function remembered(outcome: ReviewAnswer['outcome']): ReviewAnswer['outcome'] {
  if (outcome?.kind === 'injected') return { ...outcome, pod: {}, trace: [], patch: [] };
  return outcome?.kind === 'skipped' ? { ...outcome, pod: {} } : outcome;
}
