import { getKey, isArray, isObject, type JsonObject } from '../../../core/json.ts';
import type { Problem } from '../../../core/problem.ts';
import type { ApiFailure, KubeApi } from '../../../platform/kube-api.ts';
import { applyObject } from '../../../platform/kube-api-calls.ts';
import { watchObjects } from '../../../platform/kube-watch.ts';
import type { CaBundleTarget } from '../options.ts';
import { apiProblem } from './api-problem.ts';
import type { Leader } from './leader.ts';
import { objectAt, textAt } from './object-text.ts';

export type CaBundleOptions = {
  /** Of the injector; empty: the default one, whose configurations are labelled `default`. */
  readonly revision: string;
  readonly serviceName: string;
  readonly serviceNamespace: string;
  /** Of the fields that we own by server-side apply: nobody's apply of the rest takes them away. */
  readonly fieldManager: string;
  /** Only this entry, whatever it calls and whatever its labels are (1.0). */
  readonly target?: CaBundleTarget | undefined;
};

export type CaBundleEvents = {
  readonly attempt: (configuration: string) => void;
  readonly retry: (configuration: string) => void;
  /** Reasons as istiod's: `webhook_config_not_found`, `webhook_entry_not_found`, `webhook_update_failure`. */
  readonly failure: (configuration: string, reason: string, entry?: string) => void;
  readonly patched: (configuration: string, entries: readonly string[]) => void;
  readonly problem: (problem: Problem) => void;
};

export type CaBundlePatcher = {
  readonly set: (caBundle: string) => void;
  readonly run: (signal: AbortSignal) => Promise<void>;
};

const PATH = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';
const SUFFIX = 'sidecar-injector.istio.io';
/** Between tries that failed, in milliseconds. */
const RETRY = { first: 1_000, longest: 5 * 60_000 };
/** So many corrections within a minute are no accident: somebody else writes the field again and again. */
const CONTEST = { corrections: 5, window: 60_000, pause: 30_000 };

/**
 * Keeps the caBundle of our webhook configurations right: the leader writes it when it is wrong, whoever made it so. Others'
 * configurations of the same revision, such as istiod's, have services of their own and are left alone.
 */
export function patchCaBundles(
  api: KubeApi,
  leader: Leader,
  options: CaBundleOptions,
  events: CaBundleEvents,
): CaBundlePatcher {
  const corrections = new Map<string, readonly number[]>();
  const resting = new Map<string, number>();
  const failures = new Map<string, number>();
  const written = new Map<string, string>();
  /** Versions that we have corrected: what came of it is on its way to us. */
  const corrected = new Map<string, string>();
  let bundle: string | undefined;
  let configurations: ReadonlyMap<string, JsonObject> = new Map();
  let again: NodeJS.Timeout | undefined;
  let working: Promise<void> = Promise.resolve();

  const look = (): void => {
    working = working.then(lookOnce);
  };
  const later = (milliseconds: number): void => {
    again ??= setTimeout(() => {
      again = undefined;
      look();
    }, milliseconds);
  };

  async function lookOnce(): Promise<void> {
    if (bundle === undefined || !leader.isLeader()) return;
    if (options.target !== undefined) missTarget(options.target);
    for (const [name, configuration] of configurations) await correct(name, configuration, bundle);
  }

  function missTarget({ configuration, entry }: CaBundleTarget): void {
    const found = configurations.get(configuration);
    if (found !== undefined && ourEntries(found, options).length > 0) return;
    events.failure(configuration, found === undefined ? 'webhook_config_not_found' : 'webhook_entry_not_found', entry);
  }

  async function correct(name: string, configuration: JsonObject, wanted: string): Promise<void> {
    const encoded = Buffer.from(wanted).toString('base64');
    const wrong = ourEntries(configuration, options).filter(
      (entry) => textAt(objectAt(entry, 'clientConfig'), 'caBundle') !== encoded,
    );
    const version = textAt(configuration, 'metadata', 'resourceVersion');
    if (wrong.length === 0 || corrected.get(name) === `${version} ${encoded}`) return;
    const now = Date.now();
    if ((resting.get(name) ?? 0) > now) return later(CONTEST.pause);
    events.attempt(name);
    const entries = wrong.map((entry) => textAt(entry, 'name'));
    const patch: JsonObject = {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'MutatingWebhookConfiguration',
      metadata: { name },
      // All of ours: what an apply leaves out is no longer owned, and would be removed.
      webhooks: ourEntries(configuration, options).map((entry) => ({
        name: textAt(entry, 'name'),
        clientConfig: { caBundle: encoded },
      })),
    };
    const done = await applyObject(api, `${PATH}/${name}`, patch, { fieldManager: options.fieldManager, force: true });
    if (done.ok) {
      failures.delete(name);
      corrected.set(name, `${version} ${encoded}`);
      events.patched(name, entries);
      // The first time that a bundle is written, nobody has taken it away.
      if (written.get(name) === wanted) noteCorrection(name, configuration, now);
      written.set(name, wanted);
      return;
    }
    const gone = done.failure.status === 404;
    events.failure(name, gone ? 'webhook_config_not_found' : 'webhook_update_failure');
    if (gone) return;
    const tries = (failures.get(name) ?? 0) + 1;
    failures.set(name, tries);
    // Said once: what is refused now will mostly be refused in a second.
    if (tries === 1) events.problem(unwritable(done.failure, name, api));
    events.retry(name);
    later(Math.min(RETRY.first * 2 ** (tries - 1), RETRY.longest));
  }

  function noteCorrection(name: string, configuration: JsonObject, now: number): void {
    const recent = [...(corrections.get(name) ?? []).filter((at) => now - at < CONTEST.window), now];
    corrections.set(name, recent);
    if (recent.length < CONTEST.corrections) return;
    resting.set(name, now + CONTEST.pause);
    corrections.delete(name);
    events.problem(contested(name, configuration, options.fieldManager));
  }

  return {
    set: (value) => {
      bundle = value;
      look();
    },
    run: async (signal) => {
      leader.onChange(look);
      await watchObjects(
        api,
        { path: PATH },
        {
          changed: (objects) => {
            configurations = objects;
            look();
          },
          failed: (failure) => events.problem(apiProblem(failure, 'watch MutatingWebhookConfigurations', api)),
        },
        signal,
      );
      clearTimeout(again);
      await working;
    },
  };
}

