/**
 * The demo as people run it: both engines, both modes, interrupted, killed, without root. Whatever happens, nothing may
 * be left behind.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { envoyTool } from '../../scripts/envoy-tool.mjs';
import type { DemoReport } from '../../src/core/demo/index.ts';

const envoy = envoyTool();
const ENGINES = 'path' in envoy ? (['embedded', 'envoy'] as const) : (['embedded'] as const);
if (!('path' in envoy)) console.log(`· demo: without Envoy: ${envoy.missing}`);
const env = { ...process.env, ...('path' in envoy ? { REMORA_ENVOY: envoy.path } : {}), NO_COLOR: '1', COLUMNS: '100' };

const scratch = mkdtempSync(join(tmpdir(), 'remora-test-demo-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

type Run = { readonly status: number | null; readonly stdout: string; readonly stderr: string };

function demo(args: readonly string[], more: NodeJS.ProcessEnv = {}): Run {
  return spawnSync('bin/remora', ['demo', ...args], { encoding: 'utf8', env: { ...env, ...more } });
}

/** Started without waiting; `until` waits for a text on its output. */
class Running {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  text = '';

  constructor(args: readonly string[]) {
    this.child = spawn('bin/remora', ['demo', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.text += chunk.toString();
      });
    }
    this.ended = new Promise((resolve) => this.child.once('exit', (code) => resolve(code)));
  }

  async until(pattern: RegExp): Promise<RegExpExecArray> {
    for (let tries = 0; tries < 600; tries++) {
      const found = pattern.exec(this.text);
      if (found !== null) return found;
      await pause(25);
    }
    throw new Error(`${pattern} was not said:\n${this.text}`);
  }
}

/** Namespaces, folders and processes of the demo with this process number. */
function leftOf(pid: number | undefined): readonly string[] {
  const mine = (name: string): boolean => name.startsWith(`remora-demo-${pid}-`);
  const list = (folder: string): readonly string[] => (existsSync(folder) ? readdirSync(folder) : []);
  const processes = list('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => workingFolder(name).includes(`/remora-demo-${pid}-`))
    .map((name) => `process ${name}`);
  return [...list('/run/netns').filter(mine), ...list(tmpdir()).filter(mine), ...processes];
}

function workingFolder(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '';
  }
}

function pidOf(report: DemoReport): number {
  return Number(/^remora-demo-(\d+)-/.exec(report.pods[0]?.networkNamespace ?? '')?.[1]);
}

describe.each(ENGINES)('with the %s engine', (engine) => {
  it.each(['REDIRECT', 'TPROXY'] as const)('%s: every request passed both sidecars', (mode) => {
    const run = demo(['--json', `--engine=${engine}`, `--mode=${mode}`, '--requests=6']);
    expect(run.stderr).toBe('');
    const report = JSON.parse(run.stdout) as DemoReport;
    expect(report.failure).toBeUndefined();
    expect(report.checks.filter(({ held }) => !held)).toEqual([]);
    expect(run.status).toBe(0);
    expect(report).toMatchObject({ kind: 'live', mode, engine: { name: engine } });
    expect(report.requests.map(({ leg }) => leg).sort()).toEqual([
      ...Array(3).fill('in'),
      ...Array(3).fill('out'),
      ...Array(6).fill('pod-to-pod'),
    ]);
    const ids = report.checks.map(({ id }) => id);
    for (const id of [
      'access-logs',
      'counters-out',
      'counters-in',
      'metrics-out',
      'metrics-in',
      'simulator',
      'users',
    ]) {
      expect(ids).toContain(id);
    }
    // Caller, two sidecars, application.
    const trails = report.trails.filter(({ request }) => request.leg === 'pod-to-pod');
    expect(trails.map(({ stations }) => stations.length)).toEqual(Array(6).fill(4));
    expect(leftOf(pidOf(report))).toEqual([]);
  });
});

