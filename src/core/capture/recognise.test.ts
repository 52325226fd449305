import { describe, expect, it } from 'vitest';
import { DEFAULT_CAPTURE_CONFIG } from './capture-config.ts';
import { parseIptablesSave } from './parse-iptables.ts';
import { planCapture } from './plan.ts';
import { recogniseRules } from './recognise.ts';
import type { CaptureRules } from './rules.ts';

function plan(outboundIpRangesInclude: string): CaptureRules {
  const result = planCapture({ ...DEFAULT_CAPTURE_CONFIG, outboundIpRangesInclude });
  if (!result.ok) throw new Error('no plan');
  return result.value;
}

function recognise(line: string, cidrs = '10.1.2.3/16') {
  const saved = parseIptablesSave(`*nat\n${line}\nCOMMIT\n`, 4);
  return recogniseRules(saved.ok ? saved.value.rules : [], plan(cidrs), 4);
}

describe('rules that are read are told by what they do', () => {
  it.each([
    ['host bits are forgotten by the kernel', '-A ISTIO_OUTPUT -d 10.1.0.0/16 -j ISTIO_REDIRECT', 'include-cidr'],
    [
      'conditions have no order, and modules of protocols say nothing',
      '-A ISTIO_OUTPUT ! -d 127.0.0.1/32 -o lo -p tcp -m tcp ! --dport 15008 -m owner --uid-owner 1337 -j ISTIO_IN_REDIRECT',
      'proxy-self-call',
    ],
    ['options of a target', '-A ISTIO_REDIRECT -p tcp -j REDIRECT --to-ports 15001', 'redirect-outbound'],
  ])('%s', (_what, line, id) => {
    const { rules, foreign } = recognise(line);
    expect(rules[0]).toMatchObject({ id, reason: expect.stringMatching(/\.$/) });
    expect(foreign).toEqual([]);
  });
  it('a prefix of length 0 is no condition', () => {
    expect(recognise('-A ISTIO_OUTPUT -j ISTIO_REDIRECT', '0.0.0.0/0').foreign).toEqual([]);
  });
  it('another port, chain or negation is another rule', () => {
    for (const line of [
      '-A ISTIO_REDIRECT -p tcp -j REDIRECT --to-ports 15002',
      '-A ISTIO_IN_REDIRECT -p tcp -j REDIRECT --to-ports 15001',
      '-A ISTIO_OUTPUT ! -d 10.1.0.0/16 -j ISTIO_REDIRECT',
    ]) {
      expect(recognise(line).foreign).toHaveLength(1);
    }
  });
  it('the same rule twice is planned once: the second is foreign', () => {
    const line = '-A ISTIO_REDIRECT -p tcp -j REDIRECT --to-ports 15001';
    const { foreign, missing } = recognise(`${line}\n${line}`);
    expect(foreign).toHaveLength(1);
    expect(missing.some(({ id }) => id === 'redirect-outbound')).toBe(false);
  });
  it('what is not there is missing', () => {
    const { missing } = recognise('');
    expect(missing).toHaveLength(plan('10.1.2.3/16').rules.length);
  });
});
