import { setTimeout as wait } from 'node:timers/promises';
import { activeConnections, drainStep } from '../../core/agent/index.ts';
import { callLocal } from '../../platform/local-http.ts';

export type ProxyAdmin = {
  /** Fails where the proxy does not answer with 200 in time. */
  readonly get: (path: string, timeoutMilliseconds: number) => Promise<string>;
  readonly post: (path: string) => Promise<string>;
};

/** The proxy's admin port, which Envoy and the embedded engine have alike (agent.md 9.1). */
export function proxyAdmin(host: string, port: number): ProxyAdmin {
  const ask = async (method: string, path: string, timeoutMilliseconds: number): Promise<string> => {
    const { status, body } = await callLocal({ host, port, method, path, timeoutMilliseconds });
    if (status !== 200) throw new Error(`status ${status}`);
    return body;
  };
  return {
    get: (path, timeoutMilliseconds) => ask('GET', path, timeoutMilliseconds),
    post: (path) => ask('POST', path, 5000),
  };
}

/** Drains inbound listeners; a proxy that is no sidecar drains all of them. `stay`: they stay open afterwards. */
export function drainPath(nodeType: string, stay: boolean): string {
  return `/drain_listeners?${nodeType === 'sidecar' ? 'inboundonly&' : ''}graceful${stay ? '&skip_exit' : ''}`;
}

export type DrainWait = {
  readonly admin: ProxyAdmin;
  readonly ownPorts: readonly number[];
  readonly exitOnZero: boolean;
  readonly minimumMilliseconds: number;
  readonly terminationMilliseconds: number;
  readonly say: (message: string) => void;
};

/** Waits as long as the draining lasts (agent.md 9, steps 4 and 5). */
export async function waitForDrain(drain: DrainWait): Promise<void> {
  if (!drain.exitOnZero) {
    drain.say(`draining for ${drain.terminationMilliseconds / 1000}s (terminationDrainDuration)`);
    return pause(drain.terminationMilliseconds);
  }
  drain.say(`draining for at least ${drain.minimumMilliseconds / 1000}s, and until no connection is left`);
  await pause(drain.minimumMilliseconds);
  for (let failures = 0; ; ) {
    const connections = await drain.admin.get('/stats?usedonly&filter=downstream_cx_active$', 2000).then(
      (stats) => activeConnections(stats, drain.ownPorts),
      () => 'failed' as const,
    );
    failures = connections === 'failed' ? failures + 1 : 0;
    if (drainStep(connections, failures) === 'stop') {
      drain.say(connections === 0 ? 'no connection is left' : 'the proxy does not tell how many connections are left');
      return;
    }
    if (connections !== 'failed') drain.say(`connections left: ${connections}`);
    await pause(1000);
  }
}

/** Does not keep the process alive: a proxy that ends is what ends the agent. */
function pause(milliseconds: number): Promise<void> {
  return wait(milliseconds, undefined, { ref: false });
}
