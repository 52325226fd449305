/** Pods created one after another, as fast as the API server takes them, and what became of each. */
import { type Cluster, pause } from './api-server.ts';
import { createPod, hasSidecar, pod } from './injector.ts';

export type Load = {
  /** Ends it and gives the counts. */
  readonly stop: () => Promise<Counts>;
  readonly counts: () => Counts;
};

export type Counts = {
  readonly created: number;
  readonly injected: number;
  /** Created without a sidecar. */
  readonly bare: number;
  /** Not created, after all tries. */
  readonly failed: number;
  /** Not created at the first try, and created at a later one. */
  readonly retried: number;
  readonly messages: readonly string[];
};

/** `retries`: how often a client tries again what was refused, as controllers do. */
export function startLoad(cluster: Cluster, namespace: string, { workers = 3, retries = 0 } = {}): Load {
  const counts = { created: 0, injected: 0, bare: 0, failed: 0, retried: 0, messages: [] as string[] };
  let going = true;
  const one = async (): Promise<void> => {
    for (let attempt = 0; ; attempt++) {
      const made = await createPod(cluster, namespace, pod());
      if (made.ok) {
        counts.created += 1;
        if (hasSidecar(made.value)) counts.injected += 1;
        else counts.bare += 1;
        if (attempt > 0) counts.retried += 1;
        return;
      }
      if (attempt >= retries) {
        counts.failed += 1;
        if (counts.messages.length < 5) counts.messages.push(made.failure.message.slice(0, 300));
        return;
      }
      await pause(250);
    }
  };
  const work = Array.from({ length: workers }, async () => {
    while (going) await one();
  });
  return {
    counts: () => ({ ...counts }),
    stop: async () => {
      going = false;
      await Promise.all(work);
      return counts;
    },
  };
}

export function countsText({ created, injected, bare, failed, retried }: Counts): string {
  return `${created} created, ${injected} injected, ${bare} without, ${retried} at a second try, ${failed} failed`;
}
