import { namesAddress } from './plan-parts.ts';
import type { CaptureRule, CaptureRules, IpFamily, Match, TableName, Target } from './rules.ts';

/** A line of an nftables transaction about rules: where it goes, and its text. */
export type NftLine = {
  readonly table: string;
  readonly chain: string;
  /** 0-based index at which it is inserted. */
  readonly insertAt?: number | undefined;
  readonly text: string;
};

/** Chains that are hooked into the kernel, and how; in the order in which a table's chains are made. */
const TABLES: readonly { readonly name: string; readonly chains: readonly (readonly [string, string])[] }[] = [
  {
    name: 'istio-proxy-nat',
    chains: [
      ['prerouting', 'type nat hook prerouting priority -100'],
      ['output', 'type nat hook output priority -100'],
      ['istio-inbound', ''],
      ['istio-redirect', ''],
      ['istio-in-redirect', ''],
      ['istio-output', ''],
      ['istio-output-dns', ''],
      ['istio-owner-groups', ''],
    ],
  },
  {
    name: 'istio-proxy-mangle',
    chains: [
      ['prerouting', 'type filter hook prerouting priority -150'],
      ['output', 'type route hook output priority -150'],
      ['istio-divert', ''],
      ['istio-tproxy', ''],
      ['istio-inbound', ''],
      ['istio-drop', ''],
    ],
  },
  {
    name: 'istio-proxy-raw',
    chains: [
      ['prerouting', 'type filter hook prerouting priority -300'],
      ['output', 'type filter hook output priority -300'],
      ['istio-inbound', ''],
      ['istio-output-dns', ''],
    ],
  },
];

/** Names of our own nftables tables, of family inet. */
export const NFT_TABLES: readonly string[] = TABLES.map((table) => table.name);

function nftTable(table: TableName): string {
  return `istio-proxy-${table}`;
}

/** `ISTIO_IN_REDIRECT` is `istio-in-redirect` in nftables, `PREROUTING` is `prerouting`. */
function nftChain(chain: string): string {
  return chain.toLowerCase().replaceAll('_', '-');
}

/**
 * The whole rule set as one transaction for `nft -f -` (capture.md 11): our tables are made if need be, emptied and
 * filled, so that loading it again changes nothing. Chains without a rule are not made.
 */
export function renderNftables(rules: CaptureRules): string {
  const lines = rules.rules.flatMap(nftLines);
  return TABLES.map(({ name, chains }) => {
    const own = lines.filter((line) => line.table === name);
    if (own.length === 0) return '';
    const used = chains.filter(([chain]) => own.some((line) => line.chain === chain));
    return [
      `add table inet ${name}`,
      `flush table inet ${name}`,
      ...used.map(([chain, hook]) => `add chain inet ${name} ${chain}${hook === '' ? '' : ` { ${hook} ; }`}`),
      ...nftRuleCommands(own),
      '',
    ].join('\n');
  }).join('');
}

/** A transaction that leaves nothing of ours, whether there was something or not. */
export function renderNftablesCleanup(): string {
  return NFT_TABLES.map((name) => `add table inet ${name}\ndelete table inet ${name}\n`).join('');
}

/** An insert into a chain that has too few rules so far is an add: nft refuses the index. */
export function nftRuleCommands(lines: readonly NftLine[]): readonly string[] {
  const counts = new Map<string, number>();
  return lines.map(({ table, chain, insertAt, text }) => {
    const key = `${table} ${chain}`;
    const count = counts.get(key) ?? 0;
    counts.set(key, count + 1);
    return insertAt === undefined || insertAt >= count
      ? `add rule inet ${table} ${chain} ${text}`
      : `insert rule inet ${table} ${chain} index ${insertAt} ${text}`;
  });
}

/** A rule that names addresses is made once for each family, IPv4 first; any other serves both. */
function nftLines(rule: CaptureRule): readonly NftLine[] {
  const families: readonly IpFamily[] = namesAddress(rule) ? rule.families : [4];
  return families.map((family) => ({
    table: nftTable(rule.table),
    chain: nftChain(rule.chain),
    insertAt: rule.insertAt === undefined ? undefined : rule.insertAt - 1,
    text: [...matchTexts(rule, family), targetText(rule.target, family)].join(' '),
  }));
}

