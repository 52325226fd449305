/** `bin/remora` as root in a namespace: apply, status, cleanup, the drop-ins, and what must not be half done. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { missingForNetns, Network } from './namespaces.ts';

const missing = missingForNetns();
const BIN = resolve('bin/remora');
const USUAL = ['-p', '15001', '-z', '15006', '-u', '1337', '-m', 'REDIRECT', '-i', '*', '-x', '', '-b', '*'];
const TPROXY = USUAL.map((word) => (word === 'REDIRECT' ? 'TPROXY' : word));

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'remora-program-'));
  symlinkSync(BIN, join(folder, 'istio-iptables.sh'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Ran = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

/** A pod's namespace, and the program in it. */
class Pod {
  readonly network = new Network();

  run(command: readonly string[], env: Readonly<Record<string, string>> = {}): Ran {
    const words = ['netns', 'exec', this.network.pod, ...command];
    const run = spawnSync('ip', words, { encoding: 'utf8', env: { ...process.env, ...env }, timeout: 60_000 });
    return { code: run.status, stdout: run.stdout, stderr: run.stderr };
  }

  istioIptables(args: readonly string[], env: Readonly<Record<string, string>> = {}): Ran {
    return this.run([BIN, 'istio-iptables', ...args], env);
  }

  /** From outside the namespace. */
  remora(args: readonly string[]): Ran {
    const run = spawnSync(BIN, [...args, '--netns', this.network.pod], { encoding: 'utf8' });
    return { code: run.status, stdout: run.stdout, stderr: run.stderr };
  }

