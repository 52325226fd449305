/** namespaceSelector × policy × label × annotation × host network, every row against the real API server. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { getKey, isObject } from '../../src/core/json.ts';
import { getObject, replaceObject } from '../../src/platform/kube-api-calls.ts';
import { cleanUp, type Webhook } from '../webhook/process.ts';
import { type Cluster, startCluster } from './api-server.ts';
import { createPod, hasSidecar, makeNamespace, pod, SYSTEM, value, withInjector } from './injector.ts';

let cluster: Cluster;
let webhook: Webhook;

beforeAll(async () => {
  cluster = await startCluster();
  webhook = await withInjector(cluster);
  for (const [name, labels] of Object.entries(NAMESPACES)) await makeNamespace(cluster, name, labels);
}, 120_000);

afterAll(async () => {
  cleanUp([]);
  await cluster?.stop();
});

/** Which namespaces there are, and for which pods the API server calls the default injector (injection.md 1.3, matrix). */
const NAMESPACES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'ns-none': {},
  'ns-enabled': { 'istio-injection': 'enabled' },
  'ns-disabled': { 'istio-injection': 'disabled' },
  'ns-odd': { 'istio-injection': 'yes' },
  'ns-rev-ours': { 'istio.io/rev': 'default' },
  'ns-rev-other': { 'istio.io/rev': 'elsewhere' },
  'ns-enabled-rev-other': { 'istio-injection': 'enabled', 'istio.io/rev': 'elsewhere' },
  'ns-disabled-rev-ours': { 'istio-injection': 'disabled', 'istio.io/rev': 'default' },
};

const CALLED: Readonly<Record<string, 'always' | 'never' | 'if the pod asks'>> = {
  'ns-none': 'if the pod asks',
  'ns-enabled': 'always',
  'ns-disabled': 'never',
  'ns-odd': 'never',
  'ns-rev-ours': 'always',
  'ns-rev-other': 'never',
  'ns-enabled-rev-other': 'always',
  'ns-disabled-rev-ours': 'never',
};

const VALUES = [undefined, 'true', 'false', 'maybe'] as const;

type Row = {
  readonly policy: 'enabled' | 'disabled';
  readonly namespace: string;
  readonly label: (typeof VALUES)[number];
  readonly annotation: (typeof VALUES)[number];
  readonly revision: undefined | 'default';
  readonly hostNetwork: boolean;
};

function rows(policy: Row['policy']): readonly Row[] {
  return Object.keys(NAMESPACES).flatMap((namespace) =>
    VALUES.flatMap((label) =>
      VALUES.flatMap((annotation) =>
        ([undefined, 'default'] as const).flatMap((revision) =>
          [false, true].map((hostNetwork) => ({ policy, namespace, label, annotation, revision, hostNetwork })),
        ),
      ),
    ),
  );
}

/** By the tables of injection.md 1.1 and 1.3, written here a second time and without the engine. */
function wanted({ policy, namespace, label, annotation, revision, hostNetwork }: Row): boolean {
  const asks = revision === 'default' || label === 'true';
  const called =
    label !== 'false' && (CALLED[namespace] === 'always' || (CALLED[namespace] === 'if the pod asks' && asks));
  if (!called || hostNetwork) return false;
  const value = label ?? annotation;
  if (value === 'true') return true;
  if (value === 'false') return false;
  return policy === 'enabled';
}

async function differences(all: readonly Row[]): Promise<readonly string[]> {
  const wrong: string[] = [];
  const queue = [...all];
  const work = async (): Promise<void> => {
    for (let row = queue.pop(); row !== undefined; row = queue.pop()) {
      const { label, annotation, revision, hostNetwork, namespace } = row;
      const made = await createPod(
        cluster,
        namespace,
        pod({
          labels: {
            ...(label === undefined ? {} : { 'sidecar.istio.io/inject': label }),
            ...(revision === undefined ? {} : { 'istio.io/rev': revision }),
          },
          annotations: annotation === undefined ? {} : { 'sidecar.istio.io/inject': annotation },
          spec: hostNetwork ? { hostNetwork } : {},
        }),
      );
      const got = hasSidecar(value(made));
      if (got !== wanted(row)) wrong.push(`${JSON.stringify(row)}: injected ${got}`);
    }
  };
  await Promise.all([work(), work(), work(), work()]);
  return wrong;
}

async function setPolicy(policy: Row['policy'], load: number): Promise<void> {
  const path = `/api/v1/namespaces/${SYSTEM}/configmaps/istio-sidecar-injector`;
  const map = value(await getObject(cluster.api, path));
  const data = getKey(map, 'data');
  if (!isObject(data)) throw new Error('no data');
  const config = String(getKey(data, 'config')).replace(/^policy: \w+/m, `policy: ${policy}`);
  value(await replaceObject(cluster.api, path, { ...map, data: { ...data, config } }));
  await webhook.logged('configuration loaded', load);
}

it('every row comes out as the tables say', async () => {
  const enabled = rows('enabled');
  expect(await differences(enabled)).toEqual([]);
  await setPolicy('disabled', 2);
  const disabled = rows('disabled');
  expect(await differences(disabled)).toEqual([]);
  const all = [...enabled, ...disabled];
  console.log(`· table: ${all.length} rows, ${all.filter(wanted).length} of them injected`);
  expect(all.length).toBe(1024);
}, 180_000);
