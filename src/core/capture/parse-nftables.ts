import { getKey, isArray, isObject, type JsonArray, type JsonObject, type JsonValue } from '../json.ts';
import { failed, type Parsed, parsed } from '../problem.ts';
import { loopProblems } from './chains.ts';
import type { CaptureRule, ConntrackState, IpFamily, Match, TableName, Target } from './rules.ts';

/**
 * Reads what `nft -j list ruleset` (or `list table`) prints of our inet tables, in the order of the kernel. What is
 * not modelled is kept as `unknown`. Other tables are left out: iptables-nft's own are read by iptables-save.
 */
export function parseNftRuleset(text: string): Parsed<readonly CaptureRule[]> {
  let ruleset: JsonValue | undefined;
  try {
    const value = JSON.parse(text) as JsonValue;
    ruleset = isObject(value) ? getKey(value, 'nftables') : undefined;
  } catch {
    ruleset = undefined;
  }
  if (!isArray(ruleset)) {
    return failed({
      code: 'CAPTURE_RULES_UNREADABLE',
      severity: 'error',
      message: 'this is no JSON of nft: there is no list "nftables"',
      remedy: 'Give the output of nft -j list ruleset.',
    });
  }
  const rules = ruleset.flatMap((item): readonly CaptureRule[] => {
    const rule = isObject(item) ? getKey(item, 'rule') : undefined;
    if (!isObject(rule) || getKey(rule, 'family') !== 'inet') return [];
    const table = TABLES.get(textOf(getKey(rule, 'table')));
    return table === undefined ? [] : [readRule(rule, table)];
  });
  const loops = loopProblems(rules);
  return loops.length > 0 ? failed(...loops) : parsed(rules);
}

const TABLES: ReadonlyMap<string, TableName> = new Map([
  ['istio-proxy-nat', 'nat'],
  ['istio-proxy-mangle', 'mangle'],
  ['istio-proxy-raw', 'raw'],
]);

/** `istio-in-redirect` → `ISTIO_IN_REDIRECT`. */
function chainName(name: string): string {
  return name.toUpperCase().replaceAll('-', '_');
}

function readRule(rule: JsonObject, table: TableName): CaptureRule {
  const expressions = listOf(getKey(rule, 'expr'));
  const matches: Match[] = [];
  let families: readonly IpFamily[] = [4, 6];
  let target: Target | undefined;
  for (const expression of expressions) {
    if (!isObject(expression)) continue;
    const match = getKey(expression, 'match');
    if (isObject(match)) {
      const family = familyOf(match);
      if (family !== undefined) families = [family];
      addMatches(matches, match);
    } else target = readTarget(expression, target) ?? target;
  }
  return {
    id: 'foreign',
    table,
    chain: chainName(textOf(getKey(rule, 'chain'))),
    families,
    matches,
    target: target ?? { kind: 'unknown', text: JSON.stringify(expressions) },
    reason: `nft rule ${textOf(getKey(rule, 'handle'))}`,
  };
}

function familyOf(match: JsonObject): IpFamily | undefined {
  const protocol = payloadOf(match)?.protocol;
  return protocol === 'ip' ? 4 : protocol === 'ip6' ? 6 : undefined;
}

function payloadOf(match: JsonObject): { readonly protocol: string; readonly field: string } | undefined {
  const left = getKey(match, 'left');
  const payload = isObject(left) ? getKey(left, 'payload') : undefined;
  if (!isObject(payload)) return undefined;
  return { protocol: textOf(getKey(payload, 'protocol')), field: textOf(getKey(payload, 'field')) };
}

/** One expression may say two things: a port says the protocol as well. */
function addMatches(matches: Match[], match: JsonObject): void {
  const right = getKey(match, 'right') ?? null;
  const negated = getKey(match, 'op') === '!=' ? { negated: true } : {};
  const payload = payloadOf(match);
  if (payload !== undefined) {
    const { protocol, field } = payload;
    if (protocol === 'tcp' || protocol === 'udp') {
      if (!matches.some((known) => known.kind === 'protocol')) matches.push({ kind: 'protocol', protocol });
      matches.push({ kind: field === 'sport' ? 'source-port' : 'destination-port', ports: portsOf(right), ...negated });
      return;
    }
    if (protocol === 'ip' || protocol === 'ip6') {
      const family: IpFamily = protocol === 'ip' ? 4 : 6;
      const kind = field === 'saddr' ? 'source' : 'destination';
      matches.push({ kind, prefix: { [family]: prefixOf(right, family) }, ...negated });
      return;
    }
  }
  matches.push(metaMatch(getKey(match, 'left') ?? null, right, negated));
}

