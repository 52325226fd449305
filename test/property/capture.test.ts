/** What holds for every capture configuration and every packet. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type CaptureConfig,
  type CaptureRules,
  captureConfigFromJson,
  captureConfigToJson,
  checkCaptureConfig,
  DEFAULT_CAPTURE_CONFIG,
  iptablesLines,
  type Packet,
  parseIptablesSave,
  parseNftRuleset,
  planCapture,
  recogniseRules,
  renderIptablesRestore,
  simulatePacket,
  splitOwnerGroups,
} from '../../src/core/capture/index.ts';
import type { JsonValue } from '../../src/core/json.ts';

const RUNS = { numRuns: 400 };

const port = fc.integer({ min: 0, max: 65535 }).map(String);
const id = fc.integer({ min: 0, max: 3000 }).map(String);
const name = fc.constantFrom('eth0', 'lo', 'veth1', 'br-x.1');
const v4 = fc.ipV4();
const v6 = fc.ipV6();
const cidr = fc.oneof(
  fc.tuple(v4, fc.integer({ min: 0, max: 32 })).map(([ip, bits]) => `${ip}/${bits}`),
  fc.tuple(v6, fc.integer({ min: 0, max: 128 })).map(([ip, bits]) => `${ip}/${bits}`),
);
const list = (item: fc.Arbitrary<string>, maxLength = 4): fc.Arbitrary<string> =>
  fc.uniqueArray(item, { maxLength }).map((items) => items.join(','));

const config: fc.Arbitrary<CaptureConfig> = fc
  .record({
    proxyPort: port,
    inboundCapturePort: port,
    inboundTunnelPort: port,
    proxyUid: list(id),
    proxyGid: list(id),
    inboundInterceptionMode: fc.constantFrom('', 'REDIRECT', 'TPROXY'),
    inboundTproxyMark: fc.integer({ min: 1, max: 0xffff }).map(String),
    inboundPortsInclude: fc.oneof(fc.constant('*'), list(port)),
    inboundPortsExclude: list(port),
    ownerGroupsInclude: fc.oneof(fc.constant('*'), list(id, 64)),
    ownerGroupsExclude: list(id),
    outboundPortsInclude: list(port),
    outboundPortsExclude: list(port),
    outboundIpRangesInclude: fc.oneof(fc.constant('*'), list(cidr)),
    outboundIpRangesExclude: list(cidr),
    rerouteVirtualInterfaces: list(name),
    excludeInterfaces: list(name),
    redirectDns: fc.boolean(),
    captureAllDns: fc.boolean(),
    dropInvalid: fc.boolean(),
    enableIpv6: fc.boolean(),
    nativeNftables: fc.boolean(),
    dnsServersV4: fc.uniqueArray(v4, { maxLength: 2 }),
    dnsServersV6: fc.uniqueArray(v6, { maxLength: 2 }),
    hostIpv4LoopbackCidr: fc.constantFrom('127.0.0.1/32', '127.0.0.1/8'),
  })
  .map((changes) => ({ ...DEFAULT_CAPTURE_CONFIG, ...changes }));

const packet: fc.Arbitrary<Packet> = fc
  .record({
    family: fc.constantFrom(4 as const, 6 as const),
    protocol: fc.constantFrom('tcp' as const, 'udp' as const),
    port: fc.integer({ min: 1, max: 65535 }),
    mark: fc.option(fc.integer({ min: 0, max: 2 ** 32 - 1 }), { nil: undefined }),
    state: fc.constantFrom('NEW' as const, 'ESTABLISHED' as const, 'INVALID' as const),
    from: fc.oneof(
      fc.record({ kind: fc.constant('process' as const), uid: fc.nat(3000), gid: fc.nat(3000) }),
      fc.record({ kind: fc.constant('wire' as const), interface: name }),
    ),
    addresses: fc.tuple(v4, v6, v4, v6),
    known: fc.boolean(),
  })
  .map(({ addresses: [to4, to6, from4, from6], known, ...rest }) => ({
    ...rest,
    destination: known ? (rest.family === 4 ? '192.0.2.10' : '2001:db8::10') : rest.family === 4 ? to4 : to6,
    source: rest.from.kind === 'wire' ? (rest.family === 4 ? from4 : from6) : undefined,
  }));

function planOf(value: CaptureConfig): CaptureRules {
  const plan = planCapture(value);
  if (!plan.ok) throw new Error(plan.problems.map(({ message }) => message).join('; '));
  return plan.value;
}

function networkOf(rules: CaptureRules) {
  const interfaces = [{ name: 'eth0', addresses: ['192.0.2.10', '2001:db8::10'] }];
  return { interfaces, defaultInterface: 'eth0', routes: rules.routes };
}

describe('capture', () => {
  it('what is rendered for iptables is read back, every rule of it and nothing else', () => {
    fc.assert(
      fc.property(config, (value) => {
        const plan = splitOwnerGroups(planOf({ ...value, nativeNftables: false }), 'iptables');
        for (const family of plan.families) {
          const saved = parseIptablesSave(renderIptablesRestore(plan, family), family);
          if (!saved.ok) throw new Error(saved.problems[0]?.message);
          const { foreign, missing } = recogniseRules(saved.value.rules, plan, family);
          expect(foreign).toEqual([]);
          expect(missing).toEqual([]);
          expect(iptablesLines({ ...plan, rules: saved.value.rules }, family)).toHaveLength(saved.value.rules.length);
        }
      }),
      RUNS,
    );
  });

  it('no packet makes the simulator throw, and every path comes to an end', () => {
    fc.assert(
      fc.property(config, packet, (value, sent) => {
        const plan = planOf(value);
        const path = simulatePacket(plan, sent, networkOf(plan));
        expect(path.hops.length).toBeGreaterThan(0);
        for (const hop of path.hops) expect(hop.summary).not.toMatch(/undefined|NaN/);
        if (path.disposition.kind === 'delivered') expect(path.reply).toBeDefined();
      }),
      RUNS,
    );
  });

  it('splitting owner groups changes no path', () => {
    fc.assert(
      fc.property(config, packet, (value, sent) => {
        const plan = planOf(value);
        for (const backEnd of ['iptables', 'nft'] as const) {
          const split = splitOwnerGroups(plan, backEnd);
          const [one, other] = [plan, split].map((rules) => simulatePacket(rules, sent, networkOf(rules)).disposition);
          expect(other).toEqual(one);
        }
      }),
      RUNS,
    );
  });

  it('the JSON form of a configuration is read back', () => {
    fc.assert(
      fc.property(config, (value) => {
        expect(checkCaptureConfig(value)).toEqual([]);
        const read = captureConfigFromJson(captureConfigToJson(value));
        expect(read).toEqual({ ok: true, value, problems: [] });
      }),
      RUNS,
    );
  });

  it('parsers refuse what they cannot read, and never throw', () => {
    const words = fc.constantFrom(
      '*nat',
      '-A',
      '-I',
      'OUTPUT',
      '-j',
      'X',
      '!',
      '-p',
      'tcp',
      '"',
      '\n',
      '--dport',
      ':',
      '[1:2]',
      '1',
    );
    const text = fc.oneof(
      fc.string(),
      fc.array(words, { maxLength: 30 }).map((all) => all.join(' ')),
    );
    fc.assert(
      fc.property(text, fc.jsonValue(), (saved, json) => {
        for (const family of [4, 6] as const) expect(parseIptablesSave(saved, family)).toHaveProperty('ok');
        expect(parseNftRuleset(saved)).toHaveProperty('ok');
        const rule = { family: 'inet', table: 'istio-proxy-nat', chain: json, expr: [json, { match: json }] };
        expect(parseNftRuleset(JSON.stringify({ nftables: [json, { rule }] }))).toHaveProperty('ok');
        expect(captureConfigFromJson(json as JsonValue)).toHaveProperty('ok');
      }),
      RUNS,
    );
  });
});
