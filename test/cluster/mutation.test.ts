/** What becomes of pods: patches, warnings, audit log, Events, dry runs, revisions, and a second webhook. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createSecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtinConfig, inject, loadInjectionConfig } from '../../src/core/injection/index.ts';
import { getKey, isArray, isObject, type JsonObject, type JsonValue } from '../../src/core/json.ts';
import { applyJsonPatch, roundTrip } from '../../src/core/kube/index.ts';
import type { Parsed } from '../../src/core/problem.ts';
import { LATEST } from '../../src/core/release.ts';
import { createObject, getObject } from '../../src/platform/kube-api-calls.ts';
import { cleanUp, credentials, type Webhook } from '../webhook/process.ts';
import { type Cluster, pause, startCluster } from './api-server.ts';
import {
  callByUrl,
  containersOf,
  createPod,
  hasSidecar,
  install,
  makeNamespace,
  pod,
  remora,
  SYSTEM,
  startReplica,
  until,
  value,
  withInjector,
} from './injector.ts';

let cluster: Cluster;
let webhook: Webhook;

beforeAll(async () => {
  cluster = await startCluster();
  webhook = await withInjector(cluster);
  await makeNamespace(cluster, 'plain');
}, 120_000);

afterAll(async () => {
  cleanUp([]);
  await cluster?.stop();
});

const OWNERS = [
  ['apps/v1', 'ReplicaSet', { 'pod-template-hash': 'abc123' }],
  ['apps/v1', 'StatefulSet', {}],
  ['apps/v1', 'DaemonSet', {}],
  ['batch/v1', 'Job', { 'job-name': 'web' }],
  ['v1', 'ReplicationController', {}],
  ['example.com/v1', 'Rollout', {}],
] as const;

const SPECS: Readonly<Record<string, JsonObject>> = {
  plain: {},
  probes: {
    containers: [
      {
        name: 'web',
        image: 'example/web:1',
        ports: [{ containerPort: 8080 }],
        livenessProbe: { httpGet: { path: '/live', port: 8080 } },
        readinessProbe: { tcpSocket: { port: 8080 } },
      },
    ],
  },
  'several containers': {
    initContainers: [{ name: 'first', image: 'example/first:1' }],
    containers: [
      { name: 'a', image: 'example/a:1', env: [{ name: 'X', value: '1' }] },
      { name: 'b', image: 'example/b:1', volumeMounts: [{ name: 'data', mountPath: '/data' }] },
    ],
    volumes: [{ name: 'data', emptyDir: {} }],
  },
  'own settings of the sidecar': {
    containers: [
      { name: 'web', image: 'example/web:1' },
      { name: 'istio-proxy', image: 'auto', resources: { requests: { cpu: '77m' } } },
    ],
  },
};

describe('a pod that comes back', () => {
  for (const [title, spec] of Object.entries(SPECS)) {
    it(`is what the engine makes of it: ${title}, of every owner`, async () => {
      for (const [apiVersion, kind, labels] of OWNERS) {
        const metadata = { ownerReferences: [{ apiVersion, kind, name: 'web-abc123', uid: 'u', controller: true }] };
        const object = pod({ labels, spec, metadata });
        const got = value(await createPod(cluster, 'shop', object));
        // What the API server sends to the webhook is the pod with its defaults; what the engine adds gets defaults too.
        const sent = value(await createPod(cluster, 'plain', object));
        const want = value(await createPod(cluster, 'plain', injected(sent)));
        expect(comparable(got), `${kind}`).toEqual(comparable(want));
        expect(hasSidecar(got)).toBe(true);
      }
    });
  }

  it('is idempotent: created again as it came back, it stays so', async () => {
    const once = value(await createPod(cluster, 'shop', pod({ spec: SPECS.probes ?? {} })));
    const twice = value(await createPod(cluster, 'shop', { ...once, metadata: fresh(once) }));
    expect(comparable(twice)).toEqual(comparable(once));
  });

  it('keeps fields that we do not know', async () => {
    const kept = value(
      await createPod(
        cluster,
        'shop',
        pod({ spec: { hostnameOverride: 'x', schedulingGates: [{ name: 'example.com/g' }] } }),
      ),
    );
    expect(getKey(specOf(kept), 'schedulingGates')).toEqual([{ name: 'example.com/g' }]);
  });
});

/** The engine's answer to the pod as the API server sends it. */
function injected(sent: JsonObject): JsonObject {
  const namespace = 'shop';
  const { configText, valuesText, meshConfigText } = builtinConfig({ tag: version() });
  const config = take(loadInjectionConfig({ configText, valuesText, meshConfigText, release: LATEST }));
  const typed = take(
    roundTrip(
      'core/v1.Pod',
      { ...sent, metadata: { ...fresh(sent), namespace } },
      { unknown: 'keep', creationTimestampNull: false },
    ),
  );
  const outcome = inject(
    typed,
    {
      path: 'webhook',
      requestNamespace: namespace,
      revision: '',
      proxyEnvs: new Map(),
      nativeSidecars: 'auto',
      nodes: new Map(),
      platform: '',
      compliancePolicy: '',
      host: {},
    },
    config,
  );
  if (outcome.kind !== 'injected') throw new Error(outcome.kind);
  const patched = take(applyJsonPatch(typed, outcome.patch));
  if (!isObject(patched)) throw new Error('no object');
  const metadata = getKey(patched, 'metadata');
  return { ...patched, metadata: { ...(isObject(metadata) ? metadata : {}), namespace: 'plain' } };
}