function metaMatch(left: JsonValue, right: JsonValue, negated: { readonly negated?: boolean }): Match {
  const unknown: Match = { kind: 'unknown', text: JSON.stringify([left, right]) };
  if (!isObject(left)) return unknown;
  const meta = getKey(left, 'meta');
  const ct = getKey(left, 'ct');
  const text = isObject(right) || isArray(right) ? '' : textOf(right);
  switch (isObject(meta) ? getKey(meta, 'key') : isObject(ct) ? `ct ${textOf(getKey(ct, 'key'))}` : '') {
    case 'l4proto':
      return text === 'tcp' || text === 'udp' ? { kind: 'protocol', protocol: text } : unknown;
    case 'iifname':
      return { kind: 'in-interface', name: text, ...negated };
    case 'oifname':
      return { kind: 'out-interface', name: text, ...negated };
    case 'skuid':
      return { kind: 'owner', of: 'uid', id: ownerId(text), ...negated };
    case 'skgid':
      return { kind: 'owner', of: 'gid', id: ownerId(text), ...negated };
    case 'mark':
      return { kind: 'mark', mark: text, ...negated };
    case 'ct mark':
      return { kind: 'connection-mark', mark: text, ...negated };
    case 'ct state':
      return { kind: 'conntrack-state', states: itemsOf(right).map((state) => state.toUpperCase() as ConntrackState) };
    default:
      return unknown;
  }
}

/** nft prints the name of a user that the machine knows; 0 is the only one that is the same everywhere. */
function ownerId(text: string): string {
  return text === 'root' ? '0' : text;
}

function readTarget(expression: JsonObject, before: Target | undefined): Target | undefined {
  const [name = '', value = null] = Object.entries(expression)[0] ?? [];
  switch (name) {
    case 'counter':
      return undefined;
    case 'accept':
      // `tproxy … meta mark set … accept` is one thing to us.
      return before?.kind === 'tproxy' ? before : { kind: 'accept' };
    case 'return':
    case 'drop':
      return { kind: name };
    case 'reject':
      return { kind: 'reject' };
    case 'jump':
    case 'goto':
      return { kind: 'jump', chain: chainName(isObject(value) ? textOf(getKey(value, 'target')) : '') };
    case 'redirect':
      return { kind: 'redirect', port: isObject(value) ? textOf(getKey(value, 'port')) : '' };
    case 'tproxy':
      return { kind: 'tproxy', port: isObject(value) ? textOf(getKey(value, 'port')) : '', mark: '0' };
    case 'mangle':
      return isObject(value) ? mangled(value, before) : undefined;
    default:
      return { kind: 'unknown', text: JSON.stringify(expression) };
  }
}

function mangled(mangle: JsonObject, before: Target | undefined): Target {
  const key = JSON.stringify(getKey(mangle, 'key') ?? null);
  const value = getKey(mangle, 'value') ?? null;
  if (key.includes('"ct"') && key.includes('"zone"')) return { kind: 'conntrack-zone', zone: textOf(value) };
  if (key.includes('"ct"') && key.includes('"mark"') && isObject(value)) return { kind: 'save-mark' };
  if (key.includes('"meta"') && key.includes('"mark"')) {
    if (isObject(value)) return { kind: 'restore-mark' };
    if (before?.kind === 'tproxy') return { ...before, mark: textOf(value) };
    return { kind: 'set-mark', mark: textOf(value) };
  }
  return { kind: 'unknown', text: JSON.stringify(mangle) };
}

function portsOf(right: JsonValue): readonly string[] {
  return itemsOf(right);
}

function itemsOf(right: JsonValue): readonly string[] {
  if (isArray(right)) return right.flatMap(itemsOf);
  if (!isObject(right)) return [textOf(right)];
  const range = getKey(right, 'range');
  if (isArray(range)) return [range.map(textOf).join(':')];
  return listOf(getKey(right, 'set') ?? getKey(right, '|')).flatMap(itemsOf);
}

function prefixOf(right: JsonValue, family: IpFamily): string {
  const prefix = isObject(right) ? getKey(right, 'prefix') : undefined;
  if (!isObject(prefix)) return `${textOf(right)}/${family === 4 ? 32 : 128}`;
  return `${textOf(getKey(prefix, 'addr'))}/${textOf(getKey(prefix, 'len'))}`;
}

function listOf(value: JsonValue | undefined): JsonArray {
  return isArray(value) ? value : [];
}

/** An object is no name: as JSON, since one may have a member `toString`. */
function textOf(value: JsonValue | undefined): string {
  return isObject(value ?? null) || isArray(value ?? null) ? JSON.stringify(value) : String(value);
}
