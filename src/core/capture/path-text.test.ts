import { describe, expect, it } from 'vitest';
import type { Disposition, PacketPath } from './packet.ts';
import { renderPathSvg } from './path-svg.ts';
import { dispositionText, packetText, renderPath } from './path-text.ts';
import type { CaptureRule } from './rules.ts';

const RULE: CaptureRule = {
  id: 'foreign',
  table: 'nat',
  chain: 'OUTPUT',
  families: [4],
  matches: [{ kind: 'unknown', text: '-m string --string "<a&b>"' }],
  target: { kind: 'return' },
  reason: 'Because <b>.',
};

const PATH: PacketPath = {
  packet: { family: 4, protocol: 'tcp', destination: '10.0.0.5', port: 80, from: { kind: 'process', uid: 1, gid: 2 } },
  hops: [
    { stage: 'send', steps: [], summary: 'Sent.' },
    {
      stage: 'output',
      table: 'nat',
      summary: 'No rule matches.',
      steps: [
        { table: 'nat', chain: 'OUTPUT', rule: RULE, matched: true },
        { table: 'nat', chain: 'OUTPUT', rule: RULE, matched: false, because: 'its port is 80' },
      ],
    },
  ],
  disposition: { kind: 'dropped' },
};

describe('a path for people', () => {
  it('shows what matched, and all of it on demand', () => {
    expect(renderPath(PATH)).toContain('│   (1 rule did not match)');
    expect(renderPath(PATH)).not.toContain('its port is 80');
    expect(renderPath(PATH, undefined, true)).toContain('(its port is 80)');
    expect(renderPath(PATH)).toMatch(/▼ dropped\n$/);
  });
  it.each<readonly [Disposition, string]>([
    [{ kind: 'rejected' }, 'rejected'],
    [{ kind: 'unroutable', because: 'no route' }, 'not sent: no route'],
    [{ kind: 'forwarded', to: { address: 'fd00::1', port: 1 } }, 'forwarded to [fd00::1]:1'],
    [
      { kind: 'sent', interface: 'eth0', to: { address: '1.2.3.4', port: 5 }, source: '9.9.9.9' },
      'sent by eth0 to 1.2.3.4:5, from 9.9.9.9',
    ],
  ])('%j', (disposition, text) => expect(dispositionText(disposition)).toBe(text));
  it('says who sends', () => {
    expect(packetText({ ...PATH.packet, mark: 7, source: '127.0.0.6' })).toBe(
      'TCP to 10.0.0.5:80, from uid 1 gid 2 as 127.0.0.6 with mark 7',
    );
  });
});

describe('a picture', () => {
  it('escapes what rules say', () => {
    const svg = renderPathSvg(PATH);
    expect(svg).toContain('&lt;a&amp;b&gt;');
    expect(svg).not.toContain('<a&b>');
    expect(svg).toContain('>dropped</text>');
  });
  it('grows with what it shows', () => {
    const height = (path: PacketPath): number => Number(/height="(\d+)"/.exec(renderPathSvg(path))?.[1]);
    expect(height({ ...PATH, hops: [...PATH.hops, ...PATH.hops] })).toBeGreaterThan(height(PATH));
  });
});
