import { judgeReadiness, LIVE_QUERY, NEVER_READY } from '../../core/agent/index.ts';
import type { AgentLog } from './agent-log.ts';
import type { ProxyAdmin } from './proxy-admin.ts';

export type ReadinessOptions = {
  readonly terminating: () => string | undefined;
  readonly hasProxy: boolean;
  /** Called once. */
  readonly onReady: () => void;
  readonly log: AgentLog;
};

/** Asks whether the pod is ready, and remembers; failures are told, success only when it follows a failure (agent.md 10). */
export function proxyReadiness(admin: ProxyAdmin, options: ReadinessOptions): () => Promise<string | undefined> {
  let memory = NEVER_READY;
  let last: string | undefined = 'not asked yet';
  return async () => {
    const terminating = options.terminating();
    const live =
      memory.live || terminating !== undefined || !options.hasProxy
        ? undefined
        : await admin.get(LIVE_QUERY, 3000).catch((error: Error) => ({ failed: error.message }));
    const facts = { config: undefined, live, terminating, others: [], controlPlane: false };
    const judged = options.hasProxy
      ? judgeReadiness(facts, memory)
      : { failure: terminating, memory: { configured: true, live: true } };
    memory = judged.memory;
    if (judged.failure !== undefined) options.log.info(`Envoy proxy is NOT ready: ${judged.failure}`);
    else if (last !== undefined) {
      options.log.info('Envoy proxy is ready');
      options.onReady();
    }
    last = judged.failure;
    return judged.failure;
  };
}
