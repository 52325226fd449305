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
  /** It was going to an address of the pod itself. */
  readonly toOwnAddress: boolean;
};

export type ConnectionRoute = {
  readonly cluster: ClusterName;
  /** Dial the same port of loopback in place of where it was going. */
  readonly toLoopback: boolean;
  readonly because: string;
};

/**
 * Where a connection belongs; the first rule with an opinion decides (agent.md 15.1, 15.2):
 *
 * | direction | its port is the listener's | own address | registryOnly | cluster                   | to       |
 * | --------- | -------------------------- | ----------- | ------------ | ------------------------- | -------- |
 * | any       | yes                        | any         | any          | BlackHoleCluster          |          |
 * | inbound   | no                         | any         | any          | InboundPassthroughCluster | as it is |
 * | outbound  | no                         | yes         | any          | InboundPassthroughCluster | loopback |
 * | outbound  | no                         | no          | yes          | BlackHoleCluster          |          |
 * | outbound  | no                         | no          | no           | PassthroughCluster        | as it is |
 *
 * The third row is for rules of 1.0, which bring both directions to one port: passed on to the pod's address it would be
 * captured again, for ever.
 */
export function routeConnection(facts: ConnectionFacts): ConnectionRoute {
  if (facts.port === facts.listenerPort) {
    const because = `it was made to port ${facts.listenerPort} of the proxy itself, and passing it on would loop`;
    return { cluster: 'BlackHoleCluster', toLoopback: false, because };
  }
  if (facts.direction === 'inbound') {
    const because = 'what the pod is sent goes to the application';
    return { cluster: 'InboundPassthroughCluster', toLoopback: false, because };
  }
  if (facts.toOwnAddress) {
    const because = 'it is meant for this pod, and came by the outbound port, as rules of 1.0 bring it';
    return { cluster: 'InboundPassthroughCluster', toLoopback: true, because };
  }
  return facts.registryOnly
    ? {
        cluster: 'BlackHoleCluster',
        toLoopback: false,
        because: 'no service is known, and the outbound policy is REGISTRY_ONLY',
      }
    : {
        cluster: 'PassthroughCluster',
        toLoopback: false,
        because: 'no service is known, and the outbound policy is ALLOW_ANY',
      };
}
