import { describe, expect, it } from 'vitest';
import { separateFamilies } from './address-lists.ts';

const NONE = { wildcard: false, cidrs: [], hasLoopback: false };

describe('lists of CIDRs by family', () => {
  it.each([
    ['', NONE, NONE],
    ['10.0.0.0/8,,', { ...NONE, cidrs: ['10.0.0.0/8'] }, NONE],
    ['10.1.2.3/16,2001:DB8:0::/32', { ...NONE, cidrs: ['10.1.2.3/16'] }, { ...NONE, cidrs: ['2001:db8::/32'] }],
    ['127.1.2.3/32', { wildcard: false, cidrs: ['127.1.2.3/32'], hasLoopback: true }, NONE],
    ['::1/128', NONE, { wildcard: false, cidrs: ['::1/128'], hasLoopback: true }],
    ['0.0.0.0/0', { ...NONE, cidrs: ['0.0.0.0/0'] }, NONE],
  ])('"%s"', (text, v4, v6) => {
    expect(separateFamilies(text, 'x')).toEqual({ ok: true, value: { v4, v6 }, problems: [] });
  });
  it('* is all of both', () => {
    const all = { wildcard: true, cidrs: [], hasLoopback: false };
    expect(separateFamilies('*', 'x')).toMatchObject({ value: { v4: all, v6: all } });
  });
  it('tells every item that is none, and how one address is written', () => {
    const { ok, problems } = separateFamilies('10.0.0.1,10.0.0.0/8,::1,*,10.0.0.0/40', 'outboundIpRangesInclude');
    expect(ok).toBe(false);
    expect(problems.map(({ message }) => message)).toEqual([
      'outboundIpRangesInclude: "10.0.0.1" is no IP prefix',
      'outboundIpRangesInclude: "::1" is no IP prefix',
      'outboundIpRangesInclude: "*" is no IP prefix',
      'outboundIpRangesInclude: "10.0.0.0/40" is no IP prefix',
    ]);
    expect(problems[0]?.remedy).toContain('10.0.0.1/32');
    expect(problems[1]?.remedy).toContain('::1/128');
  });
  it('items are not trimmed', () => expect(separateFamilies('10.0.0.0/8, 11.0.0.0/8', 'x').ok).toBe(false));
});
