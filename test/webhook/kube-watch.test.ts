import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ApiFailure } from '../../src/platform/kube-api.ts';
import { watchObjects } from '../../src/platform/kube-watch.ts';
import { type FakeApi, FORBIDDEN, fakeApi, UNREACHABLE, until } from './fake-api.ts';

const PATH = '/api/v1/namespaces/demo/configmaps';
let server: FakeApi;
let over: AbortController;
let running: Promise<void>;
let seen: string[][];
let failures: ApiFailure[];

const put = (name: string): void => server.put(`${PATH}/${name}`, { metadata: { namespace: 'demo', name } });
const names = (): readonly string[] | undefined => seen.at(-1);
const lists = (): number => server.requests.filter(({ method, path }) => method === 'GET' && path === PATH).length;

beforeEach(() => {
  server = fakeApi();
  over = new AbortController();
  seen = [];
  failures = [];
});

afterEach(async () => {
  over.abort();
  await running;
});

function start(query?: Readonly<Record<string, string>>): void {
  running = watchObjects(
    server.api,
    { path: PATH, ...(query === undefined ? {} : { query }) },
    { changed: (objects) => seen.push([...objects.keys()]), failed: (failure) => failures.push(failure) },
    over.signal,
  );
}

describe('a watched list', () => {
  it('has what is there, what comes and what goes', async () => {
    put('a');
    start();
    await until('the first list', () => server.watches() === 1);
    expect(seen).toEqual([['demo/a']]);
    put('b');
    await until('b', () => names()?.length === 2);
    server.remove(`${PATH}/a`);
    await until('without a', () => names()?.join() === 'demo/b');
    expect(failures).toEqual([]);
  });

  it('asks for one name where one is wanted', async () => {
    put('a');
    put('b');
    start({ fieldSelector: 'metadata.name=b' });
    await until('the watch', () => server.watches() === 1);
    put('a');
    put('b');
    await until('b again', () => seen.length === 2);
    expect(seen).toEqual([['demo/b'], ['demo/b']]);
  });

  it('goes on from where it was when the server ends the watch in order, and not without a pause', async () => {
    start();
    await until('the watch', () => server.watches() === 1);
    const started = Date.now();
    server.endWatches('in order');
    await until('the next watch', () => server.watches() === 1);
    expect(Date.now() - started).toBeGreaterThanOrEqual(240);
    expect([lists(), failures]).toEqual([1, []]);
    put('a');
    await until('a', () => names()?.join() === 'demo/a');
  });

  it('is listed anew when the server has forgotten where we were, which nobody has to know', async () => {
    for (const how of ['outdated', { kind: 'refused', status: 410, reason: 'Expired', message: 'too old' }] as const) {
      if (how === 'outdated') start();
      await until('the watch', () => server.watches() === 1);
      const before = lists();
      server.endWatches(how);
      put(`unseen-${before}`);
      await until('what came in between', () => names()?.includes(`demo/unseen-${before}`) === true);
      expect(lists()).toBe(before + 1);
    }
    expect(failures).toEqual([]);
  });

  it('is listed anew after a silence, since a dead connection looks just so', async () => {
    start();
    await until('the watch', () => server.watches() === 1);
    server.endWatches({ ...UNREACHABLE, reason: 'IDLE' });
    await until('the next list', () => lists() === 2);
    expect(failures).toEqual([]);
  });

  it('comes back after failures, each of which is told', async () => {
    server.failNext(2, FORBIDDEN);
    start();
    await until('the watch', () => server.watches() === 1);
    server.endWatches(UNREACHABLE);
    await until('the failure of the watch', () => failures.length === 3);
    put('a');
    await until('a', () => names()?.join() === 'demo/a');
    expect(failures).toEqual([FORBIDDEN, FORBIDDEN, UNREACHABLE]);
  });

  it('ends at once when it is told to, also in a pause', async () => {
    server.failNext(100, UNREACHABLE);
    start();
    await until('a failure', () => failures.length === 1);
    const started = Date.now();
    over.abort();
    await running;
    expect(Date.now() - started).toBeLessThan(100);
  });
});
