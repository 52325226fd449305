import { describe, expect, it } from 'vitest';
import { type CaptureConfig, DEFAULT_CAPTURE_CONFIG } from './capture-config.ts';
import type { Packet, PodNetwork } from './packet.ts';
import { planCapture } from './plan.ts';
import type { CaptureRules } from './rules.ts';
import { simulatePacket } from './simulate.ts';

/** What the injector passes by default, and the networks of netns-testing.md. */
function plan(changes: Partial<CaptureConfig> = {}): CaptureRules {
  const read = planCapture({
    ...DEFAULT_CAPTURE_CONFIG,
    inboundPortsInclude: '*',
    inboundPortsExclude: '15020,15021,15090',
    outboundIpRangesInclude: '*',
    outboundPortsExclude: '15020',
    enableIpv6: true,
    ...changes,
  });
  if (!read.ok) throw new Error('no plan');
  return read.value;
}

function network(rules: CaptureRules): PodNetwork {
  return {
    interfaces: [{ name: 'eth0', addresses: ['10.77.0.2', 'fd77::2'] }],
    defaultInterface: 'eth0',
    routes: rules.routes,
  };
}

const APP = { kind: 'process', uid: 1000, gid: 1000 } as const;
const PROXY = { kind: 'process', uid: 1337, gid: 1337 } as const;
const TPROXY_PROXY = { kind: 'process', uid: 0, gid: 1337 } as const;
const OUTSIDE = { kind: 'wire', interface: 'eth0' } as const;

function path(
  rules: CaptureRules,
  from: Packet['from'],
  destination: string,
  port: number,
  more: Partial<Packet> = {},
) {
  const family = destination.includes(':') ? 6 : 4;
  const source = from.kind === 'wire' ? { source: family === 4 ? '10.77.0.1' : 'fd77::1' } : {};
  const packet: Packet = { family, protocol: 'tcp', destination, port, from, ...source, ...more };
  return simulatePacket(rules, packet, network(rules));
}

describe('REDIRECT, as netns-testing.md saw it on a kernel', () => {
  const rules = plan();
  it.each([
    ['client to app port', OUTSIDE, '10.77.0.2', 8080, { port: 15006, local: '10.77.0.2', original: 8080 }],
    ['client to any other port', OUTSIDE, '10.77.0.2', 12345, { port: 15006, local: '10.77.0.2', original: 12345 }],
    ['client to status port', OUTSIDE, '10.77.0.2', 15021, { port: 15021, local: '10.77.0.2', original: 15021 }],
    ['client to tunnel port', OUTSIDE, '10.77.0.2', 15008, { port: 15008, local: '10.77.0.2', original: 15008 }],
    ['app to the world', APP, '10.77.0.1', 9000, { port: 15001, local: '127.0.0.1', original: 9000 }],
    ['app to localhost', APP, '127.0.0.1', 8080, { port: 8080, local: '127.0.0.1', original: 8080 }],
    ['app to own pod address', APP, '10.77.0.2', 8080, { port: 8080, local: '10.77.0.2', original: 8080 }],
    ['proxy to own pod address', PROXY, '10.77.0.2', 8080, { port: 15006, local: '127.0.0.1', original: 8080 }],
    ['client to app, IPv6', OUTSIDE, 'fd77::2', 8080, { port: 15006, local: 'fd77::2', original: 8080 }],
    ['app to the world, IPv6', APP, 'fd77::1', 9000, { port: 15001, local: '::1', original: 9000 }],
  ] as const)('%s', (_name, from, destination, port, want) => {
    const { disposition } = path(rules, from, destination, port);
    if (disposition.kind !== 'delivered') throw new Error(JSON.stringify(disposition));
    expect(disposition.port).toBe(want.port);
    expect(disposition.local.address).toBe(want.local);
    expect(disposition.original).toEqual({ address: destination, port: want.original });
  });

  it.each([
    ['app to an excluded port', APP, 15020],
    ['proxy uid to the world', PROXY, 9000],
    ['proxy gid alone', { kind: 'process', uid: 1000, gid: 1337 }, 9000],
  ] as const)('%s goes straight out', (_name, from, port) => {
    expect(path(rules, from, '10.77.0.1', port).disposition.kind).toBe('sent');
  });

  it('the proxy bound to 127.0.0.6 reaches the application', () => {
    const { disposition } = path(rules, PROXY, '10.77.0.2', 8080, { source: '127.0.0.6' });
    expect(disposition).toMatchObject({ kind: 'delivered', by: 'direct', port: 8080, peer: '127.0.0.6' });
  });

  it('the validation probe comes in as the proxy, and not as root', () => {
    const probe = { source: '127.0.0.1' };
    expect(path(rules, PROXY, '127.0.0.6', 15002, probe).disposition).toMatchObject({ port: 15006, by: 'redirect' });
    const root = { kind: 'process', uid: 0, gid: 0 } as const;
    expect(path(rules, root, '127.0.0.6', 15002, probe).disposition).toMatchObject({ port: 15002, by: 'direct' });
  });
});

