import type { Problem } from '../problem.ts';
import type { CaptureRule, CaptureRules, IpFamily, TableName } from './rules.ts';

/** The rules of one family as the kernel walks them: by table and chain, inserted rules at their place. */
export type Chains = ReadonlyMap<TableName, ReadonlyMap<string, readonly CaptureRule[]>>;

export function chainsOf(rules: CaptureRules, family: IpFamily): Chains {
  const tables = new Map<TableName, Map<string, CaptureRule[]>>();
  for (const rule of rules.rules) {
    if (!rule.families.includes(family)) continue;
    const chains = getOrMake(tables, rule.table, () => new Map<string, CaptureRule[]>());
    const chain = getOrMake(chains, rule.chain, () => []);
    if (rule.insertAt === undefined) chain.push(rule);
    else chain.splice(rule.insertAt - 1, 0, rule);
  }
  return tables;
}

function getOrMake<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

/** Chains that lead back to themselves: a kernel refuses them, and a packet would walk for ever. */
export function loopProblems(rules: readonly CaptureRule[]): readonly Problem[] {
  const jumps = new Map<string, Set<string>>();
  for (const { table, chain, target } of rules) {
    if (target.kind === 'jump') getOrMake(jumps, `${table} ${chain}`, () => new Set()).add(`${table} ${target.chain}`);
  }
  return [...jumps.keys()]
    .filter((start) => reaches(jumps, start))
    .map((start) => ({
      code: 'CAPTURE_RULES_UNREADABLE',
      severity: 'error',
      message: `chain ${start.split(' ')[1]} of table ${start.split(' ')[0]} leads back to itself`,
      remedy: 'No kernel takes such rules: give those of one that runs.',
    }));
}

function reaches(jumps: ReadonlyMap<string, ReadonlySet<string>>, start: string): boolean {
  const seen = new Set<string>();
  const left = [...(jumps.get(start) ?? [])];
  for (let chain = left.pop(); chain !== undefined; chain = left.pop()) {
    if (chain === start) return true;
    if (seen.has(chain)) continue;
    seen.add(chain);
    left.push(...(jumps.get(chain) ?? []));
  }
  return false;
}
