import { parseGoBool } from '../go-values.ts';
import {
  getKey,
  isObject,
  type JsonObject,
  type JsonValue,
  listAt,
  type MutableJsonObject,
  objectAt,
  setKey,
  stringifyGoJson,
  textAt,
} from '../json.ts';
import type { Problem } from '../problem.ts';
import type { Release } from '../release.ts';
import type { PodTemplate } from './model.ts';
import {
  annotationOf,
  type ContainerList,
  containersOf,
  PROXY_CONTAINER,
  STATUS_ANNOTATION,
  sidecarOf,
  toInteger,
  withContainers,
  withEnv,
  withSidecar,
} from './pod.ts';
import { behaves } from './releases.ts';

const PROBERS_ENV = 'ISTIO_KUBE_APP_PROBERS';

export type ProbeSettings = {
  readonly release: Release;
  /** Of the mesh's default ProxyConfig. */
  readonly statusPort: number;
  /** `sidecarInjectorWebhook.rewriteAppHTTPProbe` of the values; absent means no. */
  readonly rewriteByDefault: boolean;
  /** Whether the injector was not told to leave tcpSocket probes alone. */
  readonly rewriteTcp: boolean;
};

/**
 * Sends the kubelet's probes through the agent, since the kubelet has no certificate for the mesh (injection.md 4.7):
 * the agent is told the original probes in ISTIO_KUBE_APP_PROBERS, and each probe is pointed at the agent.
 *
 * A named port that the container does not declare is rewritten too, but the agent gets no entry for it, so that the
 * probe fails: upstream does this in every release. `because` names the probes; `problems` are warnings.
 */
export function rewriteProbes(
  pod: PodTemplate,
  settings: ProbeSettings,
): {
  readonly pod: PodTemplate;
  readonly because?: string;
  readonly at: readonly string[];
  readonly problems: readonly Problem[];
} {
  const untouched = { pod, at: [], problems: [] };
  if (sidecarOf(pod) === undefined) return untouched;
  if (!isRewriteEnabled(pod, settings.rewriteByDefault)) return untouched;
  const { entries, containers, at, edited } = rewriteAll(pod, settings);
  const problems = notUpdated(pod, edited, settings.release);
  const told = entries.size === 0 ? pod : withProbersEnv(pod, entries, settings.release);
  if (at.length === 0) return { pod: told, at, problems };
  let rewritten = told;
  for (const [list, changed] of containers) rewritten = replaceContainers(rewritten, list, changed);
  return { pod: rewritten, because: `Probes and lifecycle hooks that go to the agent: ${at.length}.`, at, problems };
}

/** The annotation decides where it is a Go boolean, else the values. */
function isRewriteEnabled(pod: PodTemplate, byDefault: boolean): boolean {
  const text = annotationOf(pod, 'sidecar.istio.io/rewriteAppHTTPProbers');
  return (text === undefined ? undefined : parseGoBool(text)) ?? byDefault;
}

/** The kinds of handler that this release rewrites; exec runs inside the container and needs no help. */
type Kinds = { readonly tcp: boolean; readonly grpc: boolean };

type Site = {
  /** Where in the container: `readinessProbe`, or `lifecycle` with the hook's name. */
  readonly path: readonly [string] | readonly [string, string];
  /** First and last part of the agent's URL. */
  readonly prefix: string;
  readonly suffix: string;
};

const PROBE_SITES: readonly Site[] = [
  { path: ['readinessProbe'], prefix: '/app-health/', suffix: '/readyz' },
  { path: ['livenessProbe'], prefix: '/app-health/', suffix: '/livez' },
  { path: ['startupProbe'], prefix: '/app-health/', suffix: '/startupz' },
];

const LIFECYCLE_SITES: readonly Site[] = [
  { path: ['lifecycle', 'preStop'], prefix: '/app-lifecycle/', suffix: '/prestopz' },
  { path: ['lifecycle', 'postStart'], prefix: '/app-lifecycle/', suffix: '/poststartz' },
];

type Rewritten = {
  /** By URL: what the agent asks in the kubelet's place. */
  readonly entries: ReadonlyMap<string, JsonObject>;
  readonly containers: readonly (readonly [ContainerList, ReadonlyMap<number, JsonObject>])[];
  readonly at: readonly string[];
  /** What does not ask the agent yet: of a pod that was injected before, it is what somebody has changed since. */
  readonly edited: readonly Edited[];
};

type Edited = { readonly container: string; readonly url: string; readonly entry: JsonObject; readonly at: string };

