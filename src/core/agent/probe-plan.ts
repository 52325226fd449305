import { addressFamily } from '../mesh/index.ts';
import type { Prober } from './probers.ts';

/** Names and values as they came, in order: `[name, value, name, value]` is Node's form, this is ours. */
export type Headers = readonly (readonly [name: string, value: string])[];

/** What of the agent's settings a probe depends on. */
export type ProbeSettings = {
  /** INSTANCE_IP; empty: any local address. */
  readonly instanceIp: string;
  readonly legacyLocalhost: boolean;
  readonly statusPort: number;
  readonly http2: boolean;
  readonly keepAlive: boolean;
  /** In place of 127.0.0.6 or ::6. */
  readonly source?: string | undefined;
};

/** A connection to the application: where to, and from which address, which the rule set lets pass. */
export type ProbePlan = {
  readonly prober: Prober;
  readonly host: string;
  readonly source: string;
  /** undefined: no limit. */
  readonly timeoutMilliseconds: number | undefined;
  readonly headers: Headers;
  readonly offerHttp2: boolean;
};

const PER_CONNECTION = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'host',
]);

/** What to do for one request of the kubelet (agent.md 11). The prober's own host and headers are ignored, as upstream. */
export function planProbe(
  prober: Prober,
  request: { host: string; headers: Headers },
  settings: ProbeSettings,
): ProbePlan {
  const host = settings.legacyLocalhost ? 'localhost' : settings.instanceIp || 'localhost';
  const passedOn = request.headers.filter(([name]) => !PER_CONNECTION.has(name.toLowerCase()) && !name.startsWith(':'));
  return {
    prober,
    host,
    source: settings.source ?? (probesOverIpv6(settings.instanceIp) ? '::6' : '127.0.0.6'),
    timeoutMilliseconds: prober.timeoutSeconds === 0 ? undefined : prober.timeoutSeconds * 1000,
    headers: [
      ['Host', applicationHost(request.host, settings.statusPort, prober.port)],
      ...passedOn,
      ...(settings.keepAlive ? [] : [['Connection', 'close'] as const]),
    ],
    offerHttp2: settings.http2,
  };
}

/** The status port in a Host header is the agent's own: the application is asked under its own. */
export function applicationHost(host: string, statusPort: number, port: number): string {
  return host.endsWith(`:${statusPort}`) ? `${host.slice(0, -String(statusPort).length)}${port}` : host;
}

/** Whether the pod's address is IPv6 and not link-local. */
export function probesOverIpv6(instanceIp: string): boolean {
  return addressFamily(instanceIp) === 6 && !/^fe[89ab]/i.test(instanceIp);
}
