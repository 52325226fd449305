import { type ChildProcess, spawn } from 'node:child_process';
import { Agent } from 'node:https';
import { resolve } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { cleanUp, credentials, POD, post, responseOf, reviewOf, workFolder } from '../webhook/process.ts';
import { abuse, fuzzReview, randomOf } from './webhook.ts';

const SECONDS = Number(process.env.REMORA_FUZZ_SECONDS ?? 5);
const SEED = Number(process.env.REMORA_FUZZ_SEED ?? Date.now() % 1_000_000_000);

const folders: string[] = [];
let child: ChildProcess | undefined;
afterAll(() => {
  child?.kill('SIGKILL');
  cleanUp(folders);
});

it(
  `a webhook lives through ${SECONDS} s of mutated reviews and abused HTTP, and does not grow`,
  async () => {
    const { authority, leaf } = await credentials();
    const folder = workFolder(leaf);
    folders.push(folder);
    const webhook = spawn(
      process.execPath,
      [
        '--expose-gc',
        `--require=${resolve('test/fuzz/heap-hook.cjs')}`,
        resolve('bin/remora'),
        'webhook',
        '--offline',
        '--tlsCertFile=tls.crt',
        '--tlsKeyFile=tls.key',
        '--address=127.0.0.1',
        '--port=0',
        '--httpPort=off',
        '--drainDelay=0',
        '--logLevel=info',
      ],
      { cwd: folder, env: { PATH: process.env.PATH, HOME: folder }, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] },
    );
    child = webhook;
    const port = await readyPort(webhook);
    const heap = (): Promise<number> =>
      new Promise((done) => {
        webhook.once('message', (message: { readonly heap: number }) => done(message.heap));
        webhook.send('heap');
      });

    const random = randomOf(SEED);
    const target = { port, ca: authority.certificate };
    const agent = new Agent({ keepAlive: true, maxSockets: 4 });
    const wrong: string[] = [];
    const counts = { reviews: 0, abuses: 0 };
    const heaps: number[] = [];
    const started = Date.now();
    const going = (): boolean => Date.now() - started < SECONDS * 1000 && wrong.length < 5 && webhook.exitCode === null;
    const reviewer = async (): Promise<void> => {
      while (going()) {
        counts.reviews += 1;
        const why = await fuzzReview(target, random, agent).catch((error: unknown) => String(error));
        if (why !== undefined) wrong.push(why);
      }
    };
    const abuser = async (): Promise<void> => {
      while (going()) {
        counts.abuses += 1;
        await abuse(target, random);
      }
    };
    const watcher = async (): Promise<void> => {
      while (going()) {
        await new Promise((done) => setTimeout(done, Math.max(250, SECONDS * 25)));
        if (webhook.exitCode === null) heaps.push(await heap());
      }
    };
    await Promise.all([reviewer(), reviewer(), reviewer(), abuser(), abuser(), watcher()]);
    agent.destroy();
    const megabytes = heaps.map((bytes) => bytes / 1e6);
    const half = Math.floor(megabytes.length / 2);
    const [middle, end] = [median(megabytes.slice(half, half + 5)), median(megabytes.slice(-5))];
    console.log(
      `· fuzz webhook: seed ${SEED}, ${counts.reviews} reviews, ${counts.abuses} abuses, heap ${middle.toFixed(1)} MB at half, ${end.toFixed(1)} MB at the end`,
    );
    expect(wrong).toEqual([]);
    expect(webhook.exitCode).toBeNull();
    expect(counts.reviews).toBeGreaterThan(SECONDS * 20);
    // The memory of answers has a bound, and fills in the first half at most; what is left is noise.
    expect(end).toBeLessThan(middle * 1.25 + 8);
    const reply = await post({ ...target, body: reviewOf(POD) });
    expect(responseOf(reply)).toMatchObject({ allowed: true });
    webhook.kill('SIGTERM');
    await new Promise((done) => webhook.once('exit', done));
    expect(webhook.exitCode).toBe(0);
  },
  SECONDS * 1000 + 60_000,
);

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

function readyPort(process_: ChildProcess): Promise<number> {
  return new Promise((done, failed) => {
    let text = '';
    const look = (chunk: Buffer): void => {
      text += chunk.toString('utf8');
      const line = text.split('\n').find((each) => each.includes('"msg":"ready"') && each.endsWith('}'));
      if (line === undefined) return;
      process_.stdout?.off('data', look);
      process_.stdout?.resume();
      done(Number((JSON.parse(line) as { readonly port: number }).port));
    };
    process_.stdout?.on('data', look);
    process_.stderr?.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8');
    });
    process_.once('exit', () => failed(new Error(text)));
  });
}
