import { describe, expect, it } from 'vitest';
import { DEFAULT_CAPTURE_CONFIG } from './capture-config.ts';
import type { Packet } from './packet.ts';
import { planCapture } from './plan.ts';
import type { CaptureRules } from './rules.ts';
import { simulatePacket } from './simulate.ts';
import { splitOwnerGroups } from './split-groups.ts';

function plan(count: number): CaptureRules {
  const ownerGroupsInclude = Array.from({ length: count }, (_, i) => 100 + i).join(',');
  const result = planCapture({ ...DEFAULT_CAPTURE_CONFIG, ownerGroupsInclude, outboundIpRangesInclude: '*' });
  if (!result.ok) throw new Error('no plan');
  return result.value;
}

describe('more owner groups than a rule takes', () => {
  it.each([
    ['iptables', 49],
    ['nft', 63],
  ] as const)('%s takes %i in a rule', (backEnd, most) => {
    expect(splitOwnerGroups(plan(most), backEnd)).toEqual(plan(most));
    const split = splitOwnerGroups(plan(most + 1), backEnd).rules;
    const chain = split.filter((rule) => rule.chain === 'ISTIO_OWNER_GROUPS');
    expect(chain).toHaveLength(most + 2);
    expect(chain.at(-1)).toMatchObject({ matches: [], target: { kind: 'accept' } });
    expect(split.every((rule) => rule.matches.length <= most)).toBe(true);
  });
  it('the same packets are captured', () => {
    const whole = plan(64);
    const split = splitOwnerGroups(whole, 'iptables');
    for (const gid of [0, 99, 100, 130, 163, 164, 1337]) {
      const packet: Packet = {
        family: 4,
        protocol: 'tcp',
        destination: '10.0.0.5',
        port: 80,
        from: { kind: 'process', uid: 1000, gid },
      };
      const network = {
        interfaces: [{ name: 'eth0', addresses: ['192.0.2.10'] }],
        defaultInterface: 'eth0',
        routes: [],
      };
      const [one, other] = [whole, split].map((rules) => simulatePacket(rules, packet, network).disposition);
      expect(other, `gid ${gid}`).toEqual(one);
      expect(one?.kind).toBe(gid >= 100 && gid < 164 ? 'delivered' : 'sent');
    }
  });
});