function version(): string {
  return (JSON.parse(readFileSync('package.json', 'utf8')) as { readonly version: string }).version;
}

/** Metadata without what the API server gives each object. */
function fresh(object: JsonObject): JsonObject {
  const metadata = getKey(object, 'metadata');
  const {
    uid: _u,
    creationTimestamp: _c,
    managedFields: _m,
    name: _n,
    namespace: _s,
    resourceVersion: _r,
    ...rest
  } = isObject(metadata) ? metadata : {};
  return rest;
}

function comparable(object: JsonObject): JsonValue {
  const { annotations, labels } = fresh(object) as { readonly annotations?: JsonObject; readonly labels?: JsonObject };
  // The namespace that the comparison is made in shows in one variable.
  const text = JSON.stringify({ labels: labels ?? {}, annotations: annotations ?? {}, spec: specOf(object) });
  return JSON.parse(text.replaceAll('namespaces/plain/', 'namespaces/shop/')) as JsonValue;
}

function specOf(object: JsonObject): JsonObject {
  const spec = getKey(object, 'spec');
  return isObject(spec) ? spec : {};
}

function take<T>(result: Parsed<T>): T {
  if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join('\n'));
  return result.value;
}

describe('what is said', () => {
  it('a skipped pod comes with a warning, an audit annotation, and an Event on its owner', async () => {
    const metadata = {
      name: 'host-pod',
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'host-1', uid: 'uid-host-1', controller: true },
      ],
    };
    const made = await createPod(cluster, 'shop', pod({ spec: { hostNetwork: true }, metadata }), false);
    if (!made.ok) throw new Error(made.failure.message);
    expect(made.warnings).toEqual([
      'No sidecar: The pod uses the network of its node (spec.hostNetwork is true). (rule host-network)',
    ]);
    await until('the audit log has it', () => auditOf('host-pod') !== undefined);
    const audited = auditOf('host-pod') ?? {};
    expect(audited['namespace.sidecar-injector.istio.io/decision']).toBe('skipped');
    expect(audited['namespace.sidecar-injector.istio.io/rule']).toBe('host-network');
    await until('the Event is there', async () =>
      (await events()).some(({ involvedObject }) => involvedObject.name === 'host-1'),
    );
    const [event] = (await events()).filter(({ involvedObject }) => involvedObject.name === 'host-1');
    expect(event).toMatchObject({
      reason: 'SidecarNotInjected',
      type: 'Warning',
      involvedObject: { kind: 'ReplicaSet', uid: 'uid-host-1' },
    });
    expect(event?.message).toContain('hostNetwork');
    // The same again is no news.
    await createPod(
      cluster,
      'shop',
      pod({ spec: { hostNetwork: true }, metadata: { ...metadata, name: 'host-pod-2' } }),
      false,
    );
    await webhook.logged('skipped', 2);
    expect((await events()).filter(({ involvedObject }) => involvedObject.name === 'host-1')).toHaveLength(1);
  });

  it('a dry run leaves no Event', async () => {
    const metadata = {
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'dry-1', uid: 'uid-dry-1', controller: true },
      ],
    };
    const made = await createPod(cluster, 'shop', pod({ spec: { hostNetwork: true }, metadata }), true);
    expect(made.ok && made.warnings).toHaveLength(1);
    await createPod(
      cluster,
      'shop',
      pod({
        spec: { hostNetwork: true },
        metadata: { ownerReferences: [{ ...metadata.ownerReferences[0], name: 'wet-1', uid: 'uid-wet-1' }] },
      }),
      false,
    );
    await until('the other Event is there', async () =>
      (await events()).some(({ involvedObject }) => involvedObject.name === 'wet-1'),
    );
    expect((await events()).some(({ involvedObject }) => involvedObject.name === 'dry-1')).toBe(false);
  });

  it('a pod that cannot be injected is refused with the reason', async () => {
    const made = await createPod(cluster, 'shop', pod({ annotations: { 'sidecar.istio.io/interceptionMode': 'X' } }));
    expect(made.ok).toBe(false);
    expect(!made.ok && made.failure.message).toContain('interceptionMode invalid, use REDIRECT,TPROXY,NONE: X');
  });

  it('an injected pod has its decision in the audit log', async () => {
    value(await createPod(cluster, 'shop', pod({ metadata: { name: 'audited' } }), false));
    await until('the audit log has it', () => auditOf('audited') !== undefined);
    expect(auditOf('audited')?.['namespace.sidecar-injector.istio.io/decision']).toBe('injected');
  });

  it('pods of the system and of the injector itself never wait for it', async () => {
    // The log is written a moment later.
    await pause(200);
    const before = webhook.log().length;
    for (const namespace of ['kube-system', SYSTEM]) {
      cluster.kubectl(['label', 'namespace', namespace, 'istio-injection=enabled', '--overwrite']);
      const strict = {
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
        runAsNonRoot: true,
        seccompProfile: { type: 'RuntimeDefault' },
      };
      const made = value(
        await createPod(
          cluster,
          namespace,
          pod({ spec: { containers: [{ name: 'hello', image: 'example/hello:1', securityContext: strict }] } }),
        ),
      );
      expect(hasSidecar(made), namespace).toBe(false);
    }
    await pause(200);
    expect(
      webhook
        .log()
        .slice(before)
        .filter(({ msg }) => msg === 'injected' || msg === 'skipped'),
    ).toEqual([]);
  });
});

