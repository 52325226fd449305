/** What a call from the world to an application in a pod goes through, one namespace each. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Network } from '../test/netns/namespaces.ts';
import { type Engine, Pod } from '../test/proxy/harness.ts';

export type Candidate = {
  readonly name: string;
  /** Namespace of the caller. */
  readonly world: string;
  /** Ports of the application as a caller knows them. */
  readonly ports: { readonly http: number; readonly bulk: number };
  /** Of the proxy; undefined: there is none. */
  readonly pid: number | undefined;
  readonly close: () => void;
};

/** The application: HAProxy gives one short answer, iperf3 takes what comes. Both cost as little as can be had. */
const APPLICATION = { http: 8080, bulk: 5201 } as const;
const RELAYED = { http: 18080, bulk: 15201 } as const;

const APPLICATION_CONFIG = `global
  nbthread 1
defaults
  mode http
  timeout client 60s
  timeout connect 5s
  timeout server 60s
frontend application
  bind :8080
  http-request return status 200 content-type text/plain string "hello from the application"
`;

/** As the embedded engine and Envoy: a stream each way, one thread. */
const RELAY_CONFIG = `global
  nbthread 1
  maxconn 5000
defaults
  mode tcp
  timeout client 60s
  timeout connect 5s
  timeout server 60s
listen http
  bind :18080
  server application 127.0.0.1:8080
listen bulk
  bind :15201
  server application 127.0.0.1:5201
`;

const folder = mkdtempSync(join(tmpdir(), 'remora-bench-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));

function run(namespace: string, command: readonly string[]): ChildProcess {
  return spawn('ip', ['netns', 'exec', namespace, ...command], { stdio: 'ignore' });
}

function haproxy(namespace: string, name: string, config: string, prefix: readonly string[] = []): ChildProcess {
  const file = join(folder, name);
  writeFileSync(file, config);
  chmodSync(folder, 0o755);
  return run(namespace, [...prefix, 'haproxy', '-db', '-q', '-f', file]);
}

function application(namespace: string): readonly ChildProcess[] {
  return [haproxy(namespace, 'application.cfg', APPLICATION_CONFIG), run(namespace, ['iperf3', '-s', '-p', '5201'])];
}

const kill = (children: readonly ChildProcess[]): void => {
  for (const child of children) child.kill('SIGKILL');
};

/** No proxy and no rules. */
export function direct(): Candidate {
  const network = new Network();
  const children = application(network.pod);
  const close = (): void => {
    kill(children);
    network.close();
  };
  return { name: 'direct', world: network.world, ports: APPLICATION, pid: undefined, close };
}

/**
 * HAProxy as a relay to the application: the yardstick for carrying. The same rules are there, since conntrack costs each
 * packet something; its ports are excluded from capture, and it runs as the proxy's user.
 */
export function relay(): Candidate {
  return relayBy('HAProxy', (namespace) => haproxy(namespace, 'relay.cfg', RELAY_CONFIG, AS_PROXY));
}

/** The same by a way of carrying of `pumps/relay.ts`; `program` is that file as JavaScript. */
export function pump(kind: string, program: string): Candidate {
  const ports = [`${RELAYED.http}:${APPLICATION.http}`, `${RELAYED.bulk}:${APPLICATION.bulk}`];
  return relayBy(kind, (namespace) => run(namespace, [...AS_PROXY, process.execPath, program, kind, ...ports]));
}

/** By its group: the program may stand where the proxy's user cannot read. */
const AS_PROXY = ['setpriv', '--regid', '1337', '--clear-groups'];

function relayBy(name: string, start: (namespace: string) => ChildProcess): Candidate {
  const network = new Network();
  const excluded = `15090,15021,15020,${RELAYED.http},${RELAYED.bulk}`;
  const rules = ['-p', '15001', '-z', '15006', '-u', '1337', '-m', 'REDIRECT', '-i', '*', '-b', '*', '-d', excluded];
  network.inPod([process.execPath, 'bin/remora', 'istio-iptables', ...rules, '--dual-stack']);
  const proxy = start(network.pod);
  const children = [...application(network.pod), proxy];
  const close = (): void => {
    kill(children);
    network.close();
  };
  return { name, world: network.world, ports: RELAYED, pid: proxy.pid, close };
}

/** A sidecar as it is: rules, agent, engine, without an access log. */
export async function sidecar(engine: Engine): Promise<Candidate> {
  const pod = new Pod({ engine, env: { REMORA_ACCESS_LOG_FILE: '' } });
  const children = application(pod.network.pod);
  await pod.ready();
  return {
    name: engine === 'envoy' ? 'Envoy' : 'embedded',
    world: pod.network.world,
    ports: APPLICATION,
    pid: pod.proxyPid(),
    close: () => {
      kill(children);
      pod.close();
    },
  };
}

/** CPU seconds that a process has used so far, in user and kernel. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // utime and stime, in hundredths on every Linux there is.
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

export function residentMegabytes(pid: number): number {
  const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) / 1024;
}
