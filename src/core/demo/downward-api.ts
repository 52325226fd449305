import { getKey, type JsonObject, type JsonValue, objectAt } from '../json.ts';

/** What the kubelet knows of a pod when it starts its containers. */
export type PodFacts = {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly podIp: string;
  readonly hostIp: string;
  readonly nodeName: string;
  readonly serviceAccount: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Stands for limits that a container does not set. */
  readonly nodeCpus: number;
  readonly nodeMemoryBytes: number;
};

/** A field of the downward API; undefined: Kubernetes has none of that name, or the pod has no such label. */
export function fieldValue(path: string, facts: PodFacts): string | undefined {
  const keyed = /^metadata\.(labels|annotations)\['([^']+)'\]$/.exec(path);
  if (keyed !== null) return facts[keyed[1] as 'labels' | 'annotations'][keyed[2] ?? ''] ?? '';
  switch (path) {
    case 'metadata.name':
      return facts.name;
    case 'metadata.namespace':
      return facts.namespace;
    case 'metadata.uid':
      return facts.uid;
    case 'metadata.labels':
      return keyValueFile(facts.labels);
    case 'metadata.annotations':
      return keyValueFile(facts.annotations);
    case 'status.podIP':
    case 'status.podIPs':
      return facts.podIp;
    case 'status.hostIP':
    case 'status.hostIPs':
      return facts.hostIp;
    case 'spec.nodeName':
      return facts.nodeName;
    case 'spec.serviceAccountName':
      return facts.serviceAccount;
    default:
      return undefined;
  }
}

/** The form of a downward API file: sorted, one `key="value"` a line, the value as Go quotes it. */
function keyValueFile(map: Readonly<Record<string, string>>): string {
  return Object.keys(map)
    .sort()
    .map((key) => `${key}=${JSON.stringify(map[key])}`)
    .join('\n');
}

/** Limits and requests in units of the divisor, rounded up; a missing limit is what the node has. */
export function resourceValue(
  reference: JsonObject,
  container: JsonObject,
  facts: Pick<PodFacts, 'nodeCpus' | 'nodeMemoryBytes'>,
): string | undefined {
  const [kind = '', resource = ''] = String(getKey(reference, 'resource') ?? '').split('.');
  const limits = objectAt(objectAt(container, 'resources'), 'limits');
  const requests = objectAt(objectAt(container, 'resources'), 'requests');
  const fallback = resource === 'cpu' ? facts.nodeCpus : resource === 'memory' ? facts.nodeMemoryBytes : undefined;
  const own = quantity(getKey(kind === 'requests' ? requests : limits, resource));
  const amount = own ?? (kind === 'limits' ? fallback : 0);
  const divisor = quantity(getKey(reference, 'divisor')) ?? 1;
  return amount === undefined ? undefined : String(Math.ceil(amount / (divisor === 0 ? 1 : divisor)));
}

const UNITS: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['m', 1e-3],
  ['k', 1e3],
  ['M', 1e6],
  ['G', 1e9],
  ['T', 1e12],
  ['Ki', 2 ** 10],
  ['Mi', 2 ** 20],
  ['Gi', 2 ** 30],
  ['Ti', 2 ** 40],
]);

function quantity(value: JsonValue | undefined): number | undefined {
  const [, digits = '', unit = ''] = /^(\d+(?:\.\d+)?)([A-Za-z]*)$/.exec(String(value ?? '')) ?? [];
  const factor = UNITS.get(unit);
  return digits === '' || factor === undefined ? undefined : Number(digits) * factor;
}

/** `$(NAME)` with what is known so far; `$$(NAME)` stands for `$(NAME)`, and an unknown name stays as it is. */
export function expandVariables(text: string, known: ReadonlyMap<string, string>): string {
  return text.replaceAll(/\$\$|\$\(([^)]*)\)/g, (whole, name: string | undefined) =>
    name === undefined ? '$' : (known.get(name) ?? whole),
  );
}
