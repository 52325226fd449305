import { describe, expect, it } from 'vitest';
import { parseNftRuleset } from './parse-nftables.ts';

type Expression = Readonly<Record<string, unknown>>;

/** One rule as nft -j prints it. */
function rule(expr: readonly Expression[], chain = 'istio-output', table = 'istio-proxy-nat') {
  const text = JSON.stringify({ nftables: [{ rule: { family: 'inet', table, chain, handle: 7, expr } }] });
  const result = parseNftRuleset(text);
  if (!result.ok) throw new Error(result.problems[0]?.message);
  const [first] = result.value;
  if (first === undefined) throw new Error('no rule');
  return first;
}

function match(left: unknown, right: unknown, op = '=='): Expression {
  return { match: { op, left, right } };
}

const meta = (key: string) => ({ meta: { key } });
const payload = (protocol: string, field: string) => ({ payload: { protocol, field } });
const COUNTER = { counter: { packets: 3, bytes: 180 } };

describe('what nft -j list ruleset prints', () => {
  it.each([
    [match(meta('l4proto'), 'tcp'), [{ kind: 'protocol', protocol: 'tcp' }]],
    [match(meta('iifname'), 'eth0'), [{ kind: 'in-interface', name: 'eth0' }]],
    [match(meta('oifname'), 'lo', '!='), [{ kind: 'out-interface', name: 'lo', negated: true }]],
    [match(meta('skuid'), 1337), [{ kind: 'owner', of: 'uid', id: '1337' }]],
    [match(meta('skuid'), 'root'), [{ kind: 'owner', of: 'uid', id: '0' }]],
    [match(meta('skgid'), 5, '!='), [{ kind: 'owner', of: 'gid', id: '5', negated: true }]],
    [match(meta('mark'), 1337), [{ kind: 'mark', mark: '1337' }]],
    [match({ ct: { key: 'mark' } }, 1337), [{ kind: 'connection-mark', mark: '1337' }]],
    [
      match({ ct: { key: 'state' } }, ['established', 'related'], 'in'),
      [{ kind: 'conntrack-state', states: ['ESTABLISHED', 'RELATED'] }],
    ],
    [match({ ct: { key: 'state' } }, 'invalid', 'in'), [{ kind: 'conntrack-state', states: ['INVALID'] }]],
    [
      match(payload('ip', 'daddr'), '127.0.0.1', '!='),
      [{ kind: 'destination', prefix: { 4: '127.0.0.1/32' }, negated: true }],
    ],
    [
      match(payload('ip6', 'saddr'), { prefix: { addr: 'fd00::', len: 8 } }),
      [{ kind: 'source', prefix: { 6: 'fd00::/8' } }],
    ],
    [
      match(payload('udp', 'sport'), 53),
      [
        { kind: 'protocol', protocol: 'udp' },
        { kind: 'source-port', ports: ['53'] },
      ],
    ],
    [
      match(payload('tcp', 'dport'), { set: [53, { range: [100, 200] }] }, '!='),
      [
        { kind: 'protocol', protocol: 'tcp' },
        { kind: 'destination-port', ports: ['53', '100:200'], negated: true },
      ],
    ],
    [match(meta('cgroup'), 1), [{ kind: 'unknown', text: '[{"meta":{"key":"cgroup"}},1]' }]],
  ])('%j', (expression, matches) => {
    expect(rule([expression, COUNTER, { return: null }])).toMatchObject({ matches, target: { kind: 'return' } });
  });
  it.each([
    [[{ jump: { target: 'istio-in-redirect' } }], { kind: 'jump', chain: 'ISTIO_IN_REDIRECT' }],
    [[{ redirect: { port: 15001 } }], { kind: 'redirect', port: '15001' }],
    [
      [
        { tproxy: { family: 'ip', port: 15006 } },
        { mangle: { key: meta('mark'), value: 1337 } },
        COUNTER,
        { accept: null },
      ],
      { kind: 'tproxy', port: '15006', mark: '1337' },
    ],
    [[{ mangle: { key: meta('mark'), value: 1338 } }], { kind: 'set-mark', mark: '1338' }],
    [[{ mangle: { key: { ct: { key: 'mark' } }, value: meta('mark') } }], { kind: 'save-mark' }],
    [[{ mangle: { key: meta('mark'), value: { ct: { key: 'mark' } } } }], { kind: 'restore-mark' }],
    [[{ mangle: { key: { ct: { key: 'zone' } }, value: 1 } }], { kind: 'conntrack-zone', zone: '1' }],
    [[{ drop: null }], { kind: 'drop' }],
    [[{ queue: { num: 1 } }], { kind: 'unknown', text: '{"queue":{"num":1}}' }],
  ])('target %j', (expressions, target) => expect(rule([COUNTER, ...expressions]).target).toEqual(target));
  it('an address makes the rule one of a family', () => {
    expect(rule([match(payload('ip6', 'daddr'), '::1'), { return: null }]).families).toEqual([6]);
    expect(rule([{ return: null }]).families).toEqual([4, 6]);
  });
  it('names of chains and tables are those of the plan', () => {
    expect(rule([{ return: null }], 'istio-output-dns', 'istio-proxy-raw')).toMatchObject({
      table: 'raw',
      chain: 'ISTIO_OUTPUT_DNS',
    });
  });
  it("other tables, such as iptables-nft's own, are left out", () => {
    const other = { rule: { family: 'ip', table: 'nat', chain: 'OUTPUT', handle: 1, expr: [] } };
    expect(parseNftRuleset(JSON.stringify({ nftables: [{ metainfo: {} }, other] }))).toMatchObject({ value: [] });
  });
  it('an object in the place of a name is no name', () => {
    expect(rule([{ return: null }, match(meta('mark'), { toString: 1 })]).matches).toEqual([
      { kind: 'mark', mark: '' },
    ]);
  });
  it.each(['', '[]', '{"nftables": 1}', 'table inet x {'])('%j is refused', (text) => {
    expect(parseNftRuleset(text).problems[0]?.code).toBe('CAPTURE_RULES_UNREADABLE');
  });
});
