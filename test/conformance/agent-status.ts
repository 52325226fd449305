/** The status server's corpus: what the core decides as tables, and what it does to sockets against the real server. */

import {
  activeConnections,
  configFailure,
  isReservedPort,
  judgeReadiness,
  liveFailure,
  localRequest,
  mergedFormat,
  NEVER_READY,
  parseProbers,
  parseScrapeConfig,
  parseScrapeTargets,
} from '../../src/core/agent/index.ts';
import type { JsonValue } from '../../src/core/json.ts';
import { equal } from '../../src/core/kube/index.ts';
import { SOCKET_TABLES } from './agent-sockets.ts';
import { type CaseResult, readCorpus } from './corpus.ts';

// biome-ignore lint/suspicious/noExplicitAny: rows are foreign data, of another shape in every table
export type Row = any;

export const same = (got: unknown, want: unknown): string | undefined =>
  equal(JSON.parse(JSON.stringify(got ?? null)), (want ?? null) as JsonValue)
    ? undefined
    : `got ${JSON.stringify(got)}, wanted ${JSON.stringify(want)}`;

const TABLES: Readonly<Record<string, (row: Row) => string | undefined | Promise<string | undefined>>> = {
  'app-probers-config': (row) => {
    const result = parseProbers(row.env);
    const message = result.ok ? null : result.problems.map((problem) => problem.message).join('; ');
    if (row.error === null || message === null) return same(message, row.error);
    return message.includes(row.error) ? undefined : `got ${message}, wanted ${row.error}`;
  },
  'active-connections': (row) =>
    same(activeConnections(row.stats, [row.statusPort, row.prometheusPort]) ?? -1, row.expected),
  'additional-probes': (row) => {
    const live = row.envoyLive ? 'server.state: 0\nlistener_manager.workers_started: 1' : 'server.state: 2';
    const config = 'cluster_manager.cds.update_success: 1\nlistener_manager.lds.update_success: 1';
    const others = row.probes.map((probe: string) => (probe === 'ready' ? undefined : probe));
    const facts = { config, live, terminating: undefined, others, controlPlane: true };
    return same(judgeReadiness(facts, NEVER_READY).failure, row.error);
  },
  readiness: (row) => {
    const failure = configFailure(row.stats) ?? liveFailure(row.stats);
    if (row.error === '*') return failure === undefined ? 'no error' : undefined;
    return same(failure, row.error);
  },
  'negotiate-format': (row) => same(mergedFormat(row.contentType), row.expected),
  'prometheus-env': (row) => {
    const result = parseScrapeConfig(row.env, row.statusPort, row.nodeType);
    if (!result.ok) return same('error', row.targets);
    const targets = (result.value?.targets ?? []).map(({ port, path }) => [port, path]);
    return same(targets, row.targets) ?? (row.port === null ? undefined : same(result.value?.port ?? '', row.port));
  },
  'reserved-ports': (row) => same(isReservedPort(row.port), row.reserved),
  'scrape-targets': (row) => {
    const targets = parseScrapeTargets(row.input);
    return same('error' in targets ? 'error' : targets.map(({ port, path }) => [port, path]), row.expected);
  },
  quit: (row) => {
    const { status, act } = localRequest(row.method, row.remote);
    return same([status, act], [row.status, row.exits]);
  },
  ...SOCKET_TABLES,
};

export async function runAgentStatus(): Promise<readonly CaseResult[]> {
  const results: CaseResult[] = [];
  for (const [table, run] of Object.entries(TABLES)) {
    const { rows } = JSON.parse(readCorpus('agent-status', `${table}.json`)) as { rows: readonly Row[] };
    for (const [i, row] of rows.entries()) {
      const why = await run(row);
      results.push({
        suite: 'agent-status',
        path: table,
        name: `${i} ${row.name ?? ''}`,
        passed: why === undefined,
        why,
      });
    }
  }
  return results;
}
