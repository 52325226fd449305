/** A real API server with its etcd, on loopback, for the time of the tests. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createWriteStream, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ApiOutcome, type KubeApi, openKubeApi } from '../../src/platform/kube-api.ts';
import { type KeyPair, makeAuthority, signLeaf, validFor } from '../../src/platform/tls-authority.ts';

export type Cluster = {
  readonly folder: string;
  /** Of an administrator. */
  readonly kubeconfig: string;
  readonly api: KubeApi;
  readonly url: string;
  readonly auditLog: string;
  /** A kubeconfig for a bearer token, such as a service account's. */
  readonly kubeconfigFor: (name: string, token: string, namespace?: string) => string;
  readonly kubectl: (args: readonly string[], stdin?: string) => Ran;
  readonly stop: () => Promise<void>;
};

export type Ran = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

export type ClusterPrograms = { readonly etcd: string; readonly apiServer: string; readonly kubectl: string };

/** Given by scripts/test-cluster.mjs. */
function clusterPrograms(): ClusterPrograms {
  const read = (name: string): string => {
    const path = process.env[name];
    if (path === undefined) throw new Error(`${name} is not set: run npm run test:cluster`);
    return path;
  };
  return {
    etcd: read('REMORA_ETCD'),
    apiServer: read('REMORA_KUBE_APISERVER'),
    kubectl: read('REMORA_KUBECTL'),
  };
}

export async function startCluster(programs: ClusterPrograms = clusterPrograms()): Promise<Cluster> {
  const folder = mkdtempSync(join(tmpdir(), 'remora-cluster-'));
  const [client, peer, secure] = await freePorts(3);
  const adminToken = randomBytes(16).toString('hex');
  const authority = await writeCredentials(folder, adminToken);
  const processes: ChildProcess[] = [];
  const run = (name: string, command: string, args: readonly string[]): void => {
    const child = spawn(command, [...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    const log = createWriteStream(join(folder, `${name}.log`));
    child.stdout?.pipe(log, { end: false });
    child.stderr?.pipe(log, { end: false });
    processes.push(child);
  };
  run('etcd', programs.etcd, [
    `--data-dir=${join(folder, 'etcd')}`,
    `--listen-client-urls=http://127.0.0.1:${client}`,
    `--advertise-client-urls=http://127.0.0.1:${client}`,
    `--listen-peer-urls=http://127.0.0.1:${peer}`,
    `--initial-advertise-peer-urls=http://127.0.0.1:${peer}`,
    `--initial-cluster=default=http://127.0.0.1:${peer}`,
    // Nothing here has to outlive a power cut.
    '--unsafe-no-fsync',
  ]);
  const auditLog = join(folder, 'audit.log');
  run('apiserver', programs.apiServer, [
    `--etcd-servers=http://127.0.0.1:${client}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=192.0.2.1',
    `--secure-port=${secure}`,
    `--tls-cert-file=${join(folder, 'tls.crt')}`,
    `--tls-private-key-file=${join(folder, 'tls.key')}`,
    `--service-account-key-file=${join(folder, 'sa.key')}`,
    `--service-account-signing-key-file=${join(folder, 'sa.key')}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--token-auth-file=${join(folder, 'tokens.csv')}`,
    '--authorization-mode=RBAC',
    '--service-cluster-ip-range=10.0.0.0/24',
    // No controller makes the service accounts that pods would need.
    '--disable-admission-plugins=ServiceAccount',
    `--audit-policy-file=${join(folder, 'audit.yaml')}`,
    `--audit-log-path=${auditLog}`,
    `--cert-dir=${join(folder, 'certs')}`,
  ]);
  const url = `https://127.0.0.1:${secure}`;
  const kubeconfigFor = (name: string, token: string, namespace = 'default'): string => {
    const file = join(folder, `${name}.kubeconfig`);
    writeFileSync(file, kubeconfigText(url, authority.certificate, token, namespace));
    return file;
  };
  const kubeconfig = kubeconfigFor('admin', adminToken);
  const api = opened(openKubeApi({ kubeconfig }));
  const stop = async (): Promise<void> => {
    api.close();
    await Promise.all(processes.map(end));
    if (process.env.REMORA_KEEP !== '1') rmSync(folder, { recursive: true, force: true });
  };
  try {
    await ready(api, processes, folder);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    folder,
    kubeconfig,
    api,
    url,
    auditLog,
    kubeconfigFor,
    kubectl: (args, stdin) => {
      const ran = spawnSync(programs.kubectl, [`--kubeconfig=${kubeconfig}`, ...args], {
        input: stdin ?? '',
        encoding: 'utf8',
        maxBuffer: 1 << 26,
        env: { PATH: process.env.PATH, HOME: folder },
      });
      return { code: ran.status, stdout: ran.stdout, stderr: ran.stderr };
    },
    stop,
  };
}

export function opened(outcome: ApiOutcome<KubeApi>): KubeApi {
  if (!outcome.ok) throw new Error(outcome.failure.message);
  return outcome.value;
}

async function writeCredentials(folder: string, adminToken: string): Promise<KeyPair> {
  const now = Date.now();
  const validity = validFor(now, 24 * 3_600_000);
  const authority = await makeAuthority('test-ca', validity);
  const server = await signLeaf(authority, ['localhost', '127.0.0.1', 'kubernetes.default.svc'], validity);
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  mkdirSync(join(folder, 'certs'));
  const files = {
    'ca.crt': authority.certificate,
    'tls.crt': server.certificate,
    'tls.key': server.key,
    'sa.key': privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
    'tokens.csv': `${adminToken},admin,admin,system:masters\n`,
    'audit.yaml': AUDIT_POLICY,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text, { mode: 0o600 });
  return authority;
}

const AUDIT_POLICY = `apiVersion: audit.k8s.io/v1
kind: Policy
rules:
- level: Metadata
  verbs: [create]
  resources: [{group: "", resources: [pods]}]
- level: None
`;

function kubeconfigText(url: string, ca: string, token: string, namespace: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name: 'test', cluster: { server: url, 'certificate-authority-data': Buffer.from(ca).toString('base64') } },
    ],
    users: [{ name: 'test', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test', namespace } }],
    'current-context': 'test',
  });
}

async function ready(api: KubeApi, processes: readonly ChildProcess[], folder: string): Promise<void> {
  const ends = Date.now() + 90_000;
  for (;;) {
    const dead = processes.find((child) => child.exitCode !== null);
    if (dead !== undefined || Date.now() > ends) {
      const log = readFileSync(join(folder, 'apiserver.log'), 'utf8').split('\n').slice(-15).join('\n');
      throw new Error(`the API server did not start${dead === undefined ? ' in time' : ''}:\n${log}`);
    }
    // The namespace is made after everything else is up.
    const found = await api.request({ method: 'GET', path: '/api/v1/namespaces/default', timeout: 2_000 });
    if (found.ok) return;
    await pause(200);
  }
}

async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, () => {
      const server = createServer();
      return new Promise<typeof server>((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
    }),
  );
  const ports = servers.map((server) => (server.address() as { readonly port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** Ends a process that may not listen. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
  await exited;
  clearTimeout(timer);
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