  /** Rules, routing rules, the table of TPROXY and the addresses of lo, as text. */
  state(): string {
    const commands = [
      ['iptables-nft-save'],
      ['ip6tables-nft-save'],
      ['nft', '-s', 'list', 'ruleset'],
      ...['-4', '-6'].flatMap((family) => [
        ['ip', family, 'rule', 'show'],
        ['ip', family, 'route', 'show', 'table', '133'],
      ]),
      ['ip', '-6', 'addr', 'show', 'dev', 'lo'],
      ['cat', '/proc/net/ip_tables_names'],
    ];
    return commands
      .map((command) => this.run(command).stdout)
      .join('')
      .replace(/^#.*\n/gm, '')
      .replace(/\[\d+:\d+\]/g, '');
  }
}

async function inPod(body: (pod: Pod) => void | Promise<void>): Promise<void> {
  const pod = new Pod();
  try {
    await body(pod);
  } finally {
    pod.network.close();
  }
}

function config(value: object): string {
  const file = join(folder, 'capture.json');
  writeFileSync(file, JSON.stringify(value));
  return file;
}

describe.runIf(missing === undefined)('the program in a namespace', () => {
  it.each([
    ['REDIRECT', [...USUAL, '--dual-stack']],
    ['TPROXY', [...TPROXY, '--dual-stack']],
    ['nftables', [...USUAL, '--dual-stack', '--native-nftables']],
    ['TPROXY by nftables', [...TPROXY, '--dual-stack', '--native-nftables']],
  ])('istio-iptables, %s: twice is as once, and cleanup leaves nothing', (_name, args) =>
    inPod((pod) => {
      const before = pod.state();
      expect(pod.istioIptables(args)).toMatchObject({ code: 0 });
      const once = pod.state();
      expect(once).toContain('15006');
      expect(pod.istioIptables(args)).toMatchObject({ code: 0 });
      expect(pod.state()).toBe(once);
      expect(pod.istioIptables([...args, '--cleanup-only'])).toMatchObject({ code: 0 });
      expect(pod.state().replace(/^\*[\s\S]*?COMMIT\n|^table ip6? [\s\S]*?^}\n/gm, emptied)).toBe(before);
    }),
  );

  it('IPv6 asked for where the pod has none: the remedy; done once it has', () =>
    inPod((pod) => {
      const off = (value: number): Ran =>
        pod.run(['sh', '-c', `echo ${value} > /proc/sys/net/ipv6/conf/lo/disable_ipv6`]);
      off(1);
      const refused = pod.istioIptables([...USUAL, '--dual-stack']);
      expect(refused.code).toBe(1);
      expect(refused.stderr).toMatch(/fix: .*Leave IPv6 out/);
      expect(pod.istioIptables(USUAL)).toMatchObject({ code: 0 });
      off(0);
      expect(pod.istioIptables([...USUAL, '--dual-stack', '--reconcile'])).toMatchObject({ code: 0 });
      expect(pod.run(['ip', '-6', 'addr', 'show', 'dev', 'lo']).stdout).toContain('inet6 ::6/128');
    }));

  it('other rules: refused with the remedy, and replaced with --reconcile', () =>
    inPod((pod) => {
      pod.istioIptables(TPROXY);
      const before = pod.state();
      const refused = pod.istioIptables(USUAL);
      expect(refused.code).toBe(1);
      expect(refused.stderr).toContain('run with --reconcile to replace them');
      expect(pod.state()).toBe(before);
      expect(pod.istioIptables([...USUAL, '--reconcile'])).toMatchObject({ code: 0 });
      expect(pod.state()).not.toContain('TPROXY');
    }));

  it.each([
    ['a port that is none, in nat, with rules in mangle', [...TPROXY, '-o', '80x']],
    ['a group that nobody has', TPROXY, { ISTIO_OUTBOUND_OWNER_GROUPS: 'no-such-group' }],
    ['an interface with more words', [...TPROXY, '-c', 'eth0 -j ACCEPT']],
  ])('%s: refused, and nothing is half applied', (_name, args, env?: Readonly<Record<string, string>>) =>
    inPod((pod) => {
      const before = pod.state();
      const run = pod.istioIptables(args, env);
      expect(run.code).toBe(1);
      expect(run.stderr).toMatch(/^error CAPTURE_/m);
      expect(pod.state()).toBe(before);
    }),
  );

  it.each([
    ['iptables', [], 'no iptables can be used: iptables-save is not installed'],
    ['nft', ['--native-nftables'], 'nft is not installed'],
    ['the variant that is forced', ['--force-iptables-binary', 'nft'], 'iptables-nft-save is not installed'],
  ])('without %s: the reason, and the package', (_name, flags, message) =>
    inPod((pod) => {
      const run = pod.run(['env', 'PATH=/nowhere', process.execPath, BIN, 'istio-iptables', ...USUAL, ...flags]);
      expect(run.stderr).toContain('error CAPTURE_BACK_END: ');
      expect(run.stderr).toContain(message);
      expect(run.stderr).toMatch(/fix: (Install iptables|Use an image that has nftables)/);
      expect(run.code).toBe(1);
    }),
  );

  it('rules of others stay, beside ours and after them', () =>
    inPod((pod) => {
      const others = ['-t', 'nat', '-A', 'OUTPUT', '-p', 'tcp', '--dport', '9', '-j', 'ACCEPT'];
      pod.run(['iptables-nft', ...others]);
      expect(pod.istioIptables(USUAL)).toMatchObject({ code: 0 });
      expect(pod.istioIptables([...USUAL, '--cleanup-only'])).toMatchObject({ code: 0 });
      expect(pod.run(['iptables-nft', '-t', 'nat', '-S', 'OUTPUT']).stdout.trim().split('\n')).toEqual([
        '-P OUTPUT ACCEPT',
        '-A OUTPUT -p tcp -m tcp --dport 9 -j ACCEPT',
      ]);
    }));

  it('a range of ports loads as it does with Istio, which passes it on', () =>
    inPod((pod) => {
      expect(pod.istioIptables([...USUAL, '-o', '8000:8010'])).toMatchObject({ code: 0 });
      expect(pod.state()).toContain('--dport 8000:8010');
    }));

  it.each([
    ['iptables', []],
    ['legacy', ['--force-iptables-binary', 'legacy']],
    ['nftables', ['--native-nftables']],
  ])('64 owner groups by %s: they load, are recognised, and go again', (_name, flags) =>
    inPod((pod) => {
      const file = config({
        OwnerGroupsInclude: Array.from({ length: 64 }, (_, i) => 2000 + i).join(','),
        OutboundIPRangesInclude: '*',
        EnableIPv6: true,
      });
      const apply = pod.remora(['capture', 'apply', '--config', file, ...flags]);
      expect(apply).toMatchObject({ code: 0 });
      const status = pod.remora(['capture', 'status', '--config', file]);
      expect(status.stdout).not.toMatch(/Missing|not of this configuration/);
      expect(status).toMatchObject({ code: 0 });
      const trace = (gid: string): string =>
        JSON.parse(pod.remora(['trace-packet', '--to', '10.77.0.1:80', '--gid', gid, '-o', 'json']).stdout).disposition
          .kind;
      expect([trace('2063'), trace('2064')]).toEqual(['delivered', 'sent']);
      expect(pod.remora(['capture', 'cleanup', '--config', file, ...flags])).toMatchObject({ code: 0 });
      expect(pod.state()).not.toContain('OWNER_GROUPS');
    }),
  );

  it('status: nothing, then all, then what somebody else has changed', () =>
    inPod((pod) => {
      const file = config({ InboundPortsInclude: '*', OutboundIPRangesInclude: '*', EnableIPv6: true });
      expect(pod.remora(['capture', 'status']).stdout).toContain('Nothing is captured in this namespace.');
      pod.remora(['capture', 'apply', '--config', file]);
      const right = pod.remora(['capture', 'status', '--config', file]);
      expect(right.stdout).toContain('Traffic is captured, by iptables (nf_tables).');
      expect(right.code).toBe(0);
      pod.run(['iptables-nft', '-t', 'nat', '-D', 'OUTPUT', '-j', 'ISTIO_OUTPUT']);
      pod.run(['iptables-nft', '-t', 'nat', '-A', 'ISTIO_INBOUND', '-p', 'tcp', '--dport', '22', '-j', 'RETURN']);
      pod.run(['iptables-nft', '-A', 'INPUT', '-p', 'udp', '--dport', '9', '-j', 'DROP']);
      const wrong = pod.remora(['capture', 'status', '--config', file, '--format', 'json']);
      expect(wrong.code).toBe(1);
      const state = JSON.parse(wrong.stdout);
      const alone = pod.remora(['capture', 'status']);
      expect(alone.code).toBe(0);
      expect(alone.stdout).toMatch(/or from somebody else\n {2}IPv4 nat ISTIO_INBOUND: .*--dport 22 -j RETURN\n/);
      expect(state.missing).toEqual([expect.stringContaining('IPv4 nat OUTPUT: -j ISTIO_OUTPUT')]);
      expect(state.changed).toEqual([expect.stringContaining('--dport 22 -j RETURN')]);
      expect(state.foreign).toEqual([expect.stringContaining('IPv4 filter INPUT: -p udp --dport 9 -j DROP')]);
      expect(pod.remora(['capture', 'apply', '--config', file, '--reconcile'])).toMatchObject({ code: 0 });
      expect(pod.remora(['capture', 'status', '--config', file])).toMatchObject({ code: 0 });
      expect(pod.state()).toContain('--dport 9 -j DROP');
    }));

  it.each([
    ['TPROXY and IPv6', [...TPROXY, '--dual-stack']],
    ['TPROXY and IPv6 by nftables', [...TPROXY, '--dual-stack', '--native-nftables']],
    ['all of DNS, by legacy', [...USUAL, '--redirect-dns', '--capture-all-dns', '--force-iptables-binary', 'legacy']],
  ])('cleanup without a configuration takes away what %s has brought', (_name, args) =>
    inPod((pod) => {
      expect(pod.istioIptables(args)).toMatchObject({ code: 0 });
      expect(pod.remora(['capture', 'cleanup'])).toMatchObject({ code: 0 });
      expect(pod.remora(['capture', 'status']).stdout).toContain('Nothing is captured in this namespace.');
      expect(pod.state()).not.toMatch(/ISTIO|istio|fwmark|::6\/128|local default/);
      expect(pod.run(['iptables-legacy-save']).stdout).not.toContain('ISTIO');
    }),
  );

  it('looking changes nothing: no legacy table appears', () =>
    inPod((pod) => {
      pod.remora(['capture', 'status']);
      pod.remora(['trace-packet', '--to', '10.77.0.1:80']);
      expect(pod.run(['cat', '/proc/net/ip_tables_names']).stdout).toBe('');
    }));

  it('rules of legacy iptables are found, and are not programmed a second time beside', () =>
    inPod((pod) => {
      pod.istioIptables([...USUAL, '--force-iptables-binary', 'legacy']);
      const again = pod.istioIptables(USUAL);
      expect(again.stderr).toContain('rules are programmed by iptables-legacy');
      expect(again.code).toBe(0);
      expect(pod.run(['nft', 'list', 'ruleset']).stdout).toBe('');
    }));

  it(
    '--run-validation: 0 for the proxy where rules are there, 126 where they are not',
    () =>
      inPod((pod) => {
        const asProxy = ['setpriv', '--reuid', '1337', '--regid', '1337', '--clear-groups', process.execPath, BIN];
        const probe = [...asProxy, 'istio-iptables', ...USUAL, '--run-validation', '--skip-rule-apply'];
        const without = pod.run([...probe, '--probe-timeout', '1s']);
        expect(without.stderr).toContain("this pod's traffic is not captured");
        expect(without.code).toBe(126);
        pod.istioIptables(USUAL);
        expect(pod.run(probe)).toMatchObject({ code: 0 });
      }),
    30_000,
  );

  it("istio-iptables.sh with the arguments of the post of 2019: the post's listing", () =>
    inPod((pod) => {
      const args = ['-p', '15001', '-u', '1337', '-m', 'REDIRECT', '-i', '*', '-x', '', '-b', '80,', '-d', ''];
      expect(pod.run([join(folder, 'istio-iptables.sh'), ...args])).toMatchObject({ code: 0 });
      const listed = pod.run(['iptables', '-t', 'nat', '-S']).stdout.trim().split('\n');
      expect(listed.filter((line) => !line.startsWith('-P')).sort()).toEqual([...POST_2019].sort());
      const own = (chain: string): readonly string[] => listed.filter((line) => line.startsWith(`-A ${chain} `));
      expect(own('ISTIO_OUTPUT')).toEqual(POST_2019.filter((line) => line.startsWith('-A ISTIO_OUTPUT ')));
    }));
});

