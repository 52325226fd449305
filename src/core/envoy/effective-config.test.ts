import { describe, expect, it } from 'vitest';
import { effectiveProxyConfig, pilotSubjectAltNames } from './effective-config.ts';

const NOTHING = { annotations: {}, cpuLimit: 0, concurrency: 0, serviceCluster: 'istio-proxy' };

describe('the effective ProxyConfig', () => {
  it('takes the CPU limit as concurrency where nothing else is said', () => {
    const limited = effectiveProxyConfig({ ...NOTHING, cpuLimit: 2 });
    expect(limited.ok && limited.value.concurrency).toBe(2);
    const flagged = effectiveProxyConfig({ ...NOTHING, cpuLimit: 2, concurrency: 5 });
    expect(flagged.ok && flagged.value.concurrency).toBe(5);
  });

  it('warns of a thread per CPU of the machine', () => {
    const result = effectiveProxyConfig({ ...NOTHING, cpuLimit: 2, environment: 'concurrency: 0' });
    expect(result.ok && result.value.concurrency).toBe(0);
    expect(result.problems[0]?.message).toContain('concurrency 0');
  });

  it('refuses statusPort 0, but lets the annotation switch the server off', () => {
    expect(effectiveProxyConfig({ ...NOTHING, environment: 'statusPort: 0' }).ok).toBe(false);
    const off = effectiveProxyConfig({ ...NOTHING, annotations: { 'status.sidecar.istio.io/port': '0' } });
    expect(off.ok && off.value.statusPort).toBe(0);
  });

  it('names the place of a text that does not parse', () => {
    const result = effectiveProxyConfig({ ...NOTHING, environment: 'drainDuration: [' });
    expect(result.ok).toBe(false);
    expect(result.problems[0]?.message).toContain('variable PROXY_CONFIG');
  });

  it('names the control plane by the host of its address', () => {
    const of = (discoveryAddress: string): readonly string[] =>
      pilotSubjectAltNames({ controlPlaneAuthPolicy: 'MUTUAL_TLS', discoveryAddress });
    expect(of('istiod.x.svc:15012')).toEqual(['istiod.x.svc']);
    expect(of('localhost:15012')).toEqual(['istiod.istio-system.svc']);
    expect(pilotSubjectAltNames({ discoveryAddress: 'a:1' })).toEqual([]);
  });
});

it('keeps the newest fields', () => {
  const environment = 'connectionSettings: {globalDownstreamConnectionLimit: 7}\nstatsCompression: false';
  const result = effectiveProxyConfig({ ...NOTHING, environment });
  expect(result.ok && result.value).toMatchObject({
    connectionSettings: { globalDownstreamConnectionLimit: 7 },
    statsCompression: false,
  });
});
