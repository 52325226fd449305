/** An API server in memory: objects by path, versions, watches and the failures that tests ask for. */
import { isObject, type JsonObject, type JsonValue } from '../../src/core/json.ts';
import type { ApiFailure, ApiOutcome, KubeApi } from '../../src/platform/kube-api.ts';

type Request = Parameters<KubeApi['request']>[0];

export type FakeApi = {
  readonly api: KubeApi;
  readonly requests: readonly Request[];
  readonly get: (path: string) => JsonObject | undefined;
  /** As somebody else: creates or changes, and watches see it. */
  readonly put: (path: string, object: JsonObject) => void;
  readonly remove: (path: string) => void;
  /** The next requests that fit fail so. */
  readonly failNext: (count: number, failure: ApiFailure, fits?: (request: Request) => boolean) => void;
  /** Ends all watches: in order, with a failure, or with an event of type ERROR. */
  readonly endWatches: (how: ApiFailure | 'in order' | 'outdated') => void;
  readonly watches: () => number;
};

export const UNREACHABLE: ApiFailure = { kind: 'unreachable', status: 0, reason: 'ECONNREFUSED', message: 'refused' };
export const FORBIDDEN: ApiFailure = { kind: 'refused', status: 403, reason: 'Forbidden', message: 'no' };

type Watch = {
  readonly path: string;
  readonly name: string | undefined;
  readonly onLine: (line: string) => void;
  readonly end: (outcome: ApiOutcome<undefined>) => void;
};

export function fakeApi(): FakeApi {
  const objects = new Map<string, JsonObject>();
  const watches = new Set<Watch>();
  const requests: Request[] = [];
  let version = 1;
  let failing:
    | { count: number; readonly failure: ApiFailure; readonly fits: (request: Request) => boolean }
    | undefined;

  const store = (path: string, object: JsonObject): JsonObject => {
    version += 1;
    const type = objects.has(path) ? 'MODIFIED' : 'ADDED';
    const stored = { ...object, metadata: { ...metadataOf(object), resourceVersion: String(version) } };
    objects.set(path, stored);
    tell(path, type, stored);
    return stored;
  };
  const tell = (path: string, type: string, object: JsonObject): void => {
    for (const watch of watches) {
      const name = path.slice(path.lastIndexOf('/') + 1);
      if (collectionOf(path) !== watch.path || (watch.name ?? name) !== name) continue;
      setImmediate(() => watch.onLine(JSON.stringify({ type, object })));
    }
  };

  function answer(request: Request): ApiOutcome<JsonObject> {
    if (failing !== undefined && failing.count > 0 && failing.fits(request)) {
      failing.count -= 1;
      return { ok: false, failure: failing.failure };
    }
    const { method, path } = request;
    const body = isObject(request.body) ? request.body : {};
    const found = objects.get(path);
    switch (method) {
      case 'GET':
        return found === undefined && !isCollection(path) ? notFound(path) : done(found ?? list(path, request));
      case 'POST': {
        const at = `${path}/${nameOf(body)}`;
        return objects.has(at) ? conflict('AlreadyExists') : done(store(at, body));
      }
      case 'PUT': {
        if (found === undefined) return notFound(path);
        const wanted = metadataOf(body).resourceVersion;
        return wanted !== metadataOf(found).resourceVersion ? conflict('Conflict') : done(store(path, body));
      }
      case 'PATCH':
        return found === undefined ? notFound(path) : done(store(path, merged(found, body) as JsonObject));
      case 'DELETE':
        remove(path);
        return done({});
    }
  }

  function list(path: string, { query }: Request): JsonObject {
    const name = query?.fieldSelector?.split('=')[1];
    const items = [...objects].flatMap(([at, object]) =>
      collectionOf(at) === path && (name === undefined || nameOf(object) === name) ? [object] : [],
    );
    return { items, metadata: { resourceVersion: String(version) } };
  }

  function remove(path: string): void {
    const found = objects.get(path);
    objects.delete(path);
    if (found !== undefined) tell(path, 'DELETED', found);
  }

  return {
    requests,
    get: (path) => objects.get(path),
    put: (path, object) => void store(path, object),
    remove,
    failNext: (count, failure, fits = () => true) => {
      failing = { count, failure, fits };
    },
    endWatches: (how) => {
      for (const watch of watches) {
        if (how === 'outdated') watch.onLine(JSON.stringify({ type: 'ERROR', object: { code: 410 } }));
        watch.end(typeof how === 'string' ? ENDED : { ok: false, failure: how });
      }
    },
    watches: () => watches.size,
    api: {
      server: 'https://fake',
      context: 'fake',
      namespace: 'default',
      request: async (request) => {
        requests.push(request);
        await new Promise((next) => setImmediate(next));
        return answer(request);
      },
      stream: ({ path, query, signal }, onLine) =>
        new Promise((resolve) => {
          const watch: Watch = {
            path,
            name: query?.fieldSelector?.split('=')[1],
            onLine,
            end: (outcome) => {
              watches.delete(watch);
              resolve(outcome);
            },
          };
          watches.add(watch);
          signal?.addEventListener('abort', () => watch.end({ ok: false, failure: UNREACHABLE }));
        }),
      close: () => {},
    },
  };
}

const ENDED: ApiOutcome<undefined> = { ok: true, value: undefined, warnings: [] };

function done(value: JsonObject): ApiOutcome<JsonObject> {
  return { ok: true, value: structuredClone(value), warnings: [] };
}

function notFound(path: string): ApiOutcome<JsonObject> {
  return { ok: false, failure: { kind: 'refused', status: 404, reason: 'NotFound', message: `${path} not found` } };
}

function conflict(reason: string): ApiOutcome<JsonObject> {
  return { ok: false, failure: { kind: 'refused', status: 409, reason, message: reason } };
}

function collectionOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

/** Kinds are plural, and no object of a test is. */
function isCollection(path: string): boolean {
  return path.endsWith('s');
}

function metadataOf(object: JsonObject): JsonObject {
  return isObject(object.metadata) ? object.metadata : {};
}

function nameOf(object: JsonObject): string {
  return String(metadataOf(object).name);
}

/** As server-side apply does it with fields that we set: objects by key, lists of named entries by name. */
function merged(old: JsonValue, patch: JsonValue): JsonValue {
  if (Array.isArray(old) && Array.isArray(patch)) {
    return old.map((entry: JsonObject) => {
      const match = patch.find((other: JsonObject) => other.name === entry.name);
      return match === undefined ? entry : merged(entry, match);
    });
  }
  if (!isObject(old) || !isObject(patch)) return patch;
  return {
    ...old,
    ...Object.fromEntries(
      Object.entries(patch).map(([key, value]) => [key, key in old ? merged(old[key] ?? null, value) : value]),
    ),
  };
}

export async function until(what: string, holds: () => boolean): Promise<void> {
  const ends = Date.now() + 8_000;
  while (!holds()) {
    if (Date.now() > ends) throw new Error(`it did not come to that: ${what}`);
    await new Promise((next) => setTimeout(next, 5));
  }
}
