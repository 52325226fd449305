/** What the agent's process decides: flags, environment, life, log, addresses. */

import { describe, expect, it } from 'vitest';
import { chooseEngine } from './engine.ts';
import {
  applicationProcesses,
  endText,
  envoyCandidates,
  exitCodeOf,
  isLogged,
  type LifeEvent,
  type LifeState,
  logLine,
  NOT_SEEN,
  nextLifeStep,
  nodeAddresses,
  parseLogLevels,
  proxyConfigOfFlags,
  readAgentEnvironment,
  readAgentFlags,
  readRequestFlags,
  readWaitFlags,
  restartDelay,
  terminatingCause,
  watchApplication,
} from './index.ts';

function flags(...words: string[]) {
  const read = readAgentFlags(words);
  if (!read.ok) throw new Error(read.problems[0]?.message);
  return read.value;
}

describe('readAgentFlags', () => {
  it('takes what the template of today passes', () => {
    const given = flags(
      'sidecar',
      '--domain',
      'shop.svc.cluster.local',
      '--proxyLogLevel=warning',
      '--proxyComponentLogLevel=misc:error',
      '--log_output_level=default:info',
      '--stsPort=15463',
      '--log_as_json',
    );
    expect(given).toMatchObject({
      nodeType: 'sidecar',
      texts: { domain: 'shop.svc.cluster.local', proxyLogLevel: 'warning' },
      numbers: { stsPort: 15463 },
      switches: { log_as_json: true },
      ignored: [],
    });
  });

  it('takes what the template of 1.0 passes, values as words of their own', () => {
    const given = flags(
      'sidecar',
      '--configPath',
      '/etc/istio/proxy',
      '--serviceCluster',
      'web',
      '--drainDuration',
      '45s',
      '--discoveryRefreshDelay',
      '1s',
      '--connectTimeout',
      '10s',
      '--proxyAdminPort',
      '15000',
      '--controlPlaneAuthPolicy',
      'NONE',
    );
    expect(given.texts).toMatchObject({ configPath: '/etc/istio/proxy', serviceCluster: 'web', drainDuration: '45s' });
    expect(given.ignored).toEqual(['--discoveryRefreshDelay', '--connectTimeout']);
    expect(proxyConfigOfFlags(given)).toMatchObject({
      ok: true,
      value:
        '{"configPath":"/etc/istio/proxy","controlPlaneAuthPolicy":"NONE","drainDuration":"45s","proxyAdminPort":15000}',
    });
  });

  it.each([
    [['--x', 'y', 'router'], 'router'],
    [['--x=y', 'router'], 'router'],
    [['--x', '--log_as_json', 'router'], 'router'],
    [['--log_as_json=false', 'waypoint', 'more'], 'waypoint'],
    [[], 'sidecar'],
  ])('%j is a %s', (words, type) => {
    expect(flags(...words).nodeType).toBe(type);
  });

  it.each([
    [['spaceship'], 'invalid proxy Type: spaceship'],
    [['--concurrency', 'many'], 'invalid argument "many" for --concurrency'],
    [['--log_as_json=perhaps'], 'it must be true or false'],
    [['--domain'], 'flag needs an argument: --domain'],
  ])('%j is refused', (words, message) => {
    const read = readAgentFlags(words);
    expect(read.ok).toBe(false);
    expect(read.problems[0]?.message).toContain(message);
    expect(read.problems[0]?.remedy).toBeDefined();
  });

  it('a duration of 1.0 that is none is refused by name', () => {
    const read = proxyConfigOfFlags(flags('--drainDuration', 'soon'));
    expect(read.problems[0]?.message).toContain('--drainDuration is "soon"');
    expect(proxyConfigOfFlags(flags())).toMatchObject({ ok: true, value: undefined });
  });
});

describe('readAgentEnvironment', () => {
  it('has the defaults of pilot-agent', () => {
    expect(readAgentEnvironment({})).toMatchObject({
      warnings: [],
      value: {
        statusPort: 15021,
        prometheusPort: 15090,
        minimumDrainMilliseconds: 5000,
        exitOnZero: false,
        http2Probing: true,
        mergeProxyStats: true,
        restarts: 0,
      },
    });
  });

  it('takes the default, with a warning, for what is no value', () => {
    const { value, warnings } = readAgentEnvironment({
      EXIT_ON_ZERO_ACTIVE_CONNECTIONS: 'yes',
      MINIMUM_DRAIN_DURATION: '5',
      ENVOY_STATUS_PORT: 'x',
      DISABLE_ENVOY: 'T',
      ISTIO_META_DNS_CAPTURE: 'true',
    });
    expect(value).toMatchObject({
      exitOnZero: false,
      minimumDrainMilliseconds: 5000,
      statusPort: 15021,
      disableProxy: true,
      dnsCapture: true,
    });
    expect(warnings).toHaveLength(3);
    expect(warnings[0]).toBe('ENVOY_STATUS_PORT is "x", which is no whole number; 15021 is used');
  });
});

