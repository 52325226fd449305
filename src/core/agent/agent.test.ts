import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  activeConnections,
  applicationHost,
  chooseEncoding,
  drainStep,
  healthRequest,
  httpProbeStep,
  isLoopback,
  isServing,
  judgeReadiness,
  mergeTargets,
  NEVER_READY,
  parseProbers,
  parseScrapeConfig,
  parseScrapeTargets,
  planProbe,
  rewriteAccept,
} from './index.ts';

describe('probe redirects', () => {
  const at = { https: false, host: '10.0.0.1:8080', path: '/a/b?x=1' };
  const follow = (location: string): unknown => {
    const step = httpProbeStep(at, at, 302, location, 0);
    return 'follow' in step ? step.follow : step.answer;
  };

  it('resolves a location as a browser does', () => {
    expect(follow('/c')).toEqual({ ...at, path: '/c' });
    expect(follow('c')).toEqual({ ...at, path: '/a/c' });
    expect(follow('?y=2')).toEqual({ ...at, path: '/a/b?y=2' });
    expect(follow('https://10.0.0.1/')).toEqual({ https: true, host: '10.0.0.1', path: '/' });
    expect(follow('//10.0.0.1:9#x')).toEqual({ https: false, host: '10.0.0.1:9', path: '/' });
  });

  it('does not leave the host, and that is success', () => {
    expect(follow('http://169.254.169.254/latest')).toEqual({ status: 200, passBody: false });
    expect(follow('file:///etc/passwd')).toEqual({ status: 500, passBody: false });
  });

  it('gives up after ten', () => {
    expect(httpProbeStep(at, at, 301, '/', 8)).toHaveProperty('follow');
    expect(httpProbeStep(at, at, 301, '/', 9)).toEqual({ answer: { status: 500, passBody: false } });
  });
});

describe('a probe', () => {
  const settings = { instanceIp: '10.0.0.1', legacyLocalhost: false, statusPort: 15020, http2: true, keepAlive: false };
  const probers = parseProbers('{"/app-health/a/livez":{"httpGet":{"port":80},"timeoutSeconds":2}}');
  const prober = probers.ok ? probers.value.get('/app-health/a/livez') : undefined;
  if (prober === undefined) throw new Error('no prober');

  it('goes out from an address that the rule set lets pass', () => {
    const request = { host: 'x', headers: [] };
    expect(planProbe(prober, request, settings)).toMatchObject({ source: '127.0.0.6', timeoutMilliseconds: 2000 });
    expect(planProbe(prober, request, { ...settings, instanceIp: '2001:db8::1' }).source).toBe('::6');
    expect(planProbe(prober, request, { ...settings, instanceIp: 'fe80::1' }).source).toBe('127.0.0.6');
    expect(planProbe(prober, request, { ...settings, legacyLocalhost: true }).host).toBe('localhost');
  });

  it("asks under the application's port, and passes no header of the connection on", () => {
    expect(applicationHost('10.0.0.1:15020', 15020, 80)).toBe('10.0.0.1:80');
    expect(applicationHost('test.com:9999', 15020, 80)).toBe('test.com:9999');
    const headers = [
      ['Upgrade', 'x'],
      ['Transfer-Encoding', 'chunked'],
      ['A', '1'],
      ['A', '2'],
    ] as const;
    expect(planProbe(prober, { host: 'h', headers }, settings).headers).toEqual([
      ['Host', 'h'],
      ['A', '1'],
      ['A', '2'],
      ['Connection', 'close'],
    ]);
  });

  it('reports every wrong prober, not only the first', () => {
    const result = parseProbers('{"/a":{},"/app-health/a/livez":{},"/app-health/b/livez":{"tcpSocket":{"port":0}}}');
    expect(result.ok).toBe(false);
    expect(result.problems).toHaveLength(3);
  });
});

describe('gRPC health', () => {
  it('frames the request', () => {
    expect([...healthRequest('')]).toEqual([0, 0, 0, 0, 0]);
    expect([...healthRequest('ab')]).toEqual([0, 0, 0, 0, 4, 0x0a, 2, 97, 98]);
    expect(healthRequest('é'.repeat(100)).length).toBe(5 + 3 + 200);
  });

  it('takes only SERVING, whatever fields stand around it', () => {
    expect(isServing(Uint8Array.of(0, 0, 0, 0, 2, 8, 1))).toBe(true);
    expect(isServing(Uint8Array.of(0, 0, 0, 0, 5, 18, 1, 65, 8, 1))).toBe(true);
    for (const bytes of [[], [0, 0, 0, 0, 0], [0, 0, 0, 0, 2, 8, 2], [1, 0, 0, 0, 2, 8, 1], [0, 0, 0, 0, 9, 8, 1]]) {
      expect(isServing(Uint8Array.from(bytes))).toBe(false);
    }
  });

  it('never fails on broken bytes', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => typeof isServing(bytes) === 'boolean'));
  });
});

