import {
  type CaptureRule,
  type CaptureRules,
  type IpFamily,
  type PodNetwork,
  parseIptablesSave,
  parseNftRuleset,
  policyRules,
  type RouteSetting,
} from '../../core/capture/index.ts';
import { failed, type Parsed, type Problem, parsed } from '../../core/problem.ts';
import type { CommandOutcome, RunCommand } from '../../platform/run-command.ts';
import { hasLegacyTables } from './back-end.ts';

/** The rules that a namespace has now, by whatever programmed them. */
export type LiveRules = {
  readonly rules: CaptureRules;
  readonly network: PodNetwork;
  /** In a few words: `iptables (nf_tables)`, `nftables`, `nothing`. */
  readonly by: string;
};

/** Reads rules, addresses and routes of a namespace, and changes nothing: no legacy table appears by being looked at. */
export function readLiveRules(run: RunCommand): Parsed<LiveRules> {
  const found: string[] = [];
  const rules: CaptureRule[] = [];
  const nft = run(['nft', '-j', 'list', 'ruleset']);
  const outcomes = [nft];
  if (nft.status === 0) {
    const native = parseNftRuleset(nft.stdout);
    if (!native.ok) return native;
    if (native.value.length > 0) found.push('nftables');
    rules.push(...native.value);
  }
  for (const variant of ['nft', 'legacy'] as const) {
    for (const family of [4, 6] as const) {
      if (variant === 'legacy' && !hasLegacyTables(family, run)) continue;
      const outcome = run([`${family === 4 ? 'iptables' : 'ip6tables'}-${variant}-save`]);
      outcomes.push(outcome);
      const read = readSaved(outcome, family);
      if (!read.ok) return read;
      if (read.value.length === 0) continue;
      const name = variant === 'nft' ? 'iptables (nf_tables)' : 'iptables (legacy)';
      if (!found.includes(name)) found.push(name);
      rules.push(...read.value);
    }
  }
  // Without root each of them fails: that nothing is there would be a guess.
  if (outcomes.every(({ status }) => status !== 0)) return failed(unreadable(outcomes));
  const families: readonly IpFamily[] = ([4, 6] as const).filter((family) =>
    rules.some((rule) => rule.families.includes(family)),
  );
  const network = readNetwork(run);
  return parsed({ rules: { rules, families, routes: network.routes }, network, by: found.join(' and ') || 'nothing' });
}

function readSaved(outcome: CommandOutcome, family: IpFamily): Parsed<readonly CaptureRule[]> {
  if (outcome.status !== 0) return parsed([]);
  const saved = parseIptablesSave(outcome.stdout, family);
  return saved.ok ? parsed([...saved.value.rules, ...policyRules(saved.value, family)]) : saved;
}

function unreadable(outcomes: readonly CommandOutcome[]): Problem {
  const said = outcomes.find(({ status, stderr }) => status !== NOT_INSTALLED && stderr.trim() !== '');
  return {
    code: 'CAPTURE_BACK_END',
    severity: 'error',
    message: `no rules can be read: ${said?.stderr.trim().split('\n')[0] ?? 'neither nft nor iptables is installed'}`,
    remedy: 'Install nftables or iptables, and run as root in the namespace (or with --netns).',
  };
}

/** What a shell says of a program that is not there. */
const NOT_INSTALLED = 127;

type IpAddress = { readonly ifname?: string; readonly addr_info?: readonly { readonly local?: string }[] };

function readNetwork(run: RunCommand): PodNetwork {
  const addresses = json<readonly IpAddress[]>(run(['ip', '-j', 'addr', 'show']).stdout) ?? [];
  const interfaces = addresses
    .filter((one) => one.ifname !== undefined && one.ifname !== 'lo')
    .map((one) => ({
      name: one.ifname ?? '',
      addresses: (one.addr_info ?? []).flatMap(({ local }) =>
        local === undefined || local.startsWith('fe80') ? [] : [local],
      ),
    }));
  const route = json<readonly { readonly dev?: string }[]>(run(['ip', '-j', 'route', 'show', 'default']).stdout)?.[0];
  const loopback = addresses.find((one) => one.ifname === 'lo')?.addr_info ?? [];
  const own: readonly RouteSetting[] = loopback.some(({ local }) => local === '::6')
    ? [{ kind: 'loopback-address', address: '::6/128' }]
    : [];
  return {
    interfaces,
    defaultInterface: route?.dev ?? interfaces[0]?.name ?? '',
    routes: [...own, ...tproxyRoutes(4, run), ...tproxyRoutes(6, run)],
  };
}

function tproxyRoutes(family: IpFamily, run: RunCommand): readonly RouteSetting[] {
  const rules = run(['ip', `-${family}`, 'rule', 'show']).stdout;
  return [...rules.matchAll(/fwmark (0x[0-9a-f]+|\d+)\S* lookup (\d+)/g)].flatMap(([, mark = '', table = '']) => {
    const routes = run(['ip', `-${family}`, 'route', 'show', 'table', table]).stdout;
    if (!routes.includes('local default dev lo')) return [];
    return [{ kind: 'tproxy-route', family, mark: String(Number(mark)), table } as const];
  });
}

function json<T>(text: string): T | undefined {
  try {
    return JSON.parse(text) as T;
  } catch {
    return undefined;
  }
}
