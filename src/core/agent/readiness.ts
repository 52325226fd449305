import { statValue } from './envoy-stats.ts';

export const CONFIG_QUERY =
  '/stats?usedonly&filter=^(cluster_manager\\.cds|listener_manager\\.lds)\\.(update_success|update_rejected)$';
export const LIVE_QUERY = '/stats?usedonly&filter=^(server\\.state|listener_manager\\.workers_started)';

/** What is wrong with the configuration by Envoy's counters; undefined: it has come. */
export function configFailure(stats: string): string | undefined {
  const value = (name: string): number => statValue(stats, name) ?? 0;
  const cds = { good: value('cluster_manager.cds.update_success'), bad: value('cluster_manager.cds.update_rejected') };
  const lds = {
    good: value('listener_manager.lds.update_success'),
    bad: value('listener_manager.lds.update_rejected'),
  };
  if (cds.good > 0 && lds.good > 0) return undefined;
  const counts =
    `cds updates: ${cds.good} successful, ${cds.bad} rejected; ` +
    `lds updates: ${lds.good} successful, ${lds.bad} rejected`;
  if (cds.bad > 0 || lds.bad > 0) return `config received from XDS server, but was rejected: ${counts}`;
  if (cds.good === 0 && lds.good === 0) return `config not received from XDS server (is Istiod running?): ${counts}`;
  return `config not fully received from XDS server: ${counts}`;
}

const STATES = ['LIVE', 'DRAINING', 'PRE_INITIALIZING', 'INITIALIZING'];

/** What is wrong with the server by its state and workers; undefined: it serves. */
export function liveFailure(stats: string): string | undefined {
  const state = statValue(stats, 'server.state');
  const workers = statValue(stats, 'listener_manager.workers_started');
  if (state === undefined || workers === undefined) return 'could not read server.state and workers_started of Envoy';
  if (state !== 0) return `server is not live, current state is: ${STATES[state] ?? state}`;
  return workers === 1 ? undefined : 'workers have not yet started';
}

/** What readiness remembers between two questions: what was once true is not asked again. */
export type ReadinessMemory = { readonly configured: boolean; readonly live: boolean };

export const NEVER_READY: ReadinessMemory = { configured: false, live: false };

/** What Envoy answered; `{ failed }` where it could not be asked. */
export type StatsAnswer = string | { readonly failed: string };

export type ReadinessFacts = {
  /** undefined where memory makes the question needless. */
  readonly config: StatsAnswer | undefined;
  readonly live: StatsAnswer | undefined;
  /** Why the agent is about to end, or undefined. */
  readonly terminating: string | undefined;
  /** Failures of further probes, in their order; undefined for those that passed. */
  readonly others: readonly (string | undefined)[];
  /** A static configuration has no counters of discovery: then being live means being configured (docs/adr/0022). */
  readonly controlPlane: boolean;
};

export type Readiness = { readonly failure: string | undefined; readonly memory: ReadinessMemory };

/** Whether the pod may get traffic: the first check that fails decides (agent.md 10). */
export function judgeReadiness(facts: ReadinessFacts, memory: ReadinessMemory): Readiness {
  const configured = facts.controlPlane && !memory.configured ? failureOf(facts.config, configFailure) : undefined;
  if (configured !== undefined) return { failure: configured, memory };
  const known = { ...memory, configured: true };
  if (facts.terminating !== undefined) {
    return { failure: `server is terminated: ${facts.terminating}`, memory: known };
  }
  const live = memory.live ? undefined : failureOf(facts.live, liveFailure);
  if (live !== undefined) return { failure: live, memory: known };
  return { failure: facts.others.find((failure) => failure !== undefined), memory: { configured: true, live: true } };
}

function failureOf(answer: StatsAnswer | undefined, judge: (stats: string) => string | undefined): string | undefined {
  if (answer === undefined) return 'Envoy was not asked';
  return typeof answer === 'string' ? judge(answer) : `failed to get Envoy stats: ${answer.failed}`;
}
