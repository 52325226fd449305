import { setTimeout as pause } from 'node:timers/promises';
import { type InjectionConfig, inject, loadInjectionConfig } from '../../core/injection/index.ts';
import { type InstallOptions, installObjects, namesOf, webhookConfiguration } from '../../core/install/index.ts';
import { getKey, isArray, isObject, type JsonObject } from '../../core/json.ts';
import { emitYaml } from '../../core/kube/index.ts';
import { failed, type Parsed, type Problem, parsed } from '../../core/problem.ts';
import { parseRelease } from '../../core/release.ts';
import type { KubeApi } from '../../platform/kube-api.ts';
import { getObject } from '../../platform/kube-api-calls.ts';
import { templateHost } from '../../platform/template-host.ts';
import { applyAll } from './apply.ts';
import { type Connection, clusterProblem, connect } from './connect.ts';
import { isOurs, rivals } from './rivals.ts';
import { rolloutOf } from './rollout.ts';

/** What a command of this app has to say. */
export type Done = {
  readonly lines: readonly string[];
  readonly problems: readonly Problem[];
};

export type InstallRequest = {
  readonly options: InstallOptions;
  readonly connection: Connection;
  readonly force: boolean;
  readonly forceConflicts: boolean;
  readonly dryRun: boolean;
  /** How long to wait for the Deployment before pods are sent to it, in milliseconds; 0 does not wait. */
  readonly wait: number;
};

/** What stands in the way among configurations of a cluster; with `force` it is only told. */
export function rivalsOf(
  options: InstallOptions,
  configurations: readonly JsonObject[],
  force: boolean,
): readonly Problem[] {
  const severity = force ? 'warning' : 'error';
  return rivals([webhookConfiguration(options)], configurations).map((problem) => ({ ...problem, severity }));
}

/** A configuration that does not load, or does not run, would refuse every pod: it is not installed. */
export function checkedObjects(options: InstallOptions): Parsed<readonly JsonObject[]> {
  const release = parseRelease(options.compat);
  if (!release.ok) return release;
  const { config, values, mesh } = options;
  const loaded = loadInjectionConfig({
    configText: config,
    valuesText: values,
    meshConfigText: mesh,
    release: release.value,
  });
  if (!loaded.ok) return loaded;
  const refused = trial(loaded.value, options);
  return refused.length > 0 ? failed(...refused) : parsed(installObjects(options), loaded.problems);
}

/** A template that fails with any pod, for want of a value for example, fails with the simplest there is. */
function trial(config: InjectionConfig, { revision, platform }: InstallOptions): readonly Problem[] {
  const outcome = inject(
    {
      metadata: { name: 'trial', namespace: 'trial' },
      spec: { containers: [{ name: 'app', image: 'example/app:1' }] },
    },
    {
      path: 'webhook',
      requestNamespace: 'trial',
      revision,
      proxyEnvs: new Map(),
      nativeSidecars: 'auto',
      platform,
      compliancePolicy: '',
      host: templateHost(),
    },
    config,
  );
  return outcome.kind === 'failed' ? outcome.problems.filter(({ severity }) => severity === 'error') : [];
}

/** The manifest, for `kubectl apply --server-side -f -` or a repository of a GitOps tool. */
export function manifestText(objects: readonly JsonObject[], format: 'yaml' | 'json'): string {
  if (format === 'json') return `${JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }, undefined, 2)}\n`;
  return objects.map((object) => emitYaml(object)).join('---\n');
}

/** `remora install --apply`. The webhook configuration follows when the webhook answers, so that it never blocks pods. */
export async function applyInstall(request: InstallRequest): Promise<Done> {
  const objects = checkedObjects(request.options);
  if (!objects.ok) return { lines: [], problems: objects.problems };
  const api = connect(request.connection);
  if (!api.ok) return { lines: [], problems: api.problems };
  try {
    return await applyTo(api.value, objects.value, request);
  } finally {
    api.value.close();
  }
}

async function applyTo(api: KubeApi, objects: readonly JsonObject[], request: InstallRequest): Promise<Done> {
  const { force, forceConflicts, dryRun, wait, options } = request;
  const configuration = webhookConfiguration(options);
  const found = await configurationsOf(api);
  if (!found.ok) return { lines: [], problems: found.problems };
  const warnings = rivalsOf(options, found.value, force);
  if (warnings.length > 0 && !force) return { lines: [], problems: warnings };
  const apply = { force: forceConflicts, dryRun };
  const wanted = await withoutForeignNamespace(api, objects, options.namespace);
  if (!wanted.ok) return { lines: [], problems: [...warnings, ...wanted.problems] };
  if (!dryRun) {
    // All or nothing: a conflict in the last object must not leave the others behind.
    const trial = await applyAll(api, wanted.value, { ...apply, dryRun: true });
    if (trial.problems.length > 0) return { lines: [], problems: [...warnings, ...trial.problems] };
  }
  const first = await applyAll(
    api,
    wanted.value.filter((object) => getKey(object, 'kind') !== 'MutatingWebhookConfiguration'),
    apply,
  );
  if (first.problems.length > 0) return { lines: first.lines, problems: [...warnings, ...first.problems] };
  const late = wait === 0 || dryRun ? undefined : await waitForDeployment(api, options, wait);
  if (late !== undefined) return { lines: first.lines, problems: [...warnings, late] };
  const last = await applyAll(api, [configuration], apply);
  return { lines: [...first.lines, ...last.lines], problems: [...warnings, ...last.problems] };
}

/** A namespace that somebody else has made may hold pods that our labels would refuse: it stays as it is. */
async function withoutForeignNamespace(
  api: KubeApi,
  objects: readonly JsonObject[],
  namespace: string,
): Promise<Parsed<readonly JsonObject[]>> {
  const found = await getObject(api, `/api/v1/namespaces/${namespace}`);
  if (!found.ok && found.failure.status !== 404) return failed(clusterProblem(found.failure, `read ${namespace}`));
  return parsed(objects.filter((object) => getKey(object, 'kind') !== 'Namespace' || !found.ok || isOurs(found.value)));
}

export async function configurationsOf(api: KubeApi): Promise<Parsed<readonly JsonObject[]>> {
  const found = await getObject(api, '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations');
  if (!found.ok) return failed(clusterProblem(found.failure, 'list MutatingWebhookConfigurations'));
  const items = getKey(found.value, 'items');
  return parsed(isArray(items) ? items.filter(isObject) : []);
}

async function waitForDeployment(api: KubeApi, options: InstallOptions, wait: number): Promise<Problem | undefined> {
  const name = namesOf(options).workload;
  const path = `/apis/apps/v1/namespaces/${options.namespace}/deployments/${name}`;
  const ends = Date.now() + wait;
  let last = 'no status yet';
  while (Date.now() < ends) {
    const found = await getObject(api, path);
    const rollout = found.ok ? rolloutOf(found.value) : undefined;
    if (rollout?.done === true) return undefined;
    last = rollout?.lacks ?? last;
    await pause(1_000);
  }
  return {
    code: 'INSTALL_NOT_READY',
    severity: 'error',
    message: `Deployment ${options.namespace}/${name} is not ready after ${Math.round(wait / 1000)} s: ${last}`,
    remedy: `The webhook configuration was not applied, so that no pod waits for it. See kubectl -n ${options.namespace} describe deployment ${name}, and run the command again.`,
  };
}
