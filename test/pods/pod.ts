/** An injected workload as containers: in a network namespace that podman takes for its host. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isArray, isObject, type JsonObject, type JsonValue } from '../../src/core/json.ts';
import type { Ran, Store } from '../images/containers.ts';
import { BASE } from '../images/containers.ts';
import { Network, POD } from '../netns/namespaces.ts';
import { downwardFile, podForPodman } from './rewrites.ts';

export type PodRequest = {
  readonly store: Store;
  readonly images: { readonly init: string; readonly proxy: string };
  /** Name of the container and of the workload. */
  readonly name: string;
  /** What the application runs in node. */
  readonly program: string;
  readonly kind?: 'Deployment' | 'Job';
  readonly annotations?: Readonly<Record<string, string>>;
  readonly probe?: JsonObject;
  readonly shareProcesses?: boolean;
  readonly proxyEnv?: Readonly<Record<string, string>>;
};

const REMORA = [process.execPath, 'bin/remora'];

/** Injects a workload with the program itself, as a user would. */
function inject(request: PodRequest): JsonObject {
  const { name, program, kind = 'Deployment', annotations = {}, probe, shareProcesses = false } = request;
  const apiVersion = kind === 'Job' ? 'batch/v1' : 'apps/v1';
  const container = {
    name,
    image: 'example/application',
    // In one line: podman 4.3 stumbles over a line end in a text.
    command: ['/usr/local/bin/node', '-e', program.replaceAll('\n', ' ')],
    ports: [{ containerPort: 8080 }],
    securityContext: { runAsUser: 1000, runAsGroup: 1000 },
    ...(probe === undefined ? {} : { livenessProbe: probe }),
  };
  const workload = {
    apiVersion,
    kind,
    metadata: { name },
    spec: {
      ...(kind === 'Job' ? {} : { selector: { matchLabels: { app: name } } }),
      template: {
        metadata: { labels: { app: name, version: 'v1' }, annotations },
        spec: {
          containers: [container],
          ...(shareProcesses ? { shareProcessNamespace: true } : {}),
          ...(kind === 'Job' ? { restartPolicy: 'Never' } : {}),
        },
      },
    },
  };
  const [file = '', ...words] = REMORA;
  const run = spawnSync(file, [...words, 'kube-inject', '--offline', '--format', 'json', '-f', '-'], {
    input: JSON.stringify(workload),
    encoding: 'utf8',
  });
  if (run.status !== 0) throw new Error(run.stderr);
  const printed = JSON.parse(run.stdout) as JsonValue;
  const injected = isObject(printed) && isArray(printed.items) ? printed.items[0] : printed;
  if (!isObject(injected)) throw new Error(`nothing was injected: ${run.stdout.slice(0, 200)}`);
  return injected;
}

export class PodmanPod {
  readonly network = new Network();
  readonly #request: PodRequest;
  readonly #folder = mkdtempSync(join(tmpdir(), 'remora-pods-'));
  readonly #name: string;

  constructor(request: PodRequest) {
    this.#request = request;
    this.#name = `${request.name}-${process.pid}`;
    chmodSync(this.#folder, 0o755);
    const { images, proxyEnv = {} } = request;
    const workload = inject(request);
    const pod = podForPodman(workload, {
      name: this.#name,
      namespace: 'shop',
      ip: POD[4],
      volumes: this.#folder,
      images: { 'istio-init': images.init, 'istio-proxy': images.proxy, [request.name]: BASE },
    });
    for (const volume of volumesOf(pod)) {
      mkdirSync(join(this.#folder, volume));
      chmodSync(join(this.#folder, volume), 0o777);
    }
    for (const kind of ['labels', 'annotations'] as const) {
      writeFileSync(join(this.#folder, 'istio-podinfo', kind), downwardFile(workload, kind));
    }
    const text = JSON.stringify(withEnv(pod, proxyEnv));
    const file = join(this.#folder, 'pod.json');
    writeFileSync(file, text);
    const played = request.store.podmanIn(this.network.pod, ['kube', 'play', file]);
    if (played.code === 0) return;
    const said = `kube play: ${played.stderr}${played.stdout}${this.log('istio-init')}${this.log('istio-proxy')}`;
    this.close();
    throw new Error(said);
  }

  podman(...args: readonly string[]): Ran {
    return this.#request.store.podmanIn(this.network.pod, args);
  }

  log(container: string): string {
    const { stdout, stderr } = this.podman('logs', `${this.#name}-${container}`);
    return stdout + stderr;
  }

  /** From /proc of the container's first process. */
  status(container: string): string {
    return this.podman('exec', `${this.#name}-${container}`, 'cat', '/proc/1/status').stdout;
  }

  pid(container: string): number {
    return Number(this.inspect(container, '{{.State.Pid}}'));
  }

  inspect(container: string, format: string): string {
    return this.podman('inspect', '--format', format, `${this.#name}-${container}`).stdout.trim();
  }

  /** Asks from the world, as a kubelet or a client. */
  ask(port: number, path: string): { readonly status: number; readonly body: string } {
    const words = ['curl', '-s', '-m', '5', '-w', '\\n%{http_code}', `http://${POD[4]}:${port}${path}`];
    const run = spawnSync('ip', ['netns', 'exec', this.network.world, ...words], { encoding: 'utf8' });
    const at = run.stdout.lastIndexOf('\n');
    return { status: Number(run.stdout.slice(at + 1)), body: run.stdout.slice(0, at) };
  }

  async ready(): Promise<this> {
    for (let i = 0; i < 100; i++) {
      if (this.ask(15021, '/healthz/ready').status === 200) return this;
      await new Promise((done) => setTimeout(done, 100));
    }
    throw new Error(`the pod is not ready: ${this.log('istio-proxy')}`);
  }

  close(): void {
    this.podman('pod', 'rm', '-f', '-t', '0', this.#name);
    this.network.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function volumesOf(pod: JsonObject): readonly string[] {
  const spec = isObject(pod.spec) ? pod.spec : {};
  return (isArray(spec.volumes) ? spec.volumes : []).flatMap((volume) =>
    isObject(volume) ? [String(volume.name)] : [],
  );
}

/** Variables that a ProxyConfig's proxyMetadata or a template would add. */
function withEnv(pod: JsonObject, more: Readonly<Record<string, string>>): JsonObject {
  const spec = isObject(pod.spec) ? pod.spec : {};
  const containers = (isArray(spec.containers) ? spec.containers : []).map((container) => {
    if (!isObject(container) || container.name !== 'istio-proxy') return container;
    const env = isArray(container.env) ? container.env : [];
    return { ...container, env: [...env, ...Object.entries(more).map(([name, value]) => ({ name, value }))] };
  });
  return { ...pod, spec: { ...spec, containers } };
}
