import type { Direction } from '../telemetry/index.ts';

export type ClusterName = 'PassthroughCluster' | 'InboundPassthroughCluster' | 'BlackHoleCluster';

export type ConnectionFacts = {
  /** By the listener that took it. */
  readonly direction: Direction;
  /** Where the connection was going; undefined: the kernel knows of no redirection. */
  readonly port: number;
  /** The port of the listener itself. */
  readonly listenerPort: number;
  readonly registryOnly: boolean;
};

export type ConnectionRoute = { readonly cluster: ClusterName; readonly because: string };

/**
 * Where a connection belongs; the first rule with an opinion decides (agent.md 15.1, 15.2):
 *
 * | direction | its port is the listener's | registryOnly | cluster                   |
 * | --------- | -------------------------- | ------------ | ------------------------- |
 * | any       | yes                        | any          | BlackHoleCluster          |
 * | outbound  | no                         | yes          | BlackHoleCluster          |
 * | outbound  | no                         | no           | PassthroughCluster        |
 * | inbound   | no                         | any          | InboundPassthroughCluster |
 */
export function routeConnection(facts: ConnectionFacts): ConnectionRoute {
  if (facts.port === facts.listenerPort) {
    const because = `it was made to port ${facts.listenerPort} of the proxy itself, and passing it on would loop`;
    return { cluster: 'BlackHoleCluster', because };
  }
  if (facts.direction === 'inbound') {
    return { cluster: 'InboundPassthroughCluster', because: 'what the pod is sent goes to the application' };
  }
  return facts.registryOnly
    ? { cluster: 'BlackHoleCluster', because: 'no service is known, and the outbound policy is REGISTRY_ONLY' }
    : { cluster: 'PassthroughCluster', because: 'no service is known, and the outbound policy is ALLOW_ANY' };
}
