import { describe, expect, it } from 'vitest';
import { foreignLeftovers } from './leftovers.ts';

describe('leftovers of another configuration', () => {
  it('jumps first, then every chain of ours; what is of others stays', () => {
    const saved = `*nat
:PREROUTING ACCEPT [0:0]
:ISTIO_INBOUND - [0:0]
:DOCKER - [0:0]
-A PREROUTING -p tcp -j ISTIO_INBOUND
-A PREROUTING -j DOCKER
-A ISTIO_INBOUND -p tcp -j ISTIO_IN_REDIRECT
COMMIT
*mangle
:ISTIO_DIVERT - [0:0]
-A OUTPUT -p tcp -m mark --mark 0x539 -j RETURN
COMMIT
`;
    expect(foreignLeftovers(saved).map((command) => command.join(' '))).toEqual([
      '-t nat -D PREROUTING -p tcp -j ISTIO_INBOUND',
      '-t nat -F ISTIO_INBOUND',
      '-t mangle -F ISTIO_DIVERT',
      '-t nat -X ISTIO_INBOUND',
      '-t mangle -X ISTIO_DIVERT',
    ]);
    expect(foreignLeftovers('')).toEqual([]);
  });
});
