/**
 * What an injected pod must be told differently for Debian's podman 4.3, each with its reason. Nothing else of it is
 * changed, and the rewriting comes after the injection.
 */
import { isArray, isObject, type JsonObject, type JsonValue } from '../../src/core/json.ts';

export type PodPlace = {
  readonly name: string;
  readonly namespace: string;
  readonly ip: string;
  /** Folder on the host in which each volume gets one of its own. */
  readonly volumes: string;
  /** Image by the name of the container. */
  readonly images: Readonly<Record<string, string>>;
};

export const REWRITES: readonly { readonly what: string; readonly why: string }[] = [
  { what: 'fieldRef and resourceFieldRef become values', why: 'podman 4.3 knows metadata.name and metadata.uid only' },
  { what: '$(NAME) in arguments is replaced', why: 'podman 4.3 passes it on as it is' },
  { what: 'volumes become hostPath', why: 'podman 4.3 has no downwardAPI, and no emptyDir that all containers share' },
  { what: 'hostNetwork: true', why: 'the namespace of the test is the host of podman, so that the pod is in it' },
  {
    what: 'annotations are left out',
    why: 'podman 4.3 takes short ones only; the containers read them from a file anyway',
  },
  { what: 'ports are left out', why: 'podman publishes them, which the network of a host does not allow' },
  { what: 'images are those that the test has built', why: 'there is no registry' },
  { what: 'resources are left out', why: 'limits need cgroups that hybrid machines do not give' },
  { what: 'probes are left out', why: 'podman would run curl in the container; the test asks as the kubelet would' },
  {
    what: 'seccompProfile and allowPrivilegeEscalation are left out',
    why: 'podman 4.3 refuses the one, and runc the other with capabilities',
  },
  { what: 'restartPolicy: Never', why: 'podman starts init containers again as well' },
];

const PROBES = ['livenessProbe', 'readinessProbe', 'startupProbe', 'lifecycle'];

/** The pod of an injected workload, as podman takes it. */
export function podForPodman(workload: JsonObject, place: PodPlace): JsonObject {
  const template = object(object(workload.spec).template);
  const spec = object(template.spec);
  const containers = (list: JsonValue | undefined): JsonValue[] =>
    items(list).map((container) => rewrite(container, template, place));
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: place.name, labels: object(template.metadata).labels ?? {} },
    spec: {
      hostNetwork: true,
      restartPolicy: 'Never',
      ...(spec.shareProcessNamespace === true ? { shareProcessNamespace: true } : {}),
      initContainers: containers(spec.initContainers),
      containers: containers(spec.containers),
      volumes: items(spec.volumes).map(({ name }) => ({
        name: String(name),
        hostPath: { path: `${place.volumes}/${String(name)}`, type: 'Directory' },
      })),
    },
  };
}

/** What the downward API would write: lines of `key="value"`. */
export function downwardFile(workload: JsonObject, kind: 'labels' | 'annotations'): string {
  const values = object(object(object(object(workload.spec).template).metadata)[kind]);
  return Object.entries(values)
    .map(([key, value]) => `${key}=${JSON.stringify(value)}\n`)
    .join('');
}

function rewrite(container: JsonObject, template: JsonObject, place: PodPlace): JsonObject {
  const kept = Object.entries(container).filter(
    ([name]) => name !== 'resources' && name !== 'ports' && !PROBES.includes(name),
  );
  const {
    seccompProfile: _profile,
    allowPrivilegeEscalation: _escalation,
    ...security
  } = object(container.securityContext);
  const env = items(container.env).map((entry) => variable(entry, template, place));
  return {
    ...Object.fromEntries(kept),
    ...(container.args === undefined ? {} : { args: words(container.args, env) }),
    image: place.images[String(container.name)] ?? String(container.image),
    imagePullPolicy: 'Never',
    ...(container.env === undefined
      ? {}
      : { env: items(container.env).map((entry) => variable(entry, template, place)) }),
    ...(container.securityContext === undefined ? {} : { securityContext: security }),
  };
}

function words(args: JsonValue, env: readonly JsonObject[]): JsonValue {
  const values = new Map(env.map(({ name, value }) => [String(name), String(value)]));
  const expand = (word: string): string => word.replace(/\$\((\w+)\)/g, (all, name: string) => values.get(name) ?? all);
  return isArray(args) ? args.map((word) => expand(String(word))) : args;
}

function variable(entry: JsonObject, template: JsonObject, place: PodPlace): JsonObject {
  const source = object(entry.valueFrom);
  const path = object(source.fieldRef).fieldPath;
  if (typeof path === 'string') return { name: String(entry.name), value: field(path, template, place) };
  if (source.resourceFieldRef === undefined) return entry;
  // No limits are set: a kubelet would give the node's CPUs.
  return { name: String(entry.name), value: '2' };
}

function field(path: string, template: JsonObject, { name, namespace, ip }: PodPlace): string {
  const [, kind, key] = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path) ?? [];
  if (kind !== undefined && key !== undefined) return String(object(object(template.metadata)[kind])[key] ?? '');
  const values: Readonly<Record<string, string>> = {
    'metadata.name': name,
    'metadata.namespace': namespace,
    'spec.nodeName': 'node-1',
    'spec.serviceAccountName': 'default',
    'status.podIP': ip,
    'status.hostIP': '10.77.0.1',
  };
  const value = values[path];
  if (value === undefined) throw new Error(`no value for ${path}`);
  return value;
}

function object(value: JsonValue | undefined): JsonObject {
  return isObject(value) ? value : {};
}

function items(value: JsonValue | undefined): readonly JsonObject[] {
  return isArray(value) ? value.filter(isObject) : [];
}
