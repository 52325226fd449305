import { describe, expect, it } from 'vitest';
import { iptablesLines } from './iptables.ts';
import { readScriptCall } from './read-script.ts';
import type { IpFamily } from './rules.ts';
import { planScript } from './script-1-0.ts';

type Env = Readonly<Record<string, string>>;

function settings(args: readonly string[], env: Env = {}, uid?: string) {
  const call = readScriptCall(
    args,
    (name) => env[name],
    () => uid,
  );
  if (!call.ok) throw new Error(call.problems[0]?.message);
  if (call.value.kind !== 'run') throw new Error(call.value.kind);
  return call.value.settings;
}

function lines(args: readonly string[], env: Env = {}, family: IpFamily = 4): readonly string[] {
  return iptablesLines(planScript(settings(args, env)), family).map(({ table, chain, params }) =>
    [table, chain, ...params].join(' '),
  );
}

describe('arguments of the script', () => {
  it('without any', () => {
    expect(settings([])).toMatchObject({
      proxyPort: '15001',
      inboundCapturePort: '15001',
      proxyUids: ['1337', '0'],
      proxyGids: ['1337', '0'],
      tproxy: false,
      inboundPorts: '',
    });
    expect(settings([], {}, '7').proxyUids).toEqual(['7', '0']);
  });
  it('a given user is not joined by root, and stands for the group', () => {
    expect(settings(['-u', '1337'])).toMatchObject({ proxyUids: ['1337'], proxyGids: ['1337'] });
    expect(settings(['-u', '1', '-g', '2, 3,']).proxyGids).toEqual(['2', '3']);
  });
  it('variables, and options that beat them', () => {
    const env = { ENVOY_PORT: '1', INBOUND_CAPTURE_PORT: '2', ISTIO_INBOUND_PORTS: '80', ISTIO_SERVICE_CIDR: '*' };
    expect(settings([], env)).toMatchObject({ proxyPort: '1', inboundCapturePort: '2', inboundPorts: '80' });
    expect(settings(['-p', '9', '-b', ''], env)).toMatchObject({ proxyPort: '9', inboundPorts: '', serviceCidr: '*' });
  });
  it('values may be attached; reading ends at the first word that is no option', () => {
    expect(settings(['-p9', '-mTPROXY', 'word', '-b', '*'])).toMatchObject({
      proxyPort: '9',
      tproxy: true,
      inboundPorts: '',
    });
  });
  it('clean, -h, and what is refused', () => {
    const read = (args: readonly string[]) =>
      readScriptCall(
        args,
        () => undefined,
        () => undefined,
      );
    expect(read(['clean', '-z'])).toMatchObject({ value: { kind: 'clean' } });
    expect(read(['-p', '1', '-h'])).toMatchObject({ value: { kind: 'help' } });
    for (const args of [['-z', '1'], ['-p'], ['--port', '1']]) expect(read(args).ok).toBe(false);
  });
});

describe('rules of the script (capture.md 19)', () => {
  it('all inbound ports: SSH is never captured', () => {
    expect(lines(['-b', '*', '-d', '80']).filter((line) => line.startsWith('nat ISTIO_INBOUND'))).toEqual([
      'nat ISTIO_INBOUND -p tcp --dport 22 -j RETURN',
      'nat ISTIO_INBOUND -p tcp --dport 80 -j RETURN',
      'nat ISTIO_INBOUND -p tcp -j ISTIO_IN_REDIRECT',
    ]);
  });
  it('a list of CIDRs ends with everything else being left alone; no list ends with nothing', () => {
    expect(lines(['-i', '10.0.0.0/8', '-x', '10.1.0.0/16']).slice(-4)).toEqual([
      'nat ISTIO_OUTPUT -d 127.0.0.1/32 -j RETURN',
      'nat ISTIO_OUTPUT -d 10.1.0.0/16 -j RETURN',
      'nat ISTIO_OUTPUT -d 10.0.0.0/8 -j ISTIO_REDIRECT',
      'nat ISTIO_OUTPUT -j RETURN',
    ]);
    expect(lines([]).at(-1)).toBe('nat ISTIO_OUTPUT -d 127.0.0.1/32 -j RETURN');
  });
  it('TPROXY of a list diverts twice, and goes to the port of both directions', () => {
    const mangle = lines(['-m', 'TPROXY', '-b', '80'], { INBOUND_CAPTURE_PORT: '2' });
    expect(
      mangle.filter((line) => line === 'mangle ISTIO_INBOUND -p tcp --dport 80 -m socket -j ISTIO_DIVERT'),
    ).toHaveLength(2);
    expect(mangle).toContain(
      'mangle ISTIO_TPROXY ! -d 127.0.0.1/32 -p tcp -j TPROXY --tproxy-mark 1337/0xffffffff --on-port 15001',
    );
    expect(planScript(settings(['-m', 'TPROXY', '-b', '80'])).routes).toEqual([
      { kind: 'tproxy-route', family: 4, mark: '1337', table: '133' },
    ]);
  });
  it('IPv6 is shut off unless told otherwise', () => {
    expect(lines([], {}, 6)).toEqual(['filter INPUT -m state --state ESTABLISHED -j ACCEPT', 'filter INPUT -j REJECT']);
    expect(lines([], { ENABLE_INBOUND_IPV6: '1' }, 6)).toEqual([]);
  });
});
