/** The drop-ins by their names, dry: istio-iptables, pilot-agent istio-iptables, istio-iptables.sh. */
import { spawnSync } from 'node:child_process';
import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BIN, folderWith, type Ran, remora } from './remora.ts';

/** What an injected istio-init passes. */
const INJECTED = ['-p', '15001', '-z', '15006', '-u', '1337', '-m', 'REDIRECT', '-i', '*', '-x', '', '-b', '*'];
const PORTS = ['-d', '15090,15021,15020', '--log_output_level=default:info'];

function dry(args: readonly string[], env: Readonly<Record<string, string>> = {}): Ran {
  return remora(['istio-iptables', '--dry-run', ...args], { in: '.', env });
}

function called(name: string, args: readonly string[]): Ran {
  const folder = folderWith();
  symlinkSync(BIN, join(folder, name));
  const run = spawnSync(join(folder, name), args, { encoding: 'utf8', env: { PATH: process.env.PATH } });
  return { code: run.status, stdout: run.stdout, stderr: run.stderr };
}

describe('istio-iptables', () => {
  it('an injected container runs unchanged, by each of its names', () => {
    const runs = [
      dry([...INJECTED, ...PORTS]),
      remora(['pilot-agent', 'istio-iptables', ...INJECTED, ...PORTS, '--dry-run'], { in: '.' }),
      called('istio-iptables', [...INJECTED, ...PORTS, '--dry-run']),
      called('pilot-agent', ['istio-iptables', ...INJECTED, ...PORTS, '--dry-run']),
    ];
    for (const run of runs) {
      expect(run.stderr).toBe('');
      expect(run.code).toBe(0);
      expect(run.stdout).toBe(runs[0]?.stdout);
    }
    expect(runs[0]?.stdout).toContain('-A ISTIO_INBOUND -p tcp --dport 15090 -j RETURN\n');
    expect(runs[0]?.stdout).toContain('-A ISTIO_OUTPUT -j ISTIO_REDIRECT\n');
  });
  it('reads the environment; a flag beats it; a variable that does not parse is passed over', () => {
    const env = { ISTIO_INBOUND_PORTS: '80', INVALID_DROP: 'true', DROP_INVALID: 'maybe', INBOUND_CAPTURE_PORT: '16' };
    const { stdout } = dry(['-z', '15006'], env);
    expect(stdout).toContain('--dport 80 -j ISTIO_IN_REDIRECT');
    expect(stdout).toContain('--ctstate INVALID -j ISTIO_DROP');
    expect(stdout).toContain('-A ISTIO_IN_REDIRECT -p tcp -j REDIRECT --to-ports 15006');
  });
  it('--compat 1.0 is the script of that release; another release the program; no release is refused', () => {
    const old = remora(['istio-iptables', '--compat', '1.0.2', '-h'], { in: '.' });
    expect(old.stdout + old.stderr).toContain('istio-iptables.sh -p PORT -u UID');
    expect(dry(['--compat', '1.0.2', ...INJECTED]).stderr).toContain('Invalid option: --dry-run');
    expect(dry(['--compat=1.20', ...INJECTED]).stdout).toBe(dry(INJECTED).stdout);
    expect(dry(['--compat=old']).stderr).toContain('unknown flag: --compat');
  });
  it('DRY_RUN_FILE_PATH takes the record, too', () => {
    const file = join(folderWith(), 'record');
    const { stdout } = dry(INJECTED, { DRY_RUN_FILE_PATH: file });
    expect(readFileSync(file, 'utf8')).toBe(stdout);
  });
  it('a dry run with --native-nftables prints the transaction', () => {
    expect(dry([...INJECTED, '--native-nftables']).stdout).toMatch(/^add table inet istio-proxy-nat\nflush table/);
  });
  it.each([
    [['--bogus'], 'unknown flag: --bogus'],
    [['-y', '1'], 'unknown flag: -y'],
    [['word'], 'unexpected argument "word"'],
    [['-p'], 'flag needs an argument: -p'],
    [['--probe-timeout', 'soon'], 'invalid argument "soon" for --probe-timeout'],
    [['-i', '10.0.0.1'], '"10.0.0.1" is no IP prefix'],
    [['-x', '*'], '"*" cannot be excluded'],
    [['-c', 'eth0 -j ACCEPT'], 'excludeInterfaces: "eth0 -j ACCEPT" is not one word'],
    [['-b', '80\n-A INPUT -j ACCEPT'], 'is not one word'],
    [['--force-iptables-binary', 'new'], 'invalid FORCE_IPTABLES_BINARY value "new"'],
  ])('%j: exit code 1, and nothing is done', (args, message) => {
    const run = dry(args);
    expect(run.stderr).toContain(message);
    expect(run.stdout).toBe('');
    expect(run.code).toBe(1);
  });
  it('--help names every flag and its variables', () => {
    const { stdout, code } = remora(['istio-iptables', '--help'], { in: '.' });
    expect(code).toBe(0);
    for (const word of ['-p, --envoy-port', '--cleanup-only', 'INVALID_DROP', '-q, --istio-outbound-ports']) {
      expect(stdout).toContain(word);
    }
  });
});

describe('istio-iptables.sh', () => {
  it('is known by its name alone, with the flags of 1.0.2', () => {
    const help = called('istio-iptables.sh', ['-h']);
    expect(help.code).toBe(0);
    expect(help.stdout).toContain('istio-iptables.sh -p PORT');
  });
  it.each([['-z'], ['--envoy-port'], ['-p']])('%s is refused with the usage, exit code 1', (option) => {
    const run = called('istio-iptables.sh', [option]);
    expect(run.stderr).toContain(`Invalid option: ${option}`);
    expect(run.stderr).toContain('-i  destinations to capture');
    expect(run.code).toBe(1);
  });
});
