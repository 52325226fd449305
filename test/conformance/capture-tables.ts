/** The small tables of the capture corpus that concern the init program; each row a case. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_CAPTURE_CONFIG } from '../../src/core/capture/capture-config.ts';
import {
  chooseIptables,
  forcedBinaryProblems,
  interfaceNameProblems,
  iptablesVersion,
  ipv6FromAddresses,
  separateFamilies,
  validateCaptureConfig,
} from '../../src/core/capture/index.ts';
import type { Parsed, Problem } from '../../src/core/problem.ts';
import { type CaseResult, CORPUS, readCorpus } from './corpus.ts';

type Row = Readonly<Record<string, unknown>> & { readonly name: string; readonly expect: unknown };

/** Gives what a row's `expect` is compared with. */
const TABLES: Readonly<Record<string, (row: Row) => unknown>> = {
  'interface-names-valid': (row) => valid(interfaceNameProblems(String(row.interfaces))),
  'iptables-binary-valid': (row) => valid(forcedBinaryProblems(String(row.value)), row),
  'iptables-detect': detect,
  'iptables-version-parse': (row) => ({ version: iptablesVersion(String(row.text)) }),
  'local-ip': (row) => ({ isIPv6: value(ipv6FromAddresses(row.addrs as string[], row.dualStack === true)) }),
  'loopback-cidr-valid': (row) =>
    valid(validateCaptureConfig({ ...DEFAULT_CAPTURE_CONFIG, hostIpv4LoopbackCidr: String(row.cidr) })),
  'owner-groups-valid': (row) =>
    valid(
      validateCaptureConfig({
        ...DEFAULT_CAPTURE_CONFIG,
        ownerGroupsInclude: String(row.include),
        ownerGroupsExclude: String(row.exclude),
      }),
    ),
  'separate-v4-v6': (row) => separated(String(row.cidrs)),
};

/** Tables of the CNI plugin and its agent: they come with those. */
const OF_THE_CNI_PLUGIN: ReadonlySet<string> = new Set([
  ...['agent-health', 'cni-args', 'dedup-ports', 'is-own-agent-pod'],
  ...['plugin-log-forwarding', 'plugin-log-line'],
]);

export function runCaptureTables(): readonly CaseResult[] {
  const names = readdirSync(join(CORPUS, 'capture', 'tables')).map((file) => file.replace(/\.json$/, ''));
  return names
    .filter((name) => !OF_THE_CNI_PLUGIN.has(name))
    .flatMap((name) => {
      const { rows } = JSON.parse(readCorpus('capture', 'tables', `${name}.json`)) as { rows: readonly Row[] };
      return rows.map((row): CaseResult => {
        const want = JSON.stringify(row.expect);
        const table = TABLES[name];
        const got = table === undefined ? 'no runner for this table' : JSON.stringify(table(row));
        const why = got === want ? undefined : `want ${want}, got ${got}`;
        return { suite: 'capture', path: `tables/${name}`, name: row.name, passed: why === undefined, why };
      });
    });
}

/** In the form of the row: `error` only where the row has one. */
function valid(problems: readonly Problem[], row?: Row): unknown {
  const wantsText = row !== undefined && Object.hasOwn(row.expect as object, 'error');
  return { valid: problems.length === 0, ...(wantsText ? { error: problems[0]?.message } : {}) };
}

function detect(row: Row): unknown {
  const usable = row.usable as readonly string[];
  const probes = (['legacy', 'nft', 'plain'] as const).map((variant) => {
    const binary = variant === 'plain' ? 'iptables' : `iptables-${variant}`;
    return { variant, binary, usable: usable.includes(binary), version: '1.8.9', legacy: variant !== 'nft', saved: '' };
  });
  const chosen = chooseIptables(probes, String(row.force));
  return { binary: chosen.ok ? chosen.value.binary : null, error: chosen.ok ? null : chosen.problems[0]?.message };
}

function separated(cidrs: string): unknown {
  const ranges = separateFamilies(cidrs, 'cidrs');
  if (ranges.ok) return ranges.value;
  return { error: ranges.problems.map((problem) => problem.message).join('; ') };
}

function value<T>(result: Parsed<T>): T | string {
  return result.ok ? result.value : result.problems.map((problem) => problem.message).join('; ');
}
