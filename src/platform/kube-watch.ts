/**
 * A list of the API server that is kept up to date: listed, then watched from there on, and listed again when the server
 * has forgotten where we were, or has been silent for too long (a connection that died without a word looks just so).
 */
import type { JsonObject, JsonValue } from '../core/json.ts';
import { getKey, isArray, isObject } from '../core/json.ts';
import type { ApiFailure, KubeApi } from './kube-api.ts';

export type WatchTarget = {
  /** Of a collection: `/api/v1/namespaces/x/configmaps`. */
  readonly path: string;
  /** `fieldSelector`, `labelSelector`. */
  readonly query?: Readonly<Record<string, string>>;
  /** What is kept of an object; all of it where this is left out. */
  readonly reduce?: (object: JsonObject) => JsonObject;
};

export type WatchListener = {
  /** All objects, by `namespace/name` or `name`: after the first list, and after every change. */
  readonly changed: (objects: ReadonlyMap<string, JsonObject>) => void;
  readonly failed: (failure: ApiFailure) => void;
};

/** The server ends a watch after this time (seconds); bookmarks come every minute, so that longer silence is a dead connection. */
const WATCH_SECONDS = 290;
const IDLE_TIMEOUT = 100_000;
const BACK_OFF = { first: 500, longest: 30_000, lasting: 5_000 };

/** Runs until `signal` aborts. */
export async function watchObjects(
  api: KubeApi,
  target: WatchTarget,
  listener: WatchListener,
  signal: AbortSignal,
): Promise<void> {
  let pause = BACK_OFF.first;
  while (!signal.aborted) {
    const listed = await list(api, target, signal);
    if (signal.aborted) return;
    if (!listed.ok) {
      listener.failed(listed.failure);
      await wait(pause, signal);
      pause = Math.min(pause * 2, BACK_OFF.longest);
      continue;
    }
    listener.changed(listed.objects);
    const started = Date.now();
    const ended = await follow(api, target, listed, listener, signal);
    if (signal.aborted) return;
    if (ended !== undefined) listener.failed(ended);
    // A list that works says nothing of a watch that does not: only one that has lasted ends the back-off.
    pause = Date.now() - started > BACK_OFF.lasting ? BACK_OFF.first : Math.min(pause * 2, BACK_OFF.longest);
    await wait(pause, signal);
  }
}

type Listed = { readonly ok: true; readonly objects: Map<string, JsonObject>; readonly version: string };

async function list(
  api: KubeApi,
  { path, query, reduce = whole }: WatchTarget,
  signal: AbortSignal,
): Promise<Listed | { readonly ok: false; readonly failure: ApiFailure }> {
  const answer = await api.request({ method: 'GET', path, query, signal });
  if (!answer.ok) return answer;
  const items = getKey(answer.value, 'items');
  const objects = new Map<string, JsonObject>();
  for (const item of isArray(items) ? items : []) if (isObject(item)) objects.set(keyOf(item), reduce(item));
  return { ok: true, objects, version: textAt(answer.value, 'metadata', 'resourceVersion') };
}

/** Watches until the list is out of date (undefined) or a failure. A watch that the server ends in order is taken up again. */
async function follow(
  api: KubeApi,
  { path, query, reduce = whole }: WatchTarget,
  { objects, version }: Listed,
  listener: WatchListener,
  signal: AbortSignal,
): Promise<ApiFailure | undefined> {
  let at = version;
  while (!signal.aborted) {
    let outdated = false;
    const started = Date.now();
    const ended = await api.stream(
      {
        path,
        query: {
          ...query,
          watch: 'true',
          allowWatchBookmarks: 'true',
          resourceVersion: at,
          timeoutSeconds: String(WATCH_SECONDS),
        },
        signal,
        idleTimeout: IDLE_TIMEOUT,
      },
      (line) => {
        const event = parse(line);
        const object = event === undefined ? undefined : getKey(event, 'object');
        if (event === undefined || !isObject(object)) return;
        const type = getKey(event, 'type');
        if (type === 'ERROR') {
          outdated = true;
          return;
        }
        at = textAt(object, 'metadata', 'resourceVersion') || at;
        if (type === 'BOOKMARK') return;
        if (type === 'DELETED') objects.delete(keyOf(object));
        else objects.set(keyOf(object), reduce(object));
        listener.changed(new Map(objects));
      },
    );
    if (outdated) return undefined;
    if (!ended.ok) return ended.failure.status === 410 || ended.failure.reason === 'IDLE' ? undefined : ended.failure;
    // Something between us and the server that ends every watch at once must not be asked without a pause.
    if (Date.now() - started < BACK_OFF.first) await wait(BACK_OFF.first, signal);
  }
  return undefined;
}

function whole(object: JsonObject): JsonObject {
  return object;
}

function keyOf(object: JsonObject): string {
  const namespace = textAt(object, 'metadata', 'namespace');
  const name = textAt(object, 'metadata', 'name');
  return namespace === '' ? name : `${namespace}/${name}`;
}

function parse(line: string): JsonObject | undefined {
  try {
    const value: JsonValue = JSON.parse(line);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function textAt(object: JsonObject, ...path: readonly string[]): string {
  let value: JsonValue | undefined = object;
  for (const key of path) value = isObject(value) ? getKey(value, key) : undefined;
  return typeof value === 'string' ? value : '';
}

/** Half to one and a half times as long, so that replicas which lost the server together do not come back together. */
function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds * (0.5 + Math.random()));
    signal.addEventListener('abort', done);
  });
}
