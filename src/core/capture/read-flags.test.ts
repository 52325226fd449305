import { describe, expect, it } from 'vitest';
import { failed, parsed } from '../problem.ts';
import { type CaptureConfig, DEFAULT_CAPTURE_CONFIG } from './capture-config.ts';
import { IPTABLES_FLAGS } from './iptables-flags.ts';
import { type MachineFacts, type RunOptions, readIptablesCall } from './read-flags.ts';

type Env = Readonly<Record<string, string>>;

function facts(env: Env = {}, more: Partial<MachineFacts> = {}): MachineFacts {
  return {
    env: (name) => env[name],
    uidOf: () => undefined,
    enableIpv6: () => parsed(false),
    nameServers: () => parsed({ v4: ['10.0.0.53'], v6: ['fd00::53'] }),
    ...more,
  };
}

function read(args: readonly string[], env: Env = {}, more: Partial<MachineFacts> = {}) {
  const call = readIptablesCall(args, facts(env, more));
  if (!call.ok) throw new Error(call.problems.map(({ message }) => message).join('; '));
  if (call.value.kind !== 'run') throw new Error(call.value.kind);
  return call.value;
}

function refusal(args: readonly string[]): string {
  const call = readIptablesCall(args, facts());
  return call.ok ? 'taken' : call.problems.map(({ message }) => message).join('; ');
}

describe('flags', () => {
  it('nothing at all: the defaults, everything else from the machine', () => {
    const { config, options } = read([]);
    expect(config).toEqual(DEFAULT_CAPTURE_CONFIG);
    expect(options).toMatchObject({ dryRun: false, probePort: 15002, probeTimeoutMs: 5000 });
  });
  it.each<readonly [readonly string[], Partial<CaptureConfig>]>([
    [['-p', '1', '-z', '2', '-e', '3'], { proxyPort: '1', inboundCapturePort: '2', inboundTunnelPort: '3' }],
    [['-u', '5,6'], { proxyUid: '5,6', proxyGid: '5,6' }],
    [['-u', '5', '-g', '7'], { proxyUid: '5', proxyGid: '7' }],
    [
      ['-m', 'TPROXY', '-t', '8', '-r', '9'],
      { inboundInterceptionMode: 'TPROXY', inboundTproxyMark: '8', inboundTproxyRouteTable: '9' },
    ],
    [['-b', '*', '-d', '22'], { inboundPortsInclude: '*', inboundPortsExclude: '22' }],
    [['-i', '*', '-x', '10.0.0.0/8'], { outboundIpRangesInclude: '*', outboundIpRangesExclude: '10.0.0.0/8' }],
    [['-q', '80', '-o', '81'], { outboundPortsInclude: '80', outboundPortsExclude: '81' }],
    [['-c', 'a0', '-k', 'v0'], { excludeInterfaces: 'a0', rerouteVirtualInterfaces: 'v0' }],
    [['--envoy-port=1', '--proxy-uid', '5', '--drop-invalid'], { proxyPort: '1', proxyUid: '5', dropInvalid: true }],
    [['-p1', '-u=5'], { proxyPort: '1', proxyUid: '5' }],
    [['-p', '1', '-p', '2'], { proxyPort: '2' }],
    [['--redirect-dns=false', '--native-nftables=T'], { redirectDns: false, nativeNftables: true }],
    [['-x', ''], { outboundIpRangesExclude: '' }],
  ])('%j', (args, config) => expect(read(args).config).toMatchObject(config));
  it.each<readonly [readonly string[], Partial<RunOptions>]>([
    [['-n', '--reconcile'], { dryRun: true, reconcile: true }],
    [['--cleanup-only', '--force-apply'], { cleanupOnly: true, forceApply: true }],
    [['--skip-rule-apply', '--run-validation'], { skipRuleApply: true, runValidation: true }],
    [['--probe-timeout', '1m2.5s', '--iptables-probe-port', '9'], { probeTimeoutMs: 62_500, probePort: 9 }],
    [['--probe-timeout=100ms'], { probeTimeoutMs: 100 }],
    [['--probe-timeout=0'], { probeTimeoutMs: 0 }],
    [['--cni-mode', '--network-namespace', '/x'], { cniMode: true, networkNamespace: '/x' }],
    [['--force-iptables-binary', 'legacy', '--dual-stack'], { forceIptablesBinary: 'legacy', dualStack: true }],
  ])('%j', (args, options) => expect(read(args).options).toMatchObject(options));
  it('what other releases and the logging of Istio took is taken, without effect', () => {
    const args = [
      '--log_output_level',
      'all:debug',
      '--log_as_json',
      '--log_target',
      'x',
      '--vklog',
      '3',
      '-f',
      '--restore-format=false',
    ];
    expect(read([...args, '--iptables-version=v4', '-p', '1']).config).toMatchObject({ proxyPort: '1' });
  });
  it.each([
    [['--bogus'], 'unknown flag: --bogus'],
    [['--bogus=1'], 'unknown flag: --bogus'],
    [['-y'], 'unknown flag: -y'],
    [['apply'], 'unexpected argument "apply"'],
    [['-p'], 'flag needs an argument: -p'],
    [['--probe-timeout', '5'], 'invalid argument "5" for --probe-timeout: it is not a duration such as 5s'],
    [['--iptables-probe-port', '70000'], 'invalid argument "70000" for --iptables-probe-port: it is not a port'],
    [['--dry-run=maybe'], 'invalid argument "maybe" for --dry-run: it is not true or false'],
  ])('%j is refused', (args, message) => expect(refusal(args)).toBe(message));
  it('help', () => {
    expect(readIptablesCall(['-p', '1', '-h'], facts())).toMatchObject({ value: { kind: 'help' } });
    expect(new Set(IPTABLES_FLAGS.map(({ flag }) => flag)).size).toBe(IPTABLES_FLAGS.length);
  });
});