describe('nextLifeStep', () => {
  const kinds = (state: LifeState, event: LifeEvent): string =>
    [nextLifeStep(state, event).state, ...nextLifeStep(state, event).actions.map(({ kind }) => kind)].join(' ');
  const crashed: LifeEvent = { kind: 'proxy-ended', end: { code: undefined, signal: 'SIGSEGV' }, restartsLeft: 0 };

  it.each<[LifeState, LifeEvent, string]>([
    ['running', { kind: 'signal' }, 'draining drain-listeners wait-for-drain'],
    ['draining', { kind: 'signal' }, 'draining'],
    ['draining', { kind: 'drained' }, 'stopping kill-proxy'],
    ['draining', { kind: 'quit' }, 'stopping kill-proxy'],
    ['running', { kind: 'drain' }, 'draining-for-ever drain-listeners'],
    ['draining-for-ever', { kind: 'signal' }, 'stopping kill-proxy'],
    ['draining-for-ever', { kind: 'drained' }, 'draining-for-ever'],
    ['running', { kind: 'quit' }, 'stopping kill-proxy'],
    ['running', { kind: 'application-ended' }, 'stopping kill-proxy'],
    ['stopping', { kind: 'quit' }, 'stopping'],
    ['stopped', { kind: 'signal' }, 'stopped'],
    ['running', crashed, 'stopped exit'],
    ['running', { ...crashed, restartsLeft: 1 }, 'running restart-proxy'],
    ['draining', crashed, 'stopped exit'],
  ])('%s, %j: %s', (state, event, expected) => {
    expect(kinds(state, event)).toBe(expected);
  });

  it("gives the proxy's code only where nobody asked it to end", () => {
    expect(nextLifeStep('running', crashed).actions).toEqual([{ kind: 'exit', code: 139 }]);
    expect(nextLifeStep('draining-for-ever', crashed).actions).toEqual([{ kind: 'exit', code: 139 }]);
    expect(nextLifeStep('stopping', crashed).actions).toEqual([{ kind: 'exit', code: 0 }]);
    const clean: LifeEvent = { kind: 'proxy-ended', end: { code: 0, signal: undefined }, restartsLeft: 3 };
    expect(nextLifeStep('running', clean).actions).toEqual([{ kind: 'exit', code: 0 }]);
  });

  it('tells how a proxy ended, and that SIGKILL is about memory', () => {
    expect(exitCodeOf({ code: 3, signal: undefined })).toBe(3);
    expect(endText({ code: 3, signal: undefined })).toBe('exit code 3');
    expect(endText({ code: undefined, signal: 'SIGKILL' })).toContain('memory');
    expect([0, 1, 9, 30].map(restartDelay)).toEqual([200, 400, 60_000, 60_000]);
  });

  it('is ready until SIGTERM, and after /drain', () => {
    expect(
      (['running', 'draining-for-ever', 'draining', 'stopping'] as const).map(
        (state) => terminatingCause(state) === undefined,
      ),
    ).toEqual([true, true, false, false]);
  });
});

describe('the log', () => {
  it('has levels by scope', () => {
    const levels = parseLogLevels('warn,dns:debug,xds:none');
    if (levels === undefined) throw new Error('no levels');
    const logged = (scope: string, level: 'debug' | 'info' | 'warn' | 'error'): boolean =>
      isLogged(levels, scope, level);
    expect([logged('default', 'info'), logged('default', 'warn'), logged('other', 'info')]).toEqual([
      false,
      true,
      false,
    ]);
    expect([logged('dns', 'debug'), logged('xds', 'error')]).toEqual([true, false]);
    expect(parseLogLevels('loud')).toBeUndefined();
    expect(parseLogLevels('')?.get('default')).toBe('info');
  });

  it('writes a line as pilot-agent does', () => {
    const entry = { time: '2026-11-25T12:00:00.123Z', level: 'info', scope: 'default', message: 'a\nb' } as const;
    expect(logLine(entry, false)).toBe('2026-11-25T12:00:00.123000Z\tinfo\ta\\nb\n');
    expect(logLine({ ...entry, scope: 'dns' }, false)).toContain('\tinfo\tdns\ta');
    expect(JSON.parse(logLine(entry, true))).toEqual({
      level: 'info',
      time: '2026-11-25T12:00:00.123000Z',
      scope: 'default',
      msg: 'a\nb',
    });
  });
});