describe('what ends it early', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('%s in the middle: it says so, and takes everything away', async (signal) => {
    const run = new Running(['--engine=embedded', '--requests=1000']);
    await run.until(/2\/2 Running/);
    expect(leftOf(run.child.pid).length).toBeGreaterThan(0);
    run.child.kill(signal);
    expect(await run.ended).toBe(1);
    expect(run.text).toContain(`Broken off: interrupted by ${signal}`);
    // After the last chapter that was true comes the end, and nothing of what is torn down.
    expect(run.text.slice(run.text.indexOf('2/2 Running'))).not.toContain('✗');
    expect(leftOf(run.child.pid)).toEqual([]);
  });

  it('killed: its sidecars end, and the next demo takes away what is left', async () => {
    const run = new Running(['--engine=embedded', '--keep']);
    await run.until(/The pods stay until Ctrl-C/);
    run.child.kill('SIGKILL');
    await run.ended;
    expect(leftOf(run.child.pid).length).toBeGreaterThan(0);
    const next = demo(['--engine=embedded', '--requests=1', '--json']);
    expect(next.stderr).toContain(`Removed what an earlier demo left behind: remora-demo-${run.child.pid}-`);
    expect(next.status).toBe(0);
    expect(leftOf(run.child.pid)).toEqual([]);
  });

  it('a sidecar that ends at once: what it said is shown', () => {
    const run = demo(['--engine=envoy', '--json'], { REMORA_ENVOY: '/bin/false' });
    const report = JSON.parse(run.stdout) as DemoReport;
    expect(run.status).toBe(1);
    expect(report.failure).toMatch(/^the sidecar of demo-\w+ has ended with /);
    expect(leftOf(pidOf(report))).toEqual([]);
  });

  it('a sidecar that is killed while requests are sent: it is named', async () => {
    const run = new Running(['--engine=embedded', '--requests=1000']);
    await run.until(/2\/2 Running/);
    const pid = Number(/demo-red +2\/2 Running .*pids? (\d+)/.exec(run.text)?.[1]);
    process.kill(pid, 'SIGKILL');
    expect(await run.ended).toBe(1);
    expect(run.text.replaceAll(/\s+/g, ' ')).toContain('Broken off: the sidecar of demo-red has ended with SIGKILL');
    expect(leftOf(run.child.pid)).toEqual([]);
  });

  it('an Envoy that is not there', () => {
    const run = demo(['--engine=envoy'], { REMORA_ENVOY: '/nowhere/envoy' });
    expect(run.status).toBe(1);
    expect(run.stderr).toContain('PROXY_NOT_FOUND');
    expect(run.stderr).toContain('/nowhere/envoy');
  });
});

describe('--keep and --web', () => {
  it('serve the story, and stay until a signal comes', async () => {
    const run = new Running(['--engine=embedded', '--requests=2', '--web']);
    const [, url = ''] = await run.until(/The page is at (http:\S+)/);
    await run.until(/The pods stay until Ctrl-C/);
    const page = await (await fetch(url)).text();
    expect(page).toContain('<!doctype html>');
    expect(page).toContain('checks held');
    expect(page.match(/(?:src|href)="(?!\/report\.json)/g)).toBeNull();
    const report = (await (await fetch(`${url}report.json`)).json()) as DemoReport;
    expect(report.trails).toHaveLength(4);
    const events = await fetch(`${url}events`);
    const first = await events.body?.getReader().read();
    expect(Buffer.from(first?.value ?? []).toString()).toMatch(/^data: "<header>/);
    // The pods are there: the rules can be looked at.
    const rules = spawnSync('ip', ['netns', 'exec', report.pods[1]?.networkNamespace ?? '', 'iptables-save'], {
      encoding: 'utf8',
    });
    expect(rules.stdout).toContain('--to-ports 15006');
    run.child.kill('SIGINT');
    expect(await run.ended).toBe(0);
    expect(leftOf(run.child.pid)).toEqual([]);
  });
});

describe('without root', () => {
  // Whoever runs it must be able to read it, which a checkout in somebody's home is not.
  const program = join(scratch, 'remora');
  for (const part of ['bin', 'dist', 'package.json']) cpSync(part, join(program, part), { recursive: true });
  chmodSync(scratch, 0o755);
  const asNobody = (args: readonly string[]): Run =>
    spawnSync(
      'setpriv',
      [
        '--reuid=65534',
        '--regid=65534',
        '--clear-groups',
        process.execPath,
        join(program, 'bin', 'remora'),
        'demo',
        ...args,
      ],
      { encoding: 'utf8', cwd: scratch, env },
    );

  it.each(['REDIRECT', 'TPROXY'] as const)('%s: the simulator tells the story, and says why', (mode) => {
    const run = asNobody(['--json', `--mode=${mode}`]);
    expect(run.stderr).toBe('');
    const report = JSON.parse(run.stdout) as DemoReport;
    expect(report).toMatchObject({ kind: 'simulated', because: 'network namespaces need root', requests: [] });
    expect(report.checks.length).toBeGreaterThan(3);
    expect(report.checks.filter(({ held }) => !held)).toEqual([]);
    expect(run.status).toBe(0);
  });

  it('for people, in lines that fit', () => {
    const { stdout, status } = asNobody([]);
    expect(status).toBe(0);
    expect(stdout).toContain('Two pods, simulated: network namespaces need root.');
    expect(stdout).toContain('in the simulator: no packet was sent');
    expect(stdout.split('\n').filter((line) => line.length > 100)).toEqual([]);
    expect(stdout).not.toContain('\u001b');
  });
});

describe('the transcript in the documents', () => {
  it('shows what the program says', () => {
    const shown = readFileSync('docs/demo-transcript.txt', 'utf8');
    const { stdout } = demo(['--engine=embedded'], { COLUMNS: '108' });
    // What is checked; the evidence behind it differs from run to run.
    const checks = (text: string): readonly string[] =>
      [...text.slice(text.indexOf('\nChecks\n')).matchAll(/^ {3}✓ (.*?)(?: {2}|$)/gm)].map(([, what = '']) => what);
    const known = checks(stdout);
    expect(checks(shown).length).toBeGreaterThan(8);
    for (const what of checks(shown)) expect(known).toContain(what);
  });
});

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