/** The entries that call us: by our service, or by a URL in a configuration that we have installed. */
function ourEntries(configuration: JsonObject, options: CaBundleOptions): readonly JsonObject[] {
  const { target } = options;
  if (target !== undefined) {
    const name = textAt(objectAt(configuration, 'metadata'), 'name');
    return entriesOf(configuration).filter(
      (entry) => name === target.configuration && textAt(entry, 'name') === target.entry,
    );
  }
  const labels = objectAt(objectAt(configuration, 'metadata'), 'labels');
  if (textAt(labels, 'istio.io/rev') !== (options.revision === '' ? 'default' : options.revision)) return [];
  const managed = textAt(labels, 'app.kubernetes.io/managed-by') === 'remora';
  return entriesOf(configuration).filter((entry) => {
    if (!textAt(entry, 'name').endsWith(SUFFIX)) return false;
    const client = objectAt(entry, 'clientConfig');
    const service = objectAt(client, 'service');
    if (Object.keys(service).length === 0) return managed;
    return textAt(service, 'name') === options.serviceName && textAt(service, 'namespace') === options.serviceNamespace;
  });
}

function entriesOf(configuration: JsonObject): readonly JsonObject[] {
  const webhooks = getKey(configuration, 'webhooks');
  return (isArray(webhooks) ? webhooks : []).filter(isObject);
}

function contested(name: string, configuration: JsonObject, own: string): Problem {
  const fields = getKey(objectAt(configuration, 'metadata'), 'managedFields');
  const others = (isArray(fields) ? fields : [])
    .filter(isObject)
    .map((entry) => textAt(entry, 'manager'))
    .filter((manager) => manager !== '' && manager !== own);
  return {
    code: 'CA_BUNDLE_CONTESTED',
    severity: 'error',
    message: `somebody else writes the caBundle of ${name} again and again; its field managers are ${[...new Set(others)].join(', ') || 'not known'}`,
    remedy:
      'Let one of the two own it: another revision for istiod or for us, or the field left out of what a GitOps tool applies.',
  };
}

/** The right is given by name: a configuration that remora has not made is none of them. */
function unwritable(failure: ApiFailure, name: string, api: KubeApi): Problem {
  const problem = apiProblem(failure, `write the caBundle of ${name}`, api);
  if (failure.reason !== 'Forbidden') return problem;
  return {
    ...problem,
    remedy: `${problem.remedy} A tag that istioctl made is not in it: make it by remora tag set, which gives the right too.`,
  };
}
