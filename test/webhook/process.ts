/** `remora webhook` as a process, on free ports, with a certificate of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type KeyPair, makeAuthority, signLeaf, validFor } from '../../src/platform/tls-authority.ts';

export type Webhook = {
  readonly port: number;
  readonly httpPort: number;
  readonly pid: number;
  /** The lines of its log so far. */
  readonly log: () => readonly Record<string, unknown>[];
  readonly logged: (message: string, count?: number) => Promise<Record<string, unknown>>;
  readonly signal: (name: NodeJS.Signals) => void;
  readonly ended: Promise<number | null>;
};

export type Credentials = { readonly authority: KeyPair; readonly leaf: KeyPair };

export async function credentials(names: readonly string[] = ['localhost', '127.0.0.1']): Promise<Credentials> {
  const validity = validFor(Date.now(), 3_600_000);
  const authority = await makeAuthority('test-ca', validity);
  return { authority, leaf: await signLeaf(authority, names, validity) };
}

/** A folder with the files `tls.crt`, `tls.key` and those given. */
export function workFolder(leaf: KeyPair, files: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'remora-webhook-'));
  for (const [name, text] of Object.entries({ 'tls.crt': leaf.certificate, 'tls.key': leaf.key, ...files })) {
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

const running: ChildProcess[] = [];

/** Ends what tests have left running, and removes folders. */
export function cleanUp(folders: readonly string[]): void {
  for (const child of running) child.kill('SIGKILL');
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}

const COMMAND = ['webhook', '--address=127.0.0.1', '--port=0', '--httpPort=0', '--drainDelay=300ms'];

/** Starts it and waits until it is ready; rejects with its output where it ends before. */
export async function startWebhook(
  folder: string,
  args: readonly string[] = [],
  options: {
    readonly nodeArgs?: readonly string[];
    readonly env?: NodeJS.ProcessEnv;
    /** The words before `args`. */
    readonly command?: readonly string[];
  } = {},
): Promise<Webhook> {
  const child = spawn(
    process.execPath,
    [...(options.nodeArgs ?? []), resolve('bin/remora'), ...(options.command ?? COMMAND), ...args],
    { cwd: folder, env: { PATH: process.env.PATH, HOME: folder, ...options.env }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  running.push(child);
  let text = '';
  const watchers = new Set<() => void>();
  const heard = (chunk: Buffer): void => {
    text += chunk.toString('utf8');
    for (const each of watchers) each();
  };
  child.stdout.on('data', heard);
  child.stderr.on('data', heard);
  const ended = new Promise<number | null>((done) => child.once('exit', (code) => done(code)));
  const lines = (): Record<string, unknown>[] =>
    text.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Record<string, unknown>] : []));
  const logged = (message: string, count = 1): Promise<Record<string, unknown>> =>
    new Promise((found, missed) => {
      const look = (): void => {
        const matching = lines().filter(({ msg }) => msg === message);
        const line = matching[count - 1];
        if (line === undefined) return;
        stop();
        found(line);
      };
      const timer = setTimeout(() => {
        stop();
        missed(new Error(`"${message}" was not logged ${count} times:\n${text}`));
      }, 15_000);
      const stop = (): void => {
        watchers.delete(look);
        clearTimeout(timer);
      };
      watchers.add(look);
      ended.then(() => {
        if (watchers.has(look)) {
          stop();
          missed(new Error(`it ended before "${message}" was logged:\n${text}`));
        }
      });
      look();
    });
  const ready = await logged('ready');
  return {
    port: Number(ready.port),
    httpPort: Number(ready.httpPort),
    pid: child.pid ?? 0,
    log: lines,
    logged,
    signal: (name) => child.kill(name),
    ended,
  };
}

export type Reply = { readonly status: number; readonly body: string; readonly headers: Record<string, unknown> };

export type Post = {
  readonly port: number;
  readonly ca: string;
  readonly body: string | Buffer;
  readonly path?: string;
  readonly contentType?: string | null;
  readonly agent?: Agent;
  readonly client?: KeyPair;
  readonly method?: string;
};

/** One request over HTTP/1.1. */
export function post({
  port,
  ca,
  body,
  path = '/inject',
  contentType = 'application/json',
  agent,
  client,
  method = 'POST',
}: Post): Promise<Reply> {
  return new Promise((done, failed) => {
    const call = httpsRequest(
      {
        host: '127.0.0.1',
        port,
        path,
        method,
        ca,
        servername: 'localhost',
        agent: agent ?? new Agent({ keepAlive: false }),
        ...(client === undefined ? {} : { cert: client.certificate, key: client.key }),
        headers: {
          ...(contentType === null ? {} : { 'content-type': contentType }),
          'content-length': Buffer.byteLength(body),
        },
      },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('error', failed);
        answer.on('end', () =>
          done({
            status: answer.statusCode ?? 0,
            body: Buffer.concat(chunks).toString('utf8'),
            headers: answer.headers,
          }),
        );
      },
    );
    call.on('error', failed);
    call.end(body);
  });
}

export type ReviewResponse = {
  readonly uid: string;
  readonly allowed: boolean;
  readonly patch?: string;
  readonly warnings?: readonly string[];
  readonly auditAnnotations?: Readonly<Record<string, string>>;
  readonly status?: { readonly message: string };
};

export function responseOf({ body }: Reply): ReviewResponse {
  return (JSON.parse(body) as { readonly response: ReviewResponse }).response;
}

/** A review of a pod, as the API server sends it. */
export function reviewOf(pod: object, { uid = 'u-1', namespace = 'demo', version = 'v1' } = {}): string {
  return JSON.stringify({
    kind: 'AdmissionReview',
    apiVersion: `admission.k8s.io/${version}`,
    request: {
      uid,
      kind: { group: '', version: 'v1', kind: 'Pod' },
      resource: { group: '', version: 'v1', resource: 'pods' },
      namespace,
      operation: 'CREATE',
      object: pod,
    },
  });
}

export const POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { generateName: 'hello-', labels: { app: 'hello' } },
  spec: { containers: [{ name: 'hello', image: 'example/hello:1' }] },
};
