import { type IptablesLine, iptablesLines } from './iptables.ts';
import { type CaptureRules, CHAIN_PREFIX, type IpFamily } from './rules.ts';

/** The text for `iptables-restore --noflush` of one family; empty where the family has no rule (capture.md 5). */
export function renderIptablesRestore(rules: CaptureRules, family: IpFamily): string {
  return restoreText(iptablesLines(rules, family));
}

/** Tables in alphabetical order, in each the new chains, then the rules. */
export function restoreText(lines: readonly IptablesLine[]): string {
  const tables = [...new Set(lines.map((line) => line.table))].sort();
  return tables
    .map((table) => {
      const own = lines.filter((line) => line.table === table);
      const chains = newChains(own).map((chain) => `-N ${chain}`);
      return [`* ${table}`, ...chains, ...own.map(ruleText), 'COMMIT', ''].join('\n');
    })
    .join('');
}

function ruleText(line: IptablesLine): string {
  const place = line.insertAt === undefined ? `-A ${line.chain}` : `-I ${line.chain} ${line.insertAt}`;
  return [place, ...line.params].join(' ');
}

const BUILT_IN = new Set([
  'INPUT',
  'OUTPUT',
  'FORWARD',
  'PREROUTING',
  'POSTROUTING',
  'ACCEPT',
  'RETURN',
  'DROP',
  'REJECT',
]);

/** Chains with a rule in order of appearance, then those that are only jumped to by a rule that ends in `-j CHAIN`. */
function newChains(lines: readonly IptablesLine[]): readonly string[] {
  const chains = new Set(lines.map((line) => line.chain));
  for (const { params } of lines) {
    const target = params.at(-1);
    if (params.at(-2) === '-j' && target !== undefined) chains.add(target);
  }
  return [...chains].filter((chain) => !BUILT_IN.has(chain));
}

/** The same as single commands: `-t TABLE -N CHAIN` for all chains, then the rules, as releases up to 1.23 could run. */
export function iptablesCommands(lines: readonly IptablesLine[]): readonly (readonly string[])[] {
  const seen = new Set<string>();
  const chains: (readonly string[])[] = [];
  for (const { table, chain } of lines) {
    if (BUILT_IN.has(chain) || seen.has(`${table} ${chain}`)) continue;
    seen.add(`${table} ${chain}`);
    chains.push(['-t', table, '-N', chain]);
  }
  return [...chains, ...lines.map((line) => ['-t', line.table, ...ruleText(line).split(' ')])];
}

/** Commands that succeed where the rule is there, whatever its place. */
export function checkCommands(lines: readonly IptablesLine[]): readonly (readonly string[])[] {
  return lines.map((line) => ['-t', line.table, '-C', line.chain, ...line.params]);
}

/**
 * Commands that take the rules away: those in foreign chains and the jumps to our own one by one, in reverse order;
 * what else stands in our own chains goes when these are flushed and deleted.
 */
export function undoCommands(lines: readonly IptablesLine[]): readonly (readonly string[])[] {
  const deletions = lines
    .filter((line) => !isOwn(line.chain) || isOwn(jumpTarget(line)))
    .map((line) => ['-t', line.table, '-D', line.chain, ...line.params]);
  const chains = new Map<string, IptablesLine>();
  for (const line of lines) {
    if (!BUILT_IN.has(line.chain)) chains.set(`${line.table} ${line.chain}`, line);
  }
  const removals = [...chains.values()].map(({ table, chain }) => [
    ['-t', table, '-F', chain],
    ['-t', table, '-X', chain],
  ]);
  return [...deletions.reverse(), ...removals.reverse().flat()];
}

function isOwn(chain: string): boolean {
  return chain.startsWith(CHAIN_PREFIX);
}

function jumpTarget(line: IptablesLine): string {
  return line.params.at(-2) === '-j' ? (line.params.at(-1) ?? '') : '';
}

/** Rules in table filter that let no packet pass while others are exchanged (capture.md 6.3). */
export const GUARDRAILS: readonly IptablesLine[] = ['INPUT', 'FORWARD', 'OUTPUT'].flatMap((chain) =>
  ['tcp', 'udp'].map((protocol) => ({
    table: 'filter',
    chain,
    insertAt: 1,
    params: ['-p', protocol, '-j', 'DROP'],
  })),
);

/** Takes the guardrails away, all of them or none: a table is committed at once. */
export const GUARDRAILS_OFF = [
  '* filter',
  ...GUARDRAILS.map(({ chain, params }) => `-D ${chain} ${params.join(' ')}`),
  'COMMIT',
  '',
].join('\n');

/**
 * What a dry run of istio-iptables records, one command or line of restore input a line (capture.md 6.6): the present
 * state is read for both families, always; the texts are loaded; the result is read again.
 */
export function renderTranscript(rules: CaptureRules): string {
  const save = (family: IpFamily): string => (family === 4 ? 'iptables-save\n' : 'ip6tables-save\n');
  return [
    save(4),
    save(6),
    ...rules.families.map((family) => renderIptablesRestore(rules, family)),
    ...rules.families.map(save),
  ].join('');
}