/** Conditions in nft's usual order, which is not that of iptables. */
const ORDER: readonly Match['kind'][] = [
  'in-interface',
  'out-interface',
  'protocol',
  'conntrack-state',
  'mark',
  'connection-mark',
  'source',
  'destination',
  'source-port',
  'destination-port',
  'owner',
];

/** The raw table has the ports before the addresses. */
const RAW_ORDER: readonly Match['kind'][] = ['source-port', 'destination-port', 'source', 'destination', 'owner'];

function matchTexts(rule: CaptureRule, family: IpFamily): readonly string[] {
  const order = rule.table === 'raw' ? RAW_ORDER : ORDER;
  const protocol = rule.matches.flatMap((match) => (match.kind === 'protocol' ? [match.protocol] : []))[0] ?? 'tcp';
  const sorted = [...rule.matches].sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
  return sorted.flatMap((match) => matchText(match, rule, protocol, family));
}

function matchText(match: Match, rule: CaptureRule, protocol: string, family: IpFamily): readonly string[] {
  const not = 'negated' in match && match.negated === true ? '!= ' : '';
  switch (match.kind) {
    case 'protocol':
      return saysProtocol(rule, protocol) ? [`meta l4proto ${protocol}`] : [];
    case 'in-interface':
      return [`iifname ${not}${match.name}`];
    case 'out-interface':
      return [`oifname ${not}${match.name}`];
    case 'source':
      return [`${ip(family)} saddr ${not}${match.prefix[family] ?? ''}`];
    case 'destination':
      return [`${ip(family)} daddr ${not}${match.prefix[family] ?? ''}`];
    case 'source-port':
    case 'destination-port': {
      const side = match.kind === 'source-port' ? 'sport' : 'dport';
      const ports = match.ports.length === 1 ? match.ports[0] : `{ ${match.ports.join(', ')} }`;
      return [`${protocol} ${side} ${not}${ports}`];
    }
    case 'owner': {
      const meta = rule.table === 'raw' ? 'meta ' : '';
      return [`${meta}${match.of === 'uid' ? 'skuid' : 'skgid'} ${not}${match.id}`];
    }
    case 'conntrack-state':
      return [`ct state ${match.states.join(',').toLowerCase()}`];
    case 'mark':
      return [`mark ${not}${match.mark}`];
    case 'connection-mark':
      return [`ct mark ${not}${match.mark}`];
    case 'socket':
      return ['socket transparent 1'];
    case 'unknown':
      return [match.text];
  }
}

/** Where a port names the protocol anyway, upstream leaves `meta l4proto` out of some rules and not of others. */
function saysProtocol(rule: CaptureRule, protocol: string): boolean {
  if (protocol === 'udp' || rule.table === 'raw') return false;
  if (rule.id === 'exclude-outbound-port' || rule.id === 'include-outbound-port') return false;
  return rule.id !== 'dns-redirect' || !rule.matches.some((match) => match.kind === 'destination');
}

function ip(family: IpFamily): string {
  return family === 4 ? 'ip' : 'ip6';
}

function targetText(target: Target, family: IpFamily): string {
  switch (target.kind) {
    case 'return':
    case 'accept':
    case 'drop':
    case 'reject':
      return `counter ${target.kind}`;
    case 'jump':
      return `counter jump ${nftChain(target.chain)}`;
    case 'redirect':
      return `counter redirect to :${target.port}`;
    case 'tproxy':
      return `tproxy ${ip(family)} to :${target.port} meta mark set ${target.mark} counter accept`;
    case 'set-mark':
      return `counter meta mark set ${target.mark}`;
    case 'save-mark':
      return 'counter ct mark set mark';
    case 'restore-mark':
      return 'counter meta mark set ct mark';
    case 'conntrack-zone':
      return `counter ct zone set ${target.zone}`;
    case 'unknown':
      return target.text;
  }
}
