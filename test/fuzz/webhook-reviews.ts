/** AdmissionReviews that are nearly right, and what may be said of the answer to each. */
import { getKey, isArray, isObject, type JsonObject, type JsonValue } from '../../src/core/json.ts';
import { applyJsonPatch, roundTrip } from '../../src/core/kube/index.ts';
import type { Random } from '../differential/random-template.ts';
import type { Reply } from '../webhook/process.ts';

export type Mutated = {
  readonly body: Buffer<ArrayBuffer>;
  readonly path: string;
  readonly contentType: string | null;
};

export function mutatedReview(random: Random): Mutated {
  let review: JsonValue = baseReview(random);
  // Mostly within the pod, and often not at all: a pod with two wrong places meets only the check of the first.
  for (let n = random.below(3); n > 0; n--) {
    review = random.chance(0.8) ? withPod(review, (pod) => changed(pod, random)) : changed(review, random);
  }
  let body = Buffer.from(JSON.stringify(review));
  for (let n = random.chance(0.2) ? 1 + random.below(4) : 0; n > 0; n--) body = damaged(body, random);
  return {
    body,
    path: random.chance(0.8) ? '/inject' : random.pick(PATHS),
    contentType: random.chance(0.95) ? 'application/json' : random.pick(TYPES),
  };
}

function withPod(review: JsonValue, change: (pod: JsonValue) => JsonValue): JsonValue {
  const request = isObject(review) ? getKey(review, 'request') : undefined;
  if (!isObject(review) || !isObject(request)) return review;
  return { ...review, request: { ...request, object: change(getKey(request, 'object') ?? null) } };
}

const PATHS = [
  '/inject/cluster/c1/net/n1',
  '/inject/',
  '/inject/a',
  '/inject/:ENV:a=b:ENV:c=/x',
  '/inject/%2e%2e/%00/a',
  '/inject/%zz',
  '/inject?timeout=10s',
  `/inject/k/${'v'.repeat(2_000)}`,
  '/injec',
  '/',
  '//inject',
  '/readyz?verbose',
  '/metrics',
] as const;

const TYPES = [
  null,
  '',
  'text/plain',
  'application/json; charset=utf-8',
  'application/yaml',
  'APPLICATION/JSON',
] as const;

function baseReview(random: Random): JsonObject {
  const version = random.pick(['admission.k8s.io/v1', 'admission.k8s.io/v1beta1']);
  return {
    kind: 'AdmissionReview',
    apiVersion: version,
    request: {
      uid: `u-${random.below(1e9)}`,
      kind: { group: '', version: 'v1', kind: 'Pod' },
      resource: { group: '', version: 'v1', resource: 'pods' },
      namespace: random.pick(['demo', 'default', 'kube-system', '']),
      operation: 'CREATE',
      dryRun: random.chance(0.2),
      object: random.pick(PODS)(random),
    },
  };
}

const PODS: readonly [(random: Random) => JsonObject, ...((random: Random) => JsonObject)[]] = [
  () => ({ metadata: { generateName: 'a-' }, spec: { containers: [{ name: 'a', image: 'a:1' }] } }),
  (random) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      generateName: 'shop-5d4f-',
      namespace: 'demo',
      labels: { app: 'shop', version: `v${random.below(50)}`, 'pod-template-hash': '5d4f' },
      annotations: { [random.pick(ANNOTATIONS)]: random.pick(VALUES) },
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'shop-5d4f', uid: 'x', controller: true }],
      managedFields: [{ manager: 'kubectl', operation: 'Update', fieldsV1: { 'f:metadata': {} } }],
      creationTimestamp: null,
    },
    spec: {
      serviceAccountName: 'shop',
      terminationGracePeriodSeconds: 30,
      initContainers: [{ name: 'setup', image: 'busybox', resources: { limits: { cpu: '100m' } } }],
      containers: [
        {
          name: 'shop',
          image: 'shop:1',
          ports: [{ containerPort: 8080, name: 'http', protocol: 'TCP' }],
          readinessProbe: { httpGet: { path: '/ready', port: random.pick(['http', 8080, 0, 'none']) } },
          livenessProbe: { exec: { command: ['true'] } },
          env: [{ name: 'A', value: 'b' }],
          resources: { requests: { cpu: '500m', memory: '64Mi' } },
          volumeMounts: [{ name: 'v', mountPath: '/v' }],
        },
        { name: 'istio-proxy', image: 'auto', resources: { limits: { cpu: random.pick(['1', 2, 'many']) } } },
      ],
      volumes: [{ name: 'v', emptyDir: {} }],
    },
  }),
  () => ({ metadata: { name: 'h' }, spec: { hostNetwork: true, containers: [{ name: 'a' }] } }),
];

