import type { JsonObject } from '../../../core/json.ts';
import type { KubeApi } from '../../../platform/kube-api.ts';
import type { Log } from '../../../platform/log.ts';
import { objectAt, textAt } from './object-text.ts';

export type Leader = {
  readonly isLeader: () => boolean;
  /** Called with every change of leadership of this replica. */
  readonly onChange: (listener: (leading: boolean) => void) => void;
  /** Until `signal` aborts, when the Lease is given back. */
  readonly run: (signal: AbortSignal) => Promise<void>;
};

export type LeaseOptions = {
  readonly namespace: string;
  readonly name: string;
  readonly identity: string;
  /** Milliseconds. A holder that has not renewed for so long has lost the Lease. */
  readonly duration?: number;
  readonly clock?: () => number;
};

const DURATION = 15_000;

/**
 * One leader among the replicas, by a Lease that is changed by compare-and-swap. As client-go does it, a holder is taken
 * for dead when *we* have seen no renewal for the whole duration, so that clocks need not agree; and a leader that cannot
 * renew steps down before others may take over.
 */
export function electLeader(api: KubeApi, options: LeaseOptions, log: Log): Leader {
  const { namespace, name, identity, duration = DURATION, clock = Date.now } = options;
  const collection = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
  const path = `${collection}/${name}`;
  const timeout = duration / 3;
  const listeners: ((leading: boolean) => void)[] = [];
  let leading = false;
  let renewed = 0;
  let observed = { text: '', at: 0 };

  function become(now: boolean): void {
    if (leading === now) return;
    leading = now;
    log.info(now ? 'leading' : 'no longer leading', { lease: `${namespace}/${name}`, identity });
    for (const listener of listeners) listener(now);
  }

  /** One try to take or keep the Lease. */
  async function attempt(): Promise<void> {
    const found = await api.request({ method: 'GET', path, timeout });
    if (!found.ok && found.failure.status === 404) {
      const made = await api.request({ method: 'POST', path: collection, body: lease({}, 0), timeout });
      if (made.ok) return won();
      return lost();
    }
    if (!found.ok) return lost();
    const spec = objectAt(found.value, 'spec');
    const holder = textAt(spec, 'holderIdentity');
    const text = JSON.stringify(spec);
    if (text !== observed.text) observed = { text, at: clock() };
    if (holder !== '' && holder !== identity && clock() - observed.at < duration) return become(false);
    const transitions = Number(spec.leaseTransitions ?? 0) + (holder === identity ? 0 : 1);
    const kept = await api.request({ method: 'PUT', path, body: lease(found.value, transitions), timeout });
    if (kept.ok) won();
    else lost();
  }

  function won(): void {
    renewed = clock();
    become(true);
  }

  /** Not renewed: still the leader for as long as nobody else can have become one. */
  function lost(): void {
    if (leading && clock() - renewed > (duration * 2) / 3) become(false);
  }

  function lease(before: JsonObject, transitions: number, holder = identity): JsonObject {
    const now = new Date(clock()).toISOString().replace('Z', '000Z');
    const spec = objectAt(before, 'spec');
    const acquired = textAt(spec, 'holderIdentity') === identity ? textAt(spec, 'acquireTime') : '';
    return {
      ...before,
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { ...objectAt(before, 'metadata'), name, namespace },
      spec: {
        ...spec,
        holderIdentity: holder,
        leaseDurationSeconds: Math.ceil(duration / 1000),
        acquireTime: acquired === '' ? now : acquired,
        renewTime: now,
        leaseTransitions: transitions,
      },
    };
  }

  async function giveBack(): Promise<void> {
    const found = await api.request({ method: 'GET', path, timeout });
    if (!found.ok || textAt(objectAt(found.value, 'spec'), 'holderIdentity') !== identity) return;
    await api.request({
      method: 'PUT',
      path,
      body: lease(found.value, Number(objectAt(found.value, 'spec').leaseTransitions ?? 0), ''),
      timeout,
    });
  }

  return {
    // Not the flag alone: a request that hangs must not keep somebody leader whose Lease has passed to another.
    isLeader: () => leading && clock() - renewed < (duration * 2) / 3,
    onChange: (listener) => {
      listeners.push(listener);
    },
    run: async (signal) => {
      while (!signal.aborted) {
        await attempt();
        await pause(leading ? duration / 3 : duration / 5, signal);
      }
      const led = leading;
      become(false);
      if (led) await giveBack();
    },
  };
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener('abort', done);
  });
}
