import {
  type CaptureConfig,
  type CaptureRules,
  checkCaptureConfig,
  type IpFamily,
  isOursByName,
  recogniseRules,
  renderNftables,
  renderRestoreTexts,
  renderRulesTable,
  renderTranscript,
  rulesJson,
  ruleText,
  splitOwnerGroups,
} from '../../core/capture/index.ts';
import { failed, type Parsed, parsed } from '../../core/problem.ts';
import { type FlagValues, flag, isOn, runnerOf, type Said } from './flag-values.ts';
import { type LiveRules, readLiveRules } from './live-rules.ts';
import { program } from './program.ts';
import { planFor, readCaptureConfig, USUAL_CONFIG } from './read-config.ts';

/** `remora capture render`: the rules of a configuration, in any form; nothing is run. */
export function captureRender(flags: FlagValues): Said {
  const planned = plannedRules(flags, flag(flags, 'format') === 'nft');
  if (!planned.ok) return { exitCode: 1, problems: planned.problems };
  const { rules } = planned.value;
  const family = familyOf(flags);
  switch (flag(flags, 'format') ?? 'table') {
    case 'iptables-restore':
      return { exitCode: 0, output: renderRestoreTexts(splitOwnerGroups(rules, 'iptables'), family) };
    case 'nft':
      return { exitCode: 0, output: renderNftables(splitOwnerGroups(rules, 'nft')) };
    case 'transcript':
      return { exitCode: 0, output: renderTranscript(rules) };
    case 'json':
      return { exitCode: 0, output: rulesJson(rules, family) };
    default:
      return { exitCode: 0, output: renderRulesTable(rules, family) };
  }
}

/** `remora capture apply`: programs this namespace, or the one of `--netns`. */
export function captureApply(flags: FlagValues, say: (line: string) => void): Said {
  const options = { reconcile: isOn(flags, 'reconcile'), cleanupOnly: false };
  return change(flags, isOn(flags, 'native-nftables'), options, say);
}

/**
 * `remora capture cleanup`: rules, routes and addresses, whoever of us made them. Without a back end being named, those of
 * iptables and of nftables; one of the two may be missing.
 */
export function captureCleanup(flags: FlagValues, say: (line: string) => void): Said {
  const options = { reconcile: false, cleanupOnly: true };
  const native = isOn(flags, 'native-nftables');
  if (native || flag(flags, 'force-iptables-binary') !== undefined) return change(flags, native, options, say);
  const [iptables, nftables] = [false, true].map((one) => change(flags, one, options, say));
  if (iptables === undefined || nftables === undefined) throw new Error('two back ends');
  if (isMissing(iptables)) return nftables;
  return iptables.exitCode === 0 && !isMissing(nftables) ? nftables : iptables;
}

function isMissing({ problems = [] }: Said): boolean {
  return problems.some((problem) => problem.code === 'CAPTURE_BACK_END');
}

function change(
  flags: FlagValues,
  native: boolean,
  options: { readonly reconcile: boolean; readonly cleanupOnly: boolean },
  say: (line: string) => void,
): Said {
  const planned = plannedRules(flags, native);
  const run = runnerOf(flags);
  if (!planned.ok || !run.ok) return { exitCode: 1, problems: [...planned.problems, ...run.problems] };
  const { config, rules } = planned.value;
  const all = {
    ...options,
    forceApply: false,
    skipRuleApply: false,
    forceIptablesBinary: flag(flags, 'force-iptables-binary') ?? '',
  };
  const problems = program(config, rules, all, run.value, say);
  return { exitCode: problems.length > 0 ? 1 : 0, problems };
}

type Planned = { readonly config: CaptureConfig; readonly rules: CaptureRules };

function plannedRules(flags: FlagValues, nativeNftables: boolean): Parsed<Planned> {
  const path = flag(flags, 'config');
  const config = path === undefined ? parsed(USUAL_CONFIG) : readCaptureConfig(path);
  if (!config.ok) return config;
  const chosen = { ...config.value, nativeNftables: nativeNftables || config.value.nativeNftables };
  const problems = checkCaptureConfig(chosen);
  if (problems.length > 0) return failed(...problems);
  const rules = planFor(chosen, flag(flags, 'compat'));
  return rules.ok ? parsed({ config: chosen, rules: rules.value }) : rules;
}

function familyOf(flags: FlagValues): IpFamily | undefined {
  const family = flag(flags, 'family');
  return family === '4' ? 4 : family === '6' ? 6 : undefined;
}

/** `remora capture status`: what is captured now, what is missing of the plan, what somebody else has added. 1 for either. */
export function captureStatus(flags: FlagValues): Said {
  const run = runnerOf(flags);
  if (!run.ok) return { exitCode: 1, problems: run.problems };
  const live = readLiveRules(run.value);
  const planned = plannedRules(flags, live.ok && live.value.by === 'nftables');
  if (!live.ok || !planned.ok) return { exitCode: 1, problems: [...live.problems, ...planned.problems] };
  const compared = flag(flags, 'config') !== undefined;
  const rules = splitOwnerGroups(planned.value.rules, live.value.by === 'nftables' ? 'nft' : 'iptables');
  const state = stateOf(live.value, rules, compared);
  const differs = state.missing.length > 0 || state.changed.length > 0;
  const output = flag(flags, 'format') === 'json' ? `${JSON.stringify(state, null, 2)}\n` : stateText(state, compared);
  return { exitCode: differs ? 1 : 0, output };
}

type State = {
  readonly by: string;
  readonly captured: readonly string[];
  readonly missing: readonly string[];
  /** Rules in chains of ours, or in ours' place, that are not planned. */
  readonly changed: readonly string[];
  /** Without a configuration to compare with: rules in chains of ours that the default one does not have. */
  readonly unexplained: readonly string[];
  readonly foreign: readonly string[];
};

function stateOf(live: LiveRules, planned: CaptureRules, compared: boolean): State {
  const captured = new Set<string>();
  const missing: string[] = [];
  const ours: string[] = [];
  const foreign: string[] = [];
  const families = compared ? planned.families : live.rules.families;
  for (const family of families) {
    const read = live.rules.rules.filter((rule) => rule.families.includes(family));
    const recognised = recogniseRules(read, planned, family);
    const name = (rule: (typeof read)[number]): string =>
      `IPv${family} ${rule.table} ${rule.chain}: ${ruleText(rule, family)}`;
    for (const rule of recognised.rules) if (rule.id !== 'foreign') captured.add(rule.reason);
    if (compared) missing.push(...recognised.missing.map((rule) => `${name(rule)}  (${rule.reason})`));
    for (const rule of recognised.foreign) (isOursByName(rule) ? ours : foreign).push(name(rule));
  }
  const [changed, unexplained] = compared ? [ours, []] : [[], ours];
  return { by: live.by, captured: [...captured], missing, changed, unexplained, foreign };
}

function stateText(state: State, compared: boolean): string {
  const list = (title: string, items: readonly string[]): readonly string[] =>
    items.length === 0 ? [] : ['', title, ...items.map((item) => `  ${item}`)];
  const verdict =
    state.captured.length + state.unexplained.length === 0
      ? 'Nothing is captured in this namespace.'
      : `Traffic is captured, by ${state.by}.`;
  return `${[
    verdict,
    ...list('What is done', state.captured),
    ...list('Missing of the configuration', state.missing),
    ...list('In our chains, but not of this configuration', state.changed),
    ...list('In our chains, of another configuration or from somebody else', state.unexplained),
    ...list('Rules of others', state.foreign),
    ...(compared ? [] : ['', 'Give --config FILE to compare with a configuration.']),
  ].join('\n')}\n`;
}