type Event = {
  readonly reason: string;
  readonly message: string;
  readonly type: string;
  readonly involvedObject: { readonly name: string; readonly kind: string; readonly uid: string };
};

async function events(): Promise<readonly Event[]> {
  const found = value(await getObject(cluster.api, '/api/v1/namespaces/shop/events'));
  const items = getKey(found, 'items');
  return (isArray(items) ? items : []) as unknown as readonly Event[];
}

/** The annotations of the audit log's entry about a pod's creation. */
function auditOf(name: string): Readonly<Record<string, string>> | undefined {
  type Entry = {
    readonly responseStatus?: { readonly code: number };
    readonly objectRef?: { readonly name?: string };
    readonly annotations?: Record<string, string>;
  };
  const lines = readFileSync(cluster.auditLog, 'utf8').trim().split('\n');
  const found = lines
    .map((line) => JSON.parse(line) as Entry)
    .find(({ objectRef, annotations }) => objectRef?.name === name && annotations !== undefined);
  return found?.annotations;
}

describe('revisions', () => {
  it('a revision, its tag, and the tag moved', async () => {
    // Another test has labelled the namespace by hand.
    install(cluster, ['--revision=canary', '--injectConfigFile', canaryConfig(), '--forceConflicts']);
    const canary = await startReplica(cluster, 'canary-1', ['--revision=canary'], 'remora-webhook-canary');
    await canary.logged('caBundle written');
    await callByUrl(cluster, 'remora-sidecar-injector-canary', canary.port);
    await makeNamespace(cluster, 'by-revision', { 'istio.io/rev': 'canary' });
    await makeNamespace(cluster, 'by-tag', { 'istio.io/rev': 'prod' });
    await until('the canary injects', async () => hasSidecar(value(await createPod(cluster, 'by-revision', pod()))));
    expect(hasSidecar(value(await createPod(cluster, 'by-tag', pod())))).toBe(false);
    const byLabel = value(await createPod(cluster, 'plain', pod({ labels: { 'istio.io/rev': 'canary' } })));
    expect(revisionOf(byLabel)).toBe('canary');

    const set = remora(cluster, ['tag', 'set', 'prod', '--revision', 'canary']);
    expect([set.code, set.stderr]).toEqual([0, '']);
    expect(set.stdout).toContain('Revision tag "prod" created, referencing control plane revision "canary"');
    await until(
      'the tag injects',
      async () => revisionOf(value(await createPod(cluster, 'by-tag', pod()))) === 'canary',
    );
    expect(remora(cluster, ['tag', 'list']).stdout).toBe('TAG  REVISION NAMESPACES\nprod canary   by-tag\n');
    expect(remora(cluster, ['tag', 'set', 'prod', '--revision', 'default']).stderr).toContain(
      'revision tag "prod" already exists, and --overwrite is false',
    );
    expect(remora(cluster, ['tag', 'set', 'prod', '--revision', 'default', '--overwrite']).code).toBe(0);
    await until(
      'the tag has moved',
      async () => revisionOf(value(await createPod(cluster, 'by-tag', pod()))) === 'default',
    );
    const inUse = remora(cluster, ['tag', 'remove', 'prod']);
    expect([inUse.code, inUse.stderr.includes('namespaces still use the tag "prod": by-tag')]).toEqual([1, true]);
    expect(remora(cluster, ['tag', 'remove', 'prod', '-y']).stdout).toBe('Revision tag prod removed\n');
    await until('the tag is gone', async () => !hasSidecar(value(await createPod(cluster, 'by-tag', pod()))));
  }, 90_000);
});

