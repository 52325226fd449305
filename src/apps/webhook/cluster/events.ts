import { noteworthy, type ReviewAnswer } from '../../../core/injection/index.ts';
import { getKey, isArray, isObject, type JsonObject } from '../../../core/json.ts';
import type { KubeApi } from '../../../platform/kube-api.ts';
import { createObject } from '../../../platform/kube-api-calls.ts';
import type { Log } from '../../../platform/log.ts';
import { objectAt, textAt } from './object-text.ts';

/** One Event of a kind for an owner in this time (milliseconds): a ReplicaSet makes its pods again and again. */
const QUIET = 10 * 60_000;
/** Events of all owners together in a second, and how many owners are remembered. */
const RATE = 5;
const REMEMBERED = 10_000;

/**
 * Leaves an Event on the owner of a pod that was skipped or refused, where `kubectl describe` shows it: the pod itself may
 * never exist. Best effort: nothing waits for it, and nothing is written for a dry run, as `sideEffects: NoneOnDryRun` says.
 */
export function eventWriter(
  api: KubeApi,
  log: Log,
  { reporter, clock = Date.now }: { readonly reporter: string; readonly clock?: () => number },
): (reviewed: ReviewAnswer) => void {
  const said = new Map<string, number>();
  let second = { start: 0, count: 0 };
  return ({ request, outcome }) => {
    if (request === undefined || outcome === undefined || request.dryRun) return;
    const told = noteworthy(outcome);
    const owner = ownerOf(request.pod);
    if (told === undefined || owner === undefined) return;
    const now = clock();
    const key = `${textAt(owner, 'uid')}/${told.reason}`;
    if (now - (said.get(key) ?? Number.NEGATIVE_INFINITY) < QUIET) return;
    if (now - second.start >= 1000) second = { start: now, count: 0 };
    if (second.count >= RATE) return;
    second.count += 1;
    said.delete(key);
    said.set(key, now);
    for (const old of said.keys()) {
      if (said.size <= REMEMBERED) break;
      said.delete(old);
    }
    const event = eventOf(owner, request.namespace, told, { now, reporter });
    createObject(api, `/api/v1/namespaces/${request.namespace}/events`, event).then(
      (made) => {
        if (!made.ok) log.debug('an Event could not be written', { reason: made.failure.message });
      },
      (error: unknown) => log.debug('an Event could not be written', { reason: String(error) }),
    );
  };
}

/** The controller of the pod: its ReplicaSet, Job, …; a bare pod has none, and does not exist yet itself. */
function ownerOf(pod: JsonObject): JsonObject | undefined {
  const owners = getKey(objectAt(pod, 'metadata'), 'ownerReferences');
  const found = (isArray(owners) ? owners : []).filter(isObject);
  return found.find((owner) => getKey(owner, 'controller') === true) ?? found[0];
}

function eventOf(
  owner: JsonObject,
  namespace: string,
  { reason, message }: { readonly reason: string; readonly message: string },
  { now, reporter }: { readonly now: number; readonly reporter: string },
): JsonObject {
  const time = new Date(now).toISOString();
  const name = textAt(owner, 'name');
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { generateName: `${name}.`.slice(0, 50), namespace },
    involvedObject: {
      apiVersion: textAt(owner, 'apiVersion'),
      kind: textAt(owner, 'kind'),
      name,
      namespace,
      uid: textAt(owner, 'uid'),
    },
    reason,
    // The API server takes 1024 bytes.
    message: message.slice(0, 1000),
    type: 'Warning',
    source: { component: 'remora-webhook', host: reporter },
    firstTimestamp: time.replace(/\.\d+Z$/, 'Z'),
    lastTimestamp: time.replace(/\.\d+Z$/, 'Z'),
    count: 1,
  };
}