const ANNOTATIONS = [
  'sidecar.istio.io/inject',
  'sidecar.istio.io/status',
  'sidecar.istio.io/proxyCPU',
  'sidecar.istio.io/userVolume',
  'sidecar.istio.io/userVolumeMount',
  'inject.istio.io/templates',
  'proxy.istio.io/config',
  'proxy.istio.io/overrides',
  'traffic.sidecar.istio.io/excludeOutboundPorts',
  'status.sidecar.istio.io/port',
  'istio.io/rev',
] as const;

const VALUES = [
  'true',
  'false',
  'maybe',
  '',
  '{}',
  '[]',
  '{"containers":["istio-proxy"],"initContainers":["istio-init"],"volumes":[]}',
  '{"containers":[{"name":"istio-proxy"}]}',
  'concurrency: 2',
  'a: [',
  '{{ . }}',
  'sidecar,none',
  '100m',
  '15020',
  '\u0000',
  '\ud800',
  '[{"name":"x"}]',
] as const;

/** One place of a value, made something else: whatever a broken client may send. */
function changed(value: JsonValue, random: Random): JsonValue {
  if (isObject(value) && Object.keys(value).length > 0 && random.chance(0.9)) {
    const keys = Object.keys(value);
    const key = keys[random.below(keys.length)] ?? '';
    const entries = Object.entries(value).map(([name, old]): [string, JsonValue] => [
      name === key && random.chance(0.02) ? random.pick(KEYS) : name,
      name === key ? changed(old, random) : old,
    ]);
    if (random.chance(0.05)) entries.push([random.pick(KEYS), anything(random, 3)]);
    return Object.fromEntries(random.chance(0.05) ? entries.filter(([name]) => name !== key) : entries);
  }
  if (isArray(value) && value.length > 0 && random.chance(0.9)) {
    const at = random.below(value.length);
    const items = value.map((old, i) => (i === at ? changed(old, random) : old));
    if (random.chance(0.05)) return [...items, ...items];
    return random.chance(0.05) ? items.filter((_, i) => i !== at) : items;
  }
  return anything(random, 3);
}

const KEYS = ['__proto__', 'constructor', 'toString', '', 'spec', 'é', 'a/b', '~', '~0', 'containers', 'name'] as const;

function anything(random: Random, depth: number): JsonValue {
  switch (random.below(depth > 0 ? 10 : 7)) {
    case 0:
      return null;
    case 1:
      return random.chance(0.5);
    case 2:
      return random.pick([0, -1, 1e21, 1.5, 2 ** 31, 5e-324, 123456789]);
    case 3:
      return random.pick(VALUES);
    case 4:
      return 'x'.repeat(random.below(5_000));
    case 5:
      return nested(1 + random.below(random.chance(0.1) ? 2_000 : 300));
    case 6:
      return '';
    case 7:
      return Array.from({ length: random.below(4) }, () => anything(random, depth - 1));
    default:
      return Object.fromEntries(KEYS.filter(() => random.chance(0.3)).map((key) => [key, anything(random, depth - 1)]));
  }
}

/** Deeper ones, which JSON.stringify cannot write, come from {@link BITS}. */
function nested(depth: number): JsonValue {
  let value: JsonValue = 1;
  for (let n = depth; n > 0; n--) value = n % 2 === 0 ? [value] : { a: value };
  return value;
}