function canaryConfig(): string {
  const map = JSON.parse(
    cluster.kubectl(['-n', SYSTEM, 'get', 'configmap', 'istio-sidecar-injector', '-o', 'json']).stdout,
  ) as JsonObject;
  const file = `${cluster.folder}/canary.json`;
  writeFileSync(file, JSON.stringify(map));
  return file;
}

function revisionOf(object: JsonObject): string | undefined {
  const annotations = getKey(fresh(object), 'annotations');
  const revision = isObject(annotations) ? getKey(annotations, 'istio.io/rev') : undefined;
  return typeof revision === 'string' ? revision : undefined;
}

describe('another webhook', () => {
  it('adds a container after us, and we are asked again: one sidecar, and the new probe goes through it', async () => {
    const given = await credentials();
    let calls = 0;
    const server = createSecureServer(
      { allowHTTP1: true, cert: given.leaf.certificate, key: given.leaf.key },
      (request, response) => {
        const chunks: Buffer[] = [];
        request.on('data', (chunk: Buffer) => chunks.push(chunk));
        request.on('end', () => {
          calls += 1;
          const review = JSON.parse(Buffer.concat(chunks).toString('utf8')) as {
            readonly request: { readonly uid: string; readonly object: JsonObject };
          };
          const has = containersOf(review.request.object).includes('late');
          const late = {
            name: 'late',
            image: 'example/late:1',
            readinessProbe: { httpGet: { path: '/late', port: 9999 } },
          };
          const patch = has ? [] : [{ op: 'add', path: '/spec/containers/-', value: late }];
          response.setHeader('content-type', 'application/json');
          response.end(
            JSON.stringify({
              apiVersion: 'admission.k8s.io/v1',
              kind: 'AdmissionReview',
              response: {
                uid: review.request.uid,
                allowed: true,
                patchType: 'JSONPatch',
                patch: Buffer.from(JSON.stringify(patch)).toString('base64'),
              },
            }),
          );
        });
      },
    );
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const port = (server.address() as AddressInfo).port;
    value(
      await createObject(cluster.api, '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations', {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'MutatingWebhookConfiguration',
        metadata: { name: 'zz-late' },
        webhooks: [
          {
            name: 'late.example.com',
            admissionReviewVersions: ['v1'],
            sideEffects: 'None',
            clientConfig: {
              url: `https://127.0.0.1:${port}/`,
              caBundle: Buffer.from(given.authority.certificate).toString('base64'),
            },
            namespaceSelector: { matchLabels: { 'istio-injection': 'enabled' } },
            rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
          },
        ],
      }),
    );
    try {
      await until('the other is called', async () => {
        await createPod(cluster, 'shop', pod());
        return calls > 0;
      });
      await pause(200);
      const injections = (): number => webhook.log().filter(({ msg }) => msg === 'injected').length;
      const before = injections();
      const made = value(await createPod(cluster, 'shop', pod()));
      await until('we were asked twice', () => injections() - before === 2);
      const names = containersOf(made);
      expect(names.filter((name) => name === 'istio-proxy')).toHaveLength(1);
      expect(names.filter((name) => name === 'istio-init')).toHaveLength(1);
      expect(names).toContain('late');
      const containers = getKey(specOf(made), 'containers');
      const late = isArray(containers)
        ? containers.filter(isObject).find((each) => getKey(each, 'name') === 'late')
        : undefined;
      expect(JSON.stringify(late)).toContain('/app-health/late/readyz');
      expect(JSON.stringify(made)).not.toContain('/app-health/late/readyz/');
    } finally {
      cluster.kubectl(['delete', 'mutatingwebhookconfiguration', 'zz-late']);
      server.close();
    }
  }, 60_000);
});