describe('readiness', () => {
  const live = 'server.state: 0\nlistener_manager.workers_started: 1';
  const facts = { config: undefined, live, terminating: undefined, others: [], controlPlane: false };

  it('of a static configuration needs a live server only, and remembers it', () => {
    const first = judgeReadiness(facts, NEVER_READY);
    expect(first).toEqual({ failure: undefined, memory: { configured: true, live: true } });
    expect(judgeReadiness({ ...facts, live: undefined }, first.memory).failure).toBeUndefined();
  });

  it('is over once the agent ends, also when it was there', () => {
    const memory = { configured: true, live: true };
    expect(judgeReadiness({ ...facts, terminating: 'signal' }, memory).failure).toBe('server is terminated: signal');
  });

  it('fails where Envoy cannot be asked', () => {
    expect(judgeReadiness({ ...facts, live: { failed: 'refused' } }, NEVER_READY).failure).toContain('refused');
    expect(judgeReadiness({ ...facts, controlPlane: true }, NEVER_READY).failure).toBeDefined();
  });
});

describe('draining', () => {
  it('counts no listener of its own on IPv6 either', () => {
    const stats = 'listener.[::]_15021.downstream_cx_active: 3\nlistener.[::]_15006.downstream_cx_active: 1';
    expect(activeConnections(stats, [15021, 15090])).toBe(1);
  });

  it('ends at zero, without an answer, or after five errors', () => {
    expect(drainStep(2, 0)).toBe('wait');
    expect(drainStep(0, 0)).toBe('stop');
    expect(drainStep(undefined, 0)).toBe('stop');
    expect(drainStep('failed', 4)).toBe('wait');
    expect(drainStep('failed', 5)).toBe('stop');
  });
});

describe('metrics', () => {
  it('rewrites Accept, each time from the start', () => {
    for (let i = 0; i < 3; i++) expect(rewriteAccept('', 'envoy')).toBe('text/plain;version=0.0.4');
    expect(rewriteAccept('*/*', 'application')).toBe('text/plain; q=0.1; version=0.0.4');
    expect(rewriteAccept('application/openmetrics-text;version=1.0.0;q=0.5,*/*;q=0.1', 'application')).toBe(
      'application/openmetrics-text; q=0.2; version=1.0.0,text/plain; q=0.1; version=0.0.4',
    );
    expect(rewriteAccept('application/openmetrics-text', 'envoy')).toBe('text/plain;version=0.0.4');
    expect(rewriteAccept('*/*,*/*', 'envoy')).toBe('text/plain; q=0.1; version=0.0.4');
    expect(rewriteAccept('text/plain;=', 'envoy')).toBe('text/plain;version=0.0.4');
  });

  it('refuses to scrape itself', () => {
    expect(parseScrapeConfig('{"port":"15020"}', 15020, 'sidecar').ok).toBe(false);
    expect(parseScrapeConfig('{"port":"015021"}', 15020, 'sidecar').ok).toBe(false);
    expect(parseScrapeConfig('{"port":"15020"}', 15020, 'router')).toMatchObject({ ok: true, value: undefined });
    expect(parseScrapeConfig('{"scrape":"false","port":"x"}', 15020, 'sidecar').ok).toBe(true);
  });

  it('ends OpenMetrics once', () => {
    const contentType = 'application/openmetrics-text; version=1.0.0';
    const body = 'a 1\n# EOF\n';
    expect(mergeTargets([{ contentType, body }, undefined, { contentType, body }]).body).toBe('a 1\na 1\n# EOF\n');
    expect(mergeTargets([undefined])).toEqual({ contentType: 'text/plain; version=0.0.4; charset=utf-8', body: '' });
  });

  it('chooses an encoding, zstd before gzip at equal quality', () => {
    expect(chooseEncoding('gzip, zstd', ['zstd', 'gzip'])).toBe('zstd');
    expect(chooseEncoding('gzip;q=0, *;q=0.1', ['gzip'])).toBeUndefined();
    expect(chooseEncoding('br', ['zstd', 'gzip'])).toBeUndefined();
  });
});

it('knows loopback', () => {
  for (const address of ['127.0.0.1', '127.9.9.9', '::1', '[::1]', '::ffff:127.0.0.1'])
    expect(isLoopback(address)).toBe(true);
  for (const address of ['', '10.0.0.1', '127.evil.com', '::2', '::ffff:10.0.0.1'])
    expect(isLoopback(address)).toBe(false);
});

it('never crashes on odd settings', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      parseProbers(text);
      parseScrapeConfig(text, 15020, 'sidecar');
      parseScrapeTargets(text);
      expect(rewriteAccept(text, 'application')).not.toBe('');
      activeConnections(text, [15021]);
    }),
  );
});
