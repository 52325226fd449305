import type { CaptureRule, CaptureRules, IpFamily, Match, Target } from './rules.ts';

/** One rule as iptables takes it: `-A CHAIN …`, or `-I CHAIN N …` with a place. */
export type IptablesLine = {
  readonly table: string;
  readonly chain: string;
  readonly insertAt?: number | undefined;
  readonly params: readonly string[];
};

/** The rules of one family as iptables lines, in their order. */
export function iptablesLines(rules: CaptureRules, family: IpFamily): readonly IptablesLine[] {
  return rules.rules
    .filter((rule) => rule.families.includes(family))
    .map((rule) => ({
      table: rule.table,
      chain: rule.chain,
      insertAt: rule.insertAt,
      params: iptablesParams(rule, family),
    }));
}

/** What stands behind the chain: the conditions in their order and `-j TARGET`. */
export function iptablesParams(rule: CaptureRule, family: IpFamily): readonly string[] {
  const matches = rule.matches.flatMap((match) => {
    const { module, params } = matchParams(match, family);
    return module === '' ? params : ['-m', module, ...params];
  });
  const isUdp = rule.matches.some((match) => match.kind === 'protocol' && match.protocol === 'udp');
  return [...matches, '-j', ...targetParams(rule.target, isUdp)];
}

type Params = { readonly module: string; readonly params: readonly string[] };

function matchParams(match: Match, family: IpFamily): Params {
  const not = 'negated' in match && match.negated === true ? ['!'] : [];
  switch (match.kind) {
    case 'protocol':
      return plain(['-p', match.protocol]);
    case 'in-interface':
      return plain([...not, '-i', match.name]);
    case 'out-interface':
      return plain([...not, '-o', match.name]);
    case 'source':
      return plain([...not, '-s', match.prefix[family] ?? '']);
    case 'destination':
      return plain([...not, '-d', match.prefix[family] ?? '']);
    case 'source-port':
    case 'destination-port': {
      const flag = match.kind === 'source-port' ? '--sport' : '--dport';
      if (match.ports.length === 1) return plain([...not, flag, match.ports[0] ?? '']);
      return { module: 'multiport', params: [...not, `${flag}s`, match.ports.join(',')] };
    }
    case 'owner':
      return { module: 'owner', params: [...not, `--${match.of}-owner`, match.id] };
    case 'conntrack-state':
      return match.module === 'state'
        ? { module: 'state', params: ['--state', match.states.join(',')] }
        : { module: 'conntrack', params: ['--ctstate', match.states.join(',')] };
    case 'mark':
      return { module: 'mark', params: [...not, '--mark', match.mark] };
    case 'connection-mark':
      return { module: 'connmark', params: [...not, '--mark', match.mark] };
    case 'socket':
      return { module: 'socket', params: [] };
    case 'unknown':
      return plain(match.text.split(' '));
  }
}

function plain(params: readonly string[]): Params {
  return { module: '', params };
}

function targetParams(target: Target, isUdp: boolean): readonly string[] {
  switch (target.kind) {
    case 'return':
    case 'accept':
    case 'drop':
    case 'reject':
      return [target.kind.toUpperCase()];
    case 'jump':
      return [target.chain];
    case 'redirect':
      // Both words mean the same; upstream's goldens have the singular for UDP.
      return ['REDIRECT', isUdp ? '--to-port' : '--to-ports', target.port];
    case 'tproxy':
      return ['TPROXY', '--tproxy-mark', `${target.mark}/0xffffffff`, '--on-port', target.port];
    case 'set-mark':
      return ['MARK', '--set-mark', target.mark];
    case 'save-mark':
      return ['CONNMARK', '--save-mark'];
    case 'restore-mark':
      return ['CONNMARK', '--restore-mark'];
    case 'conntrack-zone':
      return ['CT', '--zone', target.zone];
    case 'unknown':
      return target.text.split(' ');
  }
}