/** istio.io, 2019-01-31, without the policies. */
const POST_2019 = [
  '-N ISTIO_INBOUND',
  '-N ISTIO_IN_REDIRECT',
  '-N ISTIO_OUTPUT',
  '-N ISTIO_REDIRECT',
  '-A PREROUTING -p tcp -j ISTIO_INBOUND',
  '-A OUTPUT -p tcp -j ISTIO_OUTPUT',
  '-A ISTIO_INBOUND -p tcp -m tcp --dport 80 -j ISTIO_IN_REDIRECT',
  '-A ISTIO_IN_REDIRECT -p tcp -j REDIRECT --to-ports 15001',
  '-A ISTIO_OUTPUT ! -d 127.0.0.1/32 -o lo -j ISTIO_REDIRECT',
  '-A ISTIO_OUTPUT -m owner --uid-owner 1337 -j RETURN',
  '-A ISTIO_OUTPUT -m owner --gid-owner 1337 -j RETURN',
  '-A ISTIO_OUTPUT -d 127.0.0.1/32 -j RETURN',
  '-A ISTIO_OUTPUT -j ISTIO_REDIRECT',
  '-A ISTIO_REDIRECT -p tcp -j REDIRECT --to-ports 15001',
];

/** Tables and built-in chains stay behind empty, which nobody can take away by iptables; a rule or chain of ours may not. */
function emptied(table: string): string {
  return /-A |^:ISTIO|ISTIO_/m.test(table) ? table : '';
}