function damaged(body: Buffer<ArrayBuffer>, random: Random): Buffer<ArrayBuffer> {
  const at = random.below(body.length + 1);
  const bytes = Buffer.from(body);
  switch (random.below(5)) {
    case 0:
      return bytes.subarray(0, at);
    case 1:
      bytes[at] = random.below(256);
      return bytes;
    case 2:
      return Buffer.concat([bytes.subarray(0, at), Buffer.from(random.pick(BITS)), bytes.subarray(at)]);
    case 3:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(random.below(body.length))]);
    default:
      return Buffer.concat([bytes, bytes]);
  }
}

const BITS = [
  '"',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '\\',
  '\u0000',
  '\n',
  '- a',
  ': ',
  '&a *a',
  '!!binary ',
  '\ufeff',
  '1e999',
  '99999999999999999999',
  '#',
  '---\n',
  `${'['.repeat(30_000)}`,
  `${'{"a":'.repeat(10_000)}`,
] as const;

/** Traces of JavaScript's own errors: a bug, told as if it were the client's mistake. */
const BUG =
  /undefined|is not a function|is not iterable|Cannot (?:read|set|mix|convert)|\[object |call stack|internal error/;

/** What is wrong with an answer, if anything. */
export function wrongWith(sent: Mutated, reply: Reply): string | undefined {
  const path = decoded(sent.path.split('?')[0] ?? '');
  if (path === undefined) return reply.status === 400 ? undefined : `status ${reply.status} for a URL that is none`;
  if (path !== '/inject' && !path.startsWith('/inject/')) {
    const wanted = path === '/readyz' || path === '/metrics' ? 200 : 404;
    return reply.status === wanted ? undefined : `status ${reply.status} at ${path}`;
  }
  if (sent.body.length === 0) return reply.status === 400 ? undefined : `status ${reply.status} without a body`;
  if (sent.contentType !== 'application/json')
    return reply.status === 415 ? undefined : `status ${reply.status}, not 415`;
  if (reply.status !== 200) return `status ${reply.status}: ${reply.body.slice(0, 200)}`;
  const answer = parse(reply.body);
  const response = isObject(answer) ? getKey(answer, 'response') : undefined;
  if (!isObject(response)) return `no response in ${reply.body.slice(0, 200)}`;
  return wrongResponse(parse(sent.body.toString('utf8')), response);
}

function wrongResponse(review: JsonValue | undefined, response: JsonObject): string | undefined {
  const { uid, allowed, patch, status } = response;
  const request = isObject(review) ? getKey(review, 'request') : undefined;
  const asked = isObject(request) ? request : {};
  const typed = isObject(review) && ['kind', 'apiVersion'].every((key) => typeof getKey(review, key) === 'string');
  if (typeof uid !== 'string') return 'a uid that is no text';
  if (typed && uid !== '' && uid !== utf8(getKey(asked, 'uid'))) return `uid ${uid}, not ${utf8(getKey(asked, 'uid'))}`;
  if (typeof allowed !== 'boolean') return 'neither allowed nor refused';
  if (allowed) return patch === undefined ? undefined : wrongPatch(asked, patch);
  const message = isObject(status) ? getKey(status, 'message') : undefined;
  if (typeof message !== 'string' || message === '') return 'refused without a cause';
  if (patch !== undefined) return 'refused, with a patch';
  return BUG.test(message) ? `a bug's text: ${message.slice(0, 300)}` : undefined;
}

/** The API server applies it to the pod as its types read it, and must end with a pod that has a sidecar. */
function wrongPatch(request: JsonObject, patch: JsonValue): string | undefined {
  const object = getKey(request, 'object');
  const operations = parse(Buffer.from(String(patch), 'base64').toString('utf8'));
  if (!isArray(operations)) return 'a patch that is no list';
  if (!isObject(object)) return undefined;
  const typed = roundTrip('core/v1.Pod', object, { unknown: 'keep', creationTimestampNull: false });
  if (!typed.ok) return `a patch for what is no pod: ${typed.problems[0]?.message}`;
  const applied = applyJsonPatch(typed.value, operations as Parameters<typeof applyJsonPatch>[1]);
  return applied.ok ? undefined : `a patch that does not apply: ${applied.problems[0]?.message}`;
}

function parse(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

/** Half of a surrogate pair is none in UTF-8. */
function utf8(value: JsonValue | undefined): string {
  return Buffer.from(String(value)).toString();
}

function decoded(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}
