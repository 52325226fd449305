/** Network namespaces joined by a bridge, as a container runtime makes them for pods. */
import { existsSync, readdirSync } from 'node:fs';
import { commandRunner } from './run-command.ts';

export type NetworkRequest = {
  /** The namespace that has the bridge, and is the way out. */
  readonly outside: { readonly namespace: string; readonly gateway: string; readonly addresses: readonly string[] };
  readonly pods: readonly { readonly namespace: string; readonly address: string }[];
  readonly prefix: number;
  readonly interface: string;
};

/** Where `ip netns` keeps its names. */
const NAMES = '/run/netns';

/** Makes them. What could not be made is told; what was made before that stays, for `removeNamespace`. */
export function makePodNetwork({ outside, pods, prefix, interface: device }: NetworkRequest): string | undefined {
  const steps: (readonly [flags: readonly string[], lines: readonly string[]])[] = [
    [[], [outside.namespace, ...pods.map(({ namespace }) => namespace)].map((name) => `netns add ${name}`)],
    [
      [],
      pods.map(
        ({ namespace }, i) =>
          `link add ${device} netns ${namespace} type veth peer name port${i} netns ${outside.namespace}`,
      ),
    ],
    [
      ['-n', outside.namespace],
      [
        'link set lo up',
        'link add bridge0 type bridge',
        `addr add ${outside.gateway}/${prefix} dev bridge0`,
        'link set bridge0 up',
        ...outside.addresses.map((address) => `addr add ${address}/32 dev lo`),
        ...pods.flatMap((_, i) => [`link set port${i} master bridge0`, `link set port${i} up`]),
      ],
    ],
    ...pods.map(
      ({ namespace, address }) =>
        [
          ['-n', namespace],
          [
            'link set lo up',
            `addr add ${address}/${prefix} dev ${device}`,
            `link set ${device} up`,
            `route add default via ${outside.gateway}`,
          ],
        ] as const,
    ),
  ];
  const run = commandRunner();
  for (const [flags, lines] of steps) {
    const { status, stderr } = run(['ip', ...flags, '-batch', '-'], `${lines.join('\n')}\n`);
    if (status !== 0) return stderr.trim().split('\n')[0] ?? `ip exited with ${status}`;
  }
  const slow = pods.find(({ namespace }) => !comesUp(namespace, device));
  return slow === undefined ? undefined : `${device} of ${slow.namespace} does not come up`;
}

/** The kernel tells of a cable a moment later, and until then the interface is not counted among those that run. */
function comesUp(namespace: string, device: string): boolean {
  const run = commandRunner();
  for (let tries = 0; tries < 100; tries++) {
    if (/\bstate UP\b/.test(run(['ip', '-n', namespace, '-o', 'link', 'show', device]).stdout)) return true;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
  }
  return false;
}

/** Kills what runs in it and takes it away; what cannot be done is told. */
export function removeNamespace(name: string): string | undefined {
  const run = commandRunner();
  for (const pid of processesIn(name)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended by itself.
    }
  }
  const { status, stderr } = run(['ip', 'netns', 'del', name]);
  return status === 0 ? undefined : `${name}: ${stderr.trim()}`;
}

export function processesIn(namespace: string): readonly number[] {
  const { stdout } = commandRunner()(['ip', 'netns', 'pids', namespace]);
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map(Number);
}

/** Names of `ip netns` that begin with this. */
export function namespacesNamed(prefix: string): readonly string[] {
  return existsSync(NAMES) ? readdirSync(NAMES).filter((name) => name.startsWith(prefix)) : [];
}