function rewriteAll(pod: PodTemplate, settings: ProbeSettings): Rewritten {
  const { release } = settings;
  const sites = behaves(release, 'lifecycle-handlers') ? [...PROBE_SITES, ...LIFECYCLE_SITES] : PROBE_SITES;
  const kinds = { tcp: settings.rewriteTcp && behaves(release, 'tcp-probes'), grpc: behaves(release, 'grpc-probes') };
  const lists: readonly ContainerList[] = behaves(release, 'probes-of-init-containers')
    ? ['initContainers', 'containers']
    : ['containers'];
  const agentPort = agentPortOf(pod, settings.statusPort);
  const entries = new Map<string, JsonObject>();
  const at: string[] = [];
  const edited: Edited[] = [];
  const containers = lists.map((list) => {
    const changed = new Map<number, JsonObject>();
    for (const [i, container] of containersOf(pod, list).entries()) {
      const name = textAt(container, 'name');
      if (name === PROXY_CONTAINER) continue;
      for (const site of sites) {
        const handler = handlerAt(container, site);
        const kind = kindOf(handler, site, kinds);
        if (kind === undefined) continue;
        const url = `${site.prefix}${name}${site.suffix}`;
        const entry = proberEntry(handler, kind, container, settings.statusPort, site);
        if (entry !== undefined) entries.set(url, entry);
        changed.set(i, withHandler(changed.get(i) ?? container, site, pointAtAgent(handler, kind, url, agentPort)));
        const pointer = `/spec/${list}/${i}/${site.path.join('/')}`;
        at.push(pointer);
        if (entry !== undefined && textAt(objectAt(handler, 'httpGet'), 'path') !== url) {
          edited.push({ container: name, url, entry, at: pointer });
        }
      }
    }
    return [list, changed] as const;
  });
  return { entries, containers, at, edited };
}

/** Annotation `status.sidecar.istio.io/port` moves the agent; one that is no number counts as 0, as in Go. */
function agentPortOf(pod: PodTemplate, statusPort: number): number {
  const text = annotationOf(pod, 'status.sidecar.istio.io/port');
  if (text === undefined) return statusPort;
  return /^[+-]?\d{1,15}$/.test(text) ? Number(text) : 0;
}

type Kind = 'httpGet' | 'tcpSocket' | 'grpc';

function kindOf(handler: JsonObject, site: Site, kinds: Kinds): Kind | undefined {
  if (isObject(getKey(handler, 'httpGet'))) return 'httpGet';
  if (kinds.tcp && isObject(getKey(handler, 'tcpSocket'))) return 'tcpSocket';
  // Lifecycle hooks have no grpc.
  if (kinds.grpc && site.path.length === 1 && isObject(getKey(handler, 'grpc'))) return 'grpc';
  return undefined;
}

function handlerAt(container: JsonObject, { path: [first, second] }: Site): JsonObject {
  const outer = objectAt(container, first);
  return second === undefined ? outer : objectAt(outer, second);
}

function withHandler(container: JsonObject, { path: [first, second] }: Site, handler: JsonObject): JsonObject {
  const value = second === undefined ? handler : { ...objectAt(container, first), [second]: handler };
  return { ...container, [first]: value };
}

/** What the agent does in the kubelet's place, in the key order of its JSON; undefined where it cannot. */
function proberEntry(
  handler: JsonObject,
  kind: Kind,
  container: JsonObject,
  statusPort: number,
  site: Site,
): JsonObject | undefined {
  const action = objectAt(handler, kind);
  const port = kind === 'grpc' ? (getKey(action, 'port') ?? 0) : resolvePort(action, container, statusPort);
  if (port === undefined) return undefined;
  const timeout = site.path.length === 1 ? toInteger(getKey(handler, 'timeoutSeconds')) : undefined;
  return inAgentForm(kind, action, port, timeout);
}

function inAgentForm(kind: Kind, action: JsonObject, port: JsonValue, timeout: number | undefined): JsonObject {
  const out: MutableJsonObject = {};
  switch (kind) {
    case 'httpGet': {
      const headers = listAt(action, 'httpHeaders').map((h) => ({
        name: textAt(h, 'name'),
        value: textAt(h, 'value'),
      }));
      out.httpGet = {
        ...present('path', textAt(action, 'path')),
        port,
        ...present('host', textAt(action, 'host')),
        ...present('scheme', textAt(action, 'scheme')),
        ...(headers.length === 0 ? {} : { httpHeaders: headers }),
      };
      break;
    }
    case 'tcpSocket':
      out.tcpSocket = { port, ...present('host', textAt(action, 'host')) };
      break;
    case 'grpc':
      out.grpc = { port, service: getKey(action, 'service') ?? null };
      break;
  }
  if (timeout !== undefined && timeout !== 0) out.timeoutSeconds = timeout;
  return out;
}

function present(key: string, value: string): JsonObject {
  return value === '' ? {} : { [key]: value };
}

/** A name becomes the number that the container declares; the status port itself was rewritten by an earlier injection. */
function resolvePort(action: JsonObject, container: JsonObject, statusPort: number): JsonValue | undefined {
  const port = getKey(action, 'port') ?? 0;
  if (typeof port === 'string') {
    return listAt(container, 'ports').findLast((p) => port !== '' && getKey(p, 'name') === port)?.containerPort;
  }
  return toInteger(port) === statusPort ? undefined : port;
}

