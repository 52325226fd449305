import { iptablesParams } from './iptables.ts';
import { renderIptablesRestore } from './iptables-text.ts';
import type { CaptureRule, CaptureRules, IpFamily } from './rules.ts';

/** A rule in iptables' words, as short as people write it. */
export function ruleText(rule: CaptureRule, family: IpFamily = rule.families[0] ?? 4): string {
  return iptablesParams(rule, family).join(' ');
}

/**
 * The rules for people: by table and chain in the order in which a packet meets them, each with its reason. `family`
 * leaves the other one out.
 */
export function renderRulesTable(rules: CaptureRules, family?: IpFamily): string {
  const shown = rules.rules.filter((rule) => family === undefined || rule.families.includes(family));
  const sections = new Map<string, CaptureRule[]>();
  for (const rule of shown) {
    const key = `${rule.table} ${rule.chain}`;
    const list = sections.get(key) ?? [];
    if (rule.insertAt === undefined) list.push(rule);
    else list.splice(rule.insertAt - 1, 0, rule);
    sections.set(key, list);
  }
  const ordered = [...sections.keys()].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  const blocks = ordered.map((key) => {
    const list = sections.get(key) ?? [];
    const texts = list.map((rule) => ruleText(rule, family ?? rule.families[0]));
    const width = Math.min(MOST_WIDTH, Math.max(...texts.map((text) => text.length)));
    const lines = list.map(
      (rule, i) => `  ${String(i + 1).padStart(2)}  ${(texts[i] ?? '').padEnd(width)}  ${rule.reason}`,
    );
    return [key.replace(' ', ' · '), ...lines].join('\n');
  });
  return blocks.length === 0 ? 'Nothing is captured.\n' : `${blocks.join('\n\n')}\n`;
}

/** Longer rules push their reason to the right, rather than all of them. */
const MOST_WIDTH = 90;

const HOOKS = ['PREROUTING', 'OUTPUT'];
const TABLES = ['raw', 'mangle', 'nat', 'filter'];

/** Hooks before the chains that they jump to; tables in the kernel's order. */
function rank(key: string): number {
  const [table = '', chain = ''] = key.split(' ');
  return TABLES.indexOf(table) * 10 + (HOOKS.includes(chain) ? HOOKS.indexOf(chain) : HOOKS.length);
}

/** Every form in which the rules can be shown. */
export const RULE_FORMATS = ['iptables-restore', 'nft', 'transcript', 'table', 'json'] as const;

export type RuleFormat = (typeof RULE_FORMATS)[number];

/** The restore texts of all families, IPv4 first; of one where it is given. */
export function renderRestoreTexts(rules: CaptureRules, family?: IpFamily): string {
  const families = family === undefined ? rules.families : rules.families.filter((one) => one === family);
  return families.map((one) => renderIptablesRestore(rules, one)).join('');
}

/** The rules as data, for machines. */
export function rulesJson(rules: CaptureRules, family?: IpFamily): string {
  const shown = rules.rules.filter((rule) => family === undefined || rule.families.includes(family));
  return `${JSON.stringify({ ...rules, rules: shown }, null, 2)}\n`;
}
