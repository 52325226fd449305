/** What is run, in which order, when things go wrong. That the rules work is tested on a kernel, in test/netns. */
import { describe, expect, it } from 'vitest';
import { DEFAULT_CAPTURE_CONFIG } from '../../core/capture/capture-config.ts';
import { type CaptureRules, planCapture, renderIptablesRestore } from '../../core/capture/index.ts';
import type { CommandOutcome, RunCommand } from '../../platform/run-command.ts';
import { applyIptables } from './apply-iptables.ts';
import { addRoutes, removeRoutes } from './routes.ts';

const DONE: CommandOutcome = { status: 0, stdout: '', stderr: '' };
const OPTIONS = { reconcile: false, cleanupOnly: false, forceApply: false, forceIptablesBinary: '' };

function plan(enableIpv6 = true): CaptureRules {
  const result = planCapture({ ...DEFAULT_CAPTURE_CONFIG, outboundIpRangesInclude: '*', enableIpv6 });
  if (!result.ok) throw new Error('no plan');
  return result.value;
}

/** A machine on which commands succeed and print nothing, but for those that are named. */
function machine(answers: Readonly<Record<string, Partial<CommandOutcome>>> = {}) {
  const ran: string[] = [];
  const texts: string[] = [];
  const run: RunCommand = (command, input) => {
    const line = command.join(' ');
    ran.push(line);
    if (input !== undefined) texts.push(input);
    const known = Object.keys(answers).find((start) => line.startsWith(start));
    return known === undefined ? DONE : { ...DONE, ...answers[known] };
  };
  /** Without what only looks. */
  const changes = (): readonly string[] => ran.filter((line) => !/-save|^cat|--test/.test(line));
  return { run, ran, texts, changes };
}

function apply(
  host: ReturnType<typeof machine>,
  options: Partial<Parameters<typeof applyIptables>[1]> = {},
  rules = plan(),
) {
  return applyIptables(rules, { ...OPTIONS, ...options }, host.run, () => {});
}

const REFUSED = { status: 2, stderr: 'ip6tables-nft-restore: Bad value for "--gid-owner"\n' };
/** What a save command prints where a text was loaded. */
const saved = (text: string): string => text.replace(/^\* /gm, '*').replace(/^-N (\S+)$/gm, ':$1 - [0:0]');
const LOADED = {
  'iptables-nft-save': { stdout: saved(renderIptablesRestore(plan(), 4)) },
  'ip6tables-nft-save': { stdout: saved(renderIptablesRestore(plan(), 6)) },
};
const OTHER = '*nat\n:ISTIO_OLD - [0:0]\n-A OUTPUT -j ISTIO_OLD\nCOMMIT\n';

