import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { electLeader, type Leader } from '../../src/apps/webhook/cluster/leader.ts';
import { objectAt, textAt } from '../../src/apps/webhook/cluster/object-text.ts';
import type { KubeApi } from '../../src/platform/kube-api.ts';
import type { Log } from '../../src/platform/log.ts';
import { type FakeApi, fakeApi, UNREACHABLE, until } from './fake-api.ts';

const PATH = '/apis/coordination.k8s.io/v1/namespaces/demo/leases/remora-webhook';
/** Milliseconds; long enough for a busy machine to renew in time. */
const DURATION = 600;
const SILENT: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

type Replica = { readonly leader: Leader; readonly changes: boolean[]; readonly stop: () => Promise<void> };

let server: FakeApi;
let replicas: Replica[];

beforeEach(() => {
  server = fakeApi();
  replicas = [];
});

afterEach(async () => {
  await Promise.all(replicas.map(({ stop }) => stop()));
});

function replica(identity: string, api: KubeApi = server.api): Replica {
  const options = { namespace: 'demo', name: 'remora-webhook', identity, duration: DURATION };
  const leader = electLeader(api, options, SILENT);
  const changes: boolean[] = [];
  leader.onChange((leading) => changes.push(leading));
  const over = new AbortController();
  const running = leader.run(over.signal);
  const stop = (): Promise<void> => {
    over.abort();
    return running;
  };
  const made = { leader, changes, stop };
  replicas.push(made);
  return made;
}

const holder = (): string => textAt(server.get(PATH) ?? {}, 'spec', 'holderIdentity');
const leading = (): number => replicas.filter(({ leader }) => leader.isLeader()).length;

describe('the leader', () => {
  it('is one of the replicas, by a Lease that says who', async () => {
    for (const name of ['a', 'b', 'c']) replica(name);
    await until('a leader', () => leading() === 1);
    for (let i = 0; i < 40; i++) {
      await new Promise((next) => setTimeout(next, 20));
      expect(leading()).toBe(1);
    }
    const spec = objectAt(server.get(PATH) ?? {}, 'spec');
    expect(['a', 'b', 'c']).toContain(spec.holderIdentity);
    expect(spec.leaseDurationSeconds).toBe(1);
    // client-go's MicroTime.
    expect(spec.renewTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  });

  it('gives the Lease back when it ends, and another leads at once', async () => {
    const a = replica('a');
    await until('a leads', () => a.leader.isLeader());
    const b = replica('b');
    const started = Date.now();
    await a.stop();
    await until('b leads', () => b.leader.isLeader());
    expect(Date.now() - started).toBeLessThan(DURATION);
    expect(holder()).toBe('b');
    expect(a.changes).toEqual([true, false]);
    expect(objectAt(server.get(PATH) ?? {}, 'spec').leaseTransitions).toBeGreaterThan(0);
  });

  it('that died without a word is followed after the duration, counted from when it was last seen', async () => {
    server.put(PATH, {
      metadata: { namespace: 'demo', name: 'remora-webhook' },
      // A clock that is an hour ahead of ours.
      spec: { holderIdentity: 'dead', renewTime: new Date(Date.now() + 3_600_000).toISOString(), leaseTransitions: 7 },
    });
    const started = Date.now();
    const a = replica('a');
    await until('a leads', () => a.leader.isLeader());
    expect(Date.now() - started).toBeGreaterThanOrEqual(DURATION);
    expect(objectAt(server.get(PATH) ?? {}, 'spec').leaseTransitions).toBe(8);
  });

  it('that cannot renew steps down before another may take over', async () => {
    let cutOff = false;
    const api: KubeApi = {
      ...server.api,
      request: (request) =>
        cutOff ? Promise.resolve({ ok: false, failure: UNREACHABLE }) : server.api.request(request),
    };
    const a = replica('a', api);
    await until('a leads', () => a.leader.isLeader());
    const b = replica('b');
    cutOff = true;
    let both = false;
    await until('b leads', () => {
      both ||= a.leader.isLeader() && b.leader.isLeader();
      return b.leader.isLeader();
    });
    expect(both).toBe(false);
    expect(a.leader.isLeader()).toBe(false);
    cutOff = false;
  });

  it('that was overtaken in a write has lost', async () => {
    const a = replica('a');
    await until('a leads', () => a.leader.isLeader());
    server.put(PATH, { ...server.get(PATH), spec: { holderIdentity: 'somebody', renewTime: 'now' } });
    await until('a does not lead', () => !a.leader.isLeader());
    expect(holder()).toBe('somebody');
  });
});