describe('TPROXY, as netns-testing.md saw it on a kernel', () => {
  const rules = plan({ inboundInterceptionMode: 'TPROXY' });
  it('keeps both addresses of what comes in', () => {
    expect(path(rules, OUTSIDE, '10.77.0.2', 8080).disposition).toMatchObject({
      by: 'tproxy',
      port: 15006,
      local: { address: '10.77.0.2', port: 8080 },
      peer: '10.77.0.1',
    });
    expect(path(rules, OUTSIDE, '10.77.0.2', 15021).disposition).toMatchObject({ by: 'direct', port: 15021 });
  });
  it('redirects what goes out', () => {
    expect(path(rules, APP, '10.77.0.1', 9000).disposition).toMatchObject({ by: 'redirect', port: 15001 });
    expect(path(rules, TPROXY_PROXY, '10.77.0.1', 9000).disposition.kind).toBe('sent');
  });
  it("brings the proxy's call to its own pod to the inbound side", () => {
    const { disposition } = path(rules, TPROXY_PROXY, '10.77.0.2', 8080);
    expect(disposition).toMatchObject({ by: 'tproxy', port: 15006, local: { address: '10.77.0.2', port: 8080 } });
    expect(path(rules, TPROXY_PROXY, '10.77.0.2', 8080, { source: '127.0.0.6' }).disposition).toMatchObject({
      port: 8080,
    });
    expect(path(rules, APP, '10.77.0.2', 8080).disposition).toMatchObject({ by: 'direct', port: 8080 });
  });
  it("lets the proxy call in the client's name, and takes the answer", () => {
    const { disposition, reply } = path(rules, TPROXY_PROXY, '10.77.0.2', 8080, { source: '10.77.0.1', mark: 1337 });
    expect(disposition).toMatchObject({ by: 'direct', port: 8080, peer: '10.77.0.1' });
    expect(reply).toMatchObject({ outcome: 'intercepted' });
    const met = reply?.steps.filter((step) => step.matched).map((step) => step.rule.id);
    expect(met).toEqual(['restore-mark']);
  });
});

describe('DNS', () => {
  const rules = plan({ redirectDns: true, captureAllDns: true });
  const udp = { protocol: 'udp' } as const;
  it("the application's query goes to the agent, and the answer seems to come from the server", () => {
    const { disposition, reply } = path(rules, APP, '10.77.0.1', 53, udp);
    expect(disposition).toMatchObject({ by: 'redirect', port: 15053, local: { address: '127.0.0.1' } });
    expect(reply).toMatchObject({ outcome: 'returns', source: { address: '10.77.0.1', port: 53 } });
  });
  it("the agent's query goes out", () => {
    expect(path(rules, PROXY, '10.77.0.1', 53, udp).disposition.kind).toBe('sent');
  });
  it('other UDP passes', () => {
    expect(path(rules, APP, '10.77.0.1', 443, udp).disposition.kind).toBe('sent');
  });
});

describe('drop-invalid', () => {
  it('drops what connection tracking cannot place', () => {
    const rules = plan({ dropInvalid: true });
    expect(path(rules, OUTSIDE, '10.77.0.2', 8080, { state: 'INVALID' }).disposition.kind).toBe('dropped');
    expect(path(rules, OUTSIDE, '10.77.0.2', 8080).disposition.kind).toBe('delivered');
  });
});
