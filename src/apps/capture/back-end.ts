import {
  chooseIptables,
  type IpFamily,
  type IptablesProbe,
  iptablesVersion,
  remedyForText,
  takesWait,
} from '../../core/capture/index.ts';
import { type Parsed, parsed } from '../../core/problem.ts';
import type { CommandOutcome, RunCommand } from '../../platform/run-command.ts';

/** The iptables binaries of one family, chosen. */
export type IptablesTools = {
  readonly family: IpFamily;
  readonly probe: IptablesProbe;
  /** `undefined` where the outcome does not matter to upstream: reading. */
  readonly run: RunCommand;
};

const FAMILY_NAME = { 4: 'iptables', 6: 'ip6tables' } as const;

/**
 * Finds the binary that programs the rules, and makes no legacy table appear on the way: the kernel says which of them
 * somebody has made, and without one the legacy variant has no rules. nft is usable when it can read; only where it is
 * not, plain iptables is tried with a rule.
 */
export function detectIptables(family: IpFamily, forced: string, run: RunCommand): Parsed<IptablesTools> {
  const probes: IptablesProbe[] = [];
  const choose = (): Parsed<IptablesTools> => {
    const chosen = chooseIptables(probes, forced);
    return chosen.ok ? parsed({ family, probe: chosen.value, run }) : chosen;
  };
  if (forced === 'legacy' || (forced === '' && hasLegacyTables(family, run))) probes.push(probe('legacy', family, run));
  if (forced !== 'legacy') probes.push(probe('nft', family, run));
  const chosen = choose();
  if (chosen.ok || forced !== '') return chosen;
  probes.push(probe('plain', family, run));
  return choose();
}

const TABLE_NAMES = { 4: '/proc/net/ip_tables_names', 6: '/proc/net/ip6_tables_names' } as const;

/** The kernel lists the legacy tables that somebody has made; asking iptables-legacy would make them. */
export function hasLegacyTables(family: IpFamily, run: RunCommand): boolean {
  return run(['cat', TABLE_NAMES[family]]).stdout.trim() !== '';
}

function probe(variant: IptablesProbe['variant'], family: IpFamily, run: RunCommand): IptablesProbe {
  const binary = variant === 'plain' ? FAMILY_NAME[family] : `${FAMILY_NAME[family]}-${variant}`;
  const saved = run([`${binary}-save`]);
  const base = { variant, binary, version: '0.0.0', legacy: variant === 'legacy', saved: saved.stdout };
  if (saved.status === 127) return { ...base, usable: false, because: `${binary}-save is not installed` };
  if (saved.status !== 0) return { ...base, usable: false, because: firstLine(saved) };
  if (variant === 'nft') return { ...base, usable: true };
  const version = run([`${binary}-save`, '--version']).stdout;
  const known = { ...base, version: iptablesVersion(version) ?? '0.0.0', legacy: !version.includes('nf_tables') };
  const test = run([binary, ...wait(known), '-t', 'nat', '-A', 'INPUT', '-p', '255', '-j', 'RETURN']);
  if (test.status !== 0 || test.stderr.includes('does not exist')) {
    return { ...known, usable: false, because: firstLine(test) };
  }
  run([binary, ...wait(known), '-t', 'nat', '-D', 'INPUT', '-p', '255', '-j', 'RETURN']);
  return { ...known, usable: true };
}

function wait(probe: Pick<IptablesProbe, 'legacy' | 'version'>): readonly string[] {
  return takesWait(probe) ? ['--wait=30'] : [];
}

/** The current rules; empty where they cannot be read. */
export function save(tools: IptablesTools): string {
  const outcome = tools.run([`${tools.probe.binary}-save`]);
  return outcome.status === 0 ? outcome.stdout : '';
}

/** Loads a text on top of what is there. `test` only reads it, and as if nothing were there. */
export function restore(tools: IptablesTools, text: string, test = false): CommandOutcome {
  const mode = test ? ['--test'] : ['--noflush'];
  return tools.run([`${tools.probe.binary}-restore`, ...mode, ...wait(tools.probe)], text);
}

export function iptables(tools: IptablesTools, params: readonly string[]): CommandOutcome {
  return tools.run([tools.probe.binary, ...wait(tools.probe), ...params]);
}

const XTABLES = new Map([
  [1, 'other problem'],
  [2, 'parameter problem'],
  [3, 'version problem'],
  [4, 'resource problem'],
]);

/** What a command said, and what it takes to get further. */
export function failureText(outcome: CommandOutcome): string {
  const kind = XTABLES.get(outcome.status);
  const text = firstLine(outcome);
  return kind === undefined ? text : `${kind}: ${text}`;
}

function firstLine({ stderr, status }: CommandOutcome): string {
  return stderr.split('\n').find((line) => line.trim() !== '') ?? `exit status ${status}`;
}

/** The likely cause of a refusal, as a remedy. */
export function remedyFor(outcome: CommandOutcome): string {
  return remedyForText(outcome.stderr) ?? 'Look at the rules that are there with remora capture status.';
}
