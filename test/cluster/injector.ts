/** Remora installed in a test cluster, and its webhook as processes beside it, each as the service account that it installs. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { getKey, isArray, isObject, type JsonObject } from '../../src/core/json.ts';
import type { ApiOutcome } from '../../src/platform/kube-api.ts';
import { createObject, getObject, replaceObject } from '../../src/platform/kube-api-calls.ts';
import { startWebhook, type Webhook } from '../webhook/process.ts';
import { type Cluster, pause, type Ran } from './api-server.ts';

export const SYSTEM = 'remora-system';

/** `bin/remora` as an administrator of the cluster. */
export function remora(cluster: Cluster, args: readonly string[], stdin = ''): Ran {
  const ran = spawnSync(process.execPath, [resolve('bin/remora'), ...args], {
    cwd: cluster.folder,
    input: stdin,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    env: { PATH: process.env.PATH, HOME: cluster.folder, KUBECONFIG: cluster.kubeconfig },
  });
  return { code: ran.status, stdout: ran.stdout, stderr: ran.stderr };
}

/** Installs a revision without waiting for its Deployment, which nobody runs here. */
export function install(cluster: Cluster, args: readonly string[] = []): void {
  const ran = remora(cluster, ['install', '--apply', '--wait=0', ...args]);
  if (ran.code !== 0) throw new Error(`install: ${ran.stderr}`);
}

/** One replica. It has the rights of its service account and no more. */
export async function startReplica(
  cluster: Cluster,
  name: string,
  args: readonly string[] = [],
  account = 'remora-webhook',
): Promise<Webhook> {
  const token = cluster.kubectl(['-n', SYSTEM, 'create', 'token', account]);
  if (token.code !== 0) throw new Error(token.stderr);
  const kubeconfig = cluster.kubeconfigFor(`replica-${name}`, token.stdout.trim(), SYSTEM);
  return startWebhook(
    mkdtempSync(join(cluster.folder, `${name}-`)),
    [`--kubeconfig=${kubeconfig}`, '--certName=127.0.0.1', '--certName=localhost', ...args],
    { env: { POD_NAME: name, POD_NAMESPACE: SYSTEM } },
  );
}

const CONFIGURATIONS = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';

/**
 * Sends the API server to a port of this machine: it refuses loopback addresses behind a Service, so that the entries
 * get a URL in place of it. That is the only change to what was installed; the caBundle stays the webhook's own business.
 */
export async function callByUrl(cluster: Cluster, configuration: string, port: number): Promise<void> {
  for (;;) {
    const found = value(await getObject(cluster.api, `${CONFIGURATIONS}/${configuration}`));
    const webhooks = entriesOf(found).map((entry) => {
      const client = getKey(entry, 'clientConfig');
      const caBundle = isObject(client) ? getKey(client, 'caBundle') : undefined;
      return {
        ...entry,
        clientConfig: { url: `https://127.0.0.1:${port}/inject`, ...(caBundle === undefined ? {} : { caBundle }) },
      };
    });
    const replaced = await replaceObject(cluster.api, `${CONFIGURATIONS}/${configuration}`, { ...found, webhooks });
    if (replaced.ok) break;
    // The webhook has written the caBundle in between.
    if (replaced.failure.status !== 409) throw new Error(replaced.failure.message);
  }
}

export function entriesOf(configuration: JsonObject): readonly JsonObject[] {
  const webhooks = getKey(configuration, 'webhooks');
  return isArray(webhooks) ? webhooks.filter(isObject) : [];
}

export async function makeNamespace(
  cluster: Cluster,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<void> {
  value(
    await createObject(cluster.api, '/api/v1/namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, labels },
    }),
  );
}

export type PodParts = {
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly spec?: JsonObject;
  readonly metadata?: JsonObject;
};

export function pod({ labels = {}, annotations = {}, spec = {}, metadata = {} }: PodParts = {}): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { generateName: 'hello-', labels: { app: 'hello', ...labels }, annotations, ...metadata },
    spec: { containers: [{ name: 'hello', image: 'example/hello:1' }], ...spec },
  };
}

/** Creates a pod; with `dryRun` the API server does everything but keep it. */
export function createPod(
  cluster: Cluster,
  namespace: string,
  object: JsonObject,
  dryRun = true,
): Promise<ApiOutcome<JsonObject>> {
  return createObject(cluster.api, `/api/v1/namespaces/${namespace}/pods`, object, dryRun ? { dryRun: 'All' } : {});
}

export function hasSidecar(object: JsonObject): boolean {
  return containersOf(object).includes('istio-proxy');
}

/** Names of all containers, those of init first. */
export function containersOf(object: JsonObject): readonly string[] {
  const spec = getKey(object, 'spec');
  return ['initContainers', 'containers'].flatMap((list) => {
    const items = isObject(spec) ? getKey(spec, list) : undefined;
    return isArray(items) ? items.filter(isObject).map((item) => String(getKey(item, 'name'))) : [];
  });
}

export function value<T>(outcome: ApiOutcome<T>): T {
  if (!outcome.ok) throw new Error(`${outcome.failure.status} ${outcome.failure.message}`);
  return outcome.value;
}

/** Waits until it holds; the API server takes up changes of webhook configurations a moment after they are made. */
export async function until(what: string, holds: () => Promise<boolean> | boolean, timeout = 20_000): Promise<number> {
  const started = Date.now();
  while (!(await holds())) {
    if (Date.now() - started > timeout) throw new Error(`not so after ${timeout} ms: ${what}`);
    await pause(50);
  }
  return Date.now() - started;
}

/** A cluster with Remora, one replica that is called, and a namespace `shop` that is injected. */
export async function withInjector(cluster: Cluster, args: readonly string[] = []): Promise<Webhook> {
  install(cluster, args);
  const webhook = await startReplica(cluster, 'replica-1');
  await webhook.logged('caBundle written');
  await callByUrl(cluster, 'remora-sidecar-injector', webhook.port);
  await makeNamespace(cluster, 'shop', { 'istio-injection': 'enabled' });
  await until('pods of shop are injected', async () => {
    const made = await createPod(cluster, 'shop', pod());
    return made.ok && hasSidecar(made.value);
  });
  return webhook;
}
