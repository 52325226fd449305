import { parseGoBool } from '../../go-values.ts';
import { getKey, type JsonObject, type JsonValue, listAt, objectAt, stringifyGoJson, textAt } from '../../json.ts';
import type { JsonPatchOperation } from '../../kube/index.ts';
import type { Release } from '../../release.ts';
import type { PodTemplate } from '../model.ts';
import { annotationOf, containersOf, findContainer, PROXY_CONTAINER, toInteger } from '../pod.ts';
import { behaves } from '../releases.ts';
import { argumentsOf, flagValue } from './concurrency-argument.ts';
import type { SidecarSpec } from './sidecar-spec.ts';

/** The HTTP probes of a pod, as the agent is told them and as the pod gets them. */
export type LegacyProbes = {
  /** Value of ISTIO_KUBE_APP_PROBERS: `{}` where no container has a probe. */
  readonly told: string;
  /** Undefined where the sidecar has no --statusPort (up to 1.5). */
  readonly agentPort: number | undefined;
  readonly rewritten: readonly RewrittenProbe[];
};

type RewrittenProbe = {
  /** Index among the pod's containers. */
  readonly container: number;
  readonly kind: ProbeKind;
  readonly probe: JsonObject;
};

type ProbeKind = 'readinessProbe' | 'livenessProbe' | 'startupProbe';

const KINDS: readonly (readonly [ProbeKind, string])[] = [
  ['readinessProbe', 'readyz'],
  ['livenessProbe', 'livez'],
  ['startupProbe', 'startupz'],
];

/**
 * HTTP probes that go through the agent, 1.1 to 1.8; undefined where none is to be rewritten.
 *
 * | release    | switched on by                     | agent's port                                    | no port            |
 * |------------|------------------------------------|-------------------------------------------------|--------------------|
 * | 1.1        | the rendered `rewriteAppHTTPProbe` | `--statusPort` of the sidecar                   | probes stay, see * |
 * | 1.2 to 1.5 | annotation, else rendered          | the same                                        | the same           |
 * | 1.6 to 1.8 | the same                           | annotation status.sidecar.istio.io/port or mesh | is always there    |
 *
 * (*) The webhook tells the agent about the probes all the same.
 */
export function legacyProbes(
  pod: PodTemplate,
  spec: SidecarSpec,
  meshStatusPort: number,
  release: Release,
): LegacyProbes | undefined {
  const sidecar = findContainer(spec.containers, PROXY_CONTAINER);
  if (sidecar === undefined || !isRewriteEnabled(pod, spec, release)) return undefined;
  const port = behaves(release, 'probes-at-mesh-status-port')
    ? portOfAgent(pod, meshStatusPort)
    : flagValue(argumentsOf(sidecar), 'statusPort');
  const entries: (readonly [string, JsonObject])[] = [];
  const rewritten: RewrittenProbe[] = [];
  for (const [container, item] of containersOf(pod, 'containers').entries()) {
    const name = textAt(item, 'name');
    if (name === PROXY_CONTAINER) continue;
    for (const [kind, suffix] of kindsOf(release)) {
      const probe = getKey(item, kind);
      const httpGet = getKey(objectAt(item, kind), 'httpGet');
      if (typeof probe !== 'object' || probe === null || typeof httpGet !== 'object' || httpGet === null) continue;
      const url = `/app-health/${name}/${suffix}`;
      const entry = proberEntry(item, probe as JsonObject, release);
      if (entry !== undefined) entries.push([url, entry]);
      if (port !== undefined)
        rewritten.push({ container, kind, probe: atAgent(probe as JsonObject, url, port, release) });
    }
  }
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return { told: stringifyGoJson(Object.fromEntries(entries)), agentPort: port, rewritten };
}

function kindsOf(release: Release): typeof KINDS {
  return behaves(release, 'startup-probes') ? KINDS : KINDS.slice(0, 2);
}

function isRewriteEnabled(pod: PodTemplate, spec: SidecarSpec, release: Release): boolean {
  if (!behaves(release, 'probe-rewriting')) return false;
  const text = behaves(release, 'probe-annotation')
    ? annotationOf(pod, 'sidecar.istio.io/rewriteAppHTTPProbers')
    : undefined;
  return (text === undefined ? undefined : parseGoBool(text)) ?? spec.rewriteProbes;
}

/** An annotation that is no number counts as 0, as strconv.Atoi gives it. */
function portOfAgent(pod: PodTemplate, meshStatusPort: number): number {
  const text = annotationOf(pod, 'status.sidecar.istio.io/port');
  if (text === undefined) return meshStatusPort;
  return /^[+-]?\d+$/.test(text) ? Number(text) : 0;
}

/** A named port becomes a number; a name that the container does not declare leaves the agent without an entry. */
function proberEntry(container: JsonObject, probe: JsonObject, release: Release): JsonObject | undefined {
  const { path, port: given, host, scheme, httpHeaders } = objectAt(probe, 'httpGet');
  const port = typeof given === 'string' ? declaredPort(container, given) : (given ?? 0);
  if (port === undefined) return undefined;
  const action = present({ path, port, host, scheme, httpHeaders });
  if (!behaves(release, 'probe-timeouts')) return action;
  const timeout = toInteger(getKey(probe, 'timeoutSeconds')) ?? 0;
  return timeout === 0 ? { httpGet: action } : { httpGet: action, timeoutSeconds: timeout };
}

function present(fields: { readonly [key: string]: JsonValue | undefined }): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as JsonObject;
}

function declaredPort(container: JsonObject, name: string): JsonValue | undefined {
  return listAt(container, 'ports').findLast((port) => name !== '' && getKey(port, 'name') === name)?.containerPort;
}

function atAgent(probe: JsonObject, url: string, port: number, release: Release): JsonObject {
  const action = objectAt(probe, 'httpGet');
  const https = getKey(action, 'scheme') === 'HTTPS' && behaves(release, 'https-probes-over-http');
  // The order of Go's struct, also for a probe that had no path.
  const { path: _path, port: _port, ...rest } = action;
  return { ...probe, httpGet: { path: url, port, ...rest, ...(https ? { scheme: 'HTTP' } : {}) } };
}

/** The operations that rewrite the probes: up to 1.5 of the action alone. */
export function probeOperations(probes: LegacyProbes | undefined, release: Release): readonly JsonPatchOperation[] {
  const whole = behaves(release, 'probe-timeouts');
  return (probes?.rewritten ?? []).map(({ container, kind, probe }) => ({
    op: 'replace',
    path: `/spec/containers/${container}/${kind}${whole ? '' : '/httpGet'}`,
    value: whole ? probe : objectAt(probe, 'httpGet'),
  }));
}
