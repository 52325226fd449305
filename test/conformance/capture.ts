/** The capture corpus' rule sets: a configuration to the dry run's transcript, or to the nftables transaction. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  type CaptureConfig,
  captureConfigFromJson,
  checkCommands,
  type IptablesLine,
  iptablesCommands,
  nftRuleCommands,
  parseIptablesState,
  planCapture,
  renderNftables,
  renderTranscript,
  restoreText,
  undoCommands,
} from '../../src/core/capture/index.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { runCaptureTables } from './capture-tables.ts';
import { type CaseResult, CORPUS, readCorpus } from './corpus.ts';
import { firstDifference } from './kube-inject.ts';

type CaptureCase = {
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly expected: string;
};

export function runCapture(): readonly CaseResult[] {
  return [
    ...runGroup('iptables', transcript),
    ...runGroup('nftables', transaction),
    ...runBuilder(),
    ...runCaptureTables(),
  ];
}

function casesOf<T>(group: string): readonly T[] {
  return readdirSync(join(CORPUS, 'capture', group))
    .filter((file) => file.endsWith('.json') && !file.endsWith('.golden.json'))
    .map((file) => JSON.parse(readCorpus('capture', group, file)) as T);
}

function runGroup(group: string, render: (config: CaptureConfig) => string): readonly CaseResult[] {
  return casesOf<CaptureCase>(group).map((testCase) => {
    const want = readCorpus('capture', group, testCase.expected).trim();
    const got = render(configOf(testCase.config)).trim();
    const why = got === want ? undefined : firstDifference(want, got);
    return {
      suite: 'capture',
      path: group,
      name: testCase.name,
      passed: why === undefined,
      byteEqual: got === want,
      why,
    };
  });
}

function configOf(config: Readonly<Record<string, unknown>>): CaptureConfig {
  const read = captureConfigFromJson(config as JsonObject);
  if (!read.ok) throw new Error(read.problems.map((problem) => problem.message).join('\n'));
  return read.value;
}

function transcript(config: CaptureConfig): string {
  const plan = planCapture(config);
  return plan.ok ? renderTranscript(plan.value) : plan.problems.map((problem) => problem.message).join('\n');
}

function transaction(config: CaptureConfig): string {
  const plan = planCapture({ ...config, nativeNftables: true });
  return plan.ok ? renderNftables(plan.value) : plan.problems.map((problem) => problem.message).join('\n');
}

// The builders: rules with parameters that mean nothing, so below the intermediate representation.

type Operation = {
  readonly op: 'append' | 'insert';
  readonly family: 'v4' | 'v6' | 'both';
  readonly chain: string;
  readonly table: string;
  readonly position?: number;
  readonly params: readonly string[];
};

type Texts = { readonly commands: string; readonly restore: string } | null;

type BuilderCase = {
  readonly name: string;
  readonly kind?: 'build' | 'check' | 'cleanup' | 'parse-state';
  readonly family?: 'v4' | 'v6';
  readonly config: { readonly EnableIPv6: boolean };
  readonly ops: readonly Operation[];
  readonly expected: string | { readonly v4: Texts | string; readonly v6: Texts | string };
};

function runBuilder(): readonly CaseResult[] {
  const results: CaseResult[] = [];
  const add = (path: string, name: string, want: string, got: string): void => {
    const why = got === want ? undefined : firstDifference(want, got);
    results.push({ suite: 'capture', path, name, passed: why === undefined, byteEqual: got === want, why });
  };
  for (const testCase of casesOf<BuilderCase>('iptables-builder')) {
    for (const [part, want, got] of iptablesBuilderParts(testCase)) {
      add('iptables-builder', `${testCase.name} ${part}`, want, got);
    }
  }
  for (const testCase of casesOf<BuilderCase>('nftables-builder')) {
    const want = readCorpus('capture', 'nftables-builder', testCase.expected as string).trim();
    add('nftables-builder', testCase.name, want, nftRuleSet(testCase));
  }
  return results;
}

function iptablesBuilderParts(testCase: BuilderCase): readonly (readonly [string, string, string])[] {
  const golden = (file: string): string => readCorpus('capture', 'iptables-builder', file).trim();
  const asJson = (value: unknown): string => JSON.stringify(value, null, 1);
  const { expected } = testCase;
  if (typeof expected === 'string') {
    const want = asJson(JSON.parse(golden(expected)));
    const lines = linesOf(testCase, testCase.family ?? 'v4');
    if (testCase.kind === 'check') return [['check', want, asJson(checkCommands(lines))]];
    return [
      ['state', asJson(sorted(JSON.parse(golden(expected)))), asJson(sorted(parseIptablesState(restoreText(lines))))],
    ];
  }
  return (['v4', 'v6'] as const).flatMap((family): readonly (readonly [string, string, string])[] => {
    const part = expected[family];
    const lines = linesOf(testCase, family);
    if (part === null) return [[`${family} nothing`, '', restoreText(lines)]];
    if (typeof part === 'string') {
      return [[`${family} cleanup`, asJson(JSON.parse(golden(part))), asJson(undoCommands(lines))]];
    }
    const commands = iptablesCommands(lines).map((command) => command.join(' '));
    return [
      [`${family} commands`, golden(part.commands), commands.join('\n')],
      [`${family} restore`, golden(part.restore), restoreText(lines).trim()],
    ];
  });
}

function linesOf(testCase: BuilderCase, family: 'v4' | 'v6'): readonly IptablesLine[] {
  if (family === 'v6' && !testCase.config.EnableIPv6) return [];
  return testCase.ops
    .filter((op) => op.family === family || op.family === 'both')
    .map(({ table, chain, position, params }) => ({ table, chain, insertAt: position, params }));
}

/** The rule set after the transaction: what nft would list, in the golden's words. */
function nftRuleSet(testCase: BuilderCase): string {
  const table = 'inet-table';
  const chain = 'test-chain';
  const lines = testCase.ops
    .filter((op) => op.family !== 'v6' || testCase.config.EnableIPv6)
    .map(({ position, params }) => ({ table, chain, insertAt: position, text: params.join(' ') }));
  const listed: string[] = [];
  for (const command of nftRuleCommands(lines)) {
    const match = /^(add|insert) rule inet \S+ \S+ (?:index (\d+) )?(.*)$/.exec(command);
    if (match === null) throw new Error(`not understood: ${command}`);
    listed.splice(match[1] === 'insert' ? Number(match[2]) : listed.length, 0, match[3] ?? '');
  }
  const head = [`add table inet ${table}`, `add chain inet ${table} ${chain}`];
  return [...head, ...listed.map((rule) => `add rule inet ${table} ${chain} ${rule}`)].join('\n');
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value) || typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
}
