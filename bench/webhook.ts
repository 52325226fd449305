import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { makeAuthority, signLeaf, validFor } from '../src/platform/tls-authority.ts';
import { type Figure, median } from './measure.ts';
import { reviewBodies } from './webhook-pods.ts';

type Result = {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly count: number;
  readonly wrong: number;
};

const PODS = 2_000;
const TEMPLATES = 50;
const ROUNDS = 3;

/**
 * The webhook over TLS: `bin/remora webhook` with the built-in configuration, at one and two workers, and in turn with it
 * a server that reads the body and always gives the same answer, which is the most that Node's HTTPS can do here.
 */
export async function webhookFigures(): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'remora-bench-webhook-'));
  const processes: ChildProcess[] = [];
  try {
    const authority = await makeAuthority('bench', validFor(Date.now(), 3_600_000));
    const leaf = await signLeaf(authority, ['localhost'], validFor(Date.now(), 3_600_000));
    const bodies = reviewBodies(PODS, TEMPLATES);
    const files = { 'tls.crt': leaf.certificate, 'tls.key': leaf.key, bodies: `${bodies.join('\n')}\n` };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    await bundle('bench/webhook-load.ts', join(folder, 'load.mjs'));
    await bundle('bench/canned-server.ts', join(resolve('.cache'), 'canned-server.mjs'));
    const start = async (args: readonly string[]) => {
      const child = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
      processes.push(child);
      return { child, port: await readyPort(child) };
    };
    const webhook = (workers: number) =>
      start([
        resolve('bin/remora'),
        'webhook',
        '--offline',
        '--tlsCertFile=tls.crt',
        '--tlsKeyFile=tls.key',
        '--address=127.0.0.1',
        '--port=0',
        '--httpPort=off',
        '--logLevel=info',
        `--workers=${workers}`,
        '--drainDelay=0',
      ]);
    const load = (port: number, more: object): Promise<Result> =>
      run(folder, {
        port,
        ca: authority.certificate,
        connections: 8,
        warmMs: 1_500,
        runMs: 3_000,
        bodies: join(folder, 'bodies'),
        once: false,
        ...more,
      });

    const one = await webhook(1);
    const cold = await load(one.port, { once: true, connections: 4 });
    // A real answer, so that as many bytes are written.
    writeFileSync(join(folder, 'answer'), await answerTo(one.port, authority.certificate, bodies[0] ?? ''));
    const canned = await start([join(resolve('.cache'), 'canned-server.mjs'), 'tls.crt', 'tls.key', 'answer']);
    const two = await webhook(2);
    const results = { one: [] as Result[], two: [] as Result[], canned: [] as Result[] };
    for (let round = 0; round < ROUNDS; round++) {
      results.canned.push(await load(canned.port, {}));
      results.one.push(await load(one.port, {}));
      results.two.push(await load(two.port, {}));
    }
    const wrong = [cold, ...Object.values(results).flat()].reduce((sum, result) => sum + result.wrong, 0);
    if (wrong > 0) throw new Error(`${wrong} reviews were not allowed`);
    const of = (name: keyof typeof results, key: 'perSecond' | 'p50' | 'p99'): number =>
      median(results[name].map((result) => result[key]));
    const memory = residentMegabytes(one.child.pid ?? 0);
    const note = `${PODS} pods of ${TEMPLATES} templates, built-in configuration, 8 connections`;
    const ratio = median(
      results.one.map((result, i) => result.perSecond / (results.canned[i]?.perSecond ?? Number.NaN)),
    );
    return [
      { name: 'webhook, 1 process', value: of('one', 'perSecond'), unit: '/s', note },
      { name: 'webhook, 1 process, p50', value: of('one', 'p50'), unit: 'ms', note: 'the same' },
      { name: 'webhook, 1 process, p99', value: of('one', 'p99'), unit: 'ms', note: 'the same' },
      {
        name: 'webhook, 2 workers',
        value: of('two', 'perSecond'),
        unit: '/s',
        note: 'the same; the load takes one core of the two',
      },
      { name: 'webhook, 2 workers, p50', value: of('two', 'p50'), unit: 'ms', note: 'the same' },
      { name: 'webhook, 2 workers, p99', value: of('two', 'p99'), unit: 'ms', note: 'the same' },
      {
        name: 'webhook, canned answer',
        value: of('canned', 'perSecond'),
        unit: '/s',
        note: 'the same server, one process, one answer',
      },
      {
        name: 'webhook, share of canned',
        value: ratio,
        unit: '×',
        aim: '0.6',
        note: '1 process against the canned answer, in turn',
      },
      {
        name: 'webhook, cold',
        value: cold.perSecond,
        unit: '/s',
        note: 'each of the pods once, from the start of the process',
      },
      { name: 'webhook, memory', value: memory, unit: 'MB', note: '1 process after all that' },
    ];
  } finally {
    for (const child of processes) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

async function bundle(entry: string, outfile: string): Promise<void> {
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'warning',
  });
}

function readyPort(child: ChildProcess): Promise<number> {
  return new Promise((done, failed) => {
    let text = '';
    const look = (chunk: Buffer): void => {
      text += chunk.toString('utf8');
      const line = text.split('\n').find((each) => each.includes('"msg":"ready"') && each.endsWith('}'));
      if (line === undefined) return;
      // The log goes on, and somebody must take it.
      child.stdout?.off('data', look);
      child.stdout?.resume();
      done(Number((JSON.parse(line) as { readonly port: number }).port));
    };
    child.stdout?.on('data', look);
    child.once('exit', () => failed(new Error(`a server ended: ${text}`)));
  });
}

function run(folder: string, job: object): Promise<Result> {
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, [join(folder, 'load.mjs'), JSON.stringify(job)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8');
    });
    child.once('exit', (code) =>
      code === 0 ? done(JSON.parse(text) as Result) : failed(new Error(`the load ended with ${code}`)),
    );
  });
}

async function answerTo(port: number, ca: string, body: string): Promise<string> {
  const { request } = await import('node:https');
  return new Promise((done, failed) => {
    const call = request(
      {
        port,
        host: '127.0.0.1',
        ca,
        servername: 'localhost',
        path: '/inject',
        method: 'POST',
        headers: { 'content-type': 'application/json' },
      },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8');
        answer.on('data', (chunk: string) => {
          text += chunk;
        });
        answer.on('end', () => done(text));
      },
    );
    call.on('error', failed);
    call.end(body);
  });
}

function residentMegabytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) / 1024;
}