describe('programming by iptables', () => {
  it('a fresh namespace: IPv4, then IPv6, whose text was tested before', () => {
    const host = machine();
    expect(apply(host)).toEqual([]);
    expect(host.ran).toEqual([
      'cat /proc/net/ip_tables_names',
      'iptables-nft-save',
      'cat /proc/net/ip6_tables_names',
      'ip6tables-nft-save',
      'ip6tables-nft-restore --test',
      'iptables-nft-restore --noflush',
      'ip6tables-nft-restore --noflush',
      'iptables-nft-save',
      'ip6tables-nft-save',
    ]);
  });
  it('what is right already is left alone, and --force-apply is not', () => {
    const host = machine(LOADED);
    expect(apply(host)).toEqual([]);
    expect(host.changes()).toEqual([]);
    apply(host, { forceApply: true });
    expect(host.changes()).toEqual(['iptables-nft-restore --noflush', 'ip6tables-nft-restore --noflush']);
  });
  it('a second family that does not take its text: nothing is loaded', () => {
    const host = machine({ 'ip6tables-nft-restore --test': REFUSED });
    expect(apply(host)[0]).toMatchObject({
      code: 'CAPTURE_APPLY_FAILED',
      message: expect.stringContaining('ip6tables-nft-restore does not take the rules: parameter problem'),
      remedy: expect.stringContaining('Names of users and groups'),
    });
    expect(host.changes()).toEqual([]);
  });
  it('a text that may not load is tested in the first family, too', () => {
    const host = machine({ 'iptables-nft-restore --test': REFUSED });
    expect(apply(host, { doubtful: true })).toHaveLength(1);
    expect(host.changes()).toEqual([]);
  });
  it('a first family that fails ends it', () => {
    const host = machine({ 'iptables-nft-restore --noflush': { status: 4, stderr: 'iptables: exists\n' } });
    expect(apply(host)).toMatchObject([
      { message: expect.stringContaining('cannot load the rules: resource problem') },
    ]);
    expect(host.changes()).toEqual(['iptables-nft-restore --noflush']);
  });
  it('an interrupted run is finished: only the family that is missing', () => {
    const host = machine({ 'iptables-nft-save': LOADED['iptables-nft-save'] });
    expect(apply(host)).toEqual([]);
    expect(host.changes()).toEqual(['ip6tables-nft-restore --noflush']);
  });
  it('reconcile: traffic stops, old rules go, new ones come, and traffic flows again even where they fail', () => {
    for (const failing of [{}, { 'iptables-nft-restore --noflush': REFUSED }]) {
      const answers = { 'iptables-nft-save': { stdout: OTHER }, ...failing };
      const host = machine(answers);
      const problems = apply(host, { reconcile: true }, plan(false));
      const lines = host.changes();
      expect(problems).toHaveLength('iptables-nft-restore --noflush' in failing ? 1 : 0);
      if (problems.length === 0) {
        expect(lines).toContain('iptables-nft -t nat -D OUTPUT -j ISTIO_OLD');
        expect(lines.indexOf('iptables-nft -t nat -X ISTIO_OLD')).toBeLessThan(
          lines.lastIndexOf('iptables-nft-restore --noflush'),
        );
      }
      const removed = host.texts.filter((text) => /^(-D (INPUT|FORWARD|OUTPUT) -p (tcp|udp) -j DROP\n){6}/m.test(text));
      expect(removed.length).toBeGreaterThan(0);
      // All of them at once, as a table is committed as one; where that is refused, one by one.
      if (problems.length === 0) expect(lines.at(-1)).toBe('iptables-nft-restore --noflush');
      else expect(lines.slice(-6).every((line) => line.startsWith('iptables-nft -t filter -D '))).toBe(true);
    }
  });
  it('guardrails that a killed run has left are taken away', () => {
    const bars = ['INPUT', 'FORWARD', 'OUTPUT'].flatMap((chain) =>
      ['tcp', 'udp'].map((protocol) => `-A ${chain} -p ${protocol} -j DROP`),
    );
    const host = machine({ 'iptables-nft-save': { stdout: `*filter\n${bars.join('\n')}\nCOMMIT\n` } });
    apply(host, {}, plan(false));
    expect(host.texts.filter((text) => text.startsWith('* filter\n-D INPUT'))).toHaveLength(1);
  });
  it('what is there of another configuration is not mixed with: nothing is loaded', () => {
    const other = (changes: Partial<typeof DEFAULT_CAPTURE_CONFIG>): CaptureRules => {
      const result = planCapture({ ...DEFAULT_CAPTURE_CONFIG, outboundIpRangesInclude: '*', ...changes });
      if (!result.ok) throw new Error('no plan');
      return result.value;
    };
    const redirect = other({ inboundInterceptionMode: 'REDIRECT', inboundPortsInclude: '*' });
    const tproxy = other({ inboundInterceptionMode: 'TPROXY', inboundPortsInclude: '*' });
    const excluding = other({ outboundIpRangesExclude: '10.0.0.0/8' });
    const dns = other({ redirectDns: true, captureAllDns: true });
    for (const [there, wanted] of [
      [redirect, tproxy],
      [tproxy, redirect],
      [excluding, other({})],
      [other({}), excluding],
      [dns, other({})],
      [other({}), dns],
    ] as const) {
      const host = machine({ 'iptables-nft-save': { stdout: saved(renderIptablesRestore(there, 4)) } });
      const [problem] = apply(host, {}, wanted);
      expect(problem).toMatchObject({ code: 'CAPTURE_APPLY_FAILED', remedy: expect.stringContaining('--reconcile') });
      expect(problem?.message).toMatch(/^rules of another configuration are there already, by iptables-nft: ISTIO_/);
      expect(host.changes()).toEqual([]);
    }
  });
  it('cleanup goes on past errors, in both families', () => {
    const host = machine({ ...LOADED, 'iptables-nft -t': { status: 1 } });
    expect(apply(host, { cleanupOnly: true }, plan(false))).toEqual([]);
    expect(host.changes()).toContain('iptables-nft -t nat -X ISTIO_REDIRECT');
    expect(host.changes()).toContain('ip6tables-nft -t nat -X ISTIO_REDIRECT');
  });
  it('no ip6tables: an error only where IPv6 is on', () => {
    const gone = { status: 127, stderr: 'not found' };
    const answers = { 'ip6tables-nft-save': gone, 'ip6tables-save': gone };
    expect(apply(machine(answers), {}, plan(false))).toEqual([]);
    expect(apply(machine(answers), {}, plan(true))).toMatchObject([{ code: 'CAPTURE_BACK_END' }]);
  });
  it('legacy takes the lock with patience, and is asked only where the kernel has its tables', () => {
    const host = machine({
      'cat /proc/net/ip_tables_names': { stdout: 'nat\n' },
      'iptables-legacy-save --version': { stdout: 'iptables-save v1.8.9 (legacy)' },
      'iptables-legacy-save': { stdout: OTHER },
    });
    apply(host, {}, plan(false));
    expect(host.changes()).toContain('iptables-legacy-restore --noflush --wait=30');
    expect(host.ran.some((line) => line.startsWith('ip6tables-legacy'))).toBe(false);
  });
});

