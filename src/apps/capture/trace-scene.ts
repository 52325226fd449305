import {
  type CaptureConfig,
  type CaptureRule,
  type CaptureRules,
  captureConfigFromJson,
  checkCaptureConfig,
  ipFamilyOf,
  type PodNetwork,
  parseIptablesSave,
  parseNftRuleset,
  planCapture,
  policyRules,
  recogniseRules,
} from '../../core/capture/index.ts';
import { getKey, isObject } from '../../core/json.ts';
import { parseYaml } from '../../core/kube/index.ts';
import { failed, type Parsed, parsed } from '../../core/problem.ts';
import { type FlagValues, flag, runnerOf, usage } from './flag-values.ts';
import { readLiveRules } from './live-rules.ts';
import { type Destination, POD_ADDRESS } from './packet-flags.ts';
import { configOfPod } from './pod-config.ts';
import { inFile, USUAL_CONFIG } from './read-config.ts';
import { readTextFile } from './read-file.ts';

/** What a packet moves in. `config` says who the proxy is. */
export type Scene = { readonly rules: CaptureRules; readonly network: PodNetwork; readonly config: CaptureConfig };

/** The rules of a file, a manifest's pod or a live namespace; without any, those that injection usually asks for. */
export function sceneOf(flags: FlagValues, to: Destination): Parsed<Scene> {
  const given = ['rules', 'netns', 'pod'].filter((name) => flag(flags, name) !== undefined);
  const wrong = (flags.get('address') ?? []).filter((address) => ipFamilyOf(address) === undefined);
  if (given.length > 1) {
    return failed(
      usage(`--${given.join(' and --')} contradict each other`, 'Give one place that the rules come from.'),
    );
  }
  if (wrong.length > 0) return failed(usage(`--address: "${wrong[0]}" is no IP address`, 'Give one without a length.'));
  const rulesFile = flag(flags, 'rules');
  const podFile = flag(flags, 'pod');
  if (rulesFile !== undefined) return sceneOfFile(rulesFile, flags, to);
  if (podFile !== undefined) {
    const config = configOfPod(podFile, to);
    return config.ok ? sceneOfConfig(config.value, flags) : config;
  }
  if (flag(flags, 'netns') !== undefined) return sceneOfNamespace(flags);
  return sceneOfConfig({ ...USUAL_CONFIG, enableIpv6: true }, flags);
}

function sceneOfConfig(config: CaptureConfig, flags: FlagValues): Parsed<Scene> {
  const problems = checkCaptureConfig(config);
  if (problems.length > 0) return failed(...problems);
  const rules = planCapture(config);
  return rules.ok ? parsed({ rules: rules.value, network: assumedNetwork(rules.value, flags), config }) : rules;
}

function assumedNetwork(rules: CaptureRules, flags: FlagValues): PodNetwork {
  const given = flags.get('address') ?? [];
  const addresses = given.length > 0 ? given : [POD_ADDRESS[4], POD_ADDRESS[6]];
  return { interfaces: [{ name: 'eth0', addresses }], defaultInterface: 'eth0', routes: rules.routes };
}

/** A configuration, the output of iptables-save, or of nft -j. */
function sceneOfFile(path: string, flags: FlagValues, to: Destination): Parsed<Scene> {
  const text = readTextFile(path);
  if (!text.ok) return text;
  const value = text.value.trimStart().startsWith('{') ? parseYaml(text.value, { file: path }) : undefined;
  if (value !== undefined && !value.ok) return value;
  if (value !== undefined && isObject(value.value) && getKey(value.value, 'nftables') === undefined) {
    const config = inFile(captureConfigFromJson(value.value), path);
    return config.ok ? sceneOfConfig(config.value, flags) : config;
  }
  const read = inFile(value === undefined ? rulesOfSave(text.value, to) : parseNftRuleset(text.value), path);
  if (!read.ok) return read;
  const rules: CaptureRules = { rules: read.value, families: [to.family], routes: assumedRoutes(read.value, to) };
  return parsed({ rules: named(rules), network: assumedNetwork(rules, flags), config: USUAL_CONFIG });
}

function rulesOfSave(text: string, { family }: Destination): Parsed<readonly CaptureRule[]> {
  const saved = parseIptablesSave(text, family);
  return saved.ok ? parsed([...saved.value.rules, ...policyRules(saved.value, family)]) : saved;
}

/** A file of rules says nothing of the routes; where TPROXY is among them, they are there as they should be. */
function assumedRoutes(rules: readonly CaptureRule[], { family }: Destination): CaptureRules['routes'] {
  const tproxy = rules.map((rule) => rule.target).find((target) => target.kind === 'tproxy');
  const own = family === 6 ? [{ kind: 'loopback-address', address: '::6/128' } as const] : [];
  return tproxy === undefined ? own : [...own, { kind: 'tproxy-route', family, mark: tproxy.mark, table: '133' }];
}

/** Rules that the usual configurations would make bring their reason. */
function named(rules: CaptureRules): CaptureRules {
  const known = USUAL_PLANS.flatMap((config) => {
    const plan = planCapture({ ...config, enableIpv6: true });
    return plan.ok ? [plan.value] : [];
  });
  return {
    ...rules,
    rules: known.reduce<readonly CaptureRule[]>((all, plan) => nameBy(plan, all), rules.rules),
  };
}

/** DNS capture changes some of the rules, and TPROXY most of those about what comes in. */
const USUAL_PLANS: readonly CaptureConfig[] = [
  USUAL_CONFIG,
  { ...USUAL_CONFIG, redirectDns: true, captureAllDns: true },
  { ...USUAL_CONFIG, inboundInterceptionMode: 'TPROXY', dropInvalid: true },
];

function nameBy(plan: CaptureRules, rules: readonly CaptureRule[]): readonly CaptureRule[] {
  return ([4, 6] as const).reduce((all, family) => {
    const recognised = recogniseRules(all, plan, family).rules;
    return all.map((rule, i) => (rule.id === 'foreign' ? (recognised[i] ?? rule) : rule));
  }, rules);
}

function sceneOfNamespace(flags: FlagValues): Parsed<Scene> {
  const run = runnerOf(flags);
  if (!run.ok) return run;
  const live = readLiveRules(run.value);
  if (!live.ok) return live;
  return parsed({ rules: named(live.value.rules), network: live.value.network, config: USUAL_CONFIG });
}
