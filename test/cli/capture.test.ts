/** `remora capture render`, and what `capture` refuses; applying is tested on a kernel, in test/netns. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CORPUS, hasCorpus, readCorpus } from '../conformance/corpus.ts';
import { BIN, folderWith, type Ran, remora } from './remora.ts';

type Case = { readonly config: object; readonly expected: string; readonly restoreLines?: Lines };
type Lines = { readonly v4?: readonly [number, number]; readonly v6?: readonly [number, number] };

function casesOf(group: string): readonly (readonly [string, Case])[] {
  return readdirSync(join(CORPUS, 'capture', group))
    .filter((file) => file.endsWith('.json'))
    .map((file) => [file, JSON.parse(readCorpus('capture', group, file)) as Case] as const);
}

function render(config: object, ...flags: readonly string[]): Ran {
  const folder = folderWith({ 'capture.json': JSON.stringify(config) });
  return remora(['capture', 'render', '--config', 'capture.json', ...flags], { in: folder });
}

describe.runIf(hasCorpus('capture'))('capture render on the corpus', () => {
  const iptables = hasCorpus('capture') ? casesOf('iptables') : [];
  it.each(iptables)('transcript of %s', (_file, { config, expected }) => {
    const run = render(config, '--format', 'transcript');
    expect(run.stderr).toBe('');
    expect(run.stdout.trim()).toBe(readCorpus('capture', 'iptables', expected).trim());
    expect(run.code).toBe(0);
  });
  it.each(iptables)('iptables-restore of %s, family by family', (_file, { config, expected, restoreLines }) => {
    const lines = readCorpus('capture', 'iptables', expected).split('\n');
    for (const [family, range] of [
      ['4', restoreLines?.v4],
      ['6', restoreLines?.v6],
    ] as const) {
      const want = range === undefined || range === null ? '' : lines.slice(range[0] - 1, range[1]).join('\n');
      expect(render(config, '--format', 'iptables-restore', '--family', family).stdout.trim(), family).toBe(
        want.trim(),
      );
    }
  });
  it.each(hasCorpus('capture') ? casesOf('nftables') : [])('nft of %s', (_file, { config, expected }) => {
    const run = render(config, '--format', 'nft');
    expect(run.stdout.trim()).toBe(readCorpus('capture', 'nftables', expected).trim());
    expect(run.code).toBe(0);
  });
});

describe('capture render', () => {
  it('without a configuration: the usual rules as a table, each with its reason', () => {
    const run = remora(['capture', 'render'], { in: '.' });
    expect(run.code).toBe(0);
    expect(run.stdout).toContain('nat · ISTIO_OUTPUT\n');
    const rules = run.stdout.split('\n').filter((line) => /^ +\d+ {2}/.test(line));
    expect(rules.length).toBeGreaterThan(12);
    for (const line of rules) expect(line).toMatch(/-j \S.*\.$/);
  });
  it('json is the intermediate representation', () => {
    const value = JSON.parse(render({ InboundPortsInclude: '*' }, '--format', 'json').stdout);
    expect(value.families).toEqual([4]);
    expect(value.rules[0]).toMatchObject({ table: 'nat', families: [4], reason: expect.stringMatching(/\.$/) });
  });
  it('more owner groups than a rule takes are split for a kernel, and not in the transcript', () => {
    const config = { OwnerGroupsInclude: Array.from({ length: 64 }, (_, i) => i + 1).join(',') };
    const restore = render(config, '--format', 'iptables-restore').stdout;
    expect(restore).toContain('-A ISTIO_OUTPUT -j ISTIO_OWNER_GROUPS\n');
    expect(restore.match(/-A ISTIO_OWNER_GROUPS -m owner --gid-owner \d+ -j RETURN/g)).toHaveLength(64);
    expect(render(config, '--format', 'nft').stdout).toContain('add chain inet istio-proxy-nat istio-owner-groups\n');
    expect(render(config, '--format', 'transcript').stdout).not.toContain('OWNER_GROUPS');
  });
  it("--compat 1.0 makes the rules of the script, with the 2019 post's configuration those of the post", () => {
    const config = { ProxyUID: '1337', ProxyGID: '1337', InboundPortsInclude: '80', OutboundIPRangesInclude: '*' };
    const text = render(config, '--compat', '1.0', '--format', 'iptables-restore', '--family', '4').stdout;
    expect(text.split('\n').filter((line) => line.startsWith('-A'))).toEqual([
      '-A ISTIO_REDIRECT -p tcp -j REDIRECT --to-ports 15001',
      '-A ISTIO_IN_REDIRECT -p tcp -j REDIRECT --to-ports 15001',
      '-A PREROUTING -p tcp -j ISTIO_INBOUND',
      '-A ISTIO_INBOUND -p tcp --dport 80 -j ISTIO_IN_REDIRECT',
      '-A OUTPUT -p tcp -j ISTIO_OUTPUT',
      '-A ISTIO_OUTPUT -o lo ! -d 127.0.0.1/32 -j ISTIO_REDIRECT',
      '-A ISTIO_OUTPUT -m owner --uid-owner 1337 -j RETURN',
      '-A ISTIO_OUTPUT -m owner --gid-owner 1337 -j RETURN',
      '-A ISTIO_OUTPUT -d 127.0.0.1/32 -j RETURN',
      '-A ISTIO_OUTPUT -j ISTIO_REDIRECT',
    ]);
  });
});

describe('capture refuses', () => {
  it.each([
    ['a port', { InboundPortsInclude: '80,http' }, 'inboundPortsInclude: "http" is no port'],
    ['a port out of range', { OutboundPortsExclude: '70000' }, '"70000" is no port'],
    ['* as ports to exclude', { OutboundPortsInclude: '*' }, 'Only the inbound ports to include can be "*"'],
    ['a bare address', { OutboundIPRangesInclude: '10.0.0.1' }, '10.0.0.1/32 for one address'],
    ['* to exclude', { OutboundIPRangesExclude: '*' }, '"*" cannot be excluded'],
    ['an interface name', { ExcludeInterfaces: 'eth0 -j ACCEPT' }, 'is no name of a network interface'],
    ['65 owner groups', { OwnerGroupsInclude: Array.from({ length: 65 }, (_, i) => i).join(',') }, 'at most 64'],
    ['a loopback range', { HostIPv4LoopbackCidr: '::1/128' }, 'is no range of IPv4 loopback addresses'],
    ['an unknown field', { ProxyPorts: '15001' }, 'unknown field "ProxyPorts"'],
    ['a type', { ProxyPort: 15001 }, 'ProxyPort must be a string, not 15001'],
    ['a mark', { InboundInterceptionMode: 'TPROXY', InboundTProxyMark: 'red' }, '"red" is no mark'],
  ])('%s', (_what, config, message) => {
    for (const command of ['render', 'apply', 'cleanup']) {
      const folder = folderWith({ 'capture.json': JSON.stringify(config) });
      const run = remora(['capture', command, '--config', 'capture.json'], { in: folder });
      expect(run.stderr, command).toContain(message);
      expect(run.stderr).toMatch(/^error CAPTURE_/);
      expect(run.stdout).toBe('');
      expect(run.code).toBe(1);
    }
  });
  it('a file that is not there, or is no JSON', () => {
    const folder = folderWith({ 'broken.json': '{"ProxyPort": ' });
    const run = (name: string): Ran => remora(['capture', 'render', '--config', name], { in: folder });
    expect(run('missing.json').stderr).toContain('error FILE_UNREADABLE: open missing.json: no such file or directory');
    expect(run('broken.json').stderr).toMatch(/^error YAML_SYNTAX[\s\S]*broken\.json:/);
  });
  it('a namespace that is not there', () => {
    const run = remora(['capture', 'status', '--netns', 'no-such-namespace'], { in: '.' });
    expect(run.stderr).toContain('error CAPTURE_NO_NAMESPACE: there is no network namespace "no-such-namespace"');
    expect(run.code).toBe(1);
  });
  it('an unknown flag, format or word: exit code 2', () => {
    for (const words of [
      ['render', '--formt', 'nft'],
      ['render', '--format', 'yaml'],
      ['render', 'x'],
      ['rendr'],
      [],
    ]) {
      const run = remora(['capture', ...words], { in: '.' });
      expect(run.stderr).toContain('error USAGE');
      expect(run.code).toBe(2);
    }
  });
  it('to program rules without root', () => {
    for (const command of ['apply', 'cleanup']) {
      const run = unprivileged([BIN, 'capture', command]);
      expect(run.stderr).toContain('rules can be programmed by root only');
      expect(run.stderr).toContain('runAsUser 0');
      expect(run.status).toBe(1);
    }
  });
});

describe('help', () => {
  it.each(['render', 'apply', 'cleanup', 'status'])('capture %s --help', (name) => {
    const run = remora(['capture', name, '--help'], { in: '.' });
    expect(run.code).toBe(0);
    expect(run.stdout).toContain(`remora capture ${name}`);
    expect(run.stdout).toContain('--config');
  });
});

/** As a user without capabilities; as ourselves where we are none already. */
function unprivileged(args: readonly string[]) {
  const isRoot = process.getuid?.() === 0;
  const as = isRoot ? ['setpriv', '--reuid', '1000', '--regid', '1000', '--clear-groups'] : [];
  const [file = '', ...rest] = [...as, process.execPath, ...args];
  return spawnSync(file, rest, { encoding: 'utf8' });
}
