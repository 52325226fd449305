/** Loading a plan into a namespace's kernel and reading it back, for each back end. */
import {
  type CaptureConfig,
  type CaptureRule,
  type CaptureRules,
  type IpFamily,
  parseIptablesSave,
  parseNftRuleset,
  planCapture,
  recogniseRules,
  renderIptablesRestore,
  renderNftables,
} from '../../src/core/capture/index.ts';
import type { Parsed } from '../../src/core/problem.ts';
import type { Network } from './namespaces.ts';

export const BACK_ENDS = ['legacy', 'nft', 'native'] as const;
export type BackEnd = (typeof BACK_ENDS)[number];

export function planFor(config: CaptureConfig, backEnd: BackEnd): CaptureRules {
  return take(planCapture({ ...config, nativeNftables: backEnd === 'native' }));
}

export function load(network: Network, plan: CaptureRules, backEnd: BackEnd): void {
  if (backEnd === 'native') network.inPod(['nft', '-f', '-'], renderNftables(plan));
  else {
    for (const family of plan.families) {
      network.inPod([`${tool(family)}-${backEnd}-restore`, '--noflush'], renderIptablesRestore(plan, family));
    }
  }
  for (const setting of plan.routes) {
    if (setting.kind === 'loopback-address') network.batch(network.pod, [`addr add ${setting.address} dev lo nodad`]);
    else {
      const { family, mark, table } = setting;
      const commands = [`rule add fwmark ${mark} lookup ${table}`, `route add local default dev lo table ${table}`];
      network.batch(network.pod, family === 6 ? commands.map((command) => `-6 ${command}`) : commands);
    }
  }
}

/** What the kernel says it has, each rule with the purpose that it was planned for; throws where that is not the plan. */
export function readBack(network: Network, plan: CaptureRules, backEnd: BackEnd): CaptureRules {
  const rules: CaptureRule[] = [];
  const listed =
    backEnd === 'native' ? take(parseNftRuleset(network.inPod(['nft', '-j', 'list', 'ruleset']))) : undefined;
  for (const family of plan.families) {
    const read =
      listed?.filter((rule) => rule.families.includes(family)).map((rule) => ({ ...rule, families: [family] })) ??
      take(parseIptablesSave(network.inPod([`${tool(family)}-${backEnd}-save`]), family)).rules;
    const recognised = recogniseRules(read, plan, family);
    if (recognised.foreign.length > 0 || recognised.missing.length > 0) {
      const texts = [...recognised.foreign, ...recognised.missing].map((rule) => rule.reason);
      throw new Error(`the kernel has other rules than planned: ${texts.join('; ')}`);
    }
    rules.push(...recognised.rules);
  }
  return { ...plan, rules };
}

function tool(family: IpFamily): string {
  return family === 4 ? 'iptables' : 'ip6tables';
}

export function take<T>(result: Parsed<T>): T {
  if (!result.ok) throw new Error(result.problems.map((problem) => `${problem.code}: ${problem.message}`).join('\n'));
  return result.value;
}