function pointAtAgent(handler: JsonObject, kind: Kind, url: string, port: number): JsonObject {
  if (kind === 'httpGet') {
    const action = objectAt(handler, 'httpGet');
    const scheme = getKey(action, 'scheme') === 'HTTPS' ? { scheme: 'HTTP' } : {};
    return { ...handler, httpGet: { ...action, path: url, port, ...scheme } };
  }
  const { [kind]: _replaced, ...rest } = handler;
  return { ...rest, httpGet: { path: url, port } };
}

function replaceContainers(
  pod: PodTemplate,
  list: ContainerList,
  changed: ReadonlyMap<number, JsonObject>,
): PodTemplate {
  if (changed.size === 0) return pod;
  return withContainers(
    pod,
    list,
    containersOf(pod, list).map((container, i) =>
      textAt(container, 'name') === PROXY_CONTAINER ? container : (changed.get(i) ?? container),
    ),
  );
}

/** On a re-injection the probes of the pod point at the agent already: what the agent was told before stays true. */
function withProbersEnv(pod: PodTemplate, entries: ReadonlyMap<string, JsonObject>, release: Release): PodTemplate {
  const again = annotationOf(pod, STATUS_ANNOTATION) !== undefined;
  return withSidecar(pod, (sidecar) => {
    const env = listAt(sidecar, 'env');
    const index = env.findIndex((item) => getKey(item, 'name') === PROBERS_ENV);
    const existing = env[index];
    if (!again || !behaves(release, 'probers-merged')) return withEnv(sidecar, PROBERS_ENV, proberJson(entries));
    if (existing === undefined) {
      return behaves(release, 'probers-appended-when-missing')
        ? withEnv(sidecar, PROBERS_ENV, proberJson(entries))
        : sidecar;
    }
    const merged = mergedProbers(textAt(existing, 'value'), entries);
    if (merged === undefined) return sidecar;
    return { ...sidecar, env: env.with(index, { ...existing, value: merged }) };
  });
}

/** What the agent was told before wins in every release that merges; Istio does not say so. */
function notUpdated(pod: PodTemplate, edited: readonly Edited[], release: Release): readonly Problem[] {
  if (annotationOf(pod, STATUS_ANNOTATION) === undefined || !behaves(release, 'probers-merged')) return [];
  const variable = listAt(sidecarOf(pod) ?? {}, 'env').find((item) => getKey(item, 'name') === PROBERS_ENV);
  const existing = parsedProbers(variable === undefined ? '' : textAt(variable, 'value'));
  return edited.flatMap(({ container, url, entry, at }) => {
    const told = existing === undefined ? undefined : getKey(existing, url);
    if (!isObject(told)) return [];
    const [was, is] = [stringifyGoJson(readEntry(told)), stringifyGoJson(entry)];
    if (was === is) return [];
    const site = at.split('/').slice(4).join('.');
    return [
      {
        code: 'PROBE_NOT_UPDATED',
        severity: 'warning',
        message: `${site} of container "${container}" is ${is} now, and the agent still asks what an earlier injection told it: ${was}`,
        where: { pointer: at },
        remedy: 'Take the sidecar out with remora uninject and inject the result, or use kube-inject --in-place.',
      },
    ];
  });
}

function parsedProbers(text: string): JsonObject | undefined {
  try {
    const value = JSON.parse(text) as JsonValue;
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Existing entries win; an existing text that is no JSON is left alone (undefined). */
function mergedProbers(existing: string, entries: ReadonlyMap<string, JsonObject>): string | undefined {
  try {
    const value = JSON.parse(existing) as JsonValue;
    if (!isObject(value)) return value === null ? proberJson(entries) : undefined;
    const all = new Map(entries);
    for (const key of Object.keys(value)) {
      const entry = getKey(value, key);
      if (entry !== undefined) all.set(key, isObject(entry) ? readEntry(entry) : {});
    }
    return proberJson(all);
  } catch {
    return undefined;
  }
}

/** An entry read back and written in the agent's form, as a typed decode and encode does. */
function readEntry(entry: JsonObject): JsonObject {
  const timeout = toInteger(getKey(entry, 'timeoutSeconds'));
  const out: MutableJsonObject = {};
  for (const kind of ['httpGet', 'tcpSocket', 'grpc'] as const) {
    const action = getKey(entry, kind);
    if (isObject(action)) Object.assign(out, inAgentForm(kind, action, getKey(action, 'port') ?? 0, undefined));
  }
  return timeout === undefined || timeout === 0 ? out : { ...out, timeoutSeconds: timeout };
}

function proberJson(entries: ReadonlyMap<string, JsonObject>): string {
  const object: MutableJsonObject = {};
  for (const key of [...entries.keys()].sort()) setKey(object, key, entries.get(key) ?? null);
  return stringifyGoJson(object);
}