describe('routes and addresses', () => {
  const routes = [
    { kind: 'loopback-address', address: '::6/128' },
    { kind: 'tproxy-route', family: 4, mark: '1337', table: '133' },
  ] as const;
  it('are added once', () => {
    const fresh = machine();
    expect(addRoutes(routes, fresh.run)).toEqual([]);
    expect(fresh.ran.filter((line) => line.includes(' add '))).toEqual([
      'ip -6 addr add ::6/128 dev lo',
      'ip -4 rule add fwmark 1337 lookup 133',
      'ip -4 route add local default dev lo table 133',
    ]);
    const there = machine({
      'ip -6 addr add': { status: 2, stderr: 'Error: ipv6: address already assigned.\n' },
      'ip -4 rule show': { stdout: '32765:\tfrom all fwmark 0x539 lookup 133\n' },
      'ip -4 route show': { stdout: 'local default dev lo scope host \n' },
    });
    expect(addRoutes(routes, there.run)).toEqual([]);
    expect(there.ran.some((line) => /(rule|route) add/.test(line))).toBe(false);
  });
  it('a refusal is told, with the command', () => {
    const host = machine({ 'ip -4 rule add': { status: 2, stderr: 'RTNETLINK answers: Operation not permitted\n' } });
    expect(addRoutes(routes, host.run)).toMatchObject([
      {
        message: expect.stringContaining('ip -4 rule add fwmark 1337 lookup 133: '),
        remedy: expect.stringContaining('NET_ADMIN'),
      },
    ]);
  });
  it('duplicates of a rule go, too', () => {
    let left = 3;
    const ran: string[] = [];
    removeRoutes(routes, (command) => {
      const line = command.join(' ');
      ran.push(line);
      if (line.includes('rule del')) left--;
      return { ...DONE, stdout: line.includes('rule show') && left > 0 ? '1: from all fwmark 0x539 lookup 133\n' : '' };
    });
    expect(ran.filter((line) => line.includes('rule del'))).toHaveLength(3);
    expect(ran).toContain('ip -4 route del local default dev lo table 133');
  });
});