describe('environment', () => {
  it.each(IPTABLES_FLAGS.flatMap(({ flag, env, kind }) => env.map((name) => [name, flag, kind] as const)))(
    '%s is --%s',
    (name, flag, kind) => {
      const value = { text: 'legacy', switch: 'true', port: '9', duration: '9s' }[kind];
      expect(read([], { [name]: value })).toEqual(read([`--${flag}=${value}`]));
    },
  );
  it('a flag beats every variable, a later variable an earlier one', () => {
    const env = { DROP_INVALID: 'false', INVALID_DROP: 'true', INBOUND_CAPTURE_PORT: '9' };
    expect(read([], env).config).toMatchObject({ dropInvalid: true, inboundCapturePort: '9' });
    expect(read(['--drop-invalid=false', '-z', '1'], env).config).toMatchObject({
      dropInvalid: false,
      inboundCapturePort: '1',
    });
    expect(read([], { REDIRECT_DNS: 'true', ISTIO_META_DNS_CAPTURE: 'false' }).config.redirectDns).toBe(false);
  });
  it('one that does not parse is passed over, also for an earlier one; empty is unset', () => {
    expect(read([], { DROP_INVALID: 'true', INVALID_DROP: 'yes' }).config.dropInvalid).toBe(true);
    expect(read([], { PROBE_TIMEOUT: 'soon', IPTABLES_PROBE_PORT: 'x' }).options).toMatchObject({
      probePort: 15002,
      probeTimeoutMs: 5000,
    });
    expect(read([], { INBOUND_CAPTURE_PORT: '' }).config.inboundCapturePort).toBe('15006');
  });
  it('some things have a variable only', () => {
    const env = {
      ISTIO_OUTBOUND_OWNER_GROUPS: '5',
      ISTIO_OUTBOUND_OWNER_GROUPS_EXCLUDE: '6',
      ISTIO_OUTBOUND_IPV4_LOOPBACK_CIDR: '127.0.0.1/8',
      DRY_RUN_FILE_PATH: '/record',
    };
    const { config, options } = read([], env);
    expect(config).toMatchObject({
      ownerGroupsInclude: '5',
      ownerGroupsExclude: '6',
      hostIpv4LoopbackCidr: '127.0.0.1/8',
    });
    expect(options.dryRunFile).toBe('/record');
    // Empty is a value here: nobody's traffic is captured.
    expect(read([], { ISTIO_OUTBOUND_OWNER_GROUPS: '' }).config.ownerGroupsInclude).toBe('');
  });
});

describe('what the machine fills in (capture.md 3)', () => {
  it("the proxy's user by its name", () => {
    const uidOf = (user: string) => ({ 'istio-proxy': '7', envoy: '8' })[user];
    expect(read([], {}, { uidOf }).config).toMatchObject({ proxyUid: '7', proxyGid: '7' });
    expect(read([], { ENVOY_USER: 'envoy' }, { uidOf }).config.proxyUid).toBe('8');
    expect(read(['-u', '9'], {}, { uidOf }).config.proxyUid).toBe('9');
  });
  it('DNS servers where DNS is captured, and not all of it', () => {
    expect(read(['--redirect-dns']).config).toMatchObject({ dnsServersV4: ['10.0.0.53'], dnsServersV6: ['fd00::53'] });
    expect(read(['--redirect-dns', '--capture-all-dns']).config.dnsServersV4).toEqual([]);
    expect(read([]).config.dnsServersV4).toEqual([]);
  });
  it('what cannot be found out ends it, all of it told', () => {
    const gone = failed({ code: 'FILE_UNREADABLE', severity: 'error', message: 'gone' });
    const more = { enableIpv6: () => gone, nameServers: () => gone };
    expect(readIptablesCall(['--redirect-dns'], facts({}, more)).problems).toHaveLength(2);
    expect(readIptablesCall([], facts({}, { nameServers: () => gone })).ok).toBe(true);
  });
  it('IPv6 is asked for with dual stack', () => {
    const enableIpv6 = (dualStack: boolean) => parsed(dualStack);
    expect(read(['--dual-stack'], {}, { enableIpv6 }).config.enableIpv6).toBe(true);
    expect(read([], {}, { enableIpv6 }).config.enableIpv6).toBe(false);
  });
});