describe('nodeAddresses', () => {
  it('begins with INSTANCE_IP and passes loopback, link-local and excluded interfaces over', () => {
    const interfaces = [
      { device: 'lo', address: '127.0.0.1' },
      { device: 'eth0', address: '10.0.0.7' },
      { device: 'eth0', address: 'fe80::1' },
      { device: 'eth0', address: 'fd00::7' },
      { device: 'eth1', address: '192.168.1.1' },
      { device: 'net1', address: '::ffff:10.9.9.9' },
    ];
    expect(nodeAddresses('10.0.0.9', interfaces, ['eth1'])).toEqual(['10.0.0.9', '10.0.0.7', 'fd00::7', '10.9.9.9']);
    expect(nodeAddresses('nonsense', interfaces.slice(0, 1), [])).toEqual(['127.0.0.1', '::1']);
  });
});

describe('the engine', () => {
  it('is chosen by flag, then variable, then Envoy', () => {
    expect(chooseEngine('embedded', 'envoy')).toMatchObject({ value: 'embedded' });
    expect(chooseEngine(undefined, 'embedded')).toMatchObject({ value: 'embedded' });
    expect(chooseEngine(undefined, '')).toMatchObject({ value: 'envoy' });
    expect(chooseEngine('nginx', undefined).problems[0]?.where?.pointer).toBe('/args/--engine');
    expect(chooseEngine(undefined, 'nginx').problems[0]?.where?.pointer).toBe('/env/REMORA_ENGINE');
  });

  it('looks for Envoy where it was named first', () => {
    expect(envoyCandidates('/a', '/b', '/c').map(({ path, must }) => [path, must])).toEqual([
      ['/a', true],
      ['/b', true],
      ['/c', false],
      ['envoy', false],
    ]);
    expect(envoyCandidates(undefined, undefined, '').map(({ source }) => source)).toEqual(['PATH']);
  });
});

describe('wait and request', () => {
  it('have the defaults of pilot-agent', () => {
    expect(readWaitFlags([])).toMatchObject({
      value: { url: 'http://localhost:15021/healthz/ready', timeoutMilliseconds: 60_000, periodMilliseconds: 500 },
    });
    expect(readRequestFlags(['post', 'drain'])).toMatchObject({
      value: { port: 15000, method: 'POST', path: '/drain', body: undefined },
    });
    expect(readRequestFlags(['--debug-port=15020', 'POST', '/drain', 'x'])).toMatchObject({
      value: { port: 15020, path: '/drain', body: 'x' },
    });
  });

  it.each([[['GET']], [['--debug-port', '80', 'GET', '/']], [['--debug-port']], [['a', 'b', 'c', 'd']]])(
    'request %j is refused',
    (words) => {
      expect(readRequestFlags(words).ok).toBe(false);
    },
  );

  it('refuse flags that they do not know, and take those of the log', () => {
    const unknown = readRequestFlags(['--verbose', 'GET', 'stats']);
    expect(unknown.problems[0]?.message).toBe('unknown flag: --verbose');
    expect(readWaitFlags(['--timeout', '5']).ok).toBe(false);
    expect(readRequestFlags(['--log_as_json', '--log_output_level', 'debug', 'GET', '--', '-x'])).toMatchObject({
      value: { method: 'GET', path: '/-x' },
    });
  });

  it('wait refuses times that are none', () => {
    expect(readWaitFlags(['--timeoutSeconds', '1m']).ok).toBe(false);
  });
});

describe('the processes of the application', () => {
  const all = [
    { pid: 1, parent: 0 },
    { pid: 7, parent: 0 },
    { pid: 8, parent: 7 },
    { pid: 20, parent: 0 },
    { pid: 21, parent: 20 },
  ];

  it("are those that are not the agent's and not the pod's own", () => {
    expect(applicationProcesses(all, 7).map(({ pid }) => pid)).toEqual([20, 21]);
  });

  it('have ended when they were there and stay away', () => {
    let watch = watchApplication(NOT_SEEN, 0);
    expect(watch.ended).toBe(false);
    for (const count of [1, 0, 0, 2, 0, 0]) watch = watchApplication(watch, count);
    expect(watch.ended).toBe(false);
    expect(watchApplication(watch, 0).ended).toBe(true);
    let never = NOT_SEEN;
    for (let i = 0; i < 10; i++) never = watchApplication(never, 0);
    expect(watchApplication(never, 0).ended).toBe(false);
  });
});
